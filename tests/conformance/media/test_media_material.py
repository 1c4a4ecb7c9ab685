"""The suite's material has its declared properties. Where possible, this is shown without the model."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import ffbind
from conformance.media import encoding, nal_units, signals, vectors
from conformance.media.audio import AUDIO, CHANNELS, LENGTH, adts_header, g711
from conformance.media.images import ANIMATIONS, ImageMaterial, avif, avif_sequence
from conformance.media.material import AudioMaterial, VideoMaterial
from conformance.media.video import DURATION, GOP_SIZE, LOSSLESS_VIDEO, REORDERED_VIDEO, VIDEO, h265
from conformance.suite.assertions import OptionalFeatureUnsupportedError
from conformance.suite.scenario import Variant


def made(variant: Variant[VideoMaterial]) -> VideoMaterial:
    try:
        return variant.make()
    except OptionalFeatureUnsupportedError as unsupported:
        pytest.skip(str(unsupported))


def made_audio(variant: Variant[AudioMaterial]) -> AudioMaterial:
    try:
        return variant.make()
    except OptionalFeatureUnsupportedError as unsupported:
        pytest.skip(str(unsupported))


# Signals


def test_pictures_carry_their_number() -> None:
    for number in range(256):
        y, u, v = signals.picture(number, 128, 96)
        assert (y.shape, u.shape, v.shape) == ((96, 128), (48, 64), (48, 64))
        assert signals.number_of(y) == number


def test_a_number_survives_noise_and_blur() -> None:
    random = np.random.default_rng(1)
    for number in (0, 1, 0b10101010, 0b01010101, 255):
        y = signals.picture(number, 128, 96)[0].astype(np.float64)
        y = (y + np.roll(y, 1, axis=1) + np.roll(y, -1, axis=1)) / 3 + random.normal(0, 20, y.shape)
        assert signals.number_of(np.clip(y, 0, 255).astype(np.uint8)) == number


def test_neighbouring_pictures_differ_everywhere() -> None:
    for plane, following in zip(signals.picture(3, 128, 96), signals.picture(4, 128, 96), strict=True):
        assert (plane != following).mean() > 0.5


def test_psnr() -> None:
    plane = np.full((8, 8), 100, np.uint8)
    assert signals.psnr(plane, plane) == float("inf")
    # An error of 1 everywhere: 10 log10(255²).
    assert signals.psnr(plane + np.uint8(1), plane) == pytest.approx(48.1308, abs=1e-4)


def test_signal_to_noise() -> None:
    sound = signals.tones(2, 1000)
    assert signals.signal_to_noise(sound, sound) == float("inf")
    assert signals.signal_to_noise(sound * 1.1, sound) == pytest.approx(20)
    assert signals.signal_to_noise(np.zeros_like(sound), sound) == pytest.approx(0)
    assert signals.signal_to_noise(sound[::-1], sound) < 0, "swapped channels show"


def test_g711_levels() -> None:
    """Values of ITU-T G.711, tables 1a and 2a, at the ends and around zero, 16 bits."""
    codes = np.array([0x80, 0x00, 0xD5, 0x55, 0xAA, 0x2A], np.uint8)
    assert signals.alaw_levels(codes).tolist() == [5504, -5504, 8, -8, 32256, -32256]
    codes = np.array([0x80, 0x00, 0xFF, 0x7F, 0xFE, 0x7E], np.uint8)
    assert signals.ulaw_levels(codes).tolist() == [32124, -32124, 0, 0, 8, -8]


def test_g711_material_has_every_code() -> None:
    for codec in ("alaw", "ulaw"):
        assert set(b"".join(chunk.data for chunk in g711(codec).chunks)) == set(range(256))


# Video


@pytest.mark.parametrize("variant", [*VIDEO, *REORDERED_VIDEO, *LOSSLESS_VIDEO], ids=lambda variant: variant.name)
def test_chunks_of_video(variant: Variant[VideoMaterial]) -> None:
    material = made(variant)
    assert len(material.chunks) == len(material.pictures) == 24
    keys = [chunk.timestamp // DURATION for chunk in material.chunks if chunk.type == "key"]
    assert keys == [0, GOP_SIZE]
    assert material.timestamps() == [DURATION * number for number in range(24)]
    assert {chunk.duration for chunk in material.chunks} == {DURATION}
    decoding_order = [chunk.timestamp for chunk in material.chunks]
    assert (decoding_order == sorted(decoding_order)) == (variant not in REORDERED_VIDEO)
    broken = material.corrupt(material.chunks[1].data)
    assert len(broken) == len(material.chunks[1].data)
    assert broken != material.chunks[1].data


def test_open_groups_of_pictures() -> None:
    material = made(Variant("h265_open_gop", lambda: h265(annexb=True, max_b_frames=2, open_gop=True)))
    key = material.chunks[material.next_key]
    clean_random_access = 21
    assert [nal_units.hevc_type(unit) for unit in nal_units.split(key.data)][-1] == clean_random_access
    following = [chunk.timestamp for chunk in material.chunks[material.next_key + 1 :]]
    assert min(following) < key.timestamp, "pictures that lead it"


@pytest.mark.parametrize("variant", VIDEO, ids=lambda variant: variant.name)
def test_the_same_material_is_made_once(variant: Variant[VideoMaterial]) -> None:
    assert made(variant) is made(variant)


def test_avc_description() -> None:
    """Fields of ISO/IEC 14496-15 § 5.3.3.1.2."""
    sps, pps = bytes.fromhex("674d400bda"), bytes.fromhex("68ee3c80")
    assert nal_units.avc_description([sps, pps]).hex() == "014d400bffe10005674d400bda01000468ee3c80"
    assert nal_units.avc_codec_string([sps, pps]) == "avc1.4d400b"
    high = b"\x67\x64" + sps[2:]
    assert nal_units.avc_description([high, pps])[-4:].hex() == "fdf8f800"


def test_hevc_description_and_codec_string() -> None:
    """Fields of ISO/IEC 14496-15 § 8.3.3.1.2 and § E.3; profile, tier and level are escaped in the SPS."""
    vps, pps = bytes.fromhex("40010c01"), bytes.fromhex("4401c172")
    sps = bytes.fromhex("4201" + "01" + "0160000003009000000300000300" + "3c" + "a0")
    record = nal_units.hevc_description([vps, sps, pps]).hex()
    assert record == (
        "01" + "01" + "60000000" + "900000000000" + "3c" + "f000" + "fc" + "fd" + "f8" + "f8" + "0000" + "0f" + "03"
        "a0"
        + "0001"
        + "0004"
        + vps.hex()
        + "a1"
        + "0001"
        + f"{len(sps):04x}"
        + sps.hex()
        + "a2"
        + "0001"
        + "0004"
        + pps.hex()
    )
    assert nal_units.hevc_codec_string([vps, sps, pps]) == "hev1.1.6.L60.90"


def test_nal_units_repackaged() -> None:
    stream = bytes.fromhex("00000001" + "0910" + "000001" + "6741" + "00000001" + "65aa00bb")
    units = nal_units.split(stream)
    assert [unit.hex() for unit in units] == ["0910", "6741", "65aa00bb"]
    assert nal_units.length_prefixed(units).hex() == "000000020910" + "000000026741" + "0000000465aa00bb"
    assert nal_units.split(nal_units.join(units)) == units


# Audio


@pytest.mark.parametrize("variant", AUDIO, ids=lambda variant: variant.name)
def test_chunks_of_audio(variant: Variant[AudioMaterial]) -> None:
    material = made_audio(variant)
    assert {chunk.type for chunk in material.chunks} == {"key"}
    for chunk, following in zip(material.chunks, material.chunks[1:], strict=False):
        assert following.timestamp == chunk.timestamp + chunk.duration
    assert material.sound.shape in [(CHANNELS, LENGTH), (CHANNELS, 2400)]
    if material.corrupt is not None:
        assert material.corrupt(material.chunks[1].data) != material.chunks[1].data


def test_adts_header() -> None:
    """ISO/IEC 14496-3 § 1.A.3.2, for a frame of 100 bytes and the 7 of the header."""
    header = adts_header(100)
    assert header.hex() == "fff14c800d7ffc"
    assert int.from_bytes(header[3:6], "big") >> 5 & 0x1FFF == 107


def test_outputs_of_chunks_that_yield_nothing_by_themselves() -> None:
    vorbis = AudioMaterial(
        {"codec": "vorbis", "sampleRate": 1, "numberOfChannels": 1}, [], np.zeros((1, 1)), 0, None, None, 1
    )
    assert vorbis.outputs_of([]) == []
    assert vorbis.outputs_of([5]) == []
    assert vorbis.outputs_of([5, 6]) == [5]
    assert vorbis.outputs_of([5, 6, 7]) == [5, 7]
    assert vorbis.output_count(4) == 3


# Encoding, and vectors


def test_a_missing_encoder_is_named() -> None:
    assert encoding.first_encoder("no_such_encoder", "flac") == "flac"
    with pytest.raises(OptionalFeatureUnsupportedError, match=r"^this FFmpeg has no encoder libfoo or libbar$"):
        encoding.first_encoder("libfoo", "libbar")


def test_nothing_of_ffmpeg_stays_alive() -> None:
    before = ffbind.live_objects()
    encoding.encode_sound("flac", signals.tones(2, 3000), 48_000, format="s16", samples_per_packet=1024)
    assert ffbind.live_objects() == before


def test_quantized_sound_is_what_flac_gets() -> None:
    sound = np.array([[0.0, 1.0, -1.0, 0.5]])
    assert (encoding.quantized(sound) * 2**15).tolist() == [[0, 32767, -32767, 16384]]


def test_vectors_are_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(vectors.VARIABLE, raising=False)
    with pytest.raises(OptionalFeatureUnsupportedError, match="CODECMODEL_MEDIA is not set"):
        vectors.path_of("wpt/h264.mp4")
    monkeypatch.setenv(vectors.VARIABLE, str(tmp_path))
    with pytest.raises(OptionalFeatureUnsupportedError, match=r"CODECMODEL_MEDIA has no file wpt/h264\.mp4"):
        vectors.path_of("wpt/h264.mp4")
    (tmp_path / "file").touch()
    assert vectors.path_of("file") == tmp_path / "file"


# Images


def made_image(make: Callable[[], ImageMaterial]) -> ImageMaterial:
    try:
        return make()
    except OptionalFeatureUnsupportedError as unsupported:
        pytest.skip(str(unsupported))


@pytest.mark.parametrize("variant", ANIMATIONS, ids=lambda variant: str(variant.name))
def test_a_part_of_an_animation_for_each_frame(variant: Variant[ImageMaterial]) -> None:
    material = made_image(variant.make)
    parts = material.parts()
    assert b"".join(parts) == material.file
    assert len(parts) == len(material.pictures) == 4
    assert min(map(len, parts)) > 0


@pytest.mark.parametrize("make", [avif, avif_sequence])
def test_the_header_of_the_bitstream_is_in_an_avif(make: Callable[[], ImageMaterial]) -> None:
    # Without it FFmpeg writes an empty box, and libavif refuses the file.
    sizes = [int.from_bytes(before, "big") for before in re.findall(rb"(....)av1C", made_image(make).file, re.DOTALL)]
    assert sizes
    assert min(sizes) >= 12

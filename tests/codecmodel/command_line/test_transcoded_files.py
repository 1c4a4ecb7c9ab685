"""transcode keeps the properties that a file has beside its media, if the target can hold them."""

import hashlib
import json
import os
import struct
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import TypedDict

import numpy as np
import numpy.typing as npt
import pytest

import ffbind
from codecmodel.command_line.main import main
from codecmodel.files import AudioTrack, Demuxer, VideoTrack
from codecmodel.registry.flac import parse_flac_description
from tests.codecmodel.files.media import MadeStream, audio, video, wave, write, x264

_SOX_LIKE_TONES = (220, 440, 660)


def fault(name: str) -> Path:
    """An input from the directory beside the media, whose right result is known."""
    media = os.environ.get("CODECMODEL_MEDIA")
    path = Path(media or ".").parent / "faults" / name
    if media is None or not path.exists():
        pytest.skip("CODECMODEL_MEDIA does not lead to the inputs with right values")
    return path


def transcode(source: Path, target: Path, *options: str) -> Path:
    assert main(["transcode", str(source), str(target), "--quiet", *options]) == 0
    return target


class Probed(TypedDict):
    """The parts of ffprobe's report that the tests use."""

    streams: list[dict[str, str | int]]
    format: dict[str, str]
    packets: list[dict[str, str]]


def ffprobe(path: Path, *options: str) -> Probed:
    command = ["ffprobe", "-v", "error", *options, "-of", "json", str(path)]
    try:
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except FileNotFoundError:
        pytest.skip("there is no ffprobe")
    probed: Probed = json.loads(output)
    return probed


def decode(path: Path, directory: Path) -> tuple[npt.NDArray[np.float64], int]:
    """The samples [frame, channel] of a file's sound, and their rate."""
    assert main(["decode", str(path), "--out", str(directory), "--quiet"]) == 0
    (output,) = directory.glob("*.wav")
    with ffbind.Container.open(output) as container:
        (stream,) = container.streams
        rate, channels, codec = stream.sample_rate, stream.channels, stream.codec_name
        data = b"".join(packet.tobytes() for packet in container.packets())
    kind, scale = {"pcm_s16le": ("<i2", 2.0**15), "pcm_s32le": ("<i4", 2.0**31), "pcm_f32le": ("<f4", 1.0)}[codec]
    return np.frombuffer(data, kind).reshape(-1, channels) / scale, rate


def level(samples: npt.NDArray[np.float64], rate: int, frequency: float) -> float:
    """The amplitude of a tone."""
    part = samples[rate // 4 : rate // 4 + rate // 2]
    time = np.arange(len(part)) / rate
    return float(2 * abs(np.mean(part * np.exp(-2j * np.pi * frequency * time))))


# Orientation


@pytest.mark.parametrize("extension", ["webm", "mkv", "mp4"])
@pytest.mark.parametrize(("rotation", "flip"), [(90, False), (180, False), (270, False), (0, True), (90, True)])
def test_pictures_stay_upright(extension: str, rotation: int, flip: bool, tmp_path: Path) -> None:
    matrix = ffbind.rotation_matrix(rotation, flip=flip)
    source = write(tmp_path / "source.mp4", x264(description={"display_matrix": matrix}))
    target = transcode(source, tmp_path / f"target.{extension}", *(["--video", "vp8"] if extension != "mp4" else []))
    with Demuxer(target) as demuxer:
        config = demuxer.video_track.config
    told = config.get("rotation", 0), config.get("flip", False)
    assert "codedWidth" in config
    size = config["codedWidth"], config["codedHeight"]
    # Either the file states the rotation, or the pixels are turned.
    assert (told, size) in (
        ((rotation, flip), (64, 48)),
        ((0, False), (48, 64) if rotation in (90, 270) else (64, 48)),
    )
    assert told == (rotation, flip) or extension != "mp4"


@pytest.mark.parametrize("extension", ["webm", "mkv"])
def test_a_phones_upright_video(extension: str, tmp_path: Path) -> None:
    target = transcode(fault("writing/rotated90.mp4"), tmp_path / f"o.{extension}", "--video", "vp8")
    with Demuxer(target) as demuxer:
        config = demuxer.video_track.config
    width, height = config["codedWidth"], config["codedHeight"]
    if config.get("rotation", 0) in (90, 270):
        width, height = height, width
    assert (width, height) == (180, 320)


# Channels


@pytest.mark.parametrize(
    ("extension", "channels"), [("m4a", 3), ("flac", 3), ("opus", 3), ("mp3", 2), ("wav", 3), ("mov", 3)]
)
def test_three_channels(extension: str, channels: int, tmp_path: Path) -> None:
    samples = np.stack([np.sin(2 * np.pi * tone * np.arange(48_000) / 48_000) for tone in _SOX_LIKE_TONES], axis=1)
    pcm = (samples * 8000).astype("<i2")
    source = tmp_path / "source.wav"
    parameters = ffbind.StreamParameters(
        codec_name="pcm_s16le", time_base=(1, 48_000), sample_rate=48_000, channels=3, channel_mask=0b111
    )
    with ffbind.ContainerWriter.open(source) as writer, ffbind.Packet(pcm.tobytes(), pts=0, dts=0) as packet:
        writer.write(packet, writer.add_stream(parameters))
    found, rate = decode(transcode(source, tmp_path / f"target.{extension}"), tmp_path / "out")
    assert found.shape[1] == channels
    levels = [[level(found[:, channel], rate, tone) for tone in _SOX_LIKE_TONES] for channel in range(channels)]
    if channels == 3:
        assert np.allclose(levels, 8000 / 2**15 * np.eye(3), atol=0.01)
    else:
        # The centre is in both, at 0.707 of the others, and the mix is scaled so that it cannot clip.
        assert np.allclose(np.array(levels) / levels[0][0], [[1, 0, 0.707], [0, 1, 0.707]], atol=0.02)


def test_the_layout_of_a_file_counts_and_not_the_number_of_channels(tmp_path: Path) -> None:
    # Left, right and low frequencies. AAC has no such layout.
    pcm = np.stack([np.zeros(48_000), np.zeros(48_000), np.sin(np.arange(48_000) / 50)], axis=1) * 8000
    source = tmp_path / "source.wav"
    parameters = ffbind.StreamParameters(
        codec_name="pcm_s16le", time_base=(1, 48_000), sample_rate=48_000, channels=3, channel_mask=0b1011
    )
    with (
        ffbind.ContainerWriter.open(source) as writer,
        ffbind.Packet(pcm.astype("<i2").tobytes(), pts=0, dts=0) as packet,
    ):
        writer.write(packet, writer.add_stream(parameters))
    found, _ = decode(transcode(source, tmp_path / "target.m4a"), tmp_path / "out")
    # The low frequencies do not become the centre.
    assert np.max(np.abs(found[:, 2])) < 0.01


@pytest.mark.parametrize("extension", ["m4a", "flac", "opus"])
def test_three_channels_of_the_reference_file(extension: str, tmp_path: Path) -> None:
    found, rate = decode(transcode(fault("writing/three_channels.wav"), tmp_path / f"o.{extension}"), tmp_path / "out")
    levels = np.array([[level(found[:, channel], rate, tone) for tone in _SOX_LIKE_TONES] for channel in range(3)])
    assert np.allclose(levels / levels[0, 0], np.eye(3), atol=0.03)


# Alpha


def test_the_alpha_of_the_reference_file(tmp_path: Path) -> None:
    target = transcode(fault("writing/alpha.webm"), tmp_path / "o.webm")
    content = target.read_bytes()
    # AlphaMode 1, and 25 BlockAdditions.
    assert b"\x53\xc0\x81\x01" in content
    assert content.count(b"\x75\xa1") == 25
    with ffbind.Container.open(target) as container:
        assert all(packet.side_data(15) is not None for packet in container.packets())


# Times


@pytest.mark.parametrize("extension", ["mp4", "mkv", "webm", "mov"])
def test_a_recording_that_begins_at_an_hour(extension: str, tmp_path: Path) -> None:
    options = ["--video", "vp8", "--audio", "opus"] if extension == "webm" else ["--audio", "aac"]
    probed = ffprobe(transcode(fault("writing/starts_at_1h.ts"), tmp_path / f"o.{extension}", *options), "-show_format")
    start, duration = (float(probed["format"][name]) for name in ("start_time", "duration"))
    if extension in ("mp4", "mov"):
        assert start == 0
        assert abs(duration - 1.045) <= 0.001
    else:
        # The samples that the encoder puts before the sound come before zero.
        assert abs(start) <= 0.025
        assert abs(duration + start - 1.045) <= 0.001


def test_a_pause_of_minutes(tmp_path: Path) -> None:
    target = transcode(fault("writing/pause_300s.mkv"), tmp_path / "o.mp4")
    packets = ffprobe(target, "-show_packets", "-select_streams", "v")["packets"]
    assert len(packets) == 60
    assert min(float(packet["pts_time"]) for packet in packets) == 0.0
    with Demuxer(target) as demuxer:
        assert demuxer.video_track.time_base.denominator == 15_360


@pytest.mark.parametrize(("rate", "timescale"), [((25, 1), 12_800), ((60_000, 1001), 60_000), ((24_000, 1001), 24_000)])
@pytest.mark.parametrize("source", ["mkv", "mp4", "ts", "flv"])
def test_a_constant_frame_rate_stays_constant(
    rate: tuple[int, int], timescale: int, source: str, tmp_path: Path
) -> None:
    made = write(tmp_path / f"source.{source}", x264(count=20, framerate=rate, global_header=source != "ts"))
    target = transcode(made, tmp_path / "target.mp4")
    with ffbind.Container.open(target) as container:
        (stream,) = container.streams
        assert stream.time_base == (1, timescale)
        timestamps = sorted(packet.pts or 0 for packet in container.packets())
    step = timescale * rate[1] // rate[0]
    assert timestamps == [number * step for number in range(20)]
    # One entry for all frames: a count of entries, a count of frames, and their duration.
    content = target.read_bytes()
    place = content.index(b"stts") + 8
    entry = [int.from_bytes(content[place + 4 * word : place + 4 * word + 4], "big") for word in range(3)]
    assert entry == [1, 20, step]


def test_a_variable_frame_rate_stays_exact(tmp_path: Path) -> None:
    source, times = tmp_path / "source.mp4", [0, 3001, 7777, 9000, 90_000, 91_234]
    stream = x264(count=6)
    parameters = ffbind.StreamParameters(
        codec_name="h264", time_base=(1, 90_000), extradata=stream.encoder.extradata, width=64, height=48
    )
    with ffbind.ContainerWriter.open(source) as writer:
        index = writer.add_stream(parameters)
        for packet, time in zip(stream.packets, times, strict=True):
            packet.pts, packet.dts, packet.duration = time, time, 1234
            writer.write(packet, index)
    with ffbind.Container.open(transcode(source, tmp_path / "target.mp4")) as container:
        assert container.streams[0].time_base == (1, 90_000)
        assert sorted(packet.pts or 0 for packet in container.packets()) == times


# Tags, chapters and languages


def test_languages_titles_and_chapters(tmp_path: Path) -> None:
    target = transcode(fault("writing/languages_chapters.mp4"), tmp_path / "o.mkv")
    with Demuxer(target) as demuxer:
        assert [t.description.language for t in demuxer.tracks if isinstance(t, AudioTrack)] == ["eng", "fra"]
        assert [t.description.is_default for t in demuxer.tracks] == [True, True, False]
        assert {name.lower(): value for name, value in demuxer.tags.items()} == {"title": "My film", "artist": "Me"}
        assert demuxer.chapters == [(0, 500_000, "one"), (500_000, 1_000_000, "two")]


@pytest.mark.parametrize("extension", ["mp4", "mkv", "webm", "mov"])
def test_words_about_a_file_go_through_each_container(extension: str, tmp_path: Path) -> None:
    source = write(
        tmp_path / "source.mkv",
        video("libvpx", count=25),
        audio("libopus", format="flt", count=50, description={"metadata": {"language": "fra", "title": "Voix"}}),
    )
    options = ["--video", "vp8", "--audio", "opus"] if extension == "webm" else ["--audio", "aac"]
    with Demuxer(transcode(source, tmp_path / f"target.{extension}", *options)) as demuxer:
        description = demuxer.audio_track.description
    assert description.language == "fra"
    # Old versions of FFmpeg write titles of tracks to MP4, but do not read them.
    is_read = extension in ("mkv", "webm") or ffbind.load().versions["avformat"][0] >= 62
    assert description.title == "Voix" or not is_read
    assert b"Voix" in (tmp_path / f"target.{extension}").read_bytes()


@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_default_tracks(extension: str, tmp_path: Path) -> None:
    # MPEG-TS has no flag of its own, and in the other file the second track of sound is the default.
    sounds = [audio("aac", format="fltp", count=20, description={"disposition": flag}) for flag in (0, 1)]
    for source, expected in (
        (write(tmp_path / "a.ts", x264(global_header=False), audio("aac", format="fltp", count=20)), [True, True]),
        (write(tmp_path / "a.mkv", x264(), *sounds), [True, False, True]),
    ):
        with Demuxer(transcode(source, tmp_path / f"{source.suffix}.{extension}")) as demuxer:
            assert [track.description.is_default for track in demuxer.tracks] == expected


def test_ten_bits_stay_ten(tmp_path: Path) -> None:
    source = fault("hevc_pq.mp4")
    for name, codec in (("o.webm", "vp9"), ("o.mp4", "av1"), ("p.mp4", "hevc")):
        if not ffbind.encoder_names_for(codec):
            continue
        with Demuxer(transcode(source, tmp_path / name, "--video", codec)) as demuxer:
            config = demuxer.video_track.config
        assert ".10" in config["codec"] or config["codec"].startswith("hvc1.2"), config["codec"]
        assert config.get("colorSpace", {}).get("transfer") == "pq"


@pytest.mark.parametrize(("extension", "codec"), [("mkv", "vp9"), ("webm", "vp9"), ("mp4", "vp9")])
def test_the_metadata_of_hdr10(extension: str, codec: str, tmp_path: Path) -> None:
    light = (1000).to_bytes(4, "little") + (400).to_bytes(4, "little")
    stream = video("libvpx-vp9", count=5, color_primaries=9, color_trc=16, colorspace=9, color_range=1)
    source = write(tmp_path / "source.mkv", stream._replace(description={"side_data": {22: light}}))
    with Demuxer(transcode(source, tmp_path / f"target.{extension}", "--video", codec)) as demuxer:
        track = demuxer.video_track
        assert isinstance(track, VideoTrack)
        assert (track.description.side_data or {}).get(22) == light


#: The metadata of HDR10 as SEI messages of H.265, whose primaries are in the order green, blue, red.
_MASTERING_DISPLAY = struct.pack(">8H2I", 13250, 34500, 7500, 3000, 34000, 16000, 15635, 16450, 10_000_000, 50)
_CONTENT_LIGHT = struct.pack(">2H", 1000, 400)
#: The mastering display as FFmpeg has it for a stream.
_PRIMARIES = [(34000, 50000), (16000, 50000), (13250, 50000), (34500, 50000), (7500, 50000), (3000, 50000)]
_DISPLAY = [*_PRIMARIES, (15635, 50000), (16450, 50000), (50, 10000), (1000, 1)]


def _hdr10_stream(codec: str) -> MadeStream:
    """A stream whose bitstream alone has the metadata of HDR10."""
    if codec == "hevc":
        display = "G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50)"
        parameters = f"log-level=error:hdr10=1:repeat-headers=1:bframes=0:master-display={display}:max-cll=1000,400"
        return video("libx265", count=5, options={"x265-params": parameters})
    messages = [(137, _MASTERING_DISPLAY), (144, _CONTENT_LIGHT)]
    if codec == "h264":
        sei = b"\x06" + b"".join(bytes([kind, len(payload)]) + payload for kind, payload in messages) + b"\x80"
        made, place = x264(count=5, global_header=False), 0
        prefix = b"\0\0\0\1" + sei.replace(b"\0\0\0", b"\0\0\3\0")
    else:
        # AV1 has other units, and the order red, green, blue.
        values = [round(Fraction(*value) * (1 << 16)) for value in _DISPLAY[:8]]
        display_obu = struct.pack(">B8H2IB", 2, *values, 1000 << 8, round(0.005 * (1 << 14)), 0x80)
        light_obu = b"\x01" + _CONTENT_LIGHT + b"\x80"
        made = video("libaom-av1", "libsvtav1", count=5)
        # They follow the sequence header, whose length comes after the temporal delimiter and its own first byte.
        place = 4 + made.packets[0].tobytes()[3]
        prefix = b"".join(bytes([5 << 3 | 2, len(payload)]) + payload for payload in (display_obu, light_obu))
    first = made.packets[0]
    data = first.tobytes()
    made.packets[0] = ffbind.Packet(
        data[:place] + prefix + data[place:], pts=first.pts, dts=first.dts, duration=first.duration, key=True
    )
    first.close()
    return made


@pytest.mark.parametrize(("source", "codec"), [("mp4", "hevc"), ("ts", "h264"), ("mkv", "hevc"), ("mp4", "av1")])
def test_the_metadata_of_hdr10_in_the_bitstream(
    source: str, codec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / f"source.{source}", _hdr10_stream(codec))
    for target, options in (("mp4", ()), ("mkv", ()), ("webm", ()), ("mkv", ("--video", "copy"))):
        with Demuxer(transcode(path, tmp_path / f"target.{target}", "--overwrite", *options)) as demuxer:
            side_data = demuxer.video_track.description.side_data or {}
        assert side_data[22] == struct.pack("=2I", 1000, 400)
        numbers = struct.unpack("=22i", side_data[20])
        assert numbers[20:] == (1, 1)
        for place, expected in enumerate(_DISPLAY):
            value = Fraction(numbers[2 * place], numbers[2 * place + 1])
            assert float(value) == pytest.approx(float(Fraction(*expected)), abs=1e-4)
    assert capsys.readouterr().err == ""


def test_the_metadata_of_hdr10_that_a_target_cannot_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "source.ts", _hdr10_stream("h264"))
    transcode(path, tmp_path / "target.flv", "--video", "avc", "--audio", "none")
    line = f"warning: {path}: track 0: the metadata of HDR10 is left out (mastering display, content light level)"
    assert capsys.readouterr().err.splitlines() == [line]


# FLAC


@pytest.mark.parametrize("extension", ["flac", "mp4", "mkv"])
def test_flac_tells_its_length_and_checksum(extension: str, tmp_path: Path) -> None:
    samples = np.random.default_rng(2).integers(-3000, 3000, 30_000).astype("<i2")
    source = wave(tmp_path / "source.wav", samples.tobytes())
    target = transcode(source, tmp_path / f"target.{extension}", "--audio", "flac")
    with Demuxer(target) as demuxer:
        description = demuxer.audio_track.config["description"]
    assert isinstance(description, bytes)
    info = parse_flac_description(description)
    assert (info.total_samples, info.bits_per_sample) == (30_000, 16)
    assert info.md5 == hashlib.md5(samples.tobytes()).digest()
    assert info.minimum_frame_size > 0


def test_flac_of_a_lossy_source_has_24_bits(tmp_path: Path) -> None:
    source = write(tmp_path / "source.m4a", audio("aac", format="fltp", count=20))
    with Demuxer(transcode(source, tmp_path / "target.flac")) as demuxer:
        description = demuxer.audio_track.config["description"]
    assert isinstance(description, bytes)
    assert parse_flac_description(description).bits_per_sample == 24


@pytest.mark.parametrize("extension", ["wav", "flac"])
def test_flac_of_24_bits_has_24_bits(extension: str, tmp_path: Path) -> None:
    samples = np.random.default_rng(5).integers(-(2**23), 2**23, 20_000).astype("<i4")
    data = samples.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
    source = wave(tmp_path / "source.wav", data, bits=24, rate=48_000)
    if extension == "flac":
        source = transcode(source, tmp_path / "source.flac")
    target = transcode(source, tmp_path / "target.flac")
    with Demuxer(target) as demuxer:
        description = demuxer.audio_track.config["description"]
    assert isinstance(description, bytes)
    info = parse_flac_description(description)
    assert (info.bits_per_sample, info.total_samples) == (24, 20_000)
    assert info.md5 == hashlib.md5(data).digest()


def write_pcm(path: Path, mask: int, samples: npt.NDArray[np.int16]) -> Path:
    """A file of sound, [frame, channel], at 48 kHz, with a mask that names its channels."""
    parameters = ffbind.StreamParameters(
        codec_name="pcm_s16le",
        time_base=(1, 48_000),
        sample_rate=48_000,
        channels=samples.shape[1],
        channel_mask=mask,
    )
    with ffbind.ContainerWriter.open(path) as writer, ffbind.Packet(samples.tobytes(), pts=0, dts=0) as packet:
        writer.write(packet, writer.add_stream(parameters))
    return path


@pytest.mark.parametrize("mask", [0x60F, 0x3F, 0x603, 0x33, 0x63F, 0x607, 0x7, 0x3, 0x4])
def test_channels_that_the_codec_has_are_not_mixed(mask: int, tmp_path: Path) -> None:
    samples = np.random.default_rng(7).integers(-9000, 9000, (5000, mask.bit_count())).astype("<i2")
    target = transcode(write_pcm(tmp_path / "source.wav", mask, samples), tmp_path / "target.flac")
    found, _ = decode(target, tmp_path / "out")
    assert np.array_equal(found * 2**15, samples)


def test_three_channels_without_names_are_those_of_most_codecs(tmp_path: Path) -> None:
    """The third one is the centre, and is heard in a mix."""
    samples = np.zeros((24_000, 3), "<i2")
    samples[:, 2] = 9000 * np.sin(np.arange(24_000) / 20)
    found, _ = decode(transcode(write_pcm(tmp_path / "source.wav", 0, samples), tmp_path / "o.mp3"), tmp_path / "out")
    assert found.shape[1] == 2
    assert np.abs(found[6000:18_000]).max(axis=0) == pytest.approx([9000 / 2**15 * 0.414] * 2, abs=0.01)


@pytest.mark.parametrize("mask", [0x107, 0x33, 0xB, 0x7, 0x103, 0x3F, 0x0])
def test_channels_of_pcm_stay_what_they_are(mask: int, tmp_path: Path) -> None:
    """PCM gives channels no meaning. Files that decode writes tell it as well."""
    samples = np.random.default_rng(7).integers(-9000, 9000, (5000, mask.bit_count() or 3)).astype("<i2")
    target = transcode(write_pcm(tmp_path / "source.wav", mask, samples), tmp_path / "target.wav")
    found, _ = decode(target, tmp_path / "out")
    assert np.array_equal(found * 2**15, samples)
    (decoded,) = (tmp_path / "out").glob("*.wav")
    for path in (target, decoded):
        with Demuxer(path) as demuxer:
            assert demuxer.audio_track.channel_mask == mask


@pytest.mark.parametrize("mask", [0x3F, 0x60F, 0x107, 0x63F])
def test_a_mix_does_not_clip(mask: int, tmp_path: Path) -> None:
    loud = np.full((48_000, mask.bit_count()), 32_000) * np.sign(np.sin(np.arange(48_000) / 40))[:, np.newaxis]
    source = write_pcm(tmp_path / "source.wav", mask, loud.astype("<i2"))
    found, _ = decode(transcode(source, tmp_path / "target.mkv", "--audio", "mp3"), tmp_path / "out")
    assert found.shape[1] == 2
    # MP3 overshoots at the edges.
    assert np.percentile(np.abs(found), 90) <= 1.05


def test_a_gap_in_converted_sound_stays(tmp_path: Path) -> None:
    parameters = ffbind.StreamParameters(
        codec_name="pcm_s16le", time_base=(1, 22_050), sample_rate=22_050, channels=1, channel_mask=4
    )
    source = tmp_path / "source.mkv"
    with ffbind.ContainerWriter.open(source) as writer:
        stream = writer.add_stream(parameters)
        for second in (0, 1, 4, 5):
            with ffbind.Packet(bytes(2 * 22_050), pts=22_050 * second, dts=22_050 * second, duration=22_050) as packet:
                writer.write(packet, stream)
    with Demuxer(transcode(source, tmp_path / "target.mkv", "--audio", "opus")) as demuxer:
        ends = [demuxed.chunk.timestamp + (demuxed.chunk.duration or 0) for demuxed in demuxer.chunks([0])]
    assert 5_990_000 <= max(ends) <= 6_030_000

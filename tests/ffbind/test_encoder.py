"""Encoders: every codec's round trip, and the faults that encoders are protected from."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

import ffbind
from ffbind import Decoder, Encoder, EncoderSettings, Frame, Packet, SampleParameters, StreamHeader
from ffbind.codecs import CAP_EXPERIMENTAL
from ffbind.dictionaries import EMPTY
from tests.ffbind.codec_signals import (
    HEIGHT,
    PICTURES,
    RATE,
    TONE,
    WIDTH,
    decode_all,
    encode_pictures,
    encode_tone,
    first_channel,
    flat_picture,
    mean_luma,
    noise_picture,
    pixels,
    tone,
)

_DEFAULT_SETTINGS = EncoderSettings()


def picture_encoder(
    name: str,
    format: str = "yuv420p",
    settings: EncoderSettings = _DEFAULT_SETTINGS,
    *,
    options: Mapping[str, str] = EMPTY,
) -> Encoder:
    """An encoder for pictures, or the test is skipped if there is none of the name that takes the format."""
    info = ffbind.find_encoder(name)
    if info is None or info.name != name:
        pytest.skip(f"this FFmpeg has no encoder {name}")
    if info.pixel_formats is not None and format not in info.pixel_formats:
        pytest.skip(f"this FFmpeg's {name} does not take {format}")
    return Encoder(name, replace(PICTURES, format=format), settings, options=options)


def tone_encoder(name: str, format: str, settings: EncoderSettings = _DEFAULT_SETTINGS) -> Encoder:
    """An encoder for stereo at 48 kHz, or the test is skipped if there is none of the name."""
    info = ffbind.find_encoder(name)
    if info is None or info.name != name:
        pytest.skip(f"this FFmpeg has no encoder {name}")
    return Encoder(name, SampleParameters(format, RATE, 2), settings)


#: AVPacketSideDataType of encoded alpha.
BLOCK_ADDITIONAL = 15
FAST = {"deadline": "realtime", "cpu-used": "8"}
LOSSLESS = [
    ("libx264", "h264", "yuv420p", {"qp": "0"}),
    ("libx264", "h264", "yuv420p10le", {"qp": "0"}),
    ("libx264", "h264", "yuv444p", {"qp": "0"}),
    ("libx265", "hevc", "yuv420p", {"x265-params": "lossless=1"}),
    ("libx265", "hevc", "yuv422p10le", {"x265-params": "lossless=1"}),
    ("libvpx-vp9", "vp9", "yuv420p", {"lossless": "1", **FAST}),
    ("libvpx-vp9", "vp9", "yuv444p", {"lossless": "1", **FAST}),
    ("libvpx-vp9", "vp9", "yuv420p10le", {"lossless": "1", **FAST}),
    ("libaom-av1", "av1", "yuv420p", {"aom-params": "lossless=1", "cpu-used": "8"}),
    ("ffv1", "ffv1", "yuv420p", {}),
    ("png", "png", "rgba", {}),
    ("rawvideo", "rawvideo", "nv12", {}),
]


@pytest.mark.parametrize(("encoder", "codec", "format", "options"), LOSSLESS)
def test_lossless_round_trip(encoder: str, codec: str, format: str, options: dict[str, str]) -> None:
    with picture_encoder(encoder, format, options=options) as made:
        packets = encode_pictures(made, [noise_picture(index, format) for index in range(5)])
        extradata = made.extradata
    raw = {"pixel_format": format} if codec == "rawvideo" else {}
    header = StreamHeader(extradata=extradata, width=WIDTH, height=HEIGHT)
    with Decoder(codec, header, options=raw) as decoder:
        frames = decode_all(decoder, packets)
    assert [frame.pts for frame in frames] == [0, 1, 2, 3, 4]
    for index, frame in enumerate(frames):
        assert (frame.width, frame.height, frame.format) == (WIDTH, HEIGHT, format)
        assert pixels(frame) == pixels(noise_picture(index, format))


LOSSY = [
    ("libx264", "h264", {}, EncoderSettings()),
    ("libx264", "h264", {"preset": "ultrafast"}, EncoderSettings(threads=2)),
    ("libx265", "hevc", {}, EncoderSettings()),
    ("libvpx", "vp8", FAST, EncoderSettings(bit_rate=1_000_000)),
    ("libvpx-vp9", "vp9", FAST, EncoderSettings(bit_rate=1_000_000)),
    ("libaom-av1", "av1", {"cpu-used": "8"}, EncoderSettings(bit_rate=1_000_000)),
    ("libsvtav1", "av1", {"preset": "10"}, EncoderSettings()),
    ("mpeg4", "mpeg4", {}, EncoderSettings(bit_rate=2_000_000, max_b_frames=2)),
]


@pytest.mark.parametrize("global_header", [False, True])
@pytest.mark.parametrize(("encoder", "codec", "options", "settings"), LOSSY)
def test_lossy_round_trip_keeps_order_and_levels(
    encoder: str, codec: str, options: dict[str, str], settings: EncoderSettings, global_header: bool
) -> None:
    with picture_encoder(encoder, settings=replace(settings, global_header=global_header), options=options) as made:
        packets = encode_pictures(made, [flat_picture(index) for index in range(16)])
        extradata = made.extradata if global_header else b""
    assert packets[0].key
    assert sorted(packet.pts or 0 for packet in packets) == list(range(16))
    with Decoder(codec, StreamHeader(extradata=extradata)) as decoder:
        frames = decode_all(decoder, packets)
    assert [frame.pts for frame in frames] == list(range(16))
    assert frames[0].key_frame
    for index, frame in enumerate(frames):
        assert abs(mean_luma(frame) - (20 + 13 * index)) < 3


@pytest.mark.parametrize(
    ("codec", "format"),
    [
        ("pcm_u8", "u8"),
        ("pcm_s16le", "s16"),
        ("pcm_s32le", "s32"),
        ("pcm_f32le", "flt"),
        ("pcm_f64le", "dbl"),
        ("flac", "s16"),
        ("flac", "s32"),
        ("alac", "s16p"),
    ],
)
def test_lossless_sound(codec: str, format: str) -> None:
    with tone_encoder(codec, format) as made:
        size = made.frame_size or 960
        packets = encode_tone(made, format, 4)
        extradata = made.extradata
    with Decoder(codec, StreamHeader(extradata=extradata, sample_rate=RATE, channels=2)) as decoder:
        frames = decode_all(decoder, packets)
    assert {(frame.channels, frame.sample_rate) for frame in frames} == {(2, RATE)}
    expected = first_channel([tone(0, 4 * size, format)])
    if codec == "flac" and format == "s32":
        # FLAC has 24 bits.
        expected = np.floor(expected * 2**23) / 2**23
    assert np.array_equal(first_channel(frames), expected)


@pytest.mark.parametrize(
    ("encoder", "codec", "format", "padding"),
    [
        ("aac", "aac", "fltp", 1024),
        ("libmp3lame", "mp3", "fltp", 1105),
        ("libopus", "opus", "flt", 312),
        ("libvorbis", "vorbis", "fltp", None),
        ("vorbis", "vorbis", "fltp", None),
        ("pcm_alaw", "pcm_alaw", "s16", 0),
        ("pcm_mulaw", "pcm_mulaw", "s16", 0),
    ],
)
def test_lossy_sound_keeps_pitch_and_loudness(encoder: str, codec: str, format: str, padding: int | None) -> None:
    with tone_encoder(encoder, format, EncoderSettings(bit_rate=128_000)) as made:
        packets = encode_tone(made, format, 19_200 // (made.frame_size or 960))
        extradata = made.extradata
        assert padding is None or made.initial_padding == padding
        assert packets[0].pts == -made.initial_padding
    with Decoder(codec, StreamHeader(extradata=extradata, sample_rate=RATE, channels=2)) as decoder:
        samples = first_channel(decode_all(decoder, packets))
    # 100 ms from the middle hold 150 periods exactly, all of the tone in one bin.
    spectrum = np.abs(np.fft.rfft(samples[7_200:12_000])) / 2_400
    assert int(np.argmax(spectrum)) == TONE // 10
    # LAME takes off a twentieth.
    assert abs(np.max(spectrum) - 0.5) < 0.03
    assert np.max(spectrum[: TONE // 10 - 2]) < 0.02


def test_global_header_takes_parameter_sets_out_of_packets() -> None:
    sets = b"\0\0\0\x01\x67"
    pictures = [flat_picture(0)]
    inside = picture_encoder("libx264")
    outside = picture_encoder("libx264", settings=EncoderSettings(global_header=True))
    assert sets in bytes(encode_pictures(inside, pictures)[0].data)
    assert inside.extradata == b""
    assert sets not in bytes(encode_pictures(outside, pictures)[0].data)
    assert outside.extradata.startswith(sets)


def test_annexb_off_gives_lengths_instead_of_start_codes() -> None:
    encoder = picture_encoder(
        "libx264", settings=EncoderSettings(global_header=True), options={"x264-params": "annexb=0"}
    )
    (packet,) = encode_pictures(encoder, [flat_picture(0)])
    data, position, units = bytes(packet.data), 0, 0
    while position < len(data):
        position += 4 + int.from_bytes(data[position : position + 4], "big")
        units += 1
    assert (position, units > 0) == (len(data), True)


def test_colours_reach_the_decoder() -> None:
    if ffbind.find_encoder("libx264") is None:
        pytest.skip("this FFmpeg has no encoder libx264")
    coloured = replace(
        PICTURES,
        color_range=2,
        color_primaries=9,
        color_trc=16,
        colorspace=9,
        chroma_location=3,
        sample_aspect_ratio=(4, 3),
    )
    encoder = Encoder("libx264", coloured)
    picture = flat_picture(0)
    picture.color_range, picture.color_primaries, picture.color_trc, picture.colorspace = 2, 9, 16, 9
    picture.sample_aspect_ratio = (4, 3)
    (frame,) = decode_all(Decoder("h264"), encode_pictures(encoder, [picture]))
    assert (frame.color_range, frame.color_primaries, frame.color_trc, frame.colorspace) == (2, 9, 16, 9)
    assert frame.sample_aspect_ratio == (4, 3)


def test_key_frames_on_demand() -> None:
    options = {"forced-idr": "1", "x264-params": "scenecut=0"}
    encoder = picture_encoder("libx264", settings=EncoderSettings(gop_size=250, max_b_frames=0), options=options)
    packets = []
    for index in range(12):
        packets += encoder.encode(flat_picture(index), key_frame=index in (5, 9))
    packets += encoder.drain()
    assert [index for index, packet in enumerate(packets) if packet.key] == [0, 5, 9]


def test_type_of_a_decoded_picture_is_not_an_order() -> None:
    source = picture_encoder("mpeg4", settings=EncoderSettings(gop_size=1))
    frames = decode_all(Decoder("mpeg4"), encode_pictures(source, [flat_picture(index) for index in range(6)]))
    assert [frame.key_frame for frame in frames] == [True] * 6
    options = {"sc_threshold": "1000000000"}
    encoder = picture_encoder("mpeg4", settings=EncoderSettings(gop_size=250), options=options)
    packets = encode_pictures(encoder, frames)
    assert [packet.key for packet in packets] == [True] + [False] * 5


@pytest.mark.parametrize("name", ["libx264", "libvpx", "libsvtav1", "libx265", "mpeg4"])
def test_after_the_end_a_new_stream_begins(name: str) -> None:
    encoder = picture_encoder(name, options=FAST if name == "libvpx" else {})
    first = encode_pictures(encoder, [flat_picture(index) for index in range(3)])
    assert encoder.drain() == []
    second = encode_pictures(encoder, [flat_picture(index) for index in range(3)])
    assert [packet.key for packet in (first[0], second[0])] == [True, True]
    assert sorted(packet.pts or 0 for packet in second) == [0, 1, 2]
    decoder = Decoder(encoder.codec.codec_name)
    assert len(decode_all(decoder, second)) == 3


def test_send_and_receive_one_by_one() -> None:
    encoder = picture_encoder("mpeg4", settings=EncoderSettings(max_b_frames=2))
    received = []
    for index in range(5):
        encoder.send(flat_picture(index))
    encoder.send(None)
    encoder.send(None)
    while packet := encoder.receive():
        received.append(packet.pts)
    assert received == [0, 3, 1, 2, 4]
    assert encoder.receive() is None


@pytest.mark.parametrize("name", ["libx264", "libvpx", "libsvtav1", "mpeg4"])
def test_content_is_what_is_in_the_packets(name: str) -> None:
    """B-frames are included, which come late and all at once, and so are the last packets."""
    settings = EncoderSettings(max_b_frames=2 if name in ("libx264", "mpeg4") else None)
    encoder = picture_encoder(name, settings=settings)
    expected = [packet.content() for packet in encode_pictures(encoder, [noise_picture(index) for index in range(9)])]
    assert {content.key for content in expected} == {True, False}
    contents = [content for index in range(9) for content in encoder.encode_to_content(noise_picture(index))]
    contents += [packet.content() for packet in encoder.drain()]
    if name != "libsvtav1":
        # SVT-AV1's threads make other packets each time.
        assert contents == expected
    assert sorted(content.pts or 0 for content in contents) == list(range(9))


def test_content_has_the_side_data_asked_for() -> None:
    encoder = picture_encoder("libvpx", "yuva420p", options={**FAST, "auto-alt-ref": "0", "lag-in-frames": "0"})
    picture = flat_picture(0, "yuva420p")
    (packet,) = encoder.encode(picture)
    kind = BLOCK_ADDITIONAL
    expected = packet.side_data(kind)
    assert expected
    assert [packet.content(type).side_data for type in (None, kind, kind + 1)] == [None, expected, None]
    assert Packet.of(packet.content(kind), kind).side_data(kind) == expected
    (content,) = encoder.encode_to_content(picture, pts=1, side_data=kind)
    # It begins with the number of its purpose.
    assert content.side_data is not None
    assert (content.pts, content.side_data[:8]) == (1, expected[:8])
    assert len(content.side_data) > 8


def test_an_error_loses_no_content() -> None:
    encoder = picture_encoder("mpeg4", settings=EncoderSettings(max_b_frames=2))
    receive = encoder._receive_packet
    invalid = -22

    def receive_and_fail(context: int, packet: int) -> int:
        code: int = receive(context, packet)
        return invalid if code < 0 else code

    contents = []
    for index in range(3):
        contents += encoder.encode_to_content(flat_picture(index))
    encoder._receive_packet = receive_and_fail
    with pytest.raises(ffbind.FFmpegError, match="avcodec_receive_packet"):
        encoder.encode_to_content(flat_picture(3))
    encoder._receive_packet = receive
    contents += encoder.encode_to_content(flat_picture(4))
    contents += [packet.content() for packet in encoder.drain()]
    assert [content.pts for content in contents] == [0, 3, 1, 2, 4]


def test_a_frame_stays_as_it_is() -> None:
    """The timestamp and type for one encoder are not set on the frame, which other encoders may get as well."""
    encoder = picture_encoder("mpeg4")
    picture = flat_picture(3)
    picture.fields.pict_type = 2
    (packet,) = encoder.encode(picture, pts=7, key_frame=True)
    assert packet.pts == 7
    assert (picture.pts, picture.fields.pict_type) == (3, 2)
    encoder.send(picture, pts=8)
    received = encoder.receive()
    assert received is not None
    assert received.pts == 8
    assert picture.is_writable


@pytest.mark.parametrize("name", ["libsvtav1", "libx264", "libx265", "libvpx", "libaom-av1", "mpeg4"])
@pytest.mark.parametrize("drained", [False, True])
def test_an_encoder_that_saw_nothing_can_be_closed(name: str, drained: bool) -> None:
    encoder = picture_encoder(name)
    if drained:
        assert encoder.drain() == []
    encoder.close()


@pytest.mark.parametrize("name", ["libx264", "libx265", "libvpx-vp9", "libaom-av1", "libsvtav1"])
def test_samples_beyond_their_depth_are_masked(name: str) -> None:
    picture = flat_picture(4, "yuv420p10le")
    wild = picture.ref()
    for plane in wild.writable_planes():
        values = np.frombuffer(plane.data, "<u2")
        values |= 0xFC00
    before = pixels(wild)
    streams = [
        [bytes(packet.data) for packet in encode_pictures(picture_encoder(name, "yuv420p10le"), [frame])]
        for frame in (wild, picture)
    ]
    assert streams[0] == streams[1]
    assert pixels(wild) == before


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_libmp3lame_is_kept_from_what_it_aborts_on(value: float) -> None:
    encoder = tone_encoder("libmp3lame", "fltp")
    frame = tone(0, 1152, "fltp")
    np.frombuffer(frame.writable_planes()[1].data, "<f4")[1000] = value
    with pytest.raises(ValueError, match="libmp3lame takes finite samples only"):
        encoder.encode(frame)
    encoder.encode(tone(0, 1152, "fltp"))
    assert encoder.drain() != []


@pytest.mark.parametrize(
    "make",
    [
        partial(flat_picture, 0, width=64),
        partial(flat_picture, 0, height=48),
        partial(flat_picture, 0, "yuv422p"),
        partial(flat_picture, 0, "nv12"),
        partial(tone, 0, 960, "s16"),
    ],
    ids=["width", "height", "subsampling", "arrangement", "samples"],
)
def test_pictures_of_another_kind_are_refused(make: Callable[[], Frame]) -> None:
    encoder, frame = picture_encoder("mpeg4"), make()
    with pytest.raises(ValueError, match=f"the encoder takes 128x96 yuv420p, not {frame!r}"):
        encoder.encode(frame)


@pytest.mark.parametrize(
    "make",
    [
        partial(tone, 0, 960, "s16", 1),
        partial(tone, 0, 960, "flt"),
        partial(tone, 0, 960, "s16p"),
        partial(flat_picture, 0),
    ],
    ids=["channels", "type", "arrangement", "picture"],
)
def test_samples_of_another_kind_are_refused(make: Callable[[], Frame]) -> None:
    encoder, frame = tone_encoder("pcm_s16le", "s16"), make()
    with pytest.raises(ValueError, match=f"the encoder takes 2ch s16, not {frame!r}"):
        encoder.encode(frame)


def test_options() -> None:
    with pytest.raises(ValueError, match="unknown options: nonsense"):
        picture_encoder("mpeg4", options={"nonsense": "1"})
    with pytest.raises(ffbind.FFmpegError, match=r"avcodec_find_encoder\('nonsense'\): Encoder not found"):
        Encoder("nonsense", PICTURES)
    encoder = picture_encoder("mpeg4", options={"qmax": "20"})
    assert encoder.fields.qmax == 20
    encoder.set_option("qmax", "12")
    assert encoder.fields.qmax == 12
    with pytest.raises(ffbind.FFmpegError, match=r"av_opt_set\('nonsense', '1'\): Option not found"):
        encoder.set_option("nonsense", "1")


def test_pictures_and_samples_are_not_mixed_up() -> None:
    with pytest.raises(ValueError, match="mpeg4 encodes pictures"):
        Encoder("mpeg4", SampleParameters("s16", RATE, 2))
    with pytest.raises(ValueError, match="pcm_s16le encodes samples"):
        Encoder("pcm_s16le", PICTURES)


def test_an_encoder_that_corrupts_memory_is_as_if_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """FFmpeg 7.1 writes to memory that it has freed when it opens libaom's encoder."""
    if "libaom-av1" not in ffbind.encoder_names_for("av1"):
        pytest.skip("this FFmpeg has no encoder libaom-av1, or it is 7.1")
    library = ffbind.load()
    others = [name for name in ffbind.encoder_names_for("av1") if name != "libaom-av1"]
    monkeypatch.setattr(library, "codec_major", 61)
    for version, is_absent in (((61, 18, 100), False), ((61, 19, 100), True), ((61, 19, 101), True)):
        monkeypatch.setitem(library.versions, "avcodec", version)
        assert ("libaom-av1" not in ffbind.encoder_names_for("av1")) == is_absent
        assert (ffbind.find_encoder("libaom-av1") is None) == is_absent
        first = ffbind.find_encoder("av1")
        if is_absent:
            assert (first.name if first else None) == (others[0] if others else None)
            with pytest.raises(ffbind.FFmpegError, match="Encoder not found"):
                Encoder("libaom-av1", PICTURES)


def test_experimental_encoders_need_no_consent() -> None:
    with tone_encoder("dca", "s32", EncoderSettings(bit_rate=500_000)) as made:
        assert made.codec.capabilities & CAP_EXPERIMENTAL
        assert len(encode_tone(made, "s32", 2)) == 2


def test_per_picture_quality_of_x264() -> None:
    parameters = "qcomp=1:ipratio=1:pbratio=1:mbtree=0"
    encoder = picture_encoder(
        "libx264",
        settings=EncoderSettings(gop_size=1, max_b_frames=0),
        options={"crf": "20", "aq-mode": "0", "tune": "zerolatency", "x264-params": parameters},
    )
    sizes = []
    for index, quality in enumerate((10, 30, 50, 10)):
        encoder.set_option("crf", str(quality))
        frame = noise_picture(1)
        frame.pts = index
        (packet,) = encoder.encode(frame)
        sizes.append(packet.size)
    assert sizes[0] > 2 * sizes[1] > 4 * sizes[2]
    assert abs(sizes[3] - sizes[0]) < sizes[0] // 20


def test_flac_ends_with_a_new_header() -> None:
    encoder = tone_encoder("flac", "s16")
    last = encode_tone(encoder, "s16", 2)[-1]
    assert (last.size, last.side_data_types()) == (0, [1])
    header = last.side_data(1)
    assert header is not None
    # The samples of the stream are known now: STREAMINFO counts them in 36 bits at bit 108.
    assert int.from_bytes(header, "big") >> (8 * len(header) - 144) & (1 << 36) - 1 == 2 * encoder.frame_size


def test_use_after_close_is_refused() -> None:
    encoder = picture_encoder("mpeg4")
    encoder.close()
    encoder.close()
    for use in (
        lambda: encoder.encode(flat_picture(0)),
        lambda: encoder.encode_to_content(flat_picture(0)),
        encoder.drain,
        encoder.receive,
        lambda: encoder.extradata,
    ):
        with pytest.raises(ffbind.ClosedError, match="this Encoder is closed"):
            use()


def test_encoders_print_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("libx264", "libx265", "libvpx", "libsvtav1", "libaom-av1"):
        if ffbind.find_encoder(name):
            encode_pictures(picture_encoder(name), [flat_picture(0)])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("frames", [0, 1, 40])
def test_svt_av1_is_told_the_end_of_its_stream(frames: int) -> None:
    """Otherwise it complains on standard error, and the oldest version hangs."""
    if ffbind.find_encoder("libsvtav1") is None:
        pytest.skip("this FFmpeg has no SVT-AV1")
    program = f"""
from ffbind import Encoder, Frame, PictureParameters
pictures = PictureParameters(width=64, height=64, format="yuv420p", framerate=(30, 1))
encoder = Encoder("libsvtav1", pictures, options={{"preset": "8"}})
for number in range({frames}):
    with Frame.video(64, 64, "yuv420p") as frame:
        encoder.encode(frame, pts=number)
encoder.close()
"""
    environment = {**os.environ, "SVT_LOG": "1"}
    ended = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    assert "error" not in ended.stderr.lower()


@pytest.mark.skipif(sys.platform != "linux", reason="the scheduling of threads is asked of Linux")
def test_no_encoder_makes_threads_real_time() -> None:
    """SVT-AV1 does so for the superuser: its own threads, and the one that opens it."""
    program = """
import os
import ffbind
from ffbind import Encoder, Frame, PictureParameters
# Another test may have made this process real-time, with SVT-AV1 in PyAV.
os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
pictures = PictureParameters(width=64, height=64, format="yuv420p", framerate=(30, 1))
def policies():
    return {os.sched_getscheduler(int(thread)) for thread in os.listdir("/proc/self/task")}
for name in ("libx264", "libx265", "libvpx", "libvpx-vp9", "libsvtav1", "libaom-av1"):
    if ffbind.find_encoder(name) is not None:
        encoder = Encoder(name, pictures)
        with Frame.video(64, 64, "yuv420p") as frame:
            encoder.encode(frame, pts=0)
        print(name, policies())
        # The end of a stream, and the beginning of another one, which opens SVT-AV1 anew.
        encoder.send(None)
        encoder.begin()
        print(name, policies())
        encoder.close()
        print(name, policies())
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120, check=True)
    told = [line.partition(" ")[2] for line in ended.stdout.splitlines()]
    assert len(told) >= 3
    assert set(told) == {str({os.SCHED_OTHER})}, ended.stdout

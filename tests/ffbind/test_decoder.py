"""Decoders: order, delay, draining, damage, cropping, and the properties of frames."""

import struct
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pytest

import ffbind
from ffbind import (
    Decoder,
    DecoderSettings,
    Encoder,
    EncoderSettings,
    FFmpegError,
    Frame,
    Packet,
    PictureParameters,
    SampleParameters,
    StreamHeader,
)
from ffbind.dictionaries import EMPTY
from ffbind.errors import AVERROR_EINVAL, AVERROR_INVALIDDATA
from tests.ffbind.codec_signals import (
    HEIGHT,
    PICTURES,
    RATE,
    WIDTH,
    decode_all,
    encode_pictures,
    encode_tone,
    first_channel,
    flat_picture,
    mean_luma,
    noise_picture,
    pixels,
)

_DEFAULT_SETTINGS = EncoderSettings()
SKIP_SAMPLES = 11
SEI_UNREGISTERED = 20


def picture_packets(
    encoder: str,
    pictures: list[Frame],
    settings: EncoderSettings = _DEFAULT_SETTINGS,
    *,
    options: Mapping[str, str] = EMPTY,
) -> list[Packet]:
    """A stream of the pictures, or the test is skipped if there is no such encoder."""
    if ffbind.find_encoder(encoder) is None:
        pytest.skip(f"this FFmpeg has no encoder {encoder}")
    first = pictures[0]
    source = PictureParameters(width=first.width, height=first.height, format=first.format, framerate=(30, 1))
    with Encoder(encoder, source, settings, options=options) as made:
        return encode_pictures(made, pictures)


def flat_pictures(count: int = 16) -> list[Frame]:
    return [flat_picture(index) for index in range(count)]


def with_bytes(packets: list[Packet]) -> list[tuple[bytes, int | None]]:
    return [(bytes(packet.data), packet.pts) for packet in packets]


def levels(frames: list[Frame]) -> list[int]:
    """The numbers of the flat pictures that the frames show."""
    return [round((mean_luma(frame) - 20) / 13) for frame in frames]


@pytest.mark.parametrize("encoder", ["libx264", "libx265", "mpeg4"])
def test_timestamps_come_out_in_order_and_untouched(encoder: str) -> None:
    packets = picture_packets(encoder, flat_pictures(), EncoderSettings(max_b_frames=3))
    order = [packet.pts or 0 for packet in packets]
    assert order != sorted(order)
    # Any numbers will do. These are microseconds with gaps, around zero.
    stamps = [-80_000 + 33_367 * index + 1_000 * (index % 3) for index in range(16)]
    decoder = Decoder({"libx264": "h264", "libx265": "hevc"}.get(encoder, encoder))
    frames = []
    for packet in packets:
        frames += decoder.decode(bytes(packet.data), stamps[packet.pts or 0])
    frames += decoder.drain()
    assert [frame.pts for frame in frames] == stamps
    assert levels(frames) == list(range(16))
    assert decoder.has_b_frames > 0


def test_unknown_timestamps_stay_unknown() -> None:
    decoder = Decoder("pcm_s16le", StreamHeader(sample_rate=RATE, channels=1))
    (frame,) = decoder.decode(b"ab", None)
    assert frame.pts is None
    (frame,) = decoder.decode(b"ab", 0)
    assert frame.pts == 0


@pytest.mark.parametrize("make", [bytes, bytearray, memoryview])
def test_any_bytes_can_be_decoded(make: Callable[[bytes], bytes]) -> None:
    decoder = Decoder("pcm_s16le", StreamHeader(sample_rate=RATE, channels=2))
    (frame,) = decoder.decode(make(struct.pack("<4h", 1, -2, 3, -4)), 5)
    assert (frame.nb_samples, frame.channels, frame.sample_rate, frame.format, frame.pts) == (2, 2, RATE, "s16", 5)
    assert struct.unpack("<4h", frame.planes()[0].data) == (1, -2, 3, -4)


def test_an_empty_packet_is_an_error_and_not_the_end() -> None:
    decoder = Decoder("pcm_s16le", StreamHeader(sample_rate=RATE, channels=1))
    with pytest.raises(FFmpegError) as caught:
        decoder.decode(b"", 0)
    assert (caught.value.code, caught.value.function) == (AVERROR_EINVAL, "avcodec_send_packet")
    assert str(caught.value) == f"avcodec_send_packet: {caught.value.message} ({AVERROR_EINVAL})"
    assert len(decoder.decode(b"ab", 0)) == 1


def test_drained_decoders_start_anew() -> None:
    packets = with_bytes(picture_packets("mpeg4", flat_pictures(), EncoderSettings(max_b_frames=2)))
    decoder = Decoder("mpeg4", settings=DecoderSettings(threads=3))
    for _ in range(3):
        frames = [frame for data, pts in packets for frame in decoder.decode(data, pts)]
        rest = decoder.drain()
        assert rest != []
        assert levels(frames + rest) == list(range(16))
        assert decoder.drain() == []


def test_flushed_decoders_forget() -> None:
    packets = with_bytes(picture_packets("mpeg4", flat_pictures(), EncoderSettings(gop_size=8)))
    decoder = Decoder("mpeg4", settings=DecoderSettings(threads=3))
    for data, pts in packets[:8]:
        decoder.send(data, pts)
    decoder.flush_buffers()
    assert decoder.receive() is None
    frames = [frame for data, pts in packets[8:] for frame in decoder.decode(data, pts)] + decoder.drain()
    assert levels(frames) == list(range(8, 16))


def test_frame_threads_delay_and_slice_threads_do_not() -> None:
    # VP8's decoder can have both kinds.
    options = {"deadline": "realtime", "cpu-used": "8"}
    packets = with_bytes(picture_packets("libvpx", flat_pictures(8), options=options))

    def outputs(settings: DecoderSettings) -> list[int]:
        with Decoder("vp8", settings=settings) as decoder:
            assert decoder.thread_count == settings.threads
            return [len(decoder.decode(data, pts)) for data, pts in packets] + [len(decoder.drain())]

    assert outputs(DecoderSettings(threads=1)) == [1] * 8 + [0]
    assert outputs(DecoderSettings(threads=4, thread_type="slice")) == [1] * 8 + [0]
    assert outputs(DecoderSettings(threads=4, thread_type="both", low_delay=True)) == [1] * 8 + [0]
    assert outputs(DecoderSettings(threads=4, thread_type="both")) == [0] * 3 + [1] * 5 + [3]
    assert outputs(DecoderSettings(threads=4, thread_type="frame")) == [0] * 3 + [1] * 5 + [3]


@pytest.mark.parametrize("encoder", ["mpeg4", "libx264", "libvpx-vp9"])
def test_nothing_is_lost_without_a_receiver(encoder: str) -> None:
    codec = {"libx264": "h264", "libvpx-vp9": "vp9"}.get(encoder, encoder)
    packets = with_bytes(picture_packets(encoder, flat_pictures(), EncoderSettings(bit_rate=1_000_000)))
    decoder = Decoder(codec)
    for data, pts in packets:
        decoder.send(data, pts)
    received = []
    while frame := decoder.receive():
        received.append(frame)
    assert received != []
    assert levels(received + decoder.drain()) == list(range(16))


@pytest.mark.parametrize(
    ("encoder", "codec", "left"),
    [
        ("libx264", "h264", 0.7),
        # The HEVC decoder does not notice where a slice ends too early.
        ("libx265", "hevc", 0.03),
        ("libsvtav1", "av1", 0.7),
        ("libaom-av1", "av1", 0.7),
        ("mjpeg", "mjpeg", 0.7),
    ],
)
def test_truncated_pictures_are_errors(encoder: str, codec: str, left: float) -> None:
    format = "yuvj420p" if encoder == "mjpeg" else "yuv420p"
    options = {"cpu-used": "8"} if encoder == "libaom-av1" else {}
    packets = with_bytes(
        picture_packets(encoder, [noise_picture(index, format) for index in range(3)], options=options)
    )
    decoder = Decoder(codec)
    errors = []
    for data, pts in packets:
        try:
            decoder.decode(data[: int(len(data) * left)], pts)
        except FFmpegError as error:
            errors.append(error.code)
    try:
        decoder.drain()
    except FFmpegError as error:
        errors.append(error.code)
    assert AVERROR_INVALIDDATA in errors
    # The decoder works like a new one for an undamaged stream.
    decoder.flush_buffers()
    assert [frame.pts for frame in decode_all(decoder, [Packet(data, pts=pts) for data, pts in packets])] == [0, 1, 2]


def test_damaged_sound_is_an_error() -> None:
    with Encoder("flac", SampleParameters("s16", RATE, 2)) as made:
        packets, extradata = with_bytes(encode_tone(made, "s16", 3)), made.extradata
    damaged = bytearray(packets[1][0])
    damaged[-4] ^= 1
    with Decoder("flac", StreamHeader(extradata=extradata)) as decoder:
        assert len(decoder.decode(*packets[0])) == 1
        with pytest.raises(FFmpegError) as caught:
            decoder.decode(bytes(damaged), packets[1][1])
        assert caught.value.code == AVERROR_INVALIDDATA
        assert len(decoder.decode(*packets[2])) == 1
    with Decoder("flac", StreamHeader(extradata=extradata), DecoderSettings(error_detection=False)) as decoder:
        assert len(decoder.decode(bytes(damaged), 0)) == 1


def test_without_error_detection_damage_is_concealed_and_flagged() -> None:
    packets = with_bytes(picture_packets("libx264", [noise_picture(0)], options={"crf": "30"}))
    data = packets[0][0][: len(packets[0][0]) // 2]
    with Decoder("h264", settings=DecoderSettings(error_detection=False)) as decoder:
        (frame,) = decoder.decode(data, 0) + decoder.drain()
    # Concealment was active.
    assert frame.decode_error_flags & 4
    assert (frame.width, frame.height) == (WIDTH, HEIGHT)


def test_pictures_decoded_without_their_references_are_corrupt() -> None:
    if ffbind.find_encoder("libx264") is None:
        pytest.skip("this FFmpeg has no encoder libx264")
    with Encoder("libx264", PICTURES, EncoderSettings(global_header=True, max_b_frames=0)) as made:
        packets, extradata = encode_pictures(made, flat_pictures()), made.extradata
    options = {"flags": "+output_corrupt"}
    with Decoder(
        "h264", StreamHeader(extradata=extradata), DecoderSettings(error_detection=False), options=options
    ) as decoder:
        assert [frame.corrupt for frame in decode_all(decoder, packets)] == [False] * 16
    with Decoder(
        "h264", StreamHeader(extradata=extradata), DecoderSettings(error_detection=False), options=options
    ) as decoder:
        assert decode_all(decoder, packets[1:])[0].corrupt


def test_frames_received_before_an_error_are_handed_out_after_it() -> None:
    packets = with_bytes(picture_packets("mpeg4", flat_pictures(4)))
    decoder = Decoder("mpeg4")
    frames = decoder.decode(*packets[0])
    receive = decoder._receive_frame
    calls: list[int] = []

    def failing(context: int, frame: int) -> int:
        calls.append(frame)
        return AVERROR_INVALIDDATA if len(calls) == 2 else receive(context, frame)

    decoder._receive_frame = failing
    with pytest.raises(FFmpegError, match="avcodec_receive_frame: Invalid data found when processing input"):
        decoder.decode(*packets[1])
    assert ffbind.live_objects()["Frame"] == len(frames) + 1
    assert levels(frames + decoder.decode(*packets[2]) + decoder.drain()) == [0, 1, 2]


def test_cropping_can_be_left_to_the_caller() -> None:
    packets = picture_packets("libx264", [flat_picture(3, height=98, width=130)])
    (cropped,) = decode_all(Decoder("h264"), packets)
    assert (cropped.width, cropped.height, cropped.crop) == (130, 98, (0, 0, 0, 0))
    (coded,) = decode_all(Decoder("h264", settings=DecoderSettings(crop=False)), packets)
    assert (coded.width, coded.height, coded.crop) == (144, 112, (0, 0, 14, 14))
    rows = [bytes(plane.data[: plane.stride * 98])[:130] for plane in coded.planes()[:1]]
    assert rows == [pixels(cropped)[0][:130]]


def test_opus_header_trims_the_start() -> None:
    if ffbind.find_encoder("libopus") is None:
        pytest.skip("this FFmpeg has no encoder libopus")
    with Encoder("libopus", SampleParameters("s16", RATE, 2)) as made:
        packets, extradata = encode_tone(made, "s16", 5), made.extradata

    def start(header: StreamHeader, options: Mapping[str, str] = EMPTY) -> tuple[int | None, int]:
        with Decoder("opus", replace(header, sample_rate=RATE, channels=2), options=options) as decoder:
            first = decode_all(decoder, packets)[0]
            return first.pts, first.nb_samples

    assert start(StreamHeader()) == (-312, 960)
    assert start(StreamHeader(extradata=extradata)) == (-312, 648)
    assert start(StreamHeader(extradata=extradata, time_base=(1, RATE))) == (0, 648)
    assert start(StreamHeader(extradata=extradata), {"flags2": "+skip_manual"}) == (-312, 960)


def test_side_data_of_packets_reaches_the_decoder() -> None:
    packet = Packet(struct.pack("<8h", *range(8)), pts=100)
    packet.add_side_data(SKIP_SAMPLES, struct.pack("<IIBB", 3, 1, 0, 0))
    decoder = Decoder("pcm_s16le", StreamHeader(sample_rate=RATE, channels=1, time_base=(1, RATE)))
    decoder.send_packet(packet)
    frame = decoder.receive()
    assert frame is not None
    assert (frame.pts, frame.nb_samples) == (103, 4)
    assert struct.unpack("<4h", frame.planes()[0].data) == (3, 4, 5, 6)


def test_side_data_of_frames() -> None:
    packets = picture_packets("libx264", flat_pictures(2))
    frames = decode_all(Decoder("h264"), packets)
    assert frames[0].side_data_types() == [SEI_UNREGISTERED]
    assert b"x264 - core" in (frames[0].side_data(SEI_UNREGISTERED) or b"")
    assert (frames[1].side_data_types(), frames[1].side_data(SEI_UNREGISTERED)) == ([], None)


def test_png_that_is_no_key_frame_adds_to_the_one_before() -> None:
    packets = with_bytes(picture_packets("png", [noise_picture(index, "gray") for index in range(2)]))
    with Decoder("png") as decoder:
        sums = [pixels(decoder.decode(data, pts, key=not pts)[0])[0] for data, pts in packets]
    with Decoder("png") as decoder:
        alone = [pixels(decoder.decode(data, pts)[0])[0] for data, pts in packets]
    assert alone == [pixels(noise_picture(index, "gray"))[0] for index in range(2)]
    assert sums == [alone[0], bytes((a + b) & 255 for a, b in zip(*alone, strict=True))]


@pytest.mark.parametrize("order", ["progressive", "tt", "bb"])
def test_interlaced_pictures(order: str) -> None:
    options = {"pixel_format": "gray", "field_order": order}
    with Decoder("rawvideo", StreamHeader(width=4, height=2), options=options) as decoder:
        (frame,) = decoder.decode(bytes(range(8)), 0)
    assert frame.interlaced == (order != "progressive")
    assert frame.key_frame
    assert pixels(frame) == [bytes(range(8))]


def test_context_says_what_is_known() -> None:
    with Decoder("h264") as decoder:
        assert (decoder.width, decoder.height, decoder.format) == (0, 0, None)
        assert decoder.codec.name == "h264"
    packets = picture_packets("mpeg4", flat_pictures(1))
    with Decoder("mpeg4") as decoder:
        decode_all(decoder, packets)
        assert (decoder.width, decoder.height, decoder.format) == (WIDTH, HEIGHT, "yuv420p")
    with Decoder("pcm_alaw", StreamHeader(sample_rate=8_000, channels=1)) as decoder:
        assert (decoder.sample_rate, decoder.channels, decoder.format) == (8_000, 1, "s16")


def test_extradata_is_copied() -> None:
    with Decoder("aac", StreamHeader(extradata=b"\x11\x90")) as decoder:
        assert decoder.extradata == b"\x11\x90"
        assert decoder.channels == 2
    with pytest.raises(FFmpegError):
        Decoder("aac", StreamHeader(extradata=b"\xff\xff\xff"))


def test_floats_are_not_clipped() -> None:
    values = np.array([0.0, 1.5, -2.25, 1e-9], "<f4")
    with Decoder("pcm_f32le", StreamHeader(sample_rate=RATE, channels=1)) as decoder:
        assert np.array_equal(first_channel(decoder.decode(values.tobytes(), 0)), values)


def test_use_after_close_is_refused() -> None:
    decoder = Decoder("mpeg4")
    decoder.close()
    decoder.close()
    for use in (
        lambda: decoder.decode(b"x", 0),
        lambda: decoder.send(b"x", 0),
        lambda: decoder.send_packet(Packet(b"x")),
        decoder.receive,
        decoder.drain,
        decoder.flush_buffers,
        lambda: decoder.width,
    ):
        with pytest.raises(ffbind.ClosedError, match="this Decoder is closed"):
            use()


def test_codec_info() -> None:
    h264 = ffbind.find_decoder("h264")
    assert h264 is not None
    assert (h264.name, h264.codec_name, h264.type) == ("h264", "h264", "video")
    assert (100, "High") in h264.profiles
    assert ffbind.find_decoder("nonsense") is None
    assert ffbind.find_encoder("nonsense") is None
    pcm = ffbind.find_encoder("pcm_s16le")
    assert pcm is not None
    assert (pcm.type, pcm.sample_formats, pcm.pixel_formats, pcm.sample_rates) == ("audio", ("s16",), None, None)
    mpeg4 = ffbind.find_encoder("mpeg4")
    assert mpeg4 is not None
    assert mpeg4.pixel_formats == ("yuv420p",)
    mp2 = ffbind.find_encoder("mp2")
    assert mp2 is not None
    assert mp2.sample_rates == (44_100, 48_000, 32_000, 22_050, 24_000, 16_000)


def test_decoders_of_a_codec() -> None:
    assert ffbind.decoder_names_for("mp3")[0] == ffbind.find_decoder("mp3").name  # type: ignore[union-attr]
    assert {"mp3", "mp3float"} <= set(ffbind.decoder_names_for("mp3"))
    assert ffbind.decoder_names_for("nonsense") == []
    assert ffbind.encoder_names_for("pcm_s16le") == ["pcm_s16le"]
    # The native one is older, but experimental; some builds do without.
    opus = ffbind.find_encoder("opus")
    if opus is not None:
        assert ffbind.encoder_names_for("opus")[0] == opus.name


@pytest.mark.parametrize(("threads", "keeps_gil"), [(1, True), (2, False), (0, False)])
def test_a_decoder_without_threads_is_opened_and_freed_with_the_gil(
    threads: int, keeps_gil: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def recorded(name: str, function: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            calls.append(name)
            return function(*arguments)

        return call

    avcodec = ffbind.load().avcodec
    names = [name + suffix for name in ("avcodec_open2", "avcodec_free_context") for suffix in ("", "_keeping_gil")]
    for name in names:
        monkeypatch.setattr(avcodec, name, recorded(name, getattr(avcodec, name)))
    Decoder("mpeg4", settings=DecoderSettings(threads=threads)).close()
    assert calls == [name for name in names if name.endswith("_keeping_gil") == keeps_gil]

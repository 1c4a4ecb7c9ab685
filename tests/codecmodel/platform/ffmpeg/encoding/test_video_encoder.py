"""The video encoder of the FFmpeg platform: its chunks, their times, and its refusals."""

import numpy as np
import pytest

import ffbind
from codecmodel.platform.codec_implementation import CodecError, EncodedVideoOutput
from codecmodel.platform.ffmpeg.encoding.video_encoder import FFmpegVideoEncoder
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.registry.avc import codec_string_from_annex_b as avc_string_of
from codecmodel.registry.avc import parse_avcc
from codecmodel.registry.hevc import codec_string_from_annex_b as hevc_string_of
from codecmodel.registry.hevc import codec_string_from_hvcc
from tests.codecmodel.platform.ffmpeg.encoding.pictures import (
    BT709,
    DURATION,
    HEIGHT,
    PRINCIPAL,
    WIDTH,
    config_of,
    decoded,
    encoded,
    frame,
    keys,
    luma,
    psnr,
    require,
)

CODECS = [
    "avc1.42001E",
    "avc1.4d001e",
    "avc1.64001e",
    "avc1.6e001e",
    "avc1.7a001e",
    "avc1.f4001e",
    "hvc1.1.6.L93.B0",
    "hvc1.2.4.L93.B0",
    "vp8",
    "vp09.00.10.08",
    "vp09.01.10.08.03",
    "vp09.02.10.10",
    "av01.0.04M.08",
    "av01.0.04M.10",
    "av01.1.04M.08.0.000",
]
FORMATS: dict[str, VideoPixelFormat] = {
    "avc1.6e001e": "I420P10",
    "avc1.7a001e": "I422",
    "avc1.f4001e": "I444",
    "hvc1.2.4.L93.B0": "I420P10",
    "vp09.01.10.08.03": "I444",
    "vp09.02.10.10": "I420P10",
    "av01.0.04M.10": "I420P10",
    "av01.1.04M.08.0.000": "I444",
}


@pytest.mark.parametrize("latency", ["quality", "realtime"])
@pytest.mark.parametrize("codec", CODECS)
def test_round_trip(codec: str, latency: str) -> None:
    """Pictures, their order, timestamps and durations survive; urgent frames come out at once."""
    config = config_of(codec, latencyMode=latency, bitrate=2_000_000, framerate=25.0)
    require(config)
    encoder = FFmpegVideoEncoder()
    encoder.configure(config)
    outputs: list[EncodedVideoOutput] = []
    counts = []
    for index in range(8):
        outputs += encoder.encode(frame(index, keyFrame=index == 5))
        counts.append(len(outputs))
    outputs += encoder.flush()
    encoder.release()
    if latency == "realtime":
        assert counts == list(range(1, 9))
    assert sorted(output.timestamp for output in outputs) == [1000 * index * index for index in range(8)]
    assert {0, 25_000} <= set(keys(outputs))
    pictures = decoded(config, outputs)
    assert [picture.timestamp for picture in pictures] == [1000 * index * index for index in range(8)]
    assert [picture.duration for picture in pictures] == [DURATION + index for index in range(8)]
    assert {picture.format for picture in pictures} == {FORMATS.get(codec, "I420")}
    for index, picture in enumerate(pictures):
        assert picture.planes[0].shape == (HEIGHT, WIDTH)
        assert psnr(picture.planes[0], luma(index)) > 33
        assert np.abs(picture.planes[1] - 110).mean() < 2
        assert np.abs(picture.planes[2] - 150).mean() < 2
    assert "Encoder" not in ffbind.live_objects()


@pytest.mark.parametrize("codec", ["avc1.42001E", "avc1.4d0028", "avc1.64001e", "avc1.6e000d", "avc1.42100b"])
def test_avc_has_the_profile_and_level_asked_for(codec: str) -> None:
    config = config_of(codec, width=128)
    record = parse_avcc(encoded(config, [frame(0, size=(128, HEIGHT))])[0].description or b"")
    asked = bytes.fromhex(codec[5:])
    assert (record.profile_idc, record.level_idc) == (asked[0], asked[2])
    assert record.constraint_flags & asked[1] == asked[1]


@pytest.mark.parametrize("codec", ["avc1.64101e", "avc1.6e101e", "avc1.7a101e", "avc1.f4101e"])
def test_avc_with_constraint_set3_is_intra_pictures_only(codec: str) -> None:
    config = config_of(codec)
    require(config)
    outputs = encoded(config, [frame(index) for index in range(6)])
    record = parse_avcc(outputs[0].description or b"")
    assert (record.profile_idc, record.constraint_flags & 0x10) == (int(codec[5:7], 16), 0x10)
    assert [output.is_key for output in outputs] == [True] * 6


@pytest.mark.parametrize("codec", ["avc1.42e01e", "avc1.4d041e", "avc1.640c1e"])
def test_avc_with_constraint_set5_has_no_b_slices(codec: str) -> None:
    config = config_of(codec)
    require(config)
    timestamps = [output.timestamp for output in encoded(config, [frame(index) for index in range(12)])]
    assert timestamps == sorted(timestamps)


@pytest.mark.parametrize("codec", ["hvc1.1.6.L93.B0", "hev1.2.4.H150.B0"])
def test_hevc_has_the_profile_tier_and_level_asked_for(codec: str) -> None:
    config = config_of(codec)
    require(config)
    description = encoded(config, [frame(0)])[0].description
    assert description is not None
    # libx265 states the Main tier if the stream fits into it.
    assert codec_string_from_hvcc(description)[5:13] == codec[5:13].replace("H", "L")


@pytest.mark.parametrize(("codec", "member"), [("avc1.42001E", "avc"), ("hvc1.1.6.L93.B0", "hevc")])
def test_annex_b_has_parameter_sets_in_each_key_frame(codec: str, member: str) -> None:
    config = config_of(codec, **{member: {"format": "annexb"}})
    require(config)
    string_of = avc_string_of if member == "avc" else hevc_string_of
    outputs = encoded(config, [frame(index, keyFrame=index == 2) for index in range(4)])
    assert {output.description for output in outputs} == {None}
    for output in outputs:
        assert output.data.startswith((b"\0\0\0\x01", b"\0\0\x01"))
        assert (string_of(output.data) is not None) == output.is_key
    # Decoding can begin at the second.
    second = next(index for index, output in enumerate(outputs) if output.is_key and index)
    pictures = decoded(config, outputs[second:])
    assert psnr(pictures[0].planes[0], luma(2)) > 30


@pytest.mark.parametrize("codec", PRINCIPAL)
@pytest.mark.parametrize("latency", ["quality", "realtime"])
def test_a_first_frame_that_is_to_be_a_key_frame_makes_no_further_ones(codec: str, latency: str) -> None:
    config = config_of(codec, latencyMode=latency)
    assert keys(encoded(config, [frame(index, keyFrame=index == 0) for index in range(4)])) == [0]


@pytest.mark.parametrize("codec", PRINCIPAL)
@pytest.mark.parametrize("latency", ["quality", "realtime"])
def test_encoding_goes_on_after_a_flush(codec: str, latency: str) -> None:
    config = config_of(codec, latencyMode=latency)
    require(config)
    encoder = FFmpegVideoEncoder()
    encoder.configure(config)
    assert list(encoder.flush()) == []
    outputs = list(encoder.encode(frame(0)))
    was_pending = not outputs
    assert was_pending or latency == "realtime" or codec not in ("avc1.64001e", "hvc1.1.6.L93.B0")
    outputs += encoder.flush()
    assert len(outputs) == 1
    outputs += encoder.encode(frame(1))
    outputs += encoder.encode(frame(2))
    outputs += encoder.flush()
    assert list(encoder.flush()) == []
    encoder.release()
    assert [output.timestamp for output in outputs] == [0, 1000, 4000]
    # If no chunk was pending, the encoder did not begin anew.
    assert keys(outputs) == ([0, 1000] if was_pending else [0])
    assert [picture.timestamp for picture in decoded(config, outputs)] == [0, 1000, 4000]


@pytest.mark.parametrize("codec", PRINCIPAL)
def test_what_was_pending_comes_out_when_it_is_configured_anew(codec: str) -> None:
    config = config_of(codec)
    require(config)
    encoder = FFmpegVideoEncoder()
    encoder.configure(config)
    outputs = [*encoder.encode(frame(0)), *encoder.encode(frame(1))]
    outputs += encoder.drain()
    encoder.configure({**config, "width": 96, "height": 80, "bitrate": 300_000})
    assert [output.timestamp for output in outputs] == [0, 1000]
    again = [*encoder.encode(frame(2)), *encoder.flush()]
    assert [(output.timestamp, output.is_key) for output in again] == [(4000, True)]
    (picture,) = decoded(config, again)
    assert picture.planes[0].shape == (80, 96)
    encoder.encode(frame(3))
    encoder.cease()
    assert list(encoder.drain()) == []
    encoder.configure(config)
    encoder.release()
    assert "Encoder" not in ffbind.live_objects()
    assert "Scaler" not in ffbind.live_objects()


@pytest.mark.parametrize("format", ["NV12", "I422", "I444", "I420P10", "I422P12", "I420A", "I444AP12", "I420AP12"])
def test_pixel_formats_are_converted(format: VideoPixelFormat) -> None:
    config = config_of("avc1.42001E", bitrate=3_000_000)
    (picture,) = decoded(config, encoded(config, [frame(3, format)]))
    assert psnr(picture.planes[0], luma(3)) > 35
    assert np.abs(picture.planes[1] - 110).mean() < 1.5
    assert np.abs(picture.planes[2] - 150).mean() < 1.5


@pytest.mark.parametrize("format", ["RGBA", "RGBX", "BGRA", "BGRX", "I444"])
@pytest.mark.parametrize(
    ("primaries", "matrix", "weights"),
    [
        ("bt709", "bt709", (0.2126, 0.0722)),
        ("smpte432", "bt709", (0.2126, 0.0722)),
        ("bt2020", "bt2020-ncl", (0.2627, 0.0593)),
        ("smpte170m", "smpte170m", (0.299, 0.114)),
    ],
)
def test_rgb_becomes_yuv_of_limited_range(
    format: VideoPixelFormat, primaries: str, matrix: str, weights: tuple[float, float]
) -> None:
    space = {"primaries": primaries, "transfer": "iec61966-2-1", "matrix": "rgb", "fullRange": True}
    config = config_of("avc1.64001e", bitrateMode="quantizer")
    source = frame(0, format, color_space=space, avc={"quantizer": 1})  # type: ignore[arg-type]
    outputs = encoded(config, [source])
    expected = {"primaries": primaries, "transfer": "iec61966-2-1", "matrix": matrix, "fullRange": False}
    assert outputs[0].color_space == expected
    (picture,) = decoded(config, outputs)
    assert picture.color_space == expected
    # The three planes of I444 become green, blue and red, in this order.
    components = (150, luma(0), 110) if format == "I444" else (luma(0), 100, 50)
    red, green, blue = (np.broadcast_to(part, (HEIGHT, WIDTH)).astype(float) for part in components)
    gray = weights[0] * red + (1 - sum(weights)) * green + weights[1] * blue
    assert np.abs(picture.planes[0] - (16 + 219 / 255 * gray)).mean() < 1
    difference = 128 + 224 / 255 * (red - gray) / (2 * (1 - weights[0]))
    halved = difference.reshape(HEIGHT // 2, 2, WIDTH // 2, 2).mean(axis=(1, 3))
    assert np.abs(picture.planes[2] - halved).mean() < 1.5


@pytest.mark.parametrize("codec", PRINCIPAL)
@pytest.mark.parametrize("full_range", [False, True])
def test_colours_of_yuv_stay_and_are_in_the_bitstream(codec: str, full_range: bool) -> None:
    space: VideoColorSpaceInit = {
        "primaries": "bt2020",
        "transfer": "pq",
        "matrix": "bt2020-ncl",
        "fullRange": full_range,
    }
    config = config_of(codec)
    require(config)
    outputs = encoded(config, [frame(0, color_space=space)])
    assert outputs[0].color_space == space
    (picture,) = decoded(config, outputs)
    assert psnr(picture.planes[0], luma(0)) > 30
    # VP9 has the matrix and the range, VP8 neither.
    members = {"vp8": (), "vp09.00.10.08": ("matrix", "fullRange")}.get(codec, tuple(space))
    found, expected = dict(picture.color_space or {}), dict(space)
    assert [found.get(member) for member in members] == [expected[member] for member in members]


def test_the_bitstream_of_vp8_stands_for_the_matrix_of_bt601() -> None:
    config = config_of("vp8")
    outputs = encoded(config, [frame(0)])
    assert outputs[0].color_space == BT709
    (picture,) = decoded(config, outputs)
    assert picture.color_space == {"primaries": None, "transfer": None, "matrix": "bt470bg", "fullRange": False}


def test_other_colours_begin_a_new_stream() -> None:
    config = config_of("vp09.00.10.08", latencyMode="realtime")
    other = {**BT709, "matrix": "smpte170m"}
    frames = [frame(0), frame(1), frame(2, color_space=other), frame(3, color_space=other)]  # type: ignore[arg-type]
    outputs = encoded(config, frames)
    assert keys(outputs) == [0, 4000]
    assert [output.color_space for output in outputs] == [BT709, BT709, other, other]
    assert outputs[0].color_space is outputs[1].color_space
    matrices = [picture.color_space["matrix"] for picture in decoded(config, outputs)]
    assert matrices == ["bt709", "bt709", "smpte170m", "smpte170m"]


@pytest.mark.parametrize("size", [(320, 192), (80, 48), (64, 200)])
def test_frames_of_other_sizes_are_scaled(size: tuple[int, int]) -> None:
    config = config_of("vp8", bitrate=3_000_000)
    (picture,) = decoded(config, encoded(config, [frame(0, size=size)]))
    assert picture.planes[0].shape == (HEIGHT, WIDTH)
    # The mean of each quarter is where it was.
    source = luma(0, *size)
    for rows in (slice(None, 2), slice(2, None)):
        for columns in (slice(None, 2), slice(2, None)):
            parts = [
                plane.reshape(4, plane.shape[0] // 4, 4, plane.shape[1] // 4)[rows, :, columns]
                for plane in (picture.planes[0], source)
            ]
            assert parts[0].mean() == pytest.approx(parts[1].mean(), abs=3)


def test_extreme_scaling() -> None:
    config = config_of("vp8", width=200, height=6)
    (picture,) = decoded(config, encoded(config, [frame(0, size=(14, 248))]))
    assert picture.planes[0].shape == (6, 200)


def test_only_what_is_visible_is_encoded() -> None:
    config = config_of("vp8", bitrate=3_000_000)
    (picture,) = decoded(config, encoded(config, [frame(0, size=(300, 200), rect=(20, 10, WIDTH, HEIGHT))]))
    assert psnr(picture.planes[0], luma(0, 300, 200)[10 : 10 + HEIGHT, 20 : 20 + WIDTH]) > 35


@pytest.mark.parametrize("codec", ["vp8", "vp09.00.10.08", "av01.0.04M.08"])
def test_odd_sizes(codec: str) -> None:
    config = config_of(codec, width=97, height=65, bitrate=2_000_000)
    if codec.startswith("av01"):
        # Only newer versions of SVT-AV1 support odd sizes.
        require(config)
    (picture,) = decoded(config, encoded(config, [frame(0, size=(97, 65))]))
    assert psnr(picture.planes[0], luma(0, 97, 65)) > 30


@pytest.mark.parametrize("codec", ["avc1.64001e", "hvc1.1.6.L93.B0", "vp8", "vp09.00.10.08"])
def test_bit_rates_have_an_effect(codec: str) -> None:
    def size(bit_rate: int) -> int:
        config = config_of(codec, bitrate=bit_rate, framerate=25.0, bitrateMode="constant", latencyMode="realtime")
        require(config)
        return sum(len(output.data) for output in encoded(config, frames))

    # No later frame resembles the earlier ones.
    frames = [frame(17 * index % 150)._replace(timestamp=40_000 * index) for index in range(30)]
    assert size(800_000) > 1.8 * size(150_000)
    assert size(150_000) * 8 / 30 * 25 == pytest.approx(150_000, rel=0.3)


def test_display_sizes_are_in_the_bitstream() -> None:
    for codec in ("avc1.42001E", "hvc1.1.6.L93.B0"):
        config = config_of(codec, displayWidth=240, displayHeight=96)
        require(config)
        (picture,) = decoded(config, encoded(config, [frame(0)]))
        assert picture.display_size == (240, 96)


def test_a_frame_of_an_unknown_format_is_an_error() -> None:
    encoder = FFmpegVideoEncoder()
    encoder.configure(config_of("vp8"))
    with pytest.raises(CodecError, match="unknown pixel format"):
        encoder.encode(frame(0)._replace(format=None))
    encoder.release()

"""The configurations that the FFmpeg platform's video encoder refuses, and those that put it to the test."""

import numpy as np
import pytest

from codecmodel.configurations.encoder_configurations import VideoEncoderConfig
from codecmodel.platform.codec_implementation import VideoInput
from codecmodel.platform.ffmpeg.encoding.video_codecs import supports_video_encoder
from codecmodel.raw_media.media_resource import BufferVideoResource
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.resource_protocols import Plane
from tests.codecmodel.platform.ffmpeg.encoding.pictures import (
    PRINCIPAL,
    config_of,
    decoded,
    encoded,
    frame,
    require,
)

UNSUPPORTED = [
    config_of("avc1.42001E", width=161),
    config_of("avc1.42001E", height=97),
    config_of("hvc1.1.6.L93.B0", width=161),
    config_of("avc1.42001E", width=1280, height=720),
    config_of("avc1.42001E", framerate=1e4),
    config_of("avc1.42000A", bitrate=1_000_000),
    config_of("avc1.58001e"),
    config_of("avc1.2c001e"),
    # Constraints of other profiles (§ 7.1, step 3.3) that libx264 can't be held to in the profile asked for.
    *(config_of(f"avc1.{profile}1e") for profile in ("4d80", "4dc0", "4d20", "6480", "6440", "6420", "6e40", "f480")),
    config_of("hvc1.3.E.L93.B0"),
    config_of("hvc1.1.6.L30.B0", width=640, height=480),
    config_of("av01.0.00M.08", width=1280, height=720),
    config_of("vp8", width=1_000_000),
    config_of("vp8", width=16_384),
    config_of("vp09.00.10.08", width=16_384, height=8192),
    config_of("av01.0.31M.08", width=16_385),
    config_of("vp8", hardwareAcceleration="prefer-hardware"),
    config_of("vp8", scalabilityMode="ABC"),
    config_of("vp8", scalabilityMode="L2T1"),
    config_of("vp8", scalabilityMode="L1T2", alpha="keep"),
    config_of("vp09.01.10.08", scalabilityMode="L1T2"),
    config_of("vp8", bitrateMode="quantizer"),
    config_of("avc1.42001E", scalabilityMode="L1T2"),
    config_of("av01.0.04M.08", scalabilityMode="L1T2", bitrateMode="quantizer"),
    config_of("avc1.42001E", alpha="keep"),
    config_of("av01.0.04M.08", alpha="keep"),
    config_of("vp09.00.10.08", alpha="keep", bitrateMode="quantizer"),
    config_of("vp8", framerate=0.0),
    config_of("vp8", framerate=-25.0),
    config_of("vp8", bitrate=1),
    config_of("vp8", bitrate=2**40),
    config_of("opus"),
    config_of("vp09.99.99.08"),
]


@pytest.mark.parametrize("config", UNSUPPORTED, ids=str)
def test_what_cannot_be_honoured_is_not_supported(config: VideoEncoderConfig) -> None:
    assert not supports_video_encoder(config)


@pytest.mark.parametrize("hint", ["motion", "detail", "text", "nonsense"])
@pytest.mark.parametrize("codec", PRINCIPAL)
def test_no_content_hint_is_a_reason_to_refuse(codec: str, hint: str) -> None:
    require(config_of(codec))
    assert supports_video_encoder(config_of(codec, contentHint=hint, latencyMode="realtime"))


@pytest.mark.parametrize("codec", ["av01.0.08M.08", "av01.0.08M.10", "av01.1.08M.10", "av01.0.08M.08.1"])
@pytest.mark.parametrize("latency", ["quality", "realtime"])
def test_screen_content_does_no_harm(codec: str, latency: str) -> None:
    config = config_of(codec, contentHint="text", latencyMode=latency, bitrate=10_000)
    require(config)
    assert len(encoded(config, [frame(index) for index in range(4)])) == 4


def test_large_sizes_are_no_burden_to_ask_for() -> None:
    """The question is about VP9, for which libvpx would take gigabytes at once."""
    assert supports_video_encoder(config_of("vp09.00.10.08", width=8192, height=4320))


def test_members_of_other_codecs_are_no_reason_to_refuse() -> None:
    assert supports_video_encoder(config_of("vp8", avc={"format": "annexb"}, scalabilityMode="L1T1"))
    assert supports_video_encoder(config_of("vp8", hardwareAcceleration="prefer-software"))


def noise(index: int, size: tuple[int, int], format: VideoPixelFormat) -> VideoInput:
    """Black and white at random, in each component. No other picture takes more bytes."""
    random = np.random.default_rng(index)
    planes = []
    for plane in PIXEL_FORMATS[format].planes:
        width, height = -(-size[0] // plane.sample_width), -(-size[1] // plane.sample_height)
        data = (random.integers(0, 2, width * height, np.uint8) * 255).tobytes()
        planes.append(Plane(memoryview(data), width))
    picture = frame(index, format, size=size)
    return picture._replace(resource=BufferVideoResource(format, size, planes))


@pytest.mark.parametrize(
    ("codec", "format", "size", "rate"),
    [
        ("vp09.00.10.08", "I420", (64, 48), 1_000_000_000),
        ("vp09.00.10.08", "I420", (65, 49), 1_000_000_000),
        ("vp09.01.10.08.03", "I444", (320, 4), 500_000),
        ("vp09.01.10.08.03", "I444", (321, 5), 500_000),
        ("vp09.00.10.08", "I420", (3, 320), 1_000_000_000),
        ("vp09.00.10.08", "I420", (40, 1), 1_000_000_000),
    ],
)
@pytest.mark.parametrize("latency", ["quality", "realtime"])
def test_noise_does_not_overrun_the_output_of_libvpx(
    codec: str, format: VideoPixelFormat, size: tuple[int, int], rate: int, latency: str
) -> None:
    """libvpx may write several frames of VP9 in one call, into memory for two, without noticing a lack of memory."""
    config = config_of(codec, latencyMode=latency, bitrate=rate)
    config["width"], config["height"] = size
    require(config)
    outputs = encoded(config, [noise(index, size, format) for index in range(12)])
    assert [picture.timestamp for picture in decoded(config, outputs)] == [1000 * index * index for index in range(12)]


@pytest.mark.parametrize("size", [(960, 1), (960, 2), (1921, 3), (2, 960)])
def test_strips_too_narrow_for_libvpx_are_not_supported(size: tuple[int, int]) -> None:
    config = config_of("vp09.00.10.08", bitrate=500_000)
    require(config)
    config["width"], config["height"] = size
    assert not supports_video_encoder(config)

"""Pictures for the video encoders of the FFmpeg platform, and the pictures that its decoders make of the chunks."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest

from codecmodel.configurations.encoder_configurations import VideoEncoderConfig
from codecmodel.platform.codec_implementation import EncodedVideoOutput, VideoInput
from codecmodel.platform.ffmpeg.decoding.video_decoder import FFmpegVideoDecoder
from codecmodel.platform.ffmpeg.encoding.video_codecs import supports_video_encoder
from codecmodel.platform.ffmpeg.encoding.video_encoder import FFmpegVideoEncoder
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.media_resource import BufferVideoResource
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.resource_protocols import Plane

WIDTH, HEIGHT = 160, 96
#: Microseconds.
DURATION = 40_000
#: A codec string for each encoder, and for AVC with and without CABAC.
PRINCIPAL = ["avc1.42001E", "avc1.64001e", "hvc1.1.6.L93.B0", "vp8", "vp09.00.10.08", "av01.0.04M.08"]
BT709: VideoColorSpaceInit = {"primaries": "bt709", "transfer": "bt709", "matrix": "bt709", "fullRange": False}
SRGB: VideoColorSpaceInit = {"primaries": "bt709", "transfer": "iec61966-2-1", "matrix": "rgb", "fullRange": True}

_GRAIN = np.random.default_rng(1).normal(0, 2, (512, 512))
_SCENE = np.clip(
    128 + 60 * np.sin(np.arange(512) / 17)[None, :] + 30 * np.cos(np.arange(512) / 11)[:, None] + _GRAIN, 16, 235
)


def config_of(codec: str, **more: object) -> VideoEncoderConfig:
    return cast("VideoEncoderConfig", {"codec": codec, "width": WIDTH, "height": HEIGHT, **more})


def require(config: VideoEncoderConfig) -> None:
    """Skip the test if this FFmpeg doesn't encode this."""
    if not supports_video_encoder(config):
        pytest.skip(f"this FFmpeg does not encode {config}")


def luma(index: int, width: int = WIDTH, height: int = HEIGHT) -> npt.NDArray[np.uint8]:
    """The picture of a camera that pans over a scene."""
    seen: npt.NDArray[np.uint8] = _SCENE[index : index + height, 2 * index : 2 * index + width].astype(np.uint8)
    return seen


def alpha(width: int = WIDTH, height: int = HEIGHT) -> npt.NDArray[np.uint8]:
    """From transparent at the left to opaque at the right."""
    return np.broadcast_to(np.linspace(0, 255, width).astype(np.uint8), (height, width))


def resource(
    index: int, format: VideoPixelFormat = "I420", width: int = WIDTH, height: int = HEIGHT
) -> BufferVideoResource:
    """A picture; of RGB formats red is the luma, green 100 and blue 50; U is 110 and V 150."""
    description = PIXEL_FORMATS[format]
    depth = description.bit_depth - 8
    planes = []
    for components, sample_bytes, sample_width, sample_height in description.planes:
        shape = -(-height // sample_height), -(-width // sample_width)
        values = {
            "Y": luma(index, width, height),
            "U": np.full(shape, 110),
            "V": np.full(shape, 150),
            "A": alpha(width, height),
            "X": np.full(shape, 77),
            "R": luma(index, width, height),
            "G": np.full(shape, 100),
            "B": np.full(shape, 50),
        }
        stacked = np.stack([values[component] for component in components], axis=-1).astype(np.uint16) << depth
        data = stacked.astype(np.uint8 if depth == 0 else "<u2").tobytes()
        planes.append(Plane(memoryview(data), shape[1] * sample_bytes))
    return BufferVideoResource(format, (width, height), planes)


def frame(
    index: int,
    format: VideoPixelFormat = "I420",
    *,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    rect: tuple[int, int, int, int] | None = None,
    color_space: VideoColorSpaceInit | None = None,
    **options: object,
) -> VideoInput:
    space = color_space or (SRGB if PIXEL_FORMATS[format].is_rgb else BT709)
    made = resource(index, format, *size)
    timestamp = 1_000 * index * index
    return VideoInput(made, format, rect or (0, 0, *size), space, timestamp, DURATION + index, cast("Any", options))


def encoded(config: VideoEncoderConfig, frames: Sequence[VideoInput]) -> list[EncodedVideoOutput]:
    """The chunks that a new encoder makes of frames."""
    encoder = FFmpegVideoEncoder()
    encoder.configure(config)
    outputs = [output for one in frames for output in encoder.encode(one)]
    outputs += encoder.flush()
    encoder.release()
    return outputs


class Decoded:
    """A decoded picture: its planes as arrays, with the timestamp, duration, format and colours."""

    def __init__(self, output: Any) -> None:
        made = output.resource
        self.timestamp, self.duration = output.timestamp, output.duration
        self.format: VideoPixelFormat = made.format
        self.color_space, self.display_size = made.color_space, made.display_size
        description = PIXEL_FORMATS[self.format]
        width, height = made.visible_rect[2:]
        kind, size = ("u1", 1) if description.bit_depth == 8 else ("<u2", 2)
        self.planes = []
        for plane, part in zip(made.planes(), description.planes, strict=True):
            shape = -(-height // part.sample_height), -(-width // part.sample_width)
            samples = np.ndarray(shape, kind, plane.data, 0, (plane.stride, size)).astype(np.float64)
            self.planes.append(samples / (1 << (description.bit_depth - 8)))
        made.release()


def decoded(
    config: VideoEncoderConfig, outputs: Sequence[EncodedVideoOutput], description: bytes | None = None
) -> list[Decoded]:
    """The pictures that the platform's decoder makes of chunks."""
    decoder = FFmpegVideoDecoder()
    decoder_config: dict[str, object] = {"codec": config["codec"]}
    description = description or outputs[0].description
    if description is not None:
        decoder_config["description"] = description
    decoder.configure(cast("Any", decoder_config))
    made = [one for output in outputs for one in decoder.decode(output.data, output.timestamp, output.duration)]
    made += decoder.flush()
    decoder.release()
    return [Decoded(one) for one in made]


def psnr(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> float:
    """Peak signal-to-noise ratio in dB."""
    error = ((one.astype(np.float64) - other) ** 2).mean()
    return float("inf") if error == 0 else float(10 * np.log10(255**2 / error))


def keys(outputs: Sequence[EncodedVideoOutput]) -> list[int]:
    """Timestamps of the key chunks."""
    return [output.timestamp for output in outputs if output.is_key]


Settings = Mapping[str, object]

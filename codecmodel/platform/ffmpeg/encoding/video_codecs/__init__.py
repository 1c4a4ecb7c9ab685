"""The video configurations that FFmpeg encodes, with a module for each family of encoders."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from codecmodel.configurations.encoder_configurations import VideoEncoderConfig
from codecmodel.platform.ffmpeg.encoding.encoder_colors import Colors
from codecmodel.platform.ffmpeg.encoding.video_codecs.av1 import av1_encoding
from codecmodel.platform.ffmpeg.encoding.video_codecs.nal_codecs import avc_encoding, hevc_encoding
from codecmodel.platform.ffmpeg.encoding.video_codecs.vpx import vp8_encoding, vp9_encoding
from codecmodel.platform.ffmpeg.encoding.video_settings import Request, VideoEncoding, request_of
from codecmodel.platform.ffmpeg.failures import require_resources
from codecmodel.registry import CodecString, parse_codec_string
from codecmodel.registry.levels import Demands, is_within_level
from ffbind import FFbindError

#: The luma samples of the largest picture that any codec's levels allow, and its longest side in pixels.
_MAXIMUM_PICTURE: Final = 35_651_584
_MAXIMUM_SIDE: Final = 16_384

_ENCODINGS: Final[Mapping[str, Callable[[CodecString, VideoEncoderConfig, Request], VideoEncoding | None]]] = {
    "avc": avc_encoding,
    "hevc": hevc_encoding,
    "vp8": vp8_encoding,
    "vp9": vp9_encoding,
    "av1": av1_encoding,
}


def supports_video_encoder(config: VideoEncoderConfig, *, looks_ahead: bool = False) -> bool:
    """Check Configuration Support, steps 3 and 4, for video."""
    return video_encoding(config, looks_ahead=looks_ahead) is not None


def video_encoding(config: VideoEncoderConfig, *, looks_ahead: bool = False) -> VideoEncoding | None:
    """How FFmpeg encodes by the configuration; None if it cannot honour all of its entries.

    If it ``looks_ahead``, the encoder of a configuration of latencyMode "quality" may reorder frames and hold back any
    number of them.
    """
    return _encoding(json.dumps(config, sort_keys=True), looks_ahead)


@lru_cache(maxsize=64)
def _encoding(key: str, looks_ahead: bool) -> VideoEncoding | None:
    config: VideoEncoderConfig = json.loads(key)
    codec_string = parse_codec_string(config["codec"])
    # All encoders in use run on the processor.
    if codec_string is None or codec_string.kind != "video" or config.get("hardwareAcceleration") == "prefer-hardware":
        return None
    width, height = config["width"], config["height"]
    if max(width, height) > _MAXIMUM_SIDE or width * height > _MAXIMUM_PICTURE:
        return None
    demands = Demands(width, height, config.get("framerate"), config.get("bitrate"))
    request = request_of(config, looks_ahead=looks_ahead)
    if request is None or not is_within_level(codec_string, demands):
        return None
    make = _ENCODINGS[codec_string.codec]
    encoding = make(codec_string, config, request)
    if encoding is None or _can_be_opened(encoding):
        return encoding
    if request.is_screen:
        # The spec does not let an encoder refuse a configuration because of its content hint.
        encoding = make(codec_string, config, request._replace(is_screen=False))
        if encoding is not None and _can_be_opened(encoding):
            return encoding
    return None


def _can_be_opened(encoding: VideoEncoding) -> bool:
    """Whether the encoder opens, which only opening it can tell."""
    if encoding.encoder == "libvpx-vp9":
        # libvpx accepts every size, and allocates gigabytes for a large one before it has seen a picture.
        request = encoding.request
        small = request._replace(width=min(request.width, 256), height=min(request.height, 256))
        encoding = replace(encoding, request=small)
    formats = [*encoding.pixel_formats, *([encoding.alpha_format] if encoding.alpha_format else [])]
    try:
        for format in formats:
            encoding.open(format, Colors(), encoding.most_threads).close()
    except (FFbindError, MemoryError, ValueError) as error:
        require_resources(error)
        return False
    return True

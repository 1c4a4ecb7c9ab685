"""Which video configurations FFmpeg encodes: a module for each family of encoders."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Final

from codecmodel.configurations.encoder_configurations import VideoEncoderConfig
from codecmodel.platform.ffmpeg.encoding.video_codecs.av1 import av1_encoding
from codecmodel.platform.ffmpeg.encoding.video_codecs.nal_codecs import avc_encoding, hevc_encoding
from codecmodel.platform.ffmpeg.encoding.video_codecs.vpx import vp8_encoding, vp9_encoding
from codecmodel.platform.ffmpeg.encoding.video_settings import Colors, Request, VideoEncoding, request_of
from codecmodel.registry import CodecString, parse_codec_string
from codecmodel.registry.levels import Demands, is_within_level
from ffbind import FFbindError

#: Luma samples of the largest pictures that any codec's levels have, and the largest width and height.
_MAXIMUM_PICTURE: Final = 35_651_584
_MAXIMUM_SIDE: Final = 16_384

_ENCODINGS: Final[Mapping[str, Callable[[CodecString, VideoEncoderConfig, Request], VideoEncoding | None]]] = {
    "avc": avc_encoding,
    "hevc": hevc_encoding,
    "vp8": vp8_encoding,
    "vp9": vp9_encoding,
    "av1": av1_encoding,
}


def supports_video_encoder(config: VideoEncoderConfig) -> bool:
    """Check Configuration Support, steps 3 and 4, for video."""
    return video_encoding(config) is not None


def video_encoding(config: VideoEncoderConfig) -> VideoEncoding | None:
    """How FFmpeg encodes by the configuration; None if it cannot, or not with all of its entries."""
    return _encoding(json.dumps(config, sort_keys=True))


@lru_cache(maxsize=64)
def _encoding(key: str) -> VideoEncoding | None:
    config: VideoEncoderConfig = json.loads(key)
    codec_string = parse_codec_string(config["codec"])
    # All encoders in use are software.
    if codec_string is None or codec_string.kind != "video" or config.get("hardwareAcceleration") == "prefer-hardware":
        return None
    width, height = config["width"], config["height"]
    if max(width, height) > _MAXIMUM_SIDE or width * height > _MAXIMUM_PICTURE:
        return None
    demands = Demands(width, height, config.get("framerate"), config.get("bitrate"))
    request = request_of(config)
    if request is None or not is_within_level(codec_string, demands):
        return None
    make = _ENCODINGS[codec_string.codec]
    encoding = make(codec_string, config, request)
    if encoding is None or _can_be_opened(encoding):
        return encoding
    if request.is_screen:
        # A content hint that this version of the library has no option for is no reason to refuse.
        encoding = make(codec_string, config, request._replace(is_screen=False))
        if encoding is not None and _can_be_opened(encoding):
            return encoding
    return None


def _can_be_opened(encoding: VideoEncoding) -> bool:
    """The surest way to know what an encoder takes."""
    if encoding.encoder == "libvpx-vp9":
        # It takes every size, and gigabytes for a large one before it has seen a picture.
        request = encoding.request
        small = request._replace(width=min(request.width, 256), height=min(request.height, 256))
        encoding = replace(encoding, request=small)
    formats = [*encoding.pixel_formats, *([encoding.alpha_format] if encoding.alpha_format else [])]
    try:
        for format in formats:
            encoding.open(format, Colors(2, 2, 2, 0)).close()
    except (FFbindError, MemoryError, ValueError):
        return False
    return True

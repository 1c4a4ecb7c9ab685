"""The configurations of decoders (chapter 7).

A configuration is a plain ``dict``. A member that does not exist is not in it.
"""

from typing import Final, Literal, NotRequired, Required, TypeAlias, TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.color_space import VideoColorSpaceInit, video_color_space_init
from codecmodel.web.buffers import BufferSource, allow_shared_buffer_source, copy_of_bytes, is_detached
from codecmodel.web.webidl import Dictionary, Enumeration, Member, boolean, dom_string, double, enforced_unsigned_long

CodecState: TypeAlias = Literal["unconfigured", "configured", "closed"]
HardwareAcceleration: TypeAlias = Literal["no-preference", "prefer-hardware", "prefer-software"]


class AudioDecoderConfig(TypedDict):
    """The configuration of an AudioDecoder (§ 7.5). ``sampleRate`` is in Hz.

    The registration of the codec defines ``description``.
    """

    codec: str
    sampleRate: int
    numberOfChannels: int
    description: NotRequired[BufferSource]


class VideoDecoderConfig(TypedDict, total=False):
    """The configuration of a VideoDecoder (§ 7.6). Sizes are in pixels, ``rotation`` is in degrees clockwise.

    The registration of the codec defines ``description``.
    """

    codec: Required[str]
    description: BufferSource
    codedWidth: int
    codedHeight: int
    displayAspectWidth: int
    displayAspectHeight: int
    colorSpace: VideoColorSpaceInit
    hardwareAcceleration: HardwareAcceleration
    optimizeForLatency: bool
    rotation: float
    flip: bool


class AudioDecoderSupport(TypedDict):
    """Whether ``config`` can be decoded (§ 7.3.1). ``config`` has the recognized members only."""

    supported: bool
    config: AudioDecoderConfig


class VideoDecoderSupport(TypedDict):
    """Whether ``config`` can be decoded (§ 7.3.2). ``config`` has the recognized members only."""

    supported: bool
    config: VideoDecoderConfig


# Spec: hardware-acceleration
hardware_acceleration: Final = Enumeration[HardwareAcceleration](
    "HardwareAcceleration", ["no-preference", "prefer-hardware", "prefer-software"]
)

audio_decoder_config: Final = Dictionary[AudioDecoderConfig](
    "AudioDecoderConfig",
    Member("codec", dom_string, required=True),
    Member("sampleRate", enforced_unsigned_long, required=True),
    Member("numberOfChannels", enforced_unsigned_long, required=True),
    Member("description", allow_shared_buffer_source),
)

video_decoder_config: Final = Dictionary[VideoDecoderConfig](
    "VideoDecoderConfig",
    Member("codec", dom_string, required=True),
    Member("description", allow_shared_buffer_source),
    Member("codedWidth", enforced_unsigned_long),
    Member("codedHeight", enforced_unsigned_long),
    Member("displayAspectWidth", enforced_unsigned_long),
    Member("displayAspectHeight", enforced_unsigned_long),
    Member("colorSpace", video_color_space_init),
    Member("hardwareAcceleration", hardware_acceleration, default="no-preference"),
    Member("optimizeForLatency", boolean),
    Member("rotation", double, default=0.0),
    Member("flip", boolean, default=False),
)

ASCII_WHITESPACE: Final = "\t\n\f\r "


@algorithm("valid-audiodecoderconfig")
def is_valid_audio_decoder_config(config: AudioDecoderConfig) -> bool:
    """Whether ``config`` is a valid AudioDecoderConfig."""
    # 1. The codec must not be empty.
    if not config["codec"].strip(ASCII_WHITESPACE):
        return False
    # 2. The description must not be detached.
    # 3. All else is valid.
    return not ("description" in config and is_detached(config["description"]))


@algorithm("valid-videodecoderconfig")
def is_valid_video_decoder_config(config: VideoDecoderConfig) -> bool:
    """Whether ``config`` is a valid VideoDecoderConfig."""
    # 1. The codec must not be empty.
    if not config["codec"].strip(ASCII_WHITESPACE):
        return False
    # 2. The coded width and height must both be given, or neither.
    if ("codedWidth" in config) != ("codedHeight" in config):
        return False
    # 3. They must not be zero.
    if config.get("codedWidth") == 0 or config.get("codedHeight") == 0:
        return False
    # 4. The width and height of the display aspect must both be given, or neither.
    if ("displayAspectWidth" in config) != ("displayAspectHeight" in config):
        return False
    # 5. They must not be zero.
    if config.get("displayAspectWidth") == 0 or config.get("displayAspectHeight") == 0:
        return False
    # 6. The description must not be detached.
    # 7. All else is valid.
    return not ("description" in config and is_detached(config["description"]))


def description_of(config: AudioDecoderConfig | VideoDecoderConfig) -> bytes | None:
    """A copy of the description, or None if there is none. An empty description counts as none."""
    description = config.get("description")
    return None if description is None else copy_of_bytes(description) or None

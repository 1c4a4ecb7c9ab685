"""Chapter 7 of the spec: what configurations have in common, and those of decoders.

A configuration is a dictionary: a plain ``dict`` in which a member exists or doesn't.
"""

from typing import TYPE_CHECKING, Final, Literal, NotRequired, Required, TypeAlias, TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.raw_media.color_space import VideoColorSpaceInit, video_color_space_init
from codecmodel.web.buffers import BufferSource, allow_shared_buffer_source, byte_length, copy_of_bytes, is_detached
from codecmodel.web.webidl import Dictionary, Enumeration, Member, boolean, dom_string, double, enforced_unsigned_long

if TYPE_CHECKING:
    pass

CodecState: TypeAlias = Literal["unconfigured", "configured", "closed"]
HardwareAcceleration: TypeAlias = Literal["no-preference", "prefer-hardware", "prefer-software"]


class AudioDecoderConfig(TypedDict):
    """How to decode a track of audio (spec § 7.5).

    ``sampleRate`` in Hz; ``description`` is what the codec's registration says.
    """

    codec: str
    sampleRate: int
    numberOfChannels: int
    description: NotRequired[BufferSource]


class VideoDecoderConfig(TypedDict, total=False):
    """How to decode a track of video (spec § 7.6). Sizes in pixels, ``rotation`` in degrees clockwise."""

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
    """Whether ``config``, which has only recognized members, can be decoded (spec § 7.3.1)."""

    supported: bool
    config: AudioDecoderConfig


class VideoDecoderSupport(TypedDict):
    """Whether ``config``, which has only recognized members, can be decoded (spec § 7.3.2)."""

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
    # 1. An empty codec.
    if not config["codec"].strip(ASCII_WHITESPACE):
        return False
    # 2. A detached description.
    # 3. Anything else is valid.
    return not ("description" in config and is_detached(config["description"]))


@algorithm("valid-videodecoderconfig")
def is_valid_video_decoder_config(config: VideoDecoderConfig) -> bool:
    """Whether ``config`` is a valid VideoDecoderConfig."""
    # 1. An empty codec.
    if not config["codec"].strip(ASCII_WHITESPACE):
        return False
    # 2. One coded dimension without the other.
    if ("codedWidth" in config) != ("codedHeight" in config):
        return False
    # 3. A coded dimension of zero.
    if config.get("codedWidth") == 0 or config.get("codedHeight") == 0:
        return False
    # 4. One display aspect dimension without the other.
    if ("displayAspectWidth" in config) != ("displayAspectHeight" in config):
        return False
    # 5. A display aspect dimension of zero.
    if config.get("displayAspectWidth") == 0 or config.get("displayAspectHeight") == 0:
        return False
    # 6. A detached description.
    # 7. Anything else is valid.
    return not ("description" in config and is_detached(config["description"]))


def description_of(config: AudioDecoderConfig | VideoDecoderConfig) -> bytes | None:
    """The bytes of the configuration's description, or None if there is none."""
    description = config.get("description")
    if description is None or not byte_length(description):
        return None
    return copy_of_bytes(description)

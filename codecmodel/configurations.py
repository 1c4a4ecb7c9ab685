"""Chapter 7 of the spec: what configurations have in common, and those of decoders.

A configuration is a dictionary: a plain ``dict`` in which a member exists or doesn't.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Literal, NotRequired, Required, TypeAlias, TypedDict, TypeVar, cast

from codecmodel.infra.algorithm import algorithm
from codecmodel.infra.buffers import BufferSource, allow_shared_buffer_source, byte_length, copy_of_bytes, is_detached
from codecmodel.infra.webidl import Dictionary, Enumeration, Member, boolean, dom_string, double, enforced_unsigned_long
from codecmodel.raw_media.color_space import VideoColorSpaceInit, video_color_space_init
from codecmodel.registry import parse_codec_string

if TYPE_CHECKING:
    from codecmodel.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig

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

ConfigT = TypeVar("ConfigT", AudioDecoderConfig, VideoDecoderConfig, "AudioEncoderConfig", "VideoEncoderConfig")

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


@algorithm("check-configuration-support")
def check_configuration_support(
    config: ConfigT, kind: Literal["audio", "video"], supports: Callable[[ConfigT], bool]
) -> bool:
    """Check Configuration Support. ``supports`` asks the platform. May run on any thread."""
    # 1. The codec string must be valid, and recognized as one of a codec of this kind.
    codec_string = parse_codec_string(config["codec"])
    if codec_string is None or codec_string.kind != kind:
        return False
    # 2. The platform must decode that exact profile, level and constraints,
    # 3. to 3.3. or encode that exact profile, to no higher level, with constraints that are at least as strict.
    # 4. It must support all other entries too.
    # 5. Otherwise it is not supported.
    return supports(config)


@algorithm("clone-configuration")
def clone_configuration(config: ConfigT) -> ConfigT:
    """Clone Configuration: a deep copy. Unrecognized members went when the dictionary was converted."""
    # 1. n/a: a dictionary's type is not needed to make another.
    # 2. Start with an empty dictionary.
    clone: dict[str, object] = {}
    # 3. Take each member defined on the type,
    for member, value in config.items():
        # 3.1. n/a: a member that does not exist is not in the dictionary.
        if isinstance(value, Mapping):
            # 3.2. nested dictionaries recursively,
            clone[member] = dict(value)
        elif member == "description":
            # 3.3. and copies of all other values.
            clone[member] = copy_of_bytes(cast("BufferSource", value))
        else:
            clone[member] = value
    return cast("ConfigT", clone)


def description_of(config: AudioDecoderConfig | VideoDecoderConfig) -> bytes | None:
    """The bytes of the configuration's description, or None if there is none."""
    description = config.get("description")
    if description is None or not byte_length(description):
        return None
    return copy_of_bytes(description)

"""Algorithms of chapter 7 that serve all configurations."""

from collections.abc import Callable, Mapping
from typing import Literal, TypeVar, cast

from codecmodel.algorithm import algorithm
from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
from codecmodel.registry import parse_codec_string
from codecmodel.web.buffers import BufferSource, copy_of_bytes

ConfigT = TypeVar("ConfigT", AudioDecoderConfig, VideoDecoderConfig, AudioEncoderConfig, VideoEncoderConfig)


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

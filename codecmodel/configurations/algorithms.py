"""Algorithms of chapter 7 for configurations of every kind."""

from collections.abc import Callable
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
    """Check Configuration Support. ``supports`` asks the platform. It may run on any thread."""
    # 1. The codec string must be valid, and it must name a codec of this kind.
    codec_string = parse_codec_string(config["codec"])
    if codec_string is None or codec_string.kind != kind:
        return False
    # 2. A decoder must support exactly that profile, level and constraints.
    # 3. to 3.3. An encoder must support exactly that profile, a level that is not higher, and constraints that are at
    # least as strict.
    # 4. All other entries must be supported, too.
    # 5. Otherwise the configuration is not supported.
    return supports(config)


@algorithm("clone-configuration")
def clone_configuration(config: ConfigT) -> ConfigT:
    """Clone Configuration: a deep copy. (The conversion of the dictionary has already removed unrecognized members.)"""
    # 1. n/a: a dictionary in Python has no type that its clone would need.
    # 2. Start with an empty dictionary.
    clone: dict[str, object] = {}
    # 3. For each member that the type defines:
    for member, value in config.items():
        # 3.1. n/a: members that do not exist are not in the dictionary.
        if isinstance(value, dict):
            # 3.2. clone a nested dictionary recursively,
            clone[member] = dict(value)
        elif member == "description":
            # 3.3. and copy any other value.
            clone[member] = copy_of_bytes(cast("BufferSource", value))
        else:
            clone[member] = value
    return cast("ConfigT", clone)

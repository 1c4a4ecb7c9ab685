"""Chapter 7 of the spec: the configurations of encoders, and the options of encode().

As for decoders, a configuration is a plain ``dict`` in which a member exists or doesn't. One that was converted has all
members that have a default.
"""

import re
from typing import Final, Literal, Required, TypeAlias, TypedDict, TypeVar

from codecmodel.algorithm import algorithm
from codecmodel.configurations.decoder_configurations import (
    ASCII_WHITESPACE,
    AudioDecoderConfig,
    HardwareAcceleration,
    VideoDecoderConfig,
    hardware_acceleration,
)
from codecmodel.registry.encoder_extensions import (
    AacEncoderConfig,
    AvcEncoderConfig,
    FlacEncoderConfig,
    HevcEncoderConfig,
    OpusEncoderConfig,
    VideoEncoderEncodeOptionsForAv1,
    VideoEncoderEncodeOptionsForAvc,
    VideoEncoderEncodeOptionsForHevc,
    VideoEncoderEncodeOptionsForVp9,
    aac_encoder_config,
    av1_encode_options,
    avc_encode_options,
    avc_encoder_config,
    flac_encoder_config,
    hevc_encode_options,
    hevc_encoder_config,
    is_valid_flac_encoder_config,
    is_valid_opus_encoder_config,
    opus_encoder_config,
    vp9_encode_options,
)
from codecmodel.web.webidl import (
    Dictionary,
    Enumeration,
    Member,
    boolean,
    dom_string,
    double,
    enforced_unsigned_long,
    enforced_unsigned_long_long,
)

# Spec: alpha-option
AlphaOption: TypeAlias = Literal["keep", "discard"]
LatencyMode: TypeAlias = Literal["quality", "realtime"]
VideoEncoderBitrateMode: TypeAlias = Literal["constant", "variable", "quantizer"]
#: MediaStream Recording's enumeration.
BitrateMode: TypeAlias = Literal["constant", "variable"]


class AudioEncoderConfig(TypedDict, total=False):
    """How to encode audio (spec § 7.7).

    ``sampleRate`` in Hz, ``bitrate`` in bits per second on average. ``aac``, ``flac`` and ``opus`` are of those codecs'
    registrations.
    """

    codec: Required[str]
    sampleRate: Required[int]
    numberOfChannels: Required[int]
    bitrate: int
    bitrateMode: BitrateMode
    aac: AacEncoderConfig
    flac: FlacEncoderConfig
    opus: OpusEncoderConfig


class VideoEncoderConfig(TypedDict, total=False):
    """How to encode video (spec § 7.8).

    Sizes in pixels, ``bitrate`` in bits per second on average, ``framerate`` in frames per second. ``avc`` and ``hevc``
    are of those codecs' registrations.
    """

    codec: Required[str]
    width: Required[int]
    height: Required[int]
    displayWidth: int
    displayHeight: int
    bitrate: int
    framerate: float
    hardwareAcceleration: HardwareAcceleration
    alpha: AlphaOption
    scalabilityMode: str
    bitrateMode: VideoEncoderBitrateMode
    latencyMode: LatencyMode
    contentHint: str
    avc: AvcEncoderConfig
    hevc: HevcEncoderConfig


class VideoEncoderEncodeOptions(TypedDict, total=False):
    """Wishes for one frame (spec § 7.13): to be a key frame, to be encoded with a quantizer.

    The quantizers count where the configuration's ``bitrateMode`` is ``quantizer``, each for its codec.
    """

    keyFrame: bool
    av1: VideoEncoderEncodeOptionsForAv1
    avc: VideoEncoderEncodeOptionsForAvc
    hevc: VideoEncoderEncodeOptionsForHevc
    vp9: VideoEncoderEncodeOptionsForVp9


class AudioEncoderSupport(TypedDict):
    """Whether ``config``, which has only recognized members, can be encoded (spec § 7.3.3)."""

    supported: bool
    config: AudioEncoderConfig


class VideoEncoderSupport(TypedDict):
    """Whether ``config``, which has only recognized members, can be encoded (spec § 7.3.4)."""

    supported: bool
    config: VideoEncoderConfig


audio_encoder_config: Final = Dictionary[AudioEncoderConfig](
    "AudioEncoderConfig",
    Member("codec", dom_string, required=True),
    Member("sampleRate", enforced_unsigned_long, required=True),
    Member("numberOfChannels", enforced_unsigned_long, required=True),
    Member("bitrate", enforced_unsigned_long_long),
    Member("bitrateMode", Enumeration[BitrateMode]("BitrateMode", ["constant", "variable"]), default="variable"),
    Member("aac", aac_encoder_config),
    Member("flac", flac_encoder_config),
    Member("opus", opus_encoder_config),
)

video_encoder_config: Final = Dictionary[VideoEncoderConfig](
    "VideoEncoderConfig",
    Member("codec", dom_string, required=True),
    Member("width", enforced_unsigned_long, required=True),
    Member("height", enforced_unsigned_long, required=True),
    Member("displayWidth", enforced_unsigned_long),
    Member("displayHeight", enforced_unsigned_long),
    Member("bitrate", enforced_unsigned_long_long),
    Member("framerate", double),
    Member("hardwareAcceleration", hardware_acceleration, default="no-preference"),
    Member("alpha", Enumeration[AlphaOption]("AlphaOption", ["keep", "discard"]), default="discard"),
    Member("scalabilityMode", dom_string),
    Member(
        "bitrateMode",
        Enumeration[VideoEncoderBitrateMode]("VideoEncoderBitrateMode", ["constant", "variable", "quantizer"]),
        default="variable",
    ),
    Member("latencyMode", Enumeration[LatencyMode]("LatencyMode", ["quality", "realtime"]), default="quality"),
    Member("contentHint", dom_string),
    Member("avc", avc_encoder_config),
    Member("hevc", hevc_encoder_config),
)

video_encoder_encode_options: Final = Dictionary[VideoEncoderEncodeOptions](
    "VideoEncoderEncodeOptions",
    Member("keyFrame", boolean, default=False),
    Member("av1", av1_encode_options),
    Member("avc", avc_encode_options),
    Member("hevc", hevc_encode_options),
    Member("vp9", vp9_encode_options),
)


@algorithm("valid-audioencoderconfig")
def is_valid_audio_encoder_config(config: AudioEncoderConfig) -> bool:
    """Whether ``config`` is a valid AudioEncoderConfig."""
    # 1. An empty codec.
    if not config["codec"].strip(ASCII_WHITESPACE):
        return False
    # 2. An extension that its registration finds invalid. (By the text a valid one makes all else valid too.)
    if "flac" in config and not is_valid_flac_encoder_config(config["flac"]):
        return False
    if "opus" in config and not is_valid_opus_encoder_config(config["opus"]):
        return False
    # 3. A rate or number of zero.
    # 4. Anything else is valid.
    return config["sampleRate"] != 0 and config["numberOfChannels"] != 0


@algorithm("valid-videoencoderconfig")
def is_valid_video_encoder_config(config: VideoEncoderConfig) -> bool:
    """Whether ``config`` is a valid VideoEncoderConfig."""
    # 1. An empty codec.
    if not config["codec"].strip(ASCII_WHITESPACE):
        return False
    # 2. A dimension of zero.
    if config["width"] == 0 or config["height"] == 0:
        return False
    # 3. A display dimension of zero.
    # 4. Anything else is valid.
    return config.get("displayWidth") != 0 and config.get("displayHeight") != 0


#: WebRTC-SVC § 6: spatial layers (L) or simulcast (S), temporal layers (T), and how layers depend on each other.
_SCALABILITY_MODE: Final = re.compile(r"[LS]([1-3])T([1-3])(h|_KEY|_KEY_SHIFT)?")


# Spec: temporal-layer
def number_of_temporal_layers(scalability_mode: str | None) -> int:
    """How many temporal layers a scalability mode identifier describes; 1 if there is none, or it is not one."""
    match = None if scalability_mode is None else _SCALABILITY_MODE.fullmatch(scalability_mode)
    return 1 if match is None else int(match[2])


ConfigT = TypeVar("ConfigT", AudioDecoderConfig, VideoDecoderConfig)


# Spec: equal-dictionaries
def are_equal_dictionaries(one: ConfigT, other: ConfigT | None) -> bool:
    """Whether two configurations have the same keys and values, nested ones included."""
    return one == other

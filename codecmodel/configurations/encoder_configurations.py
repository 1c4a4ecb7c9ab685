"""The configurations of encoders, and the options of encode() (chapter 7).

A configuration is a plain ``dict``, as for decoders. A converted configuration has every member that has a default.
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
from codecmodel.raw_media.video_frame_init import AlphaOption, alpha_option
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

LatencyMode: TypeAlias = Literal["quality", "realtime"]
VideoEncoderBitrateMode: TypeAlias = Literal["constant", "variable", "quantizer"]
#: MediaStream Recording's enumeration.
BitrateMode: TypeAlias = Literal["constant", "variable"]


class AudioEncoderConfig(TypedDict, total=False):
    """The configuration of an AudioEncoder (§ 7.7). ``sampleRate`` is in Hz, ``bitrate`` in bits per second on average.

    The registrations of the codecs define ``aac``, ``flac`` and ``opus``.
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
    """The configuration of a VideoEncoder (§ 7.8).

    Sizes are in pixels, ``bitrate`` is in bits per second on average, ``framerate`` in frames per second. The
    registrations of the codecs define ``avc`` and ``hevc``.
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
    """The options for one frame (§ 7.13): whether it must be a key frame, and the quantizer to encode it with.

    The quantizer of the codec counts if ``bitrateMode`` of the configuration is ``quantizer``.
    """

    keyFrame: bool
    av1: VideoEncoderEncodeOptionsForAv1
    avc: VideoEncoderEncodeOptionsForAvc
    hevc: VideoEncoderEncodeOptionsForHevc
    vp9: VideoEncoderEncodeOptionsForVp9


class AudioEncoderSupport(TypedDict):
    """Whether ``config`` can be encoded (§ 7.3.3). ``config`` has the recognized members only."""

    supported: bool
    config: AudioEncoderConfig


class VideoEncoderSupport(TypedDict):
    """Whether ``config`` can be encoded (§ 7.3.4). ``config`` has the recognized members only."""

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
    Member("alpha", alpha_option, default="discard"),
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
    # 1. The codec must not be empty.
    if not config["codec"].strip(ASCII_WHITESPACE):
        return False
    # 2. The registration of the codec must find its extension valid. (By the text, a valid extension makes all else
    # valid, too.)
    if "flac" in config and not is_valid_flac_encoder_config(config["flac"]):
        return False
    if "opus" in config and not is_valid_opus_encoder_config(config["opus"]):
        return False
    # 3. Sample rate and number of channels must not be zero.
    # 4. All else is valid.
    return config["sampleRate"] != 0 and config["numberOfChannels"] != 0


@algorithm("valid-videoencoderconfig")
def is_valid_video_encoder_config(config: VideoEncoderConfig) -> bool:
    """Whether ``config`` is a valid VideoEncoderConfig."""
    # 1. The codec must not be empty.
    if not config["codec"].strip(ASCII_WHITESPACE):
        return False
    # 2. Width and height must not be zero.
    if config["width"] == 0 or config["height"] == 0:
        return False
    # 3. Neither must the display width and the display height.
    # 4. All else is valid.
    return config.get("displayWidth") != 0 and config.get("displayHeight") != 0


#: WebRTC-SVC § 6: spatial layers (L) or simulcast (S), temporal layers (T), and how layers depend on each other.
_SCALABILITY_MODE: Final = re.compile(r"[LS]([1-3])T([1-3])(h|_KEY|_KEY_SHIFT)?")


# Spec: temporal-layer
def number_of_temporal_layers(scalability_mode: str | None) -> int:
    """The number of temporal layers in a scalability mode; 1 if there is no mode, or if it is not a known one."""
    match = None if scalability_mode is None else _SCALABILITY_MODE.fullmatch(scalability_mode)
    return 1 if match is None else int(match[2])


ConfigT = TypeVar("ConfigT", AudioDecoderConfig, VideoDecoderConfig)


# Spec: equal-dictionaries
def are_equal_dictionaries(one: ConfigT, other: ConfigT | None) -> bool:
    """Whether two configurations have the same keys and values, including those of nested dictionaries."""
    return one == other

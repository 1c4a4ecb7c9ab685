"""What the registrations add to the dictionaries of encoders: codec-specific configurations and encode options.

Sources: the registrations of AAC, AV1, AVC, FLAC, HEVC, Opus and VP9.
"""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.web.webidl import (
    Dictionary,
    Enumeration,
    Member,
    boolean,
    enforced_unsigned_long,
    enforced_unsigned_long_long,
    nullable,
    unsigned_short,
)

# Audio

AacBitstreamFormat: TypeAlias = Literal["aac", "adts"]


class AacEncoderConfig(TypedDict, total=False):
    """``adts`` chunks carry what decoding needs; for ``aac`` a description does."""

    format: AacBitstreamFormat


# Spec: webcodecs-aac-codec-registration/aac-encoder-config, webcodecs-aac-codec-registration/aac-bitstream-format
aac_encoder_config: Final = Dictionary[AacEncoderConfig](
    "AacEncoderConfig",
    Member("format", Enumeration[AacBitstreamFormat]("AacBitstreamFormat", ["aac", "adts"]), default="aac"),
)

OpusBitstreamFormat: TypeAlias = Literal["opus", "ogg"]
OpusSignal: TypeAlias = Literal["auto", "music", "voice"]
OpusApplication: TypeAlias = Literal["voip", "audio", "lowdelay"]

_OPUS_COMPLEXITY: Final = 9


class OpusEncoderConfig(TypedDict, total=False):
    """``frameDuration`` in microseconds, ``packetlossperc`` in percent, ``complexity`` from 0 to 10."""

    format: OpusBitstreamFormat
    signal: OpusSignal
    application: OpusApplication
    frameDuration: int
    complexity: int
    packetlossperc: int
    useinbandfec: bool
    usedtx: bool


# Spec: webcodecs-opus-codec-registration/opus-bitstream-format, webcodecs-opus-codec-registration/opus-signal
# Spec: webcodecs-opus-codec-registration/opus-application
opus_encoder_config: Final = Dictionary[OpusEncoderConfig](
    "OpusEncoderConfig",
    Member("format", Enumeration[OpusBitstreamFormat]("OpusBitstreamFormat", ["opus", "ogg"]), default="opus"),
    Member("signal", Enumeration[OpusSignal]("OpusSignal", ["auto", "music", "voice"]), default="auto"),
    Member(
        "application",
        Enumeration[OpusApplication]("OpusApplication", ["voip", "audio", "lowdelay"]),
        default="audio",
    ),
    Member("frameDuration", enforced_unsigned_long_long, default=20000),
    # The default is the platform's choice; this is the one recommended for all but mobile ones.
    Member("complexity", enforced_unsigned_long, default=_OPUS_COMPLEXITY),
    Member("packetlossperc", enforced_unsigned_long, default=0),
    Member("useinbandfec", boolean, default=False),
    Member("usedtx", boolean, default=False),
)

#: RFC 6716 § 2.1.4 and § 3.2.5: a packet is of frames of 2.5 ms and more, and at most 120 ms long. In microseconds.
_SHORTEST_OPUS_FRAME: Final = 2500
_LONGEST_OPUS_PACKET: Final = 120_000


@algorithm("webcodecs-opus-codec-registration/opus-encoder-config")
def is_valid_opus_encoder_config(config: OpusEncoderConfig) -> bool:
    """Whether a converted OpusEncoderConfig is valid."""
    frame_duration = config.get("frameDuration", 20000)
    # 1.
    if frame_duration % _SHORTEST_OPUS_FRAME or not 0 < frame_duration <= _LONGEST_OPUS_PACKET:
        return False
    # 2.
    if not 0 <= config.get("complexity", _OPUS_COMPLEXITY) <= 10:
        return False
    # 3.
    # 4. Anything else is valid.
    return 0 <= config.get("packetlossperc", 0) <= 100


class FlacEncoderConfig(TypedDict, total=False):
    """``blockSize`` in samples, 0 for the encoder's choice; ``compressLevel`` from 0 (fastest) to 8 (smallest)."""

    blockSize: int
    compressLevel: int


flac_encoder_config: Final = Dictionary[FlacEncoderConfig](
    "FlacEncoderConfig",
    Member("blockSize", enforced_unsigned_long, default=0),
    Member("compressLevel", enforced_unsigned_long, default=5),
)


@algorithm("webcodecs-flac-codec-registration/flac-encoder-config")
def is_valid_flac_encoder_config(config: FlacEncoderConfig) -> bool:
    """Whether a converted FlacEncoderConfig is valid. RFC 9639 § 5.1 has blocks of 16 to 65535 samples."""
    block_size = config.get("blockSize", 0)
    # 1. (0 is the encoder's choice)
    if block_size != 0 and not 16 <= block_size <= 65535:
        return False
    # 2.
    # 3. Anything else is valid.
    return 0 <= config.get("compressLevel", 5) <= 8


# Video

AvcBitstreamFormat: TypeAlias = Literal["annexb", "avc"]
HevcBitstreamFormat: TypeAlias = Literal["annexb", "hevc"]


class AvcEncoderConfig(TypedDict, total=False):
    """``annexb`` chunks carry parameter sets; for ``avc`` the description does."""

    format: AvcBitstreamFormat


class HevcEncoderConfig(TypedDict, total=False):
    """``annexb`` chunks carry parameter sets; for ``hevc`` the description does."""

    format: HevcBitstreamFormat


# Spec: webcodecs-avc-codec-registration/avc-encoder-config, webcodecs-avc-codec-registration/avc-bitstream-format
avc_encoder_config: Final = Dictionary[AvcEncoderConfig](
    "AvcEncoderConfig",
    Member("format", Enumeration[AvcBitstreamFormat]("AvcBitstreamFormat", ["annexb", "avc"]), default="avc"),
)

# Spec: webcodecs-hevc-codec-registration/hevc-encoder-config, webcodecs-hevc-codec-registration/hevc-bitstream-format
hevc_encoder_config: Final = Dictionary[HevcEncoderConfig](
    "HevcEncoderConfig",
    Member("format", Enumeration[HevcBitstreamFormat]("HevcBitstreamFormat", ["annexb", "hevc"]), default="hevc"),
)


class VideoEncoderEncodeOptionsForAvc(TypedDict, total=False):
    """``quantizer`` from 0 to 51, or null for the encoder's choice."""

    quantizer: int | None


class VideoEncoderEncodeOptionsForHevc(TypedDict, total=False):
    """``quantizer`` from 0 to 51, or null for the encoder's choice."""

    quantizer: int | None


class VideoEncoderEncodeOptionsForVp9(TypedDict, total=False):
    """``quantizer`` from 0 to 255, or null for the encoder's choice."""

    quantizer: int | None


class VideoEncoderEncodeOptionsForAv1(TypedDict, total=False):
    """``quantizer`` from 0 to 255, or null for the encoder's choice."""

    quantizer: int | None


_quantizer: Final = Member("quantizer", nullable(unsigned_short))

avc_encode_options: Final = Dictionary[VideoEncoderEncodeOptionsForAvc]("VideoEncoderEncodeOptionsForAvc", _quantizer)
hevc_encode_options: Final = Dictionary[VideoEncoderEncodeOptionsForHevc](
    "VideoEncoderEncodeOptionsForHevc", _quantizer
)
vp9_encode_options: Final = Dictionary[VideoEncoderEncodeOptionsForVp9]("VideoEncoderEncodeOptionsForVp9", _quantizer)
av1_encode_options: Final = Dictionary[VideoEncoderEncodeOptionsForAv1]("VideoEncoderEncodeOptionsForAv1", _quantizer)

#: Registered codec → the highest quantizer; the lowest is 0. Codecs without one have no quantizer to set.
HIGHEST_QUANTIZERS: Final[Mapping[str, int]] = {"avc": 51, "hevc": 51, "vp9": 255, "av1": 255}

"""The codec-specific members of encoder configurations and encode options, which the registrations define.

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
    """The format of chunks: decoding ``adts`` chunks needs no description, decoding ``aac`` chunks does."""

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
    """Options of Opus. ``frameDuration`` is in microseconds, ``packetlossperc`` in percent, ``complexity`` 0 to 10."""

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
    # The default is left to the platform. The registration recommends this one for all platforms except mobile ones.
    Member("complexity", enforced_unsigned_long, default=_OPUS_COMPLEXITY),
    Member("packetlossperc", enforced_unsigned_long, default=0),
    Member("useinbandfec", boolean, default=False),
    Member("usedtx", boolean, default=False),
)

#: RFC 6716 § 2.1.4 and § 3.2.5: frames last 2.5 ms or more, packets last at most 120 ms. In microseconds.
_SHORTEST_OPUS_FRAME: Final = 2500
_LONGEST_OPUS_PACKET: Final = 120_000


@algorithm("webcodecs-opus-codec-registration/opus-encoder-config")
def is_valid_opus_encoder_config(config: OpusEncoderConfig) -> bool:
    """Whether a converted OpusEncoderConfig is valid."""
    frame_duration = config.get("frameDuration", 20000)
    # 1. A packet has frames that Opus knows, and is not too long.
    if frame_duration % _SHORTEST_OPUS_FRAME or not 0 < frame_duration <= _LONGEST_OPUS_PACKET:
        return False
    # 2. The complexity is at most 10.
    if not 0 <= config.get("complexity", _OPUS_COMPLEXITY) <= 10:
        return False
    # 3. The expected packet loss is a percentage.
    # 4. All else is valid.
    return 0 <= config.get("packetlossperc", 0) <= 100


class FlacEncoderConfig(TypedDict, total=False):
    """Options of FLAC. ``blockSize`` is in samples, 0 leaves it to the encoder; ``compressLevel`` is 0 (fast) to 8."""

    blockSize: int
    compressLevel: int


flac_encoder_config: Final = Dictionary[FlacEncoderConfig](
    "FlacEncoderConfig",
    Member("blockSize", enforced_unsigned_long, default=0),
    Member("compressLevel", enforced_unsigned_long, default=5),
)


@algorithm("webcodecs-flac-codec-registration/flac-encoder-config")
def is_valid_flac_encoder_config(config: FlacEncoderConfig) -> bool:
    """Whether a converted FlacEncoderConfig is valid. Blocks have 16 to 65535 samples (RFC 9639 § 5.1)."""
    block_size = config.get("blockSize", 0)
    # 1. FLAC must know blocks of that size. (0 leaves the size to the encoder.)
    if block_size != 0 and not 16 <= block_size <= 65535:
        return False
    # 2. The compression level is at most 8.
    # 3. All else is valid.
    return 0 <= config.get("compressLevel", 5) <= 8


# Video

AvcBitstreamFormat: TypeAlias = Literal["annexb", "avc"]
HevcBitstreamFormat: TypeAlias = Literal["annexb", "hevc"]


class AvcEncoderConfig(TypedDict, total=False):
    """The format of chunks: parameter sets are in ``annexb`` chunks, or in the description for ``avc``."""

    format: AvcBitstreamFormat


class HevcEncoderConfig(TypedDict, total=False):
    """The format of chunks: parameter sets are in ``annexb`` chunks, or in the description for ``hevc``."""

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
    """``quantizer`` from 0 to 51, or null to leave it to the encoder."""

    quantizer: int | None


class VideoEncoderEncodeOptionsForHevc(TypedDict, total=False):
    """``quantizer`` from 0 to 51, or null to leave it to the encoder."""

    quantizer: int | None


class VideoEncoderEncodeOptionsForVp9(TypedDict, total=False):
    """``quantizer`` from 0 to 255, or null to leave it to the encoder."""

    quantizer: int | None


class VideoEncoderEncodeOptionsForAv1(TypedDict, total=False):
    """``quantizer`` from 0 to 255, or null to leave it to the encoder."""

    quantizer: int | None


_quantizer: Final = Member("quantizer", nullable(unsigned_short))

avc_encode_options: Final = Dictionary[VideoEncoderEncodeOptionsForAvc]("VideoEncoderEncodeOptionsForAvc", _quantizer)
hevc_encode_options: Final = Dictionary[VideoEncoderEncodeOptionsForHevc](
    "VideoEncoderEncodeOptionsForHevc", _quantizer
)
vp9_encode_options: Final = Dictionary[VideoEncoderEncodeOptionsForVp9]("VideoEncoderEncodeOptionsForVp9", _quantizer)
av1_encode_options: Final = Dictionary[VideoEncoderEncodeOptionsForAv1]("VideoEncoderEncodeOptionsForAv1", _quantizer)

#: Codec → the highest quantizer; the lowest is 0. All other codecs have no quantizer in the registry.
HIGHEST_QUANTIZERS: Final[Mapping[str, int]] = {"avc": 51, "hevc": 51, "vp9": 255, "av1": 255}

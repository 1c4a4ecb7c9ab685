"""Which configurations FFmpeg decodes, and with which of its decoders."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Final

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig, description_of
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.registry import (
    AacCodecString,
    AvcCodecString,
    CodecString,
    HevcCodecString,
    InvalidDescription,
    PcmCodecString,
    first_avc_sps,
    parse_codec_string,
    registration_of,
)
from codecmodel.registry.avc import AvcDecoderConfigurationRecord
from codecmodel.registry.hevc import HevcDecoderConfigurationRecord
from ffbind import find_decoder, load

#: Registered codec → FFmpeg's decoders for it, best first.
_DECODERS: Final[Mapping[str, Sequence[str]]] = {
    "avc": ("h264",),
    "hevc": ("hevc",),
    "vp8": ("vp8", "libvpx"),
    "vp9": ("vp9", "libvpx-vp9"),
    "av1": ("libdav1d", "libaom-av1"),
    "aac": ("aac",),
    "mp3": ("mp3float", "mp3"),
    "opus": ("opus", "libopus"),
    "flac": ("flac",),
    "vorbis": ("vorbis", "libvorbis"),
    "ulaw": ("pcm_mulaw",),
    "alaw": ("pcm_alaw",),
}
_PCM_DECODERS: Final[Mapping[str, str]] = {
    "pcm-u8": "pcm_u8",
    "pcm-s16": "pcm_s16le",
    "pcm-s24": "pcm_s24le",
    "pcm-s32": "pcm_s32le",
    "pcm-f32": "pcm_f32le",
}
#: Codecs whose rate and channels the configuration alone says. For the others the registrations have its members
#: ignored, or overridden by what the bitstream says.
_BARE: Final = frozenset({"pcm", "ulaw", "alaw", "opus"})
#: H.264 Annex A: Baseline, Main, High, High 10, High 4:2:2, High 4:4:4 Predictive, CAVLC 4:4:4 Intra. FFmpeg has no
#: data partitioning (Extended) and no scalable or multiview extension.
_AVC_PROFILES: Final = frozenset({66, 77, 100, 110, 122, 244, 44})
#: H.265 Annex A: Main, Main 10, Main Still Picture, format range extensions.
_HEVC_PROFILES: Final = frozenset({1, 2, 3, 4})
#: ISO/IEC 14496-3 audio object type of xHE-AAC, which FFmpeg decodes from 7.1 (libavcodec 61) on.
_USAC: Final = 42
#: The most FFmpeg's raw audio decoders take.
_MAXIMUM_CHANNELS: Final = 64
#: av_image_check_size: (width + 128) · (height + 128) is below this.
_MAXIMUM_PIXELS: Final = (2**31 - 1) // 8


def supports_audio_decoder(config: AudioDecoderConfig) -> bool:
    """Check Configuration Support, steps 2 and 4, for audio."""
    codec_string = parse_codec_string(config["codec"])
    if codec_string is None or codec_string.kind != "audio" or not _supports_codec(codec_string):
        return False
    if codec_string.codec in _BARE:
        if not 0 < config["sampleRate"] < 2**31 or not 0 < config["numberOfChannels"] <= _MAXIMUM_CHANNELS:
            return False
        if codec_string.codec == "opus" and "description" not in config and config["numberOfChannels"] > 2:
            # RFC 7845 § 5.1.1: more channels need a mapping table.
            return False
    return _has_usable_description(codec_string, config)


def supports_video_decoder(config: VideoDecoderConfig) -> bool:
    """Check Configuration Support, steps 2 and 4, for video."""
    codec_string = parse_codec_string(config["codec"])
    if codec_string is None or codec_string.kind != "video" or not _supports_codec(codec_string):
        return False
    if config.get("hardwareAcceleration") == "prefer-hardware":
        return False
    width, height = config.get("codedWidth", 1), config.get("codedHeight", 1)
    if (width + 128) * (height + 128) >= _MAXIMUM_PIXELS:
        return False
    return _has_usable_description(codec_string, config)


@cache
def _supports_codec(codec_string: CodecString) -> bool:
    """Whether there is a decoder for exactly this profile. FFmpeg's decoders are not bound to levels."""
    match codec_string:
        case AvcCodecString() if codec_string.profile_idc not in _AVC_PROFILES:
            return False
        case HevcCodecString() if codec_string.profile_idc not in _HEVC_PROFILES:
            return False
        case AacCodecString() if codec_string.object_type == _USAC and load().codec_major < 61:
            return False
    return _find_decoder_name(codec_string) is not None


def _has_usable_description(codec_string: CodecString, config: AudioDecoderConfig | VideoDecoderConfig) -> bool:
    """A description may be absent, even where decoding will need it; one that is given must be well formed."""
    description = description_of(config)
    if description is None:
        return True
    try:
        registration_of(codec_string).parse_description(codec_string, description)
    except InvalidDescription:
        return False
    return True


def require_valid_description(config: AudioDecoderConfig | VideoDecoderConfig, description: bytes | None) -> None:
    """Raise CodecError if the description is not what decoding needs."""
    codec_string = parse_codec_string(config["codec"])
    assert codec_string is not None, "the configuration is supported"
    try:
        registration_of(codec_string).parse_description(codec_string, description)
    except InvalidDescription as error:
        raise CodecError(f"description: {error}") from error


@cache
def _find_decoder_name(codec_string: CodecString) -> str | None:
    if isinstance(codec_string, PcmCodecString):
        names: Sequence[str] = (_PCM_DECODERS[codec_string.string],)
    else:
        names = _DECODERS[codec_string.codec]
    return next((name for name in names if find_decoder(name) is not None), None)


def decoder_name(codec: str) -> str:
    """FFmpeg's name of the decoder for a supported codec string."""
    codec_string = parse_codec_string(codec)
    assert codec_string is not None, "the configuration is supported"
    name = _find_decoder_name(codec_string)
    assert name is not None, "the configuration is supported"
    return name


def says_rate_and_channels(codec: str) -> bool:
    """Whether sampleRate and numberOfChannels of a configuration count for this codec string."""
    codec_string = parse_codec_string(codec)
    return codec_string is not None and codec_string.codec in _BARE


def nal_unit_length_size(codec: str, description: bytes | None) -> int:
    """The size in bytes of the lengths before NAL units, or 0 if there are none."""
    codec_string = parse_codec_string(codec)
    if description is None or codec_string is None:
        return 0
    record = registration_of(codec_string).parse_description(codec_string, description)
    if isinstance(record, AvcDecoderConfigurationRecord | HevcDecoderConfigurationRecord):
        return record.length_size
    return 0


def may_be_reordered(codec: str, description: bytes | None, first_chunk: bytes | None) -> bool:
    """Whether H.264 frames may be reordered to a depth that the stream leaves open (H.264 § E.2.1)."""
    codec_string = parse_codec_string(codec)
    if not isinstance(codec_string, AvcCodecString):
        return False
    sps = first_avc_sps(description, first_chunk)
    # With picture order count type 2 output order is decoding order (§ 8.2.1.3).
    return sps is None or (sps.max_num_reorder_frames is None and sps.pic_order_cnt_type != 2)

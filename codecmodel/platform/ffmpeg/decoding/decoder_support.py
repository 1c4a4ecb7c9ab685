"""The configurations that FFmpeg decodes, and its decoders for them."""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Final

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig, description_of
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.failures import codec_error, require_resources
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
from ffbind import Decoder, FFbindError, StreamHeader, find_decoder, load

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
#: Codecs whose rate and channels are in the configuration alone. For the others, the registrations ignore its members
#: or let the bitstream override them.
_BARE: Final = frozenset({"pcm", "ulaw", "alaw", "opus"})
#: The rates (Hz) and numbers of channels that a stream of the codec can have: ISO/IEC 14496-3 (tables 1.18 and 1.19),
#: ISO/IEC 11172-3 and 13818-3, RFC 9639 § 8.2, Vorbis I § 4.2.2. The rest are FFmpeg's own limits.
_RATES_AND_CHANNELS: Final[Mapping[str, tuple[range, range]]] = {
    "aac": (range(7350, 96_000 + 1), range(1, 24 + 1)),
    "mp3": (range(8000, 48_000 + 1), range(1, 2 + 1)),
    "flac": (range(1, 2**20), range(1, 8 + 1)),
    "vorbis": (range(1, 2**31), range(1, 255 + 1)),
    "opus": (range(1, 2**31), range(1, 64 + 1)),
    "pcm": (range(1, 2**31), range(1, 64 + 1)),
    "ulaw": (range(1, 2**31), range(1, 64 + 1)),
    "alaw": (range(1, 2**31), range(1, 64 + 1)),
}
#: H.264 Annex A: Baseline, Main, High, High 10, High 4:2:2, High 4:4:4 Predictive, CAVLC 4:4:4 Intra. FFmpeg lacks
#: data partitioning (Extended) and the scalable and multiview extensions.
_AVC_PROFILES: Final = frozenset({66, 77, 100, 110, 122, 244, 44})
#: H.265 Annex A: Main, Main 10, Main Still Picture, format range extensions.
_HEVC_PROFILES: Final = frozenset({1, 2, 3, 4})
#: The audio object type (ISO/IEC 14496-3) of xHE-AAC, which FFmpeg decodes from version 7.1 (libavcodec 61) on.
_USAC: Final = 42
#: FFmpeg's av_image_check_size: (width + 128) · (height + 128) must be below this.
_MAXIMUM_PIXELS: Final = (2**31 - 1) // 8


def supports_audio_decoder(config: AudioDecoderConfig) -> bool:
    """Check Configuration Support, steps 2 and 4, for audio."""
    codec_string = parse_codec_string(config["codec"])
    if codec_string is None or codec_string.kind != "audio" or not _supports_codec(codec_string):
        return False
    rates, channels = _RATES_AND_CHANNELS[codec_string.codec]
    if config["sampleRate"] not in rates or config["numberOfChannels"] not in channels:
        return False
    if description_of(config) is None:
        if codec_string.codec == "opus" and config["numberOfChannels"] > 2:
            # RFC 7845 § 5.1.1: more than two channels need a mapping table.
            return False
        if codec_string.codec in ("flac", "vorbis"):
            # Not in the spec: the registrations require a description, without which configure() fails. But
            # web-platform-tests, like programs for browsers, ask before they have read one.
            return True
    try:
        _try_to_open(config["codec"], config["sampleRate"], config["numberOfChannels"], description_of(config))
    except (CodecError, MemoryError) as error:
        require_resources(error)
        return False
    return True


@lru_cache(maxsize=64)
def _try_to_open(codec: str, sample_rate: int, channels: int, description: bytes | None) -> None:
    """Open a decoder and close it, because only that can tell whether it opens. Raises CodecError and MemoryError.

    For speed: configurations whose decoder opens are remembered. It takes longer to open one than to decode a chunk.
    """
    config: AudioDecoderConfig = {"codec": codec, "sampleRate": sample_rate, "numberOfChannels": channels}
    if description is not None:
        config["description"] = description
    open_audio_decoder(config).close()


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
    description = description_of(config)
    if description is None or codec_string.codec not in ("avc", "hevc"):
        # Only the registrations of AVC and HEVC use a description.
        return True
    if not _has_usable_description(codec_string, config):
        return False
    try:
        # Only opening a decoder can tell whether it opens.
        Decoder(decoder_name(config["codec"]), StreamHeader(extradata=description)).close()
    except (FFbindError, MemoryError) as error:
        require_resources(error)
        return False
    return True


@cache
def _supports_codec(codec_string: CodecString) -> bool:
    """Whether there is a decoder for exactly this profile. Levels do not limit FFmpeg's decoders."""
    match codec_string:
        case AvcCodecString() if codec_string.profile_idc not in _AVC_PROFILES:
            return False
        case HevcCodecString() if codec_string.profile_idc not in _HEVC_PROFILES:
            return False
        case AacCodecString() if codec_string.object_type == _USAC and load().codec_major < 61:
            return False
    return _find_decoder_name(codec_string) is not None


def _has_usable_description(codec_string: CodecString, config: AudioDecoderConfig | VideoDecoderConfig) -> bool:
    """Whether the decoder can use the description, or its absence."""
    try:
        registration_of(codec_string).parse_description(codec_string, description_of(config))
    except InvalidDescription:
        return False
    return True


def require_valid_description(config: AudioDecoderConfig | VideoDecoderConfig, description: bytes | None) -> None:
    """Raise CodecError if the decoder cannot use the description."""
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


def open_audio_decoder(config: AudioDecoderConfig) -> Decoder:
    """A decoder for a configuration whose codec is supported. Raises CodecError if it cannot be opened."""
    description = description_of(config)
    require_valid_description(config, description)
    codec_string = parse_codec_string(config["codec"])
    is_bare = codec_string is not None and codec_string.codec in _BARE
    try:
        return Decoder(
            decoder_name(config["codec"]),
            StreamHeader(
                extradata=description or b"",
                sample_rate=config["sampleRate"] if is_bare else 0,
                channels=config["numberOfChannels"] if is_bare else 0,
            ),
        )
    except FFbindError as error:
        raise codec_error(error, f"the decoder cannot be opened: {error}") from error


def nal_unit_length_size(codec: str, description: bytes | None) -> int:
    """The size in bytes of the length before each NAL unit, or 0 if there is none."""
    codec_string = parse_codec_string(codec)
    if description is None or codec_string is None:
        return 0
    record = registration_of(codec_string).parse_description(codec_string, description)
    if isinstance(record, AvcDecoderConfigurationRecord | HevcDecoderConfigurationRecord):
        return record.length_size
    return 0


def may_be_reordered(codec: str, description: bytes | None, first_chunk: bytes | None) -> bool:
    """Whether H.264 frames may be reordered by a number of frames that the stream does not state (H.264 § E.2.1)."""
    codec_string = parse_codec_string(codec)
    if not isinstance(codec_string, AvcCodecString):
        return False
    sps = first_avc_sps(description, first_chunk)
    # With picture order count type 2, the output order is the decoding order (§ 8.2.1.3).
    return sps is None or (sps.max_num_reorder_frames is None and sps.pic_order_cnt_type != 2)

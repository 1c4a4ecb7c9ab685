"""Not in the spec: the list of the codecs that can be decoded and encoded here.

``isConfigSupported()`` answers for one configuration. ``supported_codecs()`` asks it for the usual ones of each codec.
``why_not_supported()`` says why the answer for one configuration is no.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple, cast, overload

from codecmodel.codecs.audio_decoder import AudioDecoder
from codecmodel.codecs.audio_encoder import AudioEncoder
from codecmodel.codecs.codec import Codec
from codecmodel.codecs.video_decoder import VideoDecoder
from codecmodel.codecs.video_encoder import VideoEncoder
from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
from codecmodel.platform.current import current_platform
from codecmodel.registry.flac import build_flac_description

__all__ = ["CodecSupport", "supported_codecs", "why_not_supported"]

#: Codec, the meaning of the codec string, and the codec string.
_VIDEO: Final[Sequence[tuple[str, str, str]]] = (
    ("AVC", "Constrained Baseline profile", "avc1.42c01f"),
    ("AVC", "Main profile", "avc1.4d001f"),
    ("AVC", "High profile", "avc1.64001f"),
    ("AVC", "High 10 profile", "avc1.6e001f"),
    ("AVC", "High 4:2:2 profile", "avc1.7a001f"),
    ("AVC", "High 4:4:4 Predictive profile", "avc1.f4001f"),
    ("HEVC", "Main profile", "hev1.1.6.L93.B0"),
    ("HEVC", "Main 10 profile", "hev1.2.4.L93.B0"),
    ("VP8", "", "vp8"),
    ("VP9", "profile 0: 4:2:0, 8 bits", "vp09.00.31.08"),
    ("VP9", "profile 1: 4:4:4, 8 bits", "vp09.01.31.08.03"),
    ("VP9", "profile 2: 4:2:0, 10 bits", "vp09.02.31.10"),
    ("VP9", "profile 3: 4:4:4, 10 bits", "vp09.03.31.10.03"),
    ("AV1", "Main profile, 8 bits", "av01.0.05M.08"),
    ("AV1", "Main profile, 10 bits", "av01.0.05M.10"),
    ("AV1", "High profile, 8 bits", "av01.1.05M.08.0.000"),
    ("AV1", "Professional profile, 12 bits", "av01.2.05M.12.0.100"),
)
_AUDIO: Final[Sequence[tuple[str, str, str]]] = (
    ("AAC", "low complexity", "mp4a.40.2"),
    ("AAC", "high efficiency (SBR)", "mp4a.40.5"),
    ("AAC", "high efficiency, version 2 (SBR and PS)", "mp4a.40.29"),
    ("MP3", "", "mp3"),
    ("Opus", "", "opus"),
    ("FLAC", "", "flac"),
    ("Linear PCM", "8 bits, unsigned", "pcm-u8"),
    ("Linear PCM", "16 bits", "pcm-s16"),
    ("Linear PCM", "24 bits", "pcm-s24"),
    ("Linear PCM", "32 bits", "pcm-s32"),
    ("Linear PCM", "32 bits, floating point", "pcm-f32"),
    ("A-law", "", "alaw"),
    ("µ-law", "", "ulaw"),
)
#: Level 3.1 and its like have room for these pictures, in pixels.
_WIDTH, _HEIGHT = 1280, 720
_RATE, _CHANNELS = 48_000, 2


class CodecSupport(NamedTuple):
    """Whether a codec can be decoded and encoded with a usual configuration: the configuration, or None.

    ``profile`` says in words which kind of the codec it is.
    """

    kind: Literal["video", "audio"]
    codec: str
    profile: str
    codec_string: str
    decoder_config: VideoDecoderConfig | AudioDecoderConfig | None
    encoder_config: VideoEncoderConfig | AudioEncoderConfig | None


async def supported_codecs() -> list[CodecSupport]:
    """The registered codecs, and the configurations of 1280 × 720 pixels, or of 48 kHz stereo, that are supported.

    Vorbis is missing, as a configuration that decodes it needs the headers of a stream.
    """
    return [await _video(*entry) for entry in _VIDEO] + [await _audio(*entry) for entry in _AUDIO]


async def _video(codec: str, profile: str, codec_string: str) -> CodecSupport:
    decoder: VideoDecoderConfig = {"codec": codec_string, "codedWidth": _WIDTH, "codedHeight": _HEIGHT}
    encoder: VideoEncoderConfig = {"codec": codec_string, "width": _WIDTH, "height": _HEIGHT}
    decodes = (await VideoDecoder.isConfigSupported(decoder))["supported"]
    encodes = (await VideoEncoder.isConfigSupported(encoder))["supported"]
    return CodecSupport(
        "video", codec, profile, codec_string, decoder if decodes else None, encoder if encodes else None
    )


async def _audio(codec: str, profile: str, codec_string: str) -> CodecSupport:
    decoder: AudioDecoderConfig = {"codec": codec_string, "sampleRate": _RATE, "numberOfChannels": _CHANNELS}
    if codec_string == "flac":
        decoder["description"] = build_flac_description(_flac_stream_info())
    encoder: AudioEncoderConfig = {"codec": codec_string, "sampleRate": _RATE, "numberOfChannels": _CHANNELS}
    decodes = (await AudioDecoder.isConfigSupported(decoder))["supported"]
    encodes = (await AudioEncoder.isConfigSupported(encoder))["supported"]
    return CodecSupport(
        "audio", codec, profile, codec_string, decoder if decodes else None, encoder if encodes else None
    )


def _flac_stream_info() -> bytes:
    """The STREAMINFO block (RFC 9639 § 8.2) of 16-bit stereo in blocks of 4096 samples, with unknown length and MD5."""
    block_sizes = (4096).to_bytes(2, "big") * 2
    frame_sizes = bytes(6)
    format = (_RATE << 44 | (_CHANNELS - 1) << 41 | (16 - 1) << 36).to_bytes(8, "big")
    return block_sizes + frame_sizes + format + bytes(16)


@overload
def why_not_supported(interface: type[AudioDecoder], config: AudioDecoderConfig) -> str | None: ...
@overload
def why_not_supported(interface: type[VideoDecoder], config: VideoDecoderConfig) -> str | None: ...
@overload
def why_not_supported(interface: type[AudioEncoder], config: AudioEncoderConfig) -> str | None: ...
@overload
def why_not_supported(interface: type[VideoEncoder], config: VideoEncoderConfig) -> str | None: ...
def why_not_supported(
    interface: type[AudioDecoder | VideoDecoder | AudioEncoder | VideoEncoder],
    config: AudioDecoderConfig | VideoDecoderConfig | AudioEncoderConfig | VideoEncoderConfig,
) -> str | None:
    """Why the interface does not support a configuration, or None if it does.

    The codec string, the description, the size and the level are looked at. If none of these tells, the platform is
    asked about the same configuration with one entry less, or with a usual value of one entry.

    The platform may have to open a codec to find out, and the caller waits for it. Raises TypeError if ``config`` is
    not a valid configuration.
    """
    codec = cast("type[Codec[object, object, object]]", interface)
    converted = codec._converted(config)
    if not codec._is_valid(converted):
        raise TypeError(f"not a valid configuration: {codec._why_not_valid(converted)}")
    if codec._supports(converted, current_platform()):
        return None
    reason = codec._why_not(converted, current_platform())
    return reason or "the platform has no codec that honours all entries of the configuration"

"""The audio configurations that FFmpeg encodes, each with an encoder, its settings, and the making of chunks."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Final, TypeAlias

from codecmodel.configurations.encoder_configurations import AudioEncoderConfig
from codecmodel.platform.ffmpeg.failures import require_resources
from codecmodel.raw_media.audio_sample_format import AudioSampleType
from codecmodel.registry import AacCodecString, CodecString, PcmCodecString, parse_codec_string
from codecmodel.registry.aac import adts_header, parse_audio_specific_config
from codecmodel.registry.channel_layouts import channel_mask
from codecmodel.registry.encoder_extensions import OpusEncoderConfig
from codecmodel.registry.flac import build_flac_description, parse_flac_description
from ffbind import (
    Encoder,
    EncoderSettings,
    FFbindError,
    OpusEncoder,
    OpusSignal,
    SampleParameters,
    can_reach_libopus,
    find_encoder,
)

#: The type of incoming samples → FFmpeg's sample format to encode them in.
SampleFormats = Mapping[AudioSampleType, str]

#: FFmpeg's sample format, and the options of the encoder.
EncodingWay: TypeAlias = tuple[str, tuple[tuple[str, str], ...]]

_EMPTY: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True)
class AudioEncoding:
    """How to encode by a configuration. Rates are in Hz, ``bit_rate`` is in bits per second."""

    encoder: str
    channels: int
    #: The rate that the encoder works at. Samples of another rate are converted to it.
    sample_rate: int
    sample_formats: SampleFormats
    bit_rate: int | None = None
    #: Makes FFmpeg's options for a type of samples.
    options: Callable[[AudioSampleType], Mapping[str, str]] = field(default=lambda _: _EMPTY)
    #: The number of the encoder's packets in one chunk.
    packets_per_chunk: int = 1
    #: Every packet decodes to the same number of samples; the last one is filled with silence.
    has_fixed_frames: bool = True
    signal: OpusSignal = OpusSignal.AUTO
    dtx: bool = False
    #: Makes the description of the encoder's extradata; None if decoding needs no description.
    describe: Callable[[bytes], bytes | None] = field(default=lambda _: None)
    #: Makes the header that precedes a packet in its chunk, of the encoder's extradata and the packet's size.
    header: Callable[[bytes, int], bytes] | None = None
    #: FFmpeg's AV_CH_* bits of the channels, in the order of the samples; 0 if the codec gives them no meaning.
    channel_mask: int = 0
    #: Whether decoding gives the very samples back.
    is_lossless: bool = False

    def samples(self, sample_type: AudioSampleType) -> SampleParameters:
        """The samples that the encoder takes for a source of this type."""
        return SampleParameters(self.sample_formats[sample_type], self.sample_rate, self.channels, self.channel_mask)

    def way(self, sample_type: AudioSampleType) -> EncodingWay:
        """Two types that are encoded in the same way can follow each other in a stream."""
        return self.sample_formats[sample_type], tuple(sorted(self.options(sample_type).items()))

    def open(self, sample_type: AudioSampleType) -> Encoder:
        """Open the encoder for samples of a type. Raises FFbindError and ValueError if it refuses."""
        samples = self.samples(sample_type)
        options = self.options(sample_type)
        if self.encoder == "libopus":
            return OpusEncoder(
                samples,
                bit_rate=self.bit_rate,
                signal=self.signal,
                dtx=self.dtx,
                options=options,
            )
        settings = EncoderSettings(bit_rate=self.bit_rate, global_header=True)
        return Encoder(self.encoder, samples, settings, options=options)


def supports_audio_encoder(config: AudioEncoderConfig) -> bool:
    """Check Configuration Support, steps 3 and 4, for audio."""
    return audio_encoding(config) is not None


def audio_encoding(config: AudioEncoderConfig) -> AudioEncoding | None:
    """How FFmpeg encodes by the configuration; None if it cannot honour all of its entries."""
    return _encoding(json.dumps(config, sort_keys=True))


@lru_cache(maxsize=64)
def _encoding(key: str) -> AudioEncoding | None:
    config: AudioEncoderConfig = json.loads(key)
    codec_string = parse_codec_string(config["codec"])
    if codec_string is None or codec_string.kind != "audio" or not 0 < config["sampleRate"] < 2**31:
        return None
    encoding = _ENCODINGS[codec_string.codec](codec_string, config)
    if encoding is None:
        return None
    encoding = replace(encoding, channel_mask=channel_mask(codec_string.codec, encoding.channels) or 0)
    # Only opening an encoder can tell whether it opens.
    try:
        for sample_type in {encoding.way(each): each for each in encoding.sample_formats}.values():
            with encoding.open(sample_type) as encoder:
                if encoding.header is not None:
                    encoding.header(encoder.extradata, 1)
    except (FFbindError, MemoryError, ValueError) as error:
        # Otherwise the cache would remember a passing lack of memory.
        require_resources(error)
        return None
    return encoding


def _find(names: Sequence[str]) -> str | None:
    for name in names:
        info = find_encoder(name)
        if info is not None and info.name == name:
            return name
    return None


def _is_constant(config: AudioEncoderConfig) -> bool:
    return config.get("bitrateMode") == "constant"


def _for_all_types(sample_format: str) -> SampleFormats:
    return dict.fromkeys(("u8", "s16", "s32", "f32"), sample_format)


def _unchanged(extradata: bytes) -> bytes:
    return extradata


# AAC

#: The range of bits per sample and channel in which FFmpeg's encoder keeps to the bit rate.
_AAC_BITS: Final = (0.25, 4.0)


def _aac(codec_string: CodecString, config: AudioEncoderConfig) -> AudioEncoding | None:
    assert isinstance(codec_string, AacCodecString)
    # The encoder has no spectral band replication. Its bit reservoir is unbounded, so no bit rate is constant.
    if codec_string.object_type != 2 or _is_constant(config):
        return None
    bit_rate = config.get("bitrate")
    samples = config["sampleRate"] * config["numberOfChannels"]
    if bit_rate is not None and not _AAC_BITS[0] * samples <= bit_rate <= _AAC_BITS[1] * samples:
        return None
    is_adts = config.get("aac", {}).get("format", "aac") == "adts"
    is_mpeg2 = codec_string.string == "mp4a.67"
    return AudioEncoding(
        "aac",
        config["numberOfChannels"],
        config["sampleRate"],
        _for_all_types("fltp"),
        bit_rate,
        lambda _: {"profile": "mpeg2_aac_low" if is_mpeg2 else "aac_low"},
        describe=(lambda _: None) if is_adts else _unchanged,
        header=(
            (lambda extradata, size: adts_header(parse_audio_specific_config(extradata), size, mpeg2=is_mpeg2))
            if is_adts
            else None
        ),
    )


# MP3

#: The lowest sample rate → the bit rates of layer III, in thousands (ISO/IEC 11172-3 and 13818-3). Below 16 kHz LAME
#: keeps to bit rates up to 64 thousand.
_MP3_RATES: Final = (
    (32_000, (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)),
    (16_000, (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)),
    (0, (8, 16, 24, 32, 40, 48, 56, 64)),
)


def _mp3(codec_string: CodecString, config: AudioEncoderConfig) -> AudioEncoding | None:
    name = _find(("libmp3lame",))
    bit_rate = config.get("bitrate")
    rates = next(rates for lowest, rates in _MP3_RATES if config["sampleRate"] >= lowest)
    if name is None:
        return None
    if bit_rate is not None:
        if not rates[0] * 1000 <= bit_rate <= rates[-1] * 1000:
            return None
        if _is_constant(config) and bit_rate not in [rate * 1000 for rate in rates]:
            return None
    return AudioEncoding(
        name,
        config["numberOfChannels"],
        config["sampleRate"],
        _for_all_types("fltp"),
        bit_rate,
        lambda _: {"abr": "0" if _is_constant(config) else "1"},
    )


# Opus

#: The sample rates that Opus encodes without conversion.
_OPUS_RATES: Final = (8000, 12000, 16000, 24000, 48000)
#: The sample rates that are converted to 48 kHz.
_CONVERTED_RATES: Final = range(3000, 384_000 + 1)
#: Durations of the packets that libopus makes, and of those that consist of one frame, in microseconds.
_OPUS_PACKETS: Final = (2500, 5000, 10000, 20000, 40000, 60000, 80000, 100_000, 120_000)
_OPUS_FRAMES: Final = (20000, 10000, 5000, 2500)


def _opus(codec_string: CodecString, config: AudioEncoderConfig) -> AudioEncoding | None:
    name = _find(("libopus",))
    sample_rate = config["sampleRate"]
    extension = config.get("opus")
    if name is None or sample_rate not in _CONVERTED_RATES:
        return None
    # RFC 7845 § 5.1.1: more than two channels need a mapping table, and so the ogg format. (Without the extension, the
    # registration leaves the format open.)
    if extension is not None and extension.get("format", "opus") != "ogg" and config["numberOfChannels"] > 2:
        return None
    settings: OpusEncoderConfig = extension or {}
    signal = {"auto": OpusSignal.AUTO, "voice": OpusSignal.VOICE, "music": OpusSignal.MUSIC}[
        settings.get("signal", "auto")
    ]
    dtx = settings.get("usedtx", False)
    if (dtx or signal is not OpusSignal.AUTO) and not can_reach_libopus():
        return None
    duration = settings.get("frameDuration", 20000)
    packet = duration if duration in _OPUS_PACKETS else next(frame for frame in _OPUS_FRAMES if not duration % frame)
    if packet != duration and config["numberOfChannels"] > 2:
        return None
    options = {
        "application": settings.get("application", "audio"),
        "frame_duration": f"{packet / 1000:g}",
        "compression_level": str(settings.get("complexity", 9)),
        "packet_loss": str(settings.get("packetlossperc", 0)),
        "fec": "1" if settings.get("useinbandfec", False) else "0",
        # Unconstrained, libopus spends several times the bit rate on tones.
        "vbr": "off" if _is_constant(config) else "constrained",
    }
    if config["numberOfChannels"] in (5, 7):
        # Channel mapping family 1 is FFmpeg's default for more than two channels. But only if it is asked for by name
        # does FFmpeg give all of 5 or 7 channels their places.
        options["mapping_family"] = "1"
    return AudioEncoding(
        name,
        config["numberOfChannels"],
        sample_rate if sample_rate in _OPUS_RATES else 48000,
        {"u8": "s16", "s16": "s16", "s32": "flt", "f32": "flt"},
        config.get("bitrate"),
        lambda _: options,
        packets_per_chunk=duration // packet,
        signal=signal,
        dtx=dtx,
        # The opus format needs no description, but the samples to skip are in it (w3c/webcodecs #853).
        describe=_unchanged,
    )


# FLAC


def _flac(codec_string: CodecString, config: AudioEncoderConfig) -> AudioEncoding | None:
    # The signal alone determines the bit rate of a lossless codec.
    if "bitrate" in config or _is_constant(config):
        return None
    settings = config.get("flac", {})
    options = {"compression_level": str(settings.get("compressLevel", 5))}
    if settings.get("blockSize", 0):
        options["frame_size"] = str(settings["blockSize"])
    # From version 6 on FFmpeg can write all of 32 bits. Earlier versions write the upper 24. Floats have 24 significant
    # bits, and most players take no more.
    all_bits = {"bits_per_raw_sample": "32", "strict": "experimental"}
    return AudioEncoding(
        "flac",
        config["numberOfChannels"],
        config["sampleRate"],
        {"u8": "s16", "s16": "s16", "s32": "s32", "f32": "s32"},
        options=lambda sample_type: {**options, **all_bits} if sample_type == "s32" else options,
        has_fixed_frames=False,
        is_lossless=True,
        describe=_flac_description,
    )


def _flac_description(extradata: bytes) -> bytes:
    description = build_flac_description(extradata)
    parse_flac_description(description)
    return description


# Vorbis


def _vorbis(codec_string: CodecString, config: AudioEncoderConfig) -> AudioEncoding | None:
    # FFmpeg's own encoder, which it marks as experimental, loses one of two channels that differ.
    name = _find(("libvorbis",))
    bit_rate = config.get("bitrate")
    if name is None or (_is_constant(config) and bit_rate is None):
        return None
    bounds = {"minrate": str(bit_rate), "maxrate": str(bit_rate)} if _is_constant(config) else {}
    return AudioEncoding(
        name,
        config["numberOfChannels"],
        config["sampleRate"],
        _for_all_types("fltp"),
        bit_rate,
        lambda _: bounds,
        has_fixed_frames=False,
        describe=_unchanged,
    )


# PCM

_PCM: Final[Mapping[str, tuple[str, str, int]]] = {
    "pcm-u8": ("pcm_u8", "u8", 8),
    "pcm-s16": ("pcm_s16le", "s16", 16),
    "pcm-s24": ("pcm_s24le", "s32", 24),
    "pcm-s32": ("pcm_s32le", "s32", 32),
    "pcm-f32": ("pcm_f32le", "flt", 32),
    "ulaw": ("pcm_mulaw", "s16", 8),
    "alaw": ("pcm_alaw", "s16", 8),
}
#: The largest number of channels that FFmpeg's PCM decoders take.
_MAXIMUM_CHANNELS: Final = 64


def _pcm(codec_string: CodecString, config: AudioEncoderConfig) -> AudioEncoding | None:
    string = codec_string.string if isinstance(codec_string, PcmCodecString) else codec_string.codec
    name, sample_format, bits = _PCM[string]
    bit_rate = config["sampleRate"] * config["numberOfChannels"] * bits
    # PCM has one bit rate, which is constant.
    if config.get("bitrate", bit_rate) != bit_rate or config["numberOfChannels"] > _MAXIMUM_CHANNELS:
        return None
    return AudioEncoding(
        name,
        config["numberOfChannels"],
        config["sampleRate"],
        _for_all_types(sample_format),
        has_fixed_frames=False,
        is_lossless=True,
    )


_ENCODINGS: Final[Mapping[str, Callable[[CodecString, AudioEncoderConfig], AudioEncoding | None]]] = {
    "aac": _aac,
    "mp3": _mp3,
    "opus": _opus,
    "flac": _flac,
    "vorbis": _vorbis,
    "pcm": _pcm,
    "ulaw": _pcm,
    "alaw": _pcm,
}

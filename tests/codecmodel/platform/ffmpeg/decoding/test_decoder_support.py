"""A configuration is supported if and only if a decoder can be configured with it."""

import itertools
from typing import cast

import numpy as np
import pytest

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.configurations.encoder_configurations import AudioEncoderConfig
from codecmodel.platform.codec_implementation import CodecError, DecodedOutput
from codecmodel.platform.ffmpeg.decoding import decoder_support
from codecmodel.platform.ffmpeg.decoding.audio_decoder import FFmpegAudioDecoder
from codecmodel.platform.ffmpeg.decoding.decoder_support import (
    open_audio_decoder,
    supports_audio_decoder,
    supports_video_decoder,
)
from codecmodel.platform.ffmpeg.decoding.video_decoder import FFmpegVideoDecoder
from codecmodel.platform.ffmpeg.encoding.audio_settings import supports_audio_encoder
from codecmodel.raw_media.resource_protocols import AudioResource
from codecmodel.registry.avc import avcc_from_annex_b
from codecmodel.registry.hevc import hvcc_from_annex_b
from codecmodel.registry.opus import build_opus_head
from ffbind import Decoder
from tests.codecmodel.platform.ffmpeg.decoding.streams import stream
from tests.codecmodel.platform.ffmpeg.encoding.encoding import encoded, tones

CODECS = ["mp4a.40.2", "mp3", "opus", "flac", "vorbis", "pcm-s16", "ulaw", "alaw"]
NONSENSE = [0, 2**31, 2**32 - 1]


def config_of(codec: str, rate: int, channels: int, description: bytes | None = None) -> AudioDecoderConfig:
    config: AudioDecoderConfig = {"codec": codec, "sampleRate": rate, "numberOfChannels": channels}
    if description is not None:
        config["description"] = description
    return config


def description_for(codec: str) -> bytes | None:
    """The description of a stream of the codec, or None if it needs none, or this FFmpeg does not encode it."""
    config: AudioEncoderConfig = {"codec": codec, "sampleRate": 48_000, "numberOfChannels": 2}
    if not supports_audio_encoder(config):
        return None
    return encoded(config, tones(4800, 2, 48_000))[0].description


def can_be_configured(config: AudioDecoderConfig) -> bool:
    decoder = FFmpegAudioDecoder()
    try:
        decoder.configure(config)
    except CodecError:
        return False
    finally:
        decoder.release()
    return True


@pytest.mark.parametrize("codec", CODECS)
def test_rates_and_channels_that_no_stream_has(codec: str) -> None:
    description = description_for(codec)
    if codec == "vorbis" and description is None:
        pytest.skip("this FFmpeg does not encode Vorbis")
    assert supports_audio_decoder(config_of(codec, 48_000, 2, description))
    for nonsense in NONSENSE:
        assert not supports_audio_decoder(config_of(codec, nonsense, 2, description))
    for nonsense in [*NONSENSE, 300]:
        assert not supports_audio_decoder(config_of(codec, 48_000, nonsense, description))
    if codec in ("mp4a.40.2", "mp3"):
        assert not supports_audio_decoder(config_of(codec, 300, 2, description))


@pytest.mark.parametrize("codec", CODECS)
def test_supported_means_that_configure_succeeds(codec: str) -> None:
    descriptions = [None, b"", b"\0", b"nonsense", description_for(codec), build_opus_head(2)]
    for rate, channels, description in itertools.product([8000, 48_000], [1, 2, 3, 5], descriptions):
        config = config_of(codec, rate, channels, description)
        is_question = codec in ("flac", "vorbis") and not description
        if supports_audio_decoder(config) and not is_question:
            assert can_be_configured(config), config


@pytest.mark.parametrize("codec", ["avc1.42001e", "hev1.1.6.L93.B0", "vp8", "vp09.00.10.08", "av01.0.04M.08"])
def test_supported_video_can_be_configured(codec: str) -> None:
    avcc, hvcc = avcc_from_annex_b(stream("avc")[0]), hvcc_from_annex_b(stream("hevc")[0])
    damaged = [avcc[:20] + b"\xff" * (len(avcc) - 20), hvcc[:40] + b"\xff" * (len(hvcc) - 40)]
    for description in [None, b"", b"\0", b"nonsense", avcc, hvcc, *damaged]:
        config: VideoDecoderConfig = {"codec": codec}
        if description is not None:
            config["description"] = description
        decoder = FFmpegVideoDecoder()
        if supports_video_decoder(config):
            decoder.configure(config)
        decoder.release()
    assert supports_video_decoder({"codec": codec})


def test_descriptions_that_decoding_needs() -> None:
    for codec in ("flac", "vorbis"):
        # As web-platform-tests expect: the answer is about the codec, until there is a description.
        assert supports_audio_decoder(config_of(codec, 48_000, 2))
        assert not can_be_configured(config_of(codec, 48_000, 2))
        assert not supports_audio_decoder(config_of(codec, 48_000, 2, b"nonsense"))
    assert not supports_audio_decoder(config_of("opus", 48_000, 5))
    assert not supports_audio_decoder(config_of("opus", 48_000, 5, b""))
    assert supports_audio_decoder(config_of("opus", 48_000, 2))
    # Without a description, chunks are in ADTS format.
    assert supports_audio_decoder(config_of("mp4a.40.2", 48_000, 2))


def samples_of(outputs: list[DecodedOutput[AudioResource]]) -> bytes:
    """The samples, plane after plane of each output."""
    return b"".join(bytes(plane.data) for output in outputs for plane in output.resource.planes())


@pytest.mark.parametrize(
    ("codec", "more"),
    [
        ("opus", {}),
        ("opus", {"bitrate": 64_000, "opus": {"application": "lowdelay", "frameDuration": 2500}}),
        ("opus", {"bitrate": 12_000, "opus": {"application": "voip"}}),
        ("opus", {"bitrate": 24_000, "opus": {"application": "voip", "frameDuration": 60_000}}),
        ("mp4a.40.2", {}),
        ("mp3", {}),
        ("flac", {}),
        ("vorbis", {}),
        ("pcm-s24", {}),
        ("ulaw", {}),
    ],
)
def test_a_flush_in_mid_stream_changes_nothing(codec: str, more: dict[str, object]) -> None:
    config = cast("AudioEncoderConfig", {"codec": codec, "sampleRate": 48_000, "numberOfChannels": 1, **more})
    if not supports_audio_encoder(config):
        pytest.skip(f"this FFmpeg does not encode {config}")
    source = tones(48_000, 1, 48_000) + np.random.default_rng(2).normal(0, 0.05, (1, 48_000))
    chunks = encoded(config, source)
    made = []
    for flushed in (None, 1, len(chunks) // 2, len(chunks) - 1):
        decoder = FFmpegAudioDecoder()
        decoder.configure(config_of(codec, 48_000, 1, chunks[0].description))
        outputs: list[DecodedOutput[AudioResource]] = []
        for number, chunk in enumerate(chunks):
            if number == flushed:
                outputs += decoder.flush()
            outputs += decoder.decode(chunk.data, chunk.timestamp, chunk.duration)
        made.append((samples_of(outputs), [output.timestamp for output in outputs]))
        decoder.release()
    assert made[1:] == made[:1] * 3


def test_an_audio_decoder_that_opens_is_opened_once_to_find_out(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[AudioDecoderConfig] = []

    def open_and_count(config: AudioDecoderConfig) -> Decoder:
        opened.append(config)
        return open_audio_decoder(config)

    monkeypatch.setattr(decoder_support, "open_audio_decoder", open_and_count)
    decoder_support._try_to_open.cache_clear()
    for _ in range(3):
        assert supports_audio_decoder(config_of("pcm-s16", 48_000, 2))
    assert opened == [config_of("pcm-s16", 48_000, 2)]
    assert supports_audio_decoder(config_of("pcm-s16", 48_000, 1))
    assert len(opened) == 2


def test_an_audio_decoder_that_does_not_open_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[AudioDecoderConfig] = []

    def fail(config: AudioDecoderConfig) -> Decoder:
        opened.append(config)
        raise CodecError("refused")

    decoder_support._try_to_open.cache_clear()
    with monkeypatch.context() as patches:
        patches.setattr(decoder_support, "open_audio_decoder", fail)
        assert not supports_audio_decoder(config_of("pcm-s16", 48_000, 2))
        assert not supports_audio_decoder(config_of("pcm-s16", 48_000, 2))
    assert len(opened) == 2
    assert supports_audio_decoder(config_of("pcm-s16", 48_000, 2))

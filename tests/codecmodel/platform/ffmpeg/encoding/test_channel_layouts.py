"""Channels keep their index, and an encoder gives each channel the place that its codec defines for it."""

import numpy as np
import pytest

from codecmodel.configurations.encoder_configurations import AudioEncoderConfig
from codecmodel.platform.ffmpeg.encoding.audio_settings import supports_audio_encoder
from codecmodel.registry.aac import parse_audio_specific_config
from codecmodel.registry.opus import parse_opus_head
from tests.codecmodel.platform.ffmpeg.encoding.encoding import Floats, decoded, encoded, tones

RATE = 48_000
#: The index of the low-frequency channel, which codecs band-limit, where there is one.
LOW_FREQUENCY = {6: 3, 7: 3, 8: 3}


def config_of(codec: str, channels: int) -> AudioEncoderConfig:
    return {"codec": codec, "sampleRate": RATE, "numberOfChannels": channels}


def frequencies(channels: int) -> list[int]:
    """Hz, as tones() has them, except for the low-frequency channel."""
    return [60 if index == LOW_FREQUENCY.get(channels) else 300 + 150 * index for index in range(channels)]


def strongest(samples: Floats, channels: int) -> int | None:
    """The index of the channel whose tone the samples have."""
    time = np.arange(len(samples)) / RATE
    strengths = [abs(np.dot(samples, np.exp(-2j * np.pi * hertz * time))) for hertz in frequencies(channels)]
    return int(np.argmax(strengths)) if max(strengths) > 0.05 * len(samples) else None


@pytest.mark.parametrize("channels", range(1, 9))
@pytest.mark.parametrize("codec", ["mp4a.40.2", "opus", "flac", "vorbis", "mp3", "pcm-s16"])
def test_each_channel_decodes_at_its_index(codec: str, channels: int) -> None:
    config = config_of(codec, channels)
    if not supports_audio_encoder(config):
        assert codec == "vorbis" or (codec == "mp3" and channels > 2)
        pytest.skip(f"this FFmpeg does not encode {channels} channels of {codec}")
    source = tones(RATE, channels, RATE)
    if channels in LOW_FREQUENCY:
        source[3] = 0.3 * np.sin(2 * np.pi * 60 * np.arange(RATE) / RATE)
    result = decoded(config, encoded(config, source))
    middle = result[:, RATE // 4 : RATE // 4 * 3]
    assert [strongest(channel, channels) for channel in middle] == list(range(channels))


@pytest.mark.parametrize("channels", range(1, 7))
def test_aac_has_the_channel_configuration_of_its_number_of_channels(channels: int) -> None:
    config = config_of("mp4a.40.2", channels)
    description = encoded(config, tones(4800, channels, RATE))[0].description
    assert description is not None
    assert parse_audio_specific_config(description).channel_configuration == channels


@pytest.mark.parametrize("channels", range(3, 9))
def test_opus_has_the_mapping_of_vorbis(channels: int) -> None:
    """RFC 7845 § 5.1.1.2: channel mapping family 1."""
    description = encoded(config_of("opus", channels), tones(4800, channels, RATE))[0].description
    assert description is not None
    head = parse_opus_head(description)
    assert (head.channels, head.mapping_family) == (channels, 1)

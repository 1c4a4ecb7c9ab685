"""The audio encoder of the FFmpeg platform: its chunks, their times, and its refusals."""

from collections import Counter
from typing import cast

import numpy as np
import pytest

import ffbind
from codecmodel.configurations.encoder_configurations import AudioEncoderConfig
from codecmodel.platform.codec_implementation import AudioInput, CodecError, EncodedAudioOutput
from codecmodel.platform.ffmpeg.encoding.audio_encoder import FFmpegAudioEncoder
from codecmodel.platform.ffmpeg.encoding.audio_settings import supports_audio_encoder
from codecmodel.raw_media.audio_sample_format import AudioSampleFormat
from codecmodel.registry.flac import parse_flac_description
from codecmodel.registry.opus import parse_opus_head
from tests.codecmodel.platform.ffmpeg.encoding.encoding import Floats, decoded, encode, encoded, resource_of, snr, tones


def config_of(codec: str, rate: int = 48000, channels: int = 2, **more: object) -> AudioEncoderConfig:
    return {"codec": codec, "sampleRate": rate, "numberOfChannels": channels, **more}  # type: ignore[typeddict-item]


def require(config: AudioEncoderConfig) -> None:
    if not supports_audio_encoder(config):
        pytest.skip(f"this FFmpeg does not encode {config}")


@pytest.mark.parametrize(
    ("config", "delay", "least"),
    [
        (config_of("opus"), 0, 30),
        (config_of("opus", opus={"format": "opus"}), 0, 30),
        (config_of("opus", opus={}), 0, 30),
        (config_of("opus", 16000, 1), 0, 30),
        (config_of("opus", channels=6), 0, 30),
        (config_of("mp4a.40.2"), 1024, 25),
        (config_of("mp4a.40.2", 44100, 1, aac={"format": "adts"}), 1024, 14),
        (config_of("mp4a.67"), 1024, 22),
        (config_of("mp3"), 1105, 20),
        (config_of("vorbis"), 0, 15),
    ],
    ids=str,
)
def test_lossy_round_trip(config: AudioEncoderConfig, delay: int, least: float) -> None:
    """The source comes out, late by the delay of the codec unless a header has the decoder remove the delay."""
    require(config)
    rate = config["sampleRate"]
    source = tones(rate, config["numberOfChannels"], rate)
    result = decoded(config, encoded(config, source, step=rate // 10))
    if config["codec"] == "opus" and rate != 48000:
        source = tones(48000, config["numberOfChannels"], 48000)
    assert result.shape[1] >= source.shape[1] + delay - 1024
    length = min(source.shape[1], result.shape[1] - delay)
    assert snr(source[:, :length], result[:, delay : delay + length]) > least


def integers(bits: int, channels: int = 2, frames: int = 6000) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    limit = 2 ** (bits - 1)
    return np.random.default_rng(bits).integers(-limit, limit, (channels, frames))


@pytest.mark.parametrize(
    ("codec", "format", "bits", "shift"),
    [
        ("flac", "s16", 16, 0),
        ("flac", "s16-planar", 16, 0),
        ("flac", "s32", 24, 8),
        ("pcm-s16", "s16", 16, 0),
        ("pcm-s24", "s32-planar", 24, 8),
        ("pcm-s32", "s32", 32, 0),
    ],
)
def test_lossless_round_trip(codec: str, format: AudioSampleFormat, bits: int, shift: int) -> None:
    source = integers(bits) << shift
    config = config_of(codec, 44100)
    result = decoded(config, encoded(config, source, format=format, step=1000))
    assert np.array_equal(result * 2.0 ** (bits + shift - 1), source)


def test_flac_of_32_bits() -> None:
    """The samples are exact from FFmpeg 6 on. Before, their upper 24 bits are."""
    source = integers(32)
    config = config_of("flac")
    result = decoded(config, encoded(config, source, format="s32")) * 2.0**31
    expected = source if ffbind.load().codec_major >= 60 else source >> 8 << 8
    assert np.array_equal(result, expected)


def test_floats_in_flac_have_24_bits() -> None:
    outputs = encoded(config_of("flac"), tones(10_000, 2, 48_000), format="f32")
    description = outputs[0].description
    assert description is not None
    assert parse_flac_description(description).bits_per_sample == 24


def test_floats_in_pcm_are_as_they_were() -> None:
    source = np.random.default_rng(0).normal(0, 4, (2, 1000)).astype(np.float32)
    config = config_of("pcm-f32")
    assert np.array_equal(decoded(config, encoded(config, source)), source)


@pytest.mark.parametrize("codec", ["ulaw", "alaw"])
def test_logarithmic_pcm(codec: str) -> None:
    config = config_of(codec, 8000, 1)
    source = tones(8000, 1, 8000)
    outputs = encoded(config, source)
    assert sum(len(output.data) for output in outputs) == 8000
    assert snr(source, decoded(config, outputs)) > 34


def test_an_encoder_that_takes_any_number_makes_a_chunk_of_each_audio_data() -> None:
    outputs = encoded(config_of("pcm-u8", 8000, 1), tones(1000, 1, 8000), step=300, timestamp=-5)
    assert [(output.timestamp, output.duration, len(output.data)) for output in outputs] == [
        (-5, 37500, 300),
        (37495, 37500, 300),
        (74995, 37500, 300),
        (112495, 12500, 100),
    ]


@pytest.mark.parametrize("step", [1, 100, 961, 48000])
def test_what_does_not_fill_a_frame_waits_for_more(step: int) -> None:
    frames = 100 * step if step == 1 else 4805
    outputs = encoded(config_of("flac", flac={"blockSize": 1000}), tones(frames, 2, 48000), step=step, timestamp=7)
    whole, rest = divmod(frames, 1000)
    starts = [1000 * block for block in range(whole + 1)]
    assert [output.duration for output in outputs] == [20833] * whole + [rest * 1_000_000 // 48000]
    assert all(
        abs(output.timestamp - 7 - start * 1_000_000 / 48000) < 2 for output, start in zip(outputs, starts, strict=True)
    )


def test_timestamps_follow_those_of_the_samples() -> None:
    """A gap between two AudioData is also one between the chunks that begin in them."""
    encoder = FFmpegAudioEncoder()
    encoder.configure(config_of("opus"))
    samples = tones(1440, 2, 48000)
    outputs: list[EncodedAudioOutput] = []
    for timestamp in (0, 30_000, 1_000_000, 1_030_000):
        outputs += encoder.encode(AudioInput(resource_of(samples, 48000, "f32"), timestamp))
    outputs += encoder.flush()
    encoder.release()
    assert [output.timestamp for output in outputs] == [0, 20_000, 40_000, 1_000_000, 1_020_000, 1_040_000, 1_060_000]
    assert {output.duration for output in outputs} == {20_000}


@pytest.mark.parametrize("duration", [2500, 5000, 7500, 10000, 20000, 30000, 40000, 50000, 60000, 117500, 120000])
def test_opus_packets_last_as_long_as_asked_for(duration: int) -> None:
    config = config_of("opus", opus={"format": "opus", "frameDuration": duration})
    source = tones(48000, 2, 48000)
    outputs = encoded(config, source)
    assert {output.duration for output in outputs} == {duration}
    assert [output.timestamp for output in outputs] == [number * duration for number in range(len(outputs))]
    assert outputs[0].description is not None
    pre_skip = 120 if duration in (2500, 5000, 7500, 117500) else 312
    assert parse_opus_head(outputs[0].description).pre_skip == pre_skip
    result = decoded(config, outputs)
    assert result.shape[1] == len(outputs) * duration * 48 // 1000 - pre_skip
    assert result.shape[1] >= 48000
    assert snr(source, result[:, :48000]) > 24


@pytest.mark.parametrize("rate", [3000, 11025, 44100, 93000, 384_000])
def test_opus_of_rates_that_it_has_not(rate: int) -> None:
    config = config_of("opus", rate, 1)
    outputs = encoded(config, tones(rate, 1, rate), step=rate // 7, timestamp=50)
    assert outputs[0].timestamp == 50
    assert all(
        abs(output.timestamp - 50 - 20_000 * number) <= 1_000_000 // rate for number, output in enumerate(outputs)
    )
    assert {output.duration for output in outputs} == {20_000}
    assert snr(tones(48000, 1, 48000), decoded(config, outputs)[:, :48000]) > 25


@pytest.mark.parametrize("frames", [1, 17, 882])
def test_a_little_of_another_rate_makes_a_packet(frames: int) -> None:
    outputs = encoded(config_of("opus", 44100, 1), tones(frames, 1, 44100))
    assert [output.timestamp for output in outputs] == [0] + [20_000] * (frames == 882)


@pytest.mark.parametrize("codec", ["opus", "mp4a.40.2", "mp3", "flac", "vorbis", "pcm-s16"])
def test_encoding_goes_on_after_a_flush(codec: str) -> None:
    config = config_of(codec)
    require(config)
    encoder = FFmpegAudioEncoder()
    encoder.configure(config)
    assert encoder.flush() == []
    source = tones(9600, 2, 48000)
    first = encode(encoder, source, 48000)
    assert encoder.flush() == []
    second = encode(encoder, source, 48000, timestamp=5_000_000)
    encoder.release()
    assert [output.data for output in second] == [output.data for output in first]
    assert [output.timestamp - 5_000_000 for output in second] == [output.timestamp for output in first]
    assert {id(output.description) for output in first + second} == {id(first[0].description)}


def test_what_was_pending_comes_out_when_it_is_configured_anew() -> None:
    encoder = FFmpegAudioEncoder()
    encoder.configure(config_of("mp4a.40.2"))
    waiting = list(encoder.encode(AudioInput(resource_of(tones(1500, 2, 48000), 48000, "f32"), 9)))
    pending = encoder.drain()
    encoder.configure(config_of("opus"))
    assert [output.timestamp for output in [*waiting, *pending]][:2] == [9, 21342]
    assert encoder.flush() == []
    encoder.cease()
    encoder.configure(config_of("flac"))
    assert encode(encoder, tones(100, 2, 48000), 48000)[0].timestamp == 0
    encoder.release()
    assert "Encoder" not in ffbind.live_objects()


@pytest.mark.parametrize(
    ("rate", "channels", "message"), [(44100, 2, "44100 Hz, not 48000"), (48000, 1, "1 channels, not 2")]
)
def test_samples_of_another_kind_are_an_error(rate: int, channels: int, message: str) -> None:
    encoder = FFmpegAudioEncoder()
    encoder.configure(config_of("opus"))
    with pytest.raises(CodecError, match=message):
        encoder.encode(AudioInput(resource_of(tones(480, channels, rate), rate, "f32"), 0))
    encoder.release()


@pytest.mark.parametrize("codec", ["opus", "mp4a.40.2", "mp3", "vorbis", "flac"])
def test_not_a_number_is_silent_and_does_no_harm(codec: str) -> None:
    config = config_of(codec)
    require(config)
    source: Floats = tones(24000, 2, 48000)
    for index, value in enumerate((np.nan, np.inf, -np.inf, 1e38, -1e38)):
        source[index % 2, 1000 * index + 100] = value
    outputs = encoded(config, source)
    assert np.isfinite(decoded(config, outputs)).all()


def sizes(**more: object) -> int:
    random = np.random.default_rng(1)
    source = tones(48000, 2, 48000) + random.normal(0, 0.05, (2, 48000))
    config = cast("AudioEncoderConfig", {"sampleRate": 48_000, "numberOfChannels": 2, **more})
    return sum(len(output.data) for output in encoded(config, source))


@pytest.mark.parametrize("codec", ["opus", "mp4a.40.2", "mp3", "vorbis"])
def test_bit_rates_are_kept_to(codec: str) -> None:
    for bit_rate in (64_000, 128_000):
        config = config_of(codec, bitrate=bit_rate)
        require(config)
        assert sizes(codec=codec, bitrate=bit_rate) * 8 == pytest.approx(bit_rate, rel=0.15)


def test_constant_means_that_all_chunks_are_equal() -> None:
    for codec, count in (("opus", 1), ("mp3", 1)):
        config = config_of(codec, bitrate=128_000, bitrateMode="constant")
        require(config)
        outputs = encoded(config, tones(48000, 2, 48000))
        assert len(Counter(len(output.data) for output in outputs)) == count


@pytest.mark.parametrize(
    "config",
    [
        config_of("opus", 1),
        config_of("opus", 10_000_000),
        config_of("opus", 8000, 1024),
        config_of("opus", channels=6, opus={"format": "opus"}),
        config_of("opus", bitrate=10),
        config_of("opus", bitrate=10_000_000),
        config_of("mp4a.40.2", bitrateMode="constant"),
        config_of("mp4a.40.2", bitrate=1_000_000),
        config_of("mp4a.40.2", bitrate=1000),
        config_of("mp4a.40.2", 13000),
        config_of("mp4a.40.2", channels=7, aac={"format": "adts"}),
        config_of("mp4a.40.5"),
        config_of("mp4a.40.29"),
        config_of("mp4a.40.42"),
        config_of("mp3", 96000),
        config_of("mp3", channels=3),
        config_of("mp3", bitrate=100_000, bitrateMode="constant"),
        config_of("flac", bitrate=100_000),
        config_of("flac", bitrateMode="constant"),
        config_of("flac", channels=9),
        config_of("pcm-s16", bitrate=100_000),
        config_of("pcm-s16", channels=65),
        config_of("pcm-s16", 2**31),
        config_of("vorbis", bitrateMode="constant"),
        config_of("vp8"),
    ],
    ids=str,
)
def test_what_cannot_be_honoured_is_not_supported(config: AudioEncoderConfig) -> None:
    assert not supports_audio_encoder(config)


def test_pcm_has_the_bit_rate_that_it_has() -> None:
    assert supports_audio_encoder(config_of("pcm-s24", bitrate=48000 * 2 * 24, bitrateMode="constant"))

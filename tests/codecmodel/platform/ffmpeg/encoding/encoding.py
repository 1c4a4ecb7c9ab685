"""Sound for the audio encoders of the FFmpeg platform, and the sound that its decoders make of the chunks."""

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from codecmodel.configurations.encoder_configurations import AudioEncoderConfig
from codecmodel.platform.codec_implementation import AudioInput, EncodedAudioOutput
from codecmodel.platform.ffmpeg.decoding.audio_decoder import FFmpegAudioDecoder
from codecmodel.platform.ffmpeg.encoding.audio_encoder import FFmpegAudioEncoder
from codecmodel.raw_media.audio_sample_format import AUDIO_SAMPLE_FORMATS, AudioSampleFormat
from codecmodel.raw_media.media_resource import BufferAudioResource

Floats = npt.NDArray[np.float64]


def tones(frames: int, channels: int, rate: int) -> Floats:
    """Samples [channel, frame]: a tone for each channel, each a whole number of periods in a tenth of a second."""
    time = np.arange(frames) / rate
    return np.stack([0.3 * np.sin(2 * np.pi * (300 + 150 * channel) * time) for channel in range(channels)])


def resource_of(samples: npt.NDArray[Any], rate: int, format: AudioSampleFormat) -> BufferAudioResource:
    """Samples [channel, frame], which are integers of the format or floats, as a resource."""
    description = AUDIO_SAMPLE_FORMATS[format]
    if samples.dtype == np.float64 and description.sample_type != "f32":
        levels = 2 ** (8 * description.bytes_per_sample - 1)
        samples = np.rint(samples * (levels - 1)) + description.bias
    arranged = samples if description.is_planar else samples.T
    data = memoryview(np.ascontiguousarray(arranged.astype(description.dtype)).tobytes())
    return BufferAudioResource(format, float(rate), samples.shape[1], samples.shape[0], data)


def encode(
    encoder: FFmpegAudioEncoder,
    samples: npt.NDArray[Any],
    rate: int,
    *,
    format: AudioSampleFormat = "f32-planar",
    step: int = 4800,
    timestamp: int = 0,
) -> list[EncodedAudioOutput]:
    """Encode samples [channel, frame] in pieces of ``step`` frames, and flush."""
    outputs: list[EncodedAudioOutput] = []
    for start in range(0, samples.shape[1], step):
        piece = resource_of(samples[:, start : start + step], rate, format)
        outputs += encoder.encode(AudioInput(piece, timestamp + start * 1_000_000 // rate))
    outputs += encoder.flush()
    return outputs


def encoded(
    config: AudioEncoderConfig,
    samples: npt.NDArray[Any],
    *,
    format: AudioSampleFormat = "f32-planar",
    step: int = 4800,
    timestamp: int = 0,
) -> list[EncodedAudioOutput]:
    """The chunks that a new encoder makes of samples [channel, frame]."""
    encoder = FFmpegAudioEncoder()
    encoder.configure(config)
    outputs = encode(encoder, samples, config["sampleRate"], format=format, step=step, timestamp=timestamp)
    encoder.release()
    return outputs


def decoded(config: AudioEncoderConfig, outputs: Sequence[EncodedAudioOutput]) -> Floats:
    """The samples, [channel, frame], that the platform's decoder makes of encoded audio."""
    decoder = FFmpegAudioDecoder()
    decoder_config: dict[str, object] = {key: config[key] for key in ("codec", "sampleRate", "numberOfChannels")}
    if outputs[0].description is not None:
        decoder_config["description"] = outputs[0].description
    decoder.configure(cast("Any", decoder_config))
    decoded = [one for output in outputs for one in decoder.decode(output.data, output.timestamp, output.duration)]
    decoded += decoder.flush()
    decoder.release()
    pieces = []
    for one in decoded:
        resource = one.resource
        assert resource.format is not None
        description = AUDIO_SAMPLE_FORMATS[resource.format]
        planes = np.stack([np.frombuffer(plane.data, description.dtype) for plane in resource.planes()])
        samples = planes if description.is_planar else planes.reshape(-1, resource.number_of_channels).T
        scale = 1.0 if description.sample_type == "f32" else 2.0 ** (8 * description.bytes_per_sample - 1)
        pieces.append((samples.astype(np.float64) - description.bias) / scale)
        resource.release()
    return np.concatenate(pieces, axis=1)


def snr(reference: Floats, other: Floats) -> float:
    """Signal-to-noise ratio in dB."""
    noise = ((reference - other) ** 2).sum()
    return float("inf") if noise == 0 else float(10 * np.log10((reference**2).sum() / noise))

"""The [[codec implementation]] of AudioEncoder on FFmpeg."""

from collections import deque
from collections.abc import Sequence
from fractions import Fraction
from time import perf_counter, sleep
from typing import Final, NamedTuple

from codecmodel.configurations.encoder_configurations import AudioEncoderConfig
from codecmodel.encoded_chunks import EncoderPadding
from codecmodel.platform.codec_implementation import AudioInput, CodecError, CodecRequests, EncodedAudioOutput
from codecmodel.platform.ffmpeg.encoding.audio_input import SampleQueue, samples_of
from codecmodel.platform.ffmpeg.encoding.audio_settings import AudioEncoding, audio_encoding
from codecmodel.raw_media.audio_sample_format import AUDIO_SAMPLE_FORMATS
from codecmodel.registry.opus_packets import combined_opus_packet
from ffbind import Encoder, FFbindError, PacketContent

_CAPACITY: Final = 64
#: Encoding a packet takes microseconds, in which the GIL is kept. After so many seconds others may have it.
_GIL_SLICE: Final = 0.001


class _Run(NamedTuple):
    """Where the samples of one AudioData begin, in samples since the last flush, and their timestamp."""

    start: int
    timestamp: int


class FFmpegAudioEncoder:
    """Encodes audio with FFmpeg. Timestamps and durations in microseconds.

    The first chunk has the timestamp of the first samples, and those that follow are as far from it as they are in
    the stream. So what a codec puts out before the first sample, and after the last, is a delay and not an earlier
    time. A chunk lasts as long as what it decodes to.
    """

    def __init__(self) -> None:
        self.requests = CodecRequests(_CAPACITY)
        self._config: AudioEncoderConfig | None = None
        self._encoding: AudioEncoding | None = None
        self._encoder: Encoder | None = None
        self._sample_format = ""
        self._queue: SampleQueue | None = None
        self._description: bytes | None = None
        self._runs: deque[_Run] = deque()
        self._received = self._sent = 0
        # Where the sound ends among the samples that chunks are decoded to, once that is known.
        self._end: int | None = None
        # Packets that are to be one chunk, and the place of the first.
        self._group: list[bytes] = []
        self._group_start = 0
        self._slice_end = 0.0

    def configure(self, config: AudioEncoderConfig) -> Sequence[EncodedAudioOutput]:
        pending = self.flush()
        self._close()
        encoding = audio_encoding(config)
        assert encoding is not None, "the configuration is supported"
        self._config, self._encoding = config, encoding
        return pending

    def encode(self, input: AudioInput) -> Sequence[EncodedAudioOutput]:
        config, encoding = self._config, self._encoding
        assert config is not None, "configured before anything is encoded"
        assert encoding is not None, "configured before anything is encoded"
        resource = input.resource
        if resource.sample_rate != config["sampleRate"]:
            raise CodecError(f"{resource.sample_rate:g} Hz, not {config['sampleRate']}")
        if resource.number_of_channels != encoding.channels:
            raise CodecError(f"{resource.number_of_channels} channels, not {encoding.channels}")
        if resource.format is None:
            raise CodecError("samples of an unknown format")
        if perf_counter() >= self._slice_end:
            sleep(0)
            self._slice_end = perf_counter() + _GIL_SLICE
        sample_format = encoding.sample_formats[AUDIO_SAMPLE_FORMATS[resource.format].sample_type]
        outputs: list[EncodedAudioOutput] = []
        try:
            if self._encoder is None or self._sample_format != sample_format:
                outputs += self._drain()
                self._open(encoding, sample_format)
            queue = self._queue
            assert queue is not None, "opened with the encoder"
            self._runs.append(_Run(self._received, input.timestamp))
            self._received += resource.number_of_frames
            queue.append(samples_of(resource))
            self._encode_queued(outputs, at_end=False)
        except (FFbindError, ValueError) as error:
            raise CodecError(str(error)) from error
        return outputs

    def flush(self) -> Sequence[EncodedAudioOutput]:
        try:
            return self._drain()
        except (FFbindError, ValueError) as error:
            raise CodecError(str(error)) from error

    def cease(self) -> None:
        self._close()

    def release(self) -> None:
        self._close()

    def _open(self, encoding: AudioEncoding, sample_format: str) -> None:
        assert self._config is not None, "configured before it is opened"
        self._close()
        self._encoder = encoding.open(sample_format)
        self._sample_format = sample_format
        self._queue = SampleQueue(
            sample_format, self._config["sampleRate"], encoding.sample_rate, encoding.channels, encoding.encoder
        )
        description = encoding.describe(self._encoder.extradata)
        # The same object as long as it stays the same.
        if description != self._description:
            self._description = description

    def _close(self) -> None:
        self._begin_anew()
        if self._encoder is not None:
            self._encoder.close()
            self._encoder = None
        if self._queue is not None:
            self._queue.close()
            self._queue = None

    def _begin_anew(self) -> None:
        self._runs.clear()
        self._group.clear()
        self._received = self._sent = 0
        self._end = None

    def _drain(self) -> Sequence[EncodedAudioOutput]:
        outputs: list[EncodedAudioOutput] = []
        encoder, encoding, queue = self._encoder, self._encoding, self._queue
        if encoder is None or encoding is None or queue is None or not self._received:
            return outputs
        queue.finish()
        self._end = encoder.initial_padding + self._sent + len(queue)
        if encoding.packets_per_chunk > 1:
            # Silence, until what was encoded is in whole chunks.
            chunk = encoder.frame_size * encoding.packets_per_chunk
            queue.append_silence(-(self._sent + len(queue) + encoder.initial_padding) % chunk + encoder.initial_padding)
        self._encode_queued(outputs, at_end=True)
        rest = [packet.content() for packet in encoder.drain()]
        if encoding.packets_per_chunk == 1:
            self._append_outputs(outputs, rest)
        self._begin_anew()
        return outputs

    def _encode_queued(self, outputs: list[EncodedAudioOutput], *, at_end: bool) -> None:
        encoder, queue = self._encoder, self._queue
        assert encoder is not None, "opened before anything is encoded"
        assert queue is not None, "opened before anything is encoded"
        # An encoder that takes any number gets what an AudioData has.
        size = encoder.frame_size
        while len(queue) and (at_end or len(queue) >= size):
            frame = queue.take(size or len(queue))
            packets = encoder.encode_to_content(frame, pts=self._sent)
            self._sent += frame.nb_samples
            self._append_outputs(outputs, packets)
            if perf_counter() >= self._slice_end:
                sleep(0)
                self._slice_end = perf_counter() + _GIL_SLICE

    def _append_outputs(self, outputs: list[EncodedAudioOutput], packets: Sequence[PacketContent]) -> None:
        encoder, encoding = self._encoder, self._encoding
        assert encoder is not None, "opened before anything is encoded"
        assert encoding is not None, "opened before anything is encoded"
        for data, pts, duration, _, _ in packets:
            if not data:
                # FLAC ends with an empty packet, which has a new header.
                continue
            assert pts is not None, "FFmpeg times what it encodes"
            start = pts + encoder.initial_padding
            if encoding.has_fixed_frames:
                duration = encoder.frame_size
            if encoding.header is not None:
                data = encoding.header(encoder.extradata, len(data)) + data
            if encoding.packets_per_chunk == 1:
                if not (encoding.dtx and _says_nothing(data)):
                    outputs.append(self._output(data, start, duration))
            else:
                self._append_to_group(outputs, data, start, encoding.packets_per_chunk)

    def _append_to_group(self, outputs: list[EncodedAudioOutput], data: bytes, start: int, size: int) -> None:
        encoder, group = self._encoder, self._group
        assert encoder is not None, "opened before anything is encoded"
        if not group:
            self._group_start = start
        group.append(data)
        if len(group) == size and self._encoding is not None and self._encoding.dtx and all(map(_says_nothing, group)):
            group.clear()
        elif len(group) == size:
            combined = combined_opus_packet(group)
            # Where the mode changes within a chunk, its packets are chunks of their own.
            parts = [combined] if combined is not None else list(group)
            duration = encoder.frame_size * size // len(parts)
            for number, part in enumerate(parts):
                outputs.append(self._output(part, self._group_start + number * duration, duration))
            group.clear()

    def _output(self, data: bytes, start: int, samples: int) -> EncodedAudioOutput:
        config, encoding, runs = self._config, self._encoding, self._runs
        assert config is not None, "configured before anything is encoded"
        assert encoding is not None, "configured before anything is encoded"
        rate = config["sampleRate"]
        place = start * rate // encoding.sample_rate
        while len(runs) > 1 and runs[1].start <= place:
            runs.popleft()
        timestamp = runs[0].timestamp + (place - runs[0].start) * 1_000_000 // rate
        duration = samples * 1_000_000 // encoding.sample_rate
        return EncodedAudioOutput(data, True, timestamp, duration, self._description, self._padding(start, samples))

    def _padding(self, start: int, samples: int) -> EncoderPadding | None:
        """The padding in what a chunk is decoded to, ``samples`` samples from ``start`` on."""
        encoder, encoding = self._encoder, self._encoding
        assert encoder is not None, "opened before anything is encoded"
        assert encoding is not None, "configured before anything is encoded"
        before = encoder.initial_padding if start == 0 else 0
        after = min(max(0, start + samples - self._end), samples) if self._end is not None else 0
        if not before and not after:
            return None
        return EncoderPadding(Fraction(before, encoding.sample_rate), Fraction(after, encoding.sample_rate))


def _says_nothing(packet: bytes) -> bool:
    """Whether a packet is one that libopus would not have transmitted: without a frame, in the midst of silence."""
    return len(packet) <= 2

"""The [[codec implementation]] of AudioEncoder on FFmpeg."""

from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from fractions import Fraction
from typing import Final, NamedTuple

from codecmodel.configurations.encoder_configurations import AudioEncoderConfig
from codecmodel.encoded_chunks import EncoderPadding
from codecmodel.platform.codec_implementation import AudioInput, CodecError, CodecRequests, EncodedAudioOutput
from codecmodel.platform.ffmpeg.encoding.audio_input import SampleQueue, samples_of
from codecmodel.platform.ffmpeg.encoding.audio_settings import AudioEncoding, audio_encoding
from codecmodel.platform.ffmpeg.failures import codec_error
from codecmodel.raw_media.audio_sample_format import AUDIO_SAMPLE_FORMATS, AudioSampleType
from codecmodel.registry.opus_packets import combined_opus_packet
from codecmodel.web.gil_turns import give_way
from ffbind import Encoder, FFbindError, PacketContent
from ffbind.named_tuples import new_named_tuple

_CAPACITY: Final = 64


class _Run(NamedTuple):
    """The start of one AudioData, in samples since the last flush, and its timestamp in microseconds."""

    start: int
    timestamp: int


class FFmpegAudioEncoder:
    """Encodes audio with FFmpeg. Timestamps and durations are in microseconds.

    The first chunk has the timestamp of the first samples, and the distance of each later chunk from the first is its
    distance in the stream. So the samples that a codec adds before the first one are a delay of the decoded sound, and
    not an earlier time. The duration of a chunk is that of the samples it decodes to.
    """

    def __init__(self) -> None:
        self.requests = CodecRequests(_CAPACITY)
        self._config: AudioEncoderConfig | None = None
        self._encoding: AudioEncoding | None = None
        self._encoder: Encoder | None = None
        # The types of samples that the encoder, which is open, can take in one stream.
        self._sample_types: frozenset[AudioSampleType] = frozenset()
        self._queue: SampleQueue | None = None
        self._description: bytes | None = None
        self._runs: deque[_Run] = deque()
        self._received = self._sent = 0
        # Where the sound ends among the samples that chunks are decoded to, once that is known.
        self._end: int | None = None
        # The packets so far of a chunk that consists of several, and the place of the first of them in the stream.
        self._group: list[bytes] = []
        self._group_start = 0
        # The outputs of a request that is being encoded.
        self._ready: list[EncodedAudioOutput] = []

    def configure(self, config: AudioEncoderConfig) -> None:
        self._close()
        encoding = audio_encoding(config)
        assert encoding is not None, "the configuration is supported"
        self._config, self._encoding = config, encoding

    def prepare(self, input: AudioInput) -> None:
        encoding, sample_type = self._require_suitable(input)
        try:
            if self._encoder is None:
                self._open(encoding, sample_type)
            else:
                self._encoder.begin()
        except (FFbindError, ValueError) as error:
            raise codec_error(error) from error

    def _require_suitable(self, input: AudioInput) -> tuple[AudioEncoding, AudioSampleType]:
        """How to encode samples, and their type. Raises CodecError if the configuration is not for such samples."""
        config, encoding = self._config, self._encoding
        assert config is not None, "configured before anything is encoded"
        assert encoding is not None, "configured before anything is encoded"
        resource = input.resource
        if resource.sample_rate != config["sampleRate"]:
            raise CodecError(f"the samples have {resource.sample_rate:g} Hz, not {config['sampleRate']}")
        if resource.number_of_channels != encoding.channels:
            raise CodecError(f"the samples have {resource.number_of_channels} channels, not {encoding.channels}")
        if resource.format is None:
            raise CodecError("samples of an unknown format cannot be encoded")
        return encoding, AUDIO_SAMPLE_FORMATS[resource.format].sample_type

    def encode(self, input: AudioInput) -> Sequence[EncodedAudioOutput]:
        encoding, sample_type = self._require_suitable(input)
        resource = input.resource
        give_way()
        outputs = self._ready = []
        try:
            if self._encoder is None or sample_type not in self._sample_types:
                outputs += self._drain()
                self._open(encoding, sample_type)
            queue = self._queue
            assert queue is not None, "opened with the encoder"
            self._runs.append(new_named_tuple(_Run, (self._received, input.timestamp)))
            self._received += resource.number_of_frames
            queue.append(samples_of(resource))
            self._encode_queued(outputs, at_end=False)
        except (FFbindError, ValueError) as error:
            raise codec_error(error) from error
        self._ready = []
        return outputs

    def flush(self) -> Sequence[EncodedAudioOutput]:
        try:
            return self._drain()
        except (FFbindError, ValueError) as error:
            raise CodecError(str(error)) from error

    def drain(self) -> Sequence[EncodedAudioOutput]:
        return self.flush()

    def outputs_before_failure(self) -> Sequence[EncodedAudioOutput]:
        outputs, self._ready = self._ready, []
        with suppress(CodecError, MemoryError):
            outputs += self.flush()
        return outputs

    def cease(self) -> None:
        self._close()

    def release(self) -> None:
        self._close()

    def _open(self, encoding: AudioEncoding, sample_type: AudioSampleType) -> None:
        assert self._config is not None, "configured before it is opened"
        self._close()
        self._encoder = encoding.open(sample_type)
        way = encoding.way(sample_type)
        self._sample_types = frozenset(other for other in encoding.sample_formats if encoding.way(other) == way)
        self._queue = SampleQueue(
            self._config["sampleRate"], encoding.samples(sample_type), is_lossless=encoding.is_lossless
        )
        description = encoding.describe(self._encoder.extradata)
        # An equal description stays the same object, so that the model finds it unchanged at once.
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
            # Silence fills the last chunk.
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
        # An encoder without a frame size gets the samples of one AudioData at a time.
        size = encoder.frame_size
        while len(queue) and (at_end or len(queue) >= size):
            frame = queue.take(size or len(queue))
            packets = encoder.encode_to_content(frame, pts=self._sent)
            self._sent += frame.nb_samples
            self._append_outputs(outputs, packets)
            give_way()

    def _append_outputs(self, outputs: list[EncodedAudioOutput], packets: Sequence[PacketContent]) -> None:
        encoder, encoding = self._encoder, self._encoding
        assert encoder is not None, "opened before anything is encoded"
        assert encoding is not None, "opened before anything is encoded"
        for data, pts, duration, _, _ in packets:
            if not data:
                # FLAC ends with an empty packet whose side data is the final header.
                continue
            assert pts is not None, "FFmpeg times what it encodes"
            start = pts + encoder.initial_padding
            if encoding.has_fixed_frames:
                duration = encoder.frame_size
            if encoding.header is not None:
                data = encoding.header(encoder.extradata, len(data)) + data
            if encoding.packets_per_chunk == 1:
                if not (encoding.dtx and _is_untransmitted(data)):
                    outputs.append(self._output(data, start, duration))
            else:
                self._append_to_group(outputs, data, start, encoding.packets_per_chunk)

    def _append_to_group(self, outputs: list[EncodedAudioOutput], data: bytes, start: int, size: int) -> None:
        encoder, group = self._encoder, self._group
        assert encoder is not None, "opened before anything is encoded"
        if not group:
            self._group_start = start
        group.append(data)
        if len(group) < size:
            return
        assert self._encoding is not None, "opened before anything is encoded"
        if not (self._encoding.dtx and all(map(_is_untransmitted, group))):
            combined = combined_opus_packet(group)
            # Packets of different modes cannot be combined. They become chunks of their own.
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
        # Only the first chunk and the last have padding.
        padding = self._padding(start, samples) if start == 0 or self._end is not None else None
        return new_named_tuple(EncodedAudioOutput, (data, True, timestamp, duration, self._description, padding))

    def _padding(self, start: int, samples: int) -> EncoderPadding | None:
        """The padding in a chunk's decoded samples: ``samples`` of them from ``start`` on."""
        encoder, encoding = self._encoder, self._encoding
        assert encoder is not None, "opened before anything is encoded"
        assert encoding is not None, "configured before anything is encoded"
        before = encoder.initial_padding if start == 0 else 0
        after = min(max(0, start + samples - self._end), samples) if self._end is not None else 0
        if not before and not after:
            return None
        return EncoderPadding(Fraction(before, encoding.sample_rate), Fraction(after, encoding.sample_rate))


def _is_untransmitted(packet: bytes) -> bool:
    """Whether a packet is one that libopus, in the midst of silence, would not have transmitted: it has no frame."""
    return len(packet) <= 2

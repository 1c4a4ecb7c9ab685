"""Encoded media as scenarios use them: a configuration, chunks, and the expected output of a decoder."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from conformance.interfaces import EncodedAudioChunk, EncodedVideoChunk
from conformance.media.signals import Picture, Sound

ChunkType: TypeAlias = Literal["key", "delta"]


@dataclass(frozen=True)
class ChunkData:
    """The members of a chunk. ``timestamp`` and ``duration`` are in microseconds."""

    data: bytes
    timestamp: int
    duration: int
    type: ChunkType = "key"


@dataclass(frozen=True)
class VideoMaterial:
    """A video: chunks in decoding order, and the pictures that were encoded, in presentation order.

    The decoded pictures equal the encoded ones. If ``minimum_psnr`` (dB) is given, they resemble them at least as much.
    Each picture carries its number, see signals.picture(). ``corrupt`` breaks a chunk so that no decoder can accept it.
    """

    config: VideoDecoderConfig
    chunks: Sequence[ChunkData]
    pictures: Sequence[Picture]
    minimum_psnr: float | None
    corrupt: Callable[[bytes], bytes]

    def chunk(self, number: int, *, timestamp: int | None = None, type: ChunkType | None = None) -> EncodedVideoChunk:
        """A chunk, perhaps with another timestamp (then without a duration), or of another type."""
        chunk = self.chunks[number]
        if timestamp is not None:
            return EncodedVideoChunk({"type": type or chunk.type, "timestamp": timestamp, "data": chunk.data})
        return EncodedVideoChunk(
            {
                "type": type or chunk.type,
                "timestamp": chunk.timestamp,
                "duration": chunk.duration,
                "data": chunk.data,
            }
        )

    def corrupt_chunk(self, number: int) -> EncodedVideoChunk:
        """A chunk with broken data. It claims to be a delta chunk, so that its data are not searched for a key
        frame.
        """
        chunk = self.chunks[number]
        return EncodedVideoChunk({"type": "delta", "timestamp": chunk.timestamp, "data": self.corrupt(chunk.data)})

    def empty_chunk(self, timestamp: int) -> EncodedVideoChunk:
        return EncodedVideoChunk({"type": "delta", "timestamp": timestamp, "data": b""})

    def timestamps(self, count: int | None = None) -> list[int]:
        """The timestamps of the outputs for the first ``count`` chunks (or all), in presentation order."""
        return sorted(chunk.timestamp for chunk in self.chunks[:count])

    def outputs_of(self, timestamps: Sequence[int]) -> list[int]:
        """The timestamps of the outputs for chunks with these timestamps, if they are not reordered."""
        return list(timestamps)

    def times(self, count: int) -> list[int]:
        """The timestamps of the first chunk, so often, without gaps."""
        return [number * self.chunks[0].duration for number in range(count)]

    def output_count(self, chunks: int) -> int:
        """The number of outputs of so many chunks."""
        return len(self.outputs_of(range(chunks)))

    @property
    def next_key(self) -> int:
        """The number of the second key chunk."""
        return next(number for number, chunk in enumerate(self.chunks) if number and chunk.type == "key")


@dataclass(frozen=True)
class AudioMaterial:
    """A sound: chunks, each of which is a key chunk, and the output of a decoder that is given all of them.

    The output is ``delay`` samples without meaning, then ``sound`` (in double precision, -1 to 1). It is exact, or if
    ``minimum_snr`` (dB) is given, has at most that noise. The first ``unproductive_chunks`` yield no output.
    ``corrupt`` breaks a chunk so that no decoder can accept it. It is None if every string of bytes is a good chunk.
    """

    config: AudioDecoderConfig
    chunks: Sequence[ChunkData]
    sound: Sound
    delay: int
    minimum_snr: float | None
    corrupt: Callable[[bytes], bytes] | None
    unproductive_chunks: int = 0

    def chunk(self, number: int, *, timestamp: int | None = None, type: ChunkType | None = None) -> EncodedAudioChunk:
        """A chunk, perhaps with another timestamp (then without a duration), or of another type."""
        chunk = self.chunks[number]
        if timestamp is not None:
            return EncodedAudioChunk({"type": type or chunk.type, "timestamp": timestamp, "data": chunk.data})
        return EncodedAudioChunk(
            {
                "type": type or chunk.type,
                "timestamp": chunk.timestamp,
                "duration": chunk.duration,
                "data": chunk.data,
            }
        )

    def corrupt_chunk(self, number: int) -> EncodedAudioChunk:
        """A chunk with broken data."""
        assert self.corrupt is not None
        chunk = self.chunks[number]
        return EncodedAudioChunk({"type": "key", "timestamp": chunk.timestamp, "data": self.corrupt(chunk.data)})

    def empty_chunk(self, timestamp: int) -> EncodedAudioChunk:
        return EncodedAudioChunk({"type": "key", "timestamp": timestamp, "data": b""})

    def timestamps(self, count: int | None = None) -> list[int]:
        """The timestamps of the outputs for the first ``count`` chunks (or all)."""
        return self.outputs_of([chunk.timestamp for chunk in self.chunks[:count]])

    def outputs_of(self, timestamps: Sequence[int]) -> list[int]:
        """The timestamps of the outputs for chunks with these timestamps.

        An output that took several chunks has the timestamp of the first of them.
        """
        if len(timestamps) <= self.unproductive_chunks:
            return []
        return [timestamps[0], *timestamps[self.unproductive_chunks + 1 :]]

    def times(self, count: int) -> list[int]:
        """The timestamps of the first chunk, so often, without gaps."""
        return [number * self.chunks[0].duration for number in range(count)]

    def output_count(self, chunks: int) -> int:
        """The number of outputs of so many chunks."""
        return len(self.outputs_of(range(chunks)))


Material: TypeAlias = AudioMaterial | VideoMaterial

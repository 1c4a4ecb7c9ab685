"""The base class of the tracks in a container that is being written: it takes chunks and writes packets."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from contextlib import AbstractContextManager
from fractions import Fraction
from typing import Final, NamedTuple, Protocol

from codecmodel.encoded_chunks import EncoderPadding
from codecmodel.files.errors import MediaFileError
from codecmodel.files.labels import TrackDescription
from ffbind import ContainerWriter, Packet, PacketRefusedError

SECOND: Final = 1_000_000
#: FFmpeg's names of Matroska and WebM. They alone hold an encoded alpha plane beside each frame.
MATROSKA: Final = frozenset({"matroska", "webm"})


class Sample(NamedTuple):
    """A chunk that waits. ``number`` counts the chunks of the track; times in µs."""

    number: int
    data: bytes
    is_key: bool
    timestamp: Fraction
    duration: int | None
    padding: EncoderPadding = EncoderPadding()
    alpha: bytes | None = None

    @property
    def name(self) -> str:
        """The chunk as an error message names it."""
        return f"chunk {self.number} (at {float(self.timestamp / SECOND):.6g} s)"


class TrackOwner(Protocol):
    """The muxer, as its tracks use it."""

    @property
    def is_mp4(self) -> bool:
        """Whether the format is MP4 or built like it."""

    @property
    def can_be_mended(self) -> bool:
        """Whether bytes of the file can be replaced when FFmpeg has completed it."""

    def writing(self) -> AbstractContextManager[None]:
        """A block in which a track takes a chunk. Raises MediaFileError if there has been an error."""

    def advance(self) -> None:
        """Write the chunks that can be written."""


class TrackWriter(ABC):
    """A track of a container that is being written. The first decoderConfig is its configuration."""

    def __init__(self, muxer: TrackOwner, number: int, description: TrackDescription) -> None:
        self._muxer = muxer
        self._number = number
        #: The words about the track.
        self.description = description
        self._samples: deque[Sample] = deque()
        self._chunks = 0
        self._stream: int | None = None
        self._last_decoded_at: int | None = None

    @property
    @abstractmethod
    def is_configured(self) -> bool:
        """Whether there is a configuration."""

    @property
    def has_chunks(self) -> bool:
        """Whether a chunk has been written."""
        return self._chunks > 0

    @property
    def is_ready(self) -> bool:
        """Whether enough chunks wait to know where the track begins."""
        return bool(self._samples)

    @property
    @abstractmethod
    def codec_name(self) -> str:
        """FFmpeg's name of the codec, if there is a configuration."""

    @property
    @abstractmethod
    def start(self) -> Fraction:
        """The time in µs at which the presentation of the track begins, according to the chunks that wait."""

    @property
    @abstractmethod
    def time_base(self) -> Fraction:
        """Seconds a tick, once the track has begun."""

    @abstractmethod
    def begin(self, container: ContainerWriter, shift: Fraction) -> None:
        """Add the stream to the container. ``shift`` µs are to be subtracted from all timestamps."""

    @abstractmethod
    def _packet(self, sample: Sample) -> Packet | None:
        """The packet of a chunk, None if nothing of the chunk is presented."""

    def flush(self, container: ContainerWriter) -> None:
        """Write the chunks that wait."""
        while self._stream is not None and self._samples:
            sample = self._samples.popleft()
            try:
                packet = self._packet(sample)
                if packet is None:
                    continue
                with packet:
                    self._check_order(packet)
                    container.write(packet, self._stream)
            except PacketRefusedError as error:
                # It may be a packet of another track, which has waited for this one.
                is_own = error.stream == self._stream
                error.add_note(self._named(sample) if is_own else f"track {error.stream}, chunk {error.number}")
                raise
            except Exception as error:
                error.add_note(self._named(sample))
                raise

    @property
    def tells_delay(self) -> bool:
        """Whether the container tells where in the track the presentation begins, once the track has begun."""
        return True

    @abstractmethod
    def mend(self, path: str) -> None:
        """Add the properties that FFmpeg could not write to the file at ``path``, which is complete. Raises OSError."""

    @abstractmethod
    def finish(self, container: ContainerWriter) -> None:
        """Write the properties that are known only at the end of the track."""

    def close(self) -> None:
        """Drop the chunks that wait, and free all resources of the track."""
        self._samples.clear()

    def _named(self, sample: Sample) -> str:
        return f"track {self._number}, {sample.name}"

    def _check_order(self, packet: Packet) -> None:
        decoded_at, presented_at = packet.dts, packet.pts
        assert decoded_at is not None, "each packet has both timestamps"
        assert presented_at is not None, "each packet has both timestamps"
        if self._last_decoded_at is not None and decoded_at <= self._last_decoded_at:
            raise MediaFileError("its timestamp does not come after those of the chunks before it")
        if decoded_at > presented_at:
            raise MediaFileError("its timestamp comes before those of chunks that were decoded long before it")
        self._last_decoded_at = decoded_at

    def _add(self, sample: Sample) -> None:
        self._chunks += 1
        if not self.is_configured:
            raise MediaFileError(f"{self._named(sample)}: no decoderConfig came with it or before it")
        self._samples.append(sample)
        self._muxer.advance()

    def _check_codec(self, container: ContainerWriter, codec_name: str) -> None:
        if not container.can_hold(codec_name):
            raise MediaFileError(f"track {self._number}: the format cannot hold {codec_name}")

    def _changed(self) -> MediaFileError:
        return MediaFileError(
            f"track {self._number}, chunk {self._chunks}: the configuration changes, which a container cannot tell"
        )

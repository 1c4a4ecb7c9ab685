"""Damage to a track, and the chunks that are decoded again after it."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from codecmodel.files.errors import MediaFileError
from codecmodel.files.tracks import DemuxedAudioChunk, DemuxedVideoChunk

DemuxedT = TypeVar("DemuxedT", bound=DemuxedAudioChunk | DemuxedVideoChunk)

#: More chunks than any decoder holds back. Some codecs have chunks that no output comes from.
_MOST_IN_FLIGHT: Final = 64


@dataclass
class TrackDamage:
    """The known damage to a track."""

    #: Chunks that the container calls damaged.
    damaged_chunks: int = 0
    #: Chunks that no output comes from because of the damage.
    lost_chunks: int = 0
    #: The first error of the decoder.
    error: str = ""
    #: Whether nothing came out after the damage.
    is_at_end: bool = False
    #: Places at which chunks are missing. Their number is unknown.
    holes: int = 0

    @property
    def is_loss(self) -> bool:
        """Whether anything is left out. After an error without a lost chunk, an alpha plane is."""
        return bool(self.lost_chunks or self.holes or self.error)

    def in_words(self, chunks: int) -> str:
        """One line of text about the damage to a track of so many chunks. Empty if there is none."""
        parts = [self.error] if self.error else []
        if self.damaged_chunks:
            parts.append(f"{self.damaged_chunks} of {chunks} chunks {_is_or_are(self.damaged_chunks)} damaged")
        if self.holes:
            parts.append(f"chunks are missing at {self.holes} place{'s' if self.holes > 1 else ''}")
        if self.lost_chunks:
            parts.append(f"{self.lost_chunks} of {chunks} chunks {_is_or_are(self.lost_chunks)} left out")
        elif self.error and not self.holes:
            parts.append("alpha planes are left out")
        elif parts and not self.holes:
            parts.append("nothing is left out")
        return ", ".join(parts)


def _is_or_are(count: int) -> str:
    return "is" if count == 1 else "are"


class ChunksInFlight(Generic[DemuxedT]):
    """The chunks that a decoder was given and that nothing has come from yet, in decoding order."""

    def __init__(self) -> None:
        self._chunks: deque[DemuxedT] = deque()

    def add(self, demuxed: DemuxedT) -> None:
        """The decoder was given a chunk."""
        self._chunks.append(demuxed)
        if len(self._chunks) > _MOST_IN_FLIGHT:
            self._chunks.popleft()

    def remove(self, timestamp: int) -> None:
        """Something came from the chunk with this timestamp."""
        for index, demuxed in enumerate(self._chunks):
            if demuxed.chunk.timestamp == timestamp:
                del self._chunks[index]
                return

    def remove_up_to(self, timestamp: int) -> None:
        """Something came from the chunk with this timestamp, and nothing more will come from those before it."""
        while self._chunks and self._chunks[0].chunk.timestamp <= timestamp:
            self._chunks.popleft()

    def split(self) -> tuple[Sequence[DemuxedT], Sequence[DemuxedT]]:
        """The chunks that are lost, and those that another decoder can begin with. None are in flight after that.

        The first chunk counts as the one that the decoder failed at. Decoding goes on at the next key chunk.
        """
        chunks = list(self._chunks)
        self._chunks.clear()
        for index, demuxed in enumerate(chunks):
            if index and demuxed.chunk.type == "key":
                return chunks[:index], chunks[index:]
        return chunks, ()


class DamageError(MediaFileError):
    """Something is lost, but the output is kept. Each of ``lines`` is about a track, or about the file as a whole."""

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines

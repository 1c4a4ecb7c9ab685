"""The chunks that bring a new decoder to the state of another."""

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

#: Bytes of chunks that are kept. They are the program's own; nothing is copied.
_MOST_BYTES: Final = 32 << 20
#: Chunks that are kept. To decode more of them again would take too long.
_MOST_CHUNKS: Final = 600


class PastChunk(NamedTuple):
    """A chunk and its number. No chunk from a beginning on refers to an earlier one."""

    number: int
    data: bytes
    is_beginning: bool


class ChunkHistory:
    """The chunks from a beginning on, as long as they are neither too many nor too large.

    A decoder may have several chunks in work. As long as the last beginning may be among them, the history goes back to
    an earlier one: if the decoder fails at the beginning, it drops frames that it has held back.
    """

    def __init__(self) -> None:
        self._chunks: deque[PastChunk] = deque()
        self._beginnings: deque[int] = deque()
        self._bytes = 0

    @property
    def chunks(self) -> Sequence[PastChunk]:
        """The chunks in order; none if they are too many or too large."""
        return self._chunks

    def add(self, chunk: PastChunk, in_work: int) -> None:
        """Add a chunk. The decoder has that chunk and the ``in_work`` - 1 chunks before it in work."""
        if chunk.is_beginning:
            self._beginnings.append(chunk.number)
        elif not self._beginnings:
            return
        self._chunks.append(chunk)
        self._bytes += len(chunk.data)
        while len(self._beginnings) > 1 and self._beginnings[1] <= chunk.number - in_work:
            self._beginnings.popleft()
            while self._chunks[0].number < self._beginnings[0]:
                self._bytes -= len(self._chunks.popleft().data)
        if self._bytes > _MOST_BYTES or len(self._chunks) > _MOST_CHUNKS:
            self.clear()

    def clear(self) -> None:
        """Forget all chunks. The history begins again at the next beginning."""
        self._chunks.clear()
        self._beginnings.clear()
        self._bytes = 0

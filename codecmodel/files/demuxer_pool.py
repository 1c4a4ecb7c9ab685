"""Not in the spec: the demuxers of one source, each used by one reader at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from codecmodel.files.demuxer import Demuxer
from codecmodel.files.errors import MediaFileError
from codecmodel.files.shared_file import sources_of
from codecmodel.files.source import Source


class DemuxerPool:
    """Opens as many demuxers as are in use at once. Raises MediaFileError as Demuxer does."""

    def __init__(self, source: Source) -> None:
        self._new_source = sources_of(source)
        #: The demuxer that was opened first.
        self.first = Demuxer(self._new_source())
        self._all = [self.first]
        self._idle = [self.first]

    @contextmanager
    def demuxer(self) -> Iterator[Demuxer]:
        """A demuxer for one reader, wherever the reader before has left it."""
        if self._idle:
            demuxer = self._idle.pop()
        elif self.first.is_seekable:
            demuxer = Demuxer(self._new_source())
            self._all.append(demuxer)
        else:
            raise MediaFileError(f"{self.first.name}: it can be read only once")
        try:
            yield demuxer
        finally:
            self._idle.append(demuxer)

    def close(self) -> None:
        """Close all demuxers. A second call has no effect."""
        for demuxer in self._all:
            demuxer.close()

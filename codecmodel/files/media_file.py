"""Not in the spec: a media file whose frames and samples are iterated over."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from codecmodel.files.demuxer_pool import DemuxerPool
from codecmodel.files.frames import Frames
from codecmodel.files.sound import Sound
from codecmodel.files.source import Source
from codecmodel.files.tracks import AudioTrack, VideoTrack


class MediaFile:
    """A media file that is open for decoding. It is a context manager of both kinds, which closes the file.

    ``video`` and ``audio`` are its first tracks. Each is iterated over with ``for`` or ``async for``, once or, if the
    source can seek, as often as one likes. Raises MediaFileError as Demuxer does.
    """

    def __init__(self, source: Source) -> None:
        self._pool = DemuxerPool(source)

    @property
    def video(self) -> Frames:
        """The frames of the first video track. Raises MediaFileError if there is none."""
        return Frames(self._pool, self._pool.first.video_track)

    @property
    def audio(self) -> Sound:
        """The samples of the first audio track. Raises MediaFileError if there is none."""
        return Sound(self._pool, self._pool.first.audio_track)

    @property
    def tracks(self) -> list[AudioTrack | VideoTrack]:
        """All tracks, as those of Demuxer."""
        return self._pool.first.tracks

    def close(self) -> None:
        """Close the file. A second call has no effect."""
        self._pool.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

"""Containers that are written from the output of encoders: chunks, and the configurations that decode them.

with Muxer("out.webm") as muxer:
    track = muxer.add_video_track(frame_rate=Fraction(30))
    encoder = VideoEncoder({"output": track.write, "error": print})
    ...
    await encoder.flush()
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from types import MappingProxyType, TracebackType
from typing import BinaryIO, Final, Self, TypeVar

from codecmodel.files.audio_track_writer import AudioTrackWriter
from codecmodel.files.errors import MediaFileError, MissingLibraryError
from codecmodel.files.labels import NO_DESCRIPTION, Chapter, TrackDescription, with_default
from codecmodel.files.new_file import NewFile
from codecmodel.files.orientation_support import can_tell_orientation
from codecmodel.files.source import is_text, name_of
from codecmodel.files.track_writer import MATROSKA, TrackWriter
from codecmodel.files.video_track_writer import VideoTrackWriter
from ffbind import (
    Chapter as FFmpegChapter,
)
from ffbind import (
    ContainerWriter,
    FFbindError,
    FFmpegError,
    LibraryNotFoundError,
    UnsupportedLibraryError,
    can_seek,
    load,
    rotation_matrix,
)

_MICROSECONDS: Final = (1, 1_000_000)
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
#: FFmpeg's names of MP4 and the formats that are built like it.
_MP4_FAMILY: Final = frozenset({"mp4", "mov", "ipod", "3gp", "3g2", "psp", "f4v", "ismv"})
#: FFmpeg's options for a file that is written from the beginning to the end: fragments, each with its own index, and
#: a header that is written with the first of them, so that it tells where the tracks begin.
_FRAGMENTS: Final = "frag_keyframe+delay_moov+default_base_moof"
#: The libavformat from which on the timescale of a movie can be chosen.
_LEAST_WITH_MOVIE_TIMESCALE: Final = 59

TrackT = TypeVar("TrackT", bound=TrackWriter)


class Muxer:
    """A container that is being written. It is a context manager, which gives up if its block raises.

    ``target`` is a path, "-" for standard output, or a binary file object. A path gets its file when ``close`` has
    completed it; until then a file that is there stays as it is. A file object is written to from its position on and
    is not closed. MP4 and its relatives are written in fragments if it cannot seek.

    ``format`` is FFmpeg's short name ("mp4", "webm", "matroska", "ogg", …); with None the path's extension decides. All
    tracks are added first. Chunks wait until each track has its first ones.

    The earliest track begins at zero: all timestamps are shifted by the same time, unless ``keeps_start`` is set. With
    ``moov_first`` the index of an MP4 file, the "moov" box, comes before the media, so that a player needs only the
    beginning of the file to start. ``metadata`` are tags of the file such as "title"; ``chapters`` are in the time of
    the chunks. Formats without tags or chapters leave them out.

    All methods raise MediaFileError if the file cannot be written or the format cannot hold its contents. After the
    first error nothing more is written, and each further call, ``close`` included, raises this error again. The
    constructor raises TypeError for other targets.
    """

    def __init__(
        self,
        target: str | os.PathLike[str] | BinaryIO,
        format: str | None = None,
        *,
        keeps_start: bool = False,
        moov_first: bool = False,
        metadata: Mapping[str, str] = _NOTHING,
        chapters: Sequence[Chapter] = (),
    ) -> None:
        self._file: NewFile | None = None
        self._standard_output: BinaryIO | None = None
        if target == "-":
            self._name = "standard output"
            self._standard_output = target = sys.stdout.buffer
        elif not isinstance(target, str | os.PathLike):
            _check_file_object(target)
            self._name = name_of(target)
        self._keeps_start = keeps_start
        self._chapters = chapters
        self._tracks: list[TrackWriter] = []
        self._has_begun = self._is_closed = False
        self._failure: MediaFileError | None = None
        with self._errors():
            if isinstance(target, str | os.PathLike):
                self._name = os.fspath(target)
                self._file = NewFile(target)
            try:
                self._container = ContainerWriter.open(
                    target if self._file is None else self._file.temporary_path,
                    format,
                    # FFmpeg 5 calls FLAC in MP4 experimental.
                    options={"strict": "experimental"},
                    metadata=metadata,
                )
            except BaseException:
                if self._file is not None:
                    self._file.discard()
                raise
        #: Whether the format is MP4 or built like it.
        self.is_mp4 = self._container.format_name in _MP4_FAMILY
        if self.is_mp4 and not _can_seek(target):
            self._container.options["movflags"] = _FRAGMENTS
        elif self.is_mp4 and moov_first:
            self._container.options["movflags"] = "faststart"

    def can_tell_orientation(self, rotation: float, *, flip: bool = False) -> bool:
        """Whether the format can tell players to turn pictures by ``rotation`` degrees and to flip them after that."""
        matrix = rotation_matrix(round(rotation), flip=flip)
        return (rotation == 0 and not flip) or can_tell_orientation(self._container.format_name, matrix)

    @property
    def can_hold_alpha(self) -> bool:
        """Whether the format can hold the alpha planes of VP8 and VP9."""
        return self._container.format_name in MATROSKA

    def add_video_track(
        self,
        *,
        frame_rate: Fraction | None = None,
        time_base: Fraction | None = None,
        description: TrackDescription = NO_DESCRIPTION,
    ) -> VideoTrackWriter:
        """A track of pictures.

        ``frame_rate`` is the track's constant or average rate in frames a second, if it is known. ``time_base`` is the
        unit in seconds that the timestamps were rounded to before, None if they were not.
        """
        return self._add(VideoTrackWriter(self, len(self._tracks), description, frame_rate, time_base))

    def add_audio_track(
        self, *, channel_mask: int = 0, description: TrackDescription = NO_DESCRIPTION
    ) -> AudioTrackWriter:
        """A track of sound.

        ``channel_mask`` says which channels there are, as the bits of FFmpeg's AV_CH_*, if the codec gives them no
        meaning, as PCM. With 0 they are not known.
        """
        return self._add(AudioTrackWriter(self, len(self._tracks), description, channel_mask))

    def _add(self, track: TrackT) -> TrackT:
        if self._has_begun:
            raise MediaFileError(f"{self._name}: tracks cannot be added once all others have begun")
        self._tracks.append(track)
        return track

    @property
    def can_be_mended(self) -> bool:
        """Whether bytes of the file can be replaced when FFmpeg has completed it."""
        return self._file is not None and self._file.is_new

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A block in which a track takes a chunk. Raises the first error again, and makes an error the first."""
        self._raise_failure()
        if self._is_closed:
            raise MediaFileError(f"{self._name}: it is closed")
        try:
            with self._errors():
                yield
        except BaseException as error:
            self._failure = (
                error
                if isinstance(error, MediaFileError)
                else MediaFileError(f"{self._name}: given up after {error!r}")
            )
            self.discard()
            raise

    def advance(self) -> None:
        """Write the chunks that can be written."""
        if not self._has_begun and all(track.is_ready for track in self._tracks):
            self._begin()
        if self._has_begun:
            self._flush()

    def _begin(self) -> None:
        self._has_begun = True
        tracks = [track for track in self._tracks if track.has_chunks]
        if not tracks:
            raise MediaFileError(
                "there is nothing to write: no chunk has come (await the encoders' flush() before the end)"
            )
        for kind in (AudioTrackWriter, VideoTrackWriter):
            of_kind = [track for track in tracks if isinstance(track, kind)]
            described = with_default([each.description for each in of_kind])
            for each, description in zip(of_kind, described, strict=True):
                each.description = description
        shift = min(track.start for track in tracks)
        if self._keeps_start:
            # No format has timestamps before zero.
            shift = min(shift, Fraction(0))
        for track in tracks:
            track.begin(self._container, shift)
        self._set_options(tracks)
        self._container.set_chapters([_shifted(chapter, round(shift)) for chapter in self._chapters])
        try:
            self._container.start()
        except FFmpegError as error:
            codecs = ", ".join(track.codec_name for track in tracks)
            raise MediaFileError(f"the format cannot hold {codecs} ({error.message})") from error

    def _set_options(self, tracks: Sequence[TrackWriter]) -> None:
        options = self._container.options
        if self.is_mp4 and load().versions["avformat"][0] >= _LEAST_WITH_MOVIE_TIMESCALE:
            # Edit lists are in ticks of the movie. A thousand a second, the default, would round the ends of tracks.
            finest = min(track.time_base for track in tracks)
            options["movie_timescale"] = str(finest.denominator)
        elif self._container.format_name in MATROSKA and all(track.tells_delay for track in tracks):
            # FFmpeg 5 moves all tracks to where the delay of the sound begins, and subtracts the delay as well.
            options["avoid_negative_ts"] = "disabled"

    def _flush(self) -> None:
        for track in self._tracks:
            track.flush(self._container)

    def close(self) -> None:
        """Complete the file, without the tracks that have no chunks. Raises the first error.

        It is an error if there is no chunk at all.
        """
        self._raise_failure()
        if self._is_closed:
            return
        with self.writing():
            if not self._has_begun:
                self._begin()
            self._flush()
            for track in self._tracks:
                track.finish(self._container)
            self._container.close()
            if self._standard_output is not None:
                self._standard_output.flush()
            if self._file is not None and self.can_be_mended:
                for track in self._tracks:
                    track.mend(self._file.temporary_path)
                self._file.commit()
        self.discard()

    def discard(self) -> None:
        """Give up: the path gets no file. The bytes in a file object stay. Never raises."""
        self._is_closed = True
        for track in self._tracks:
            track.close()
        self._container.discard()
        if self._file is not None:
            self._file.discard()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn all errors of writing into MediaFileError, which names the file, and the chunk if one is at fault."""
        try:
            yield
        except (LibraryNotFoundError, UnsupportedLibraryError) as error:
            raise MissingLibraryError(str(error)) from error
        except OSError as error:
            raise MediaFileError(f"{self._name}: {error.strerror or error}") from error
        except (MediaFileError, FFbindError, ValueError) as error:
            place = "".join(f"{note}: " for note in getattr(error, "__notes__", ()))
            reason = _reason(error)
            if self._file is not None:
                # The temporary name tells a user nothing.
                reason = reason.replace(self._file.temporary_path, self._name)
            raise MediaFileError(f"{self._name}: {place}{reason}") from error


def _reason(error: Exception) -> str:
    match error:
        case FFmpegError():
            return f"the container cannot hold this ({error.message})"
        case _:
            return str(error)


def _shifted(chapter: Chapter, shift: int) -> FFmpegChapter:
    start, end = max(0, chapter.start - shift), max(0, chapter.end - shift)
    return FFmpegChapter(_MICROSECONDS, start, end, {"title": chapter.title})


def _can_seek(target: str | os.PathLike[str] | BinaryIO) -> bool:
    if isinstance(target, str | os.PathLike):
        return not os.path.exists(target) or os.path.isfile(target)
    return can_seek(target)


def _check_file_object(target: BinaryIO) -> None:
    if not hasattr(target, "write"):
        raise TypeError(f"a container is written to a path or a binary file object, not to {type(target).__name__}")
    if is_text(target):
        raise TypeError("a container is written to a binary file object, not as text: open the file with 'wb'")
    if hasattr(target, "writable") and not target.writable():
        raise MediaFileError(f"{name_of(target)}: the file object is not open for writing")

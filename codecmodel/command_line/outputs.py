"""The files that a track is decoded to: one, and another one each time that its format or size changes."""

from abc import ABC, abstractmethod
from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, Generic, Protocol, TypeVar

from codecmodel.files.errors import MediaFileError
from codecmodel.files.picture import PictureShape, shape_of_picture
from codecmodel.files.raw_video import RawVideoWriter
from codecmodel.files.wav import SoundShape, WavWriter, shape_of_sound
from codecmodel.files.y4m import Y4MWriter, can_be_y4m
from codecmodel.raw_media.audio_data import AudioData
from codecmodel.raw_media.video_frame import VideoFrame

MediaT = TypeVar("MediaT")
MediaT_contra = TypeVar("MediaT_contra", contravariant=True)
ShapeT = TypeVar("ShapeT")


class Writer(Protocol[MediaT_contra]):
    """Writes media of one shape to files opened by someone else."""

    def write(self, media: MediaT_contra, /) -> None: ...

    def close(self) -> None:
        """Complete what was written."""


class TrackFiles(ABC, Generic[MediaT, ShapeT]):
    """The output files of one track: ``STEM.EXT``, ``STEM.part2.EXT``, … Existing files are replaced.

    All methods but ``abandon`` and ``remove`` raise OSError where a file cannot be written.
    """

    def __init__(self, stem: Path) -> None:
        self._stem = stem
        self._parts = 0
        self._shape: ShapeT | None = None
        self._writer: Writer[MediaT] | None = None
        self._open_files = ExitStack()
        #: Files written so far, in order.
        self.paths: list[Path] = []

    def write(self, media: MediaT) -> None:
        """Append ``media``, to a new file if it is not of the shape of what came before."""
        shape = self._shape_of(media)
        if self._writer is None or shape != self._shape:
            self.finish()
            self._parts += 1
            self._shape = shape
            self._writer = self._new_writer(shape)
        self._writer.write(media)

    def finish(self) -> None:
        """Complete the current file and close it."""
        writer, self._writer = self._writer, None
        with self._open_files:
            if writer is not None:
                writer.close()

    async def wait_for_room(self) -> None:
        """There always is room."""

    async def complete(self) -> None:
        """Complete the current file and close it."""
        self.finish()

    def abandon(self) -> None:
        """Complete the current file, or remove all if that fails. Never raises."""
        try:
            self.finish()
        except OSError:
            self.remove()

    def remove(self) -> None:
        """Remove all files, finished or not. Never raises."""
        self._writer = None
        with suppress(OSError):
            self._open_files.close()
        for path in self.paths:
            with suppress(OSError):
                path.unlink()
        self.paths.clear()

    @abstractmethod
    def _shape_of(self, media: MediaT) -> ShapeT:
        """What ``media`` has in common with all media of its file. Raises MediaFileError if no file can hold it."""

    @abstractmethod
    def _new_writer(self, shape: ShapeT) -> Writer[MediaT]:
        """A writer for the next file."""

    def _open(self, extension: str) -> BinaryIO:
        part = f".part{self._parts}" if self._parts > 1 else ""
        path = Path(f"{self._stem}{part}.{extension}")
        file = open(path, "wb")  # noqa: SIM115 - closed by finish()
        self._open_files.enter_context(file)
        self.paths.append(path)
        return file


class VideoFiles(TrackFiles[VideoFrame, PictureShape]):
    """Y4M, or raw planes and a JSON description for what Y4M cannot hold."""

    def __init__(self, stem: Path, resolution: int, rate_hint: Fraction | None) -> None:
        super().__init__(stem)
        self._resolution = resolution
        self._rate_hint = rate_hint

    def _shape_of(self, media: VideoFrame) -> PictureShape:
        if media.format is None:
            raise MediaFileError("its pixels are in a format that WebCodecs has no name for")
        return shape_of_picture(media)

    def _new_writer(self, shape: PictureShape) -> Writer[VideoFrame]:
        if can_be_y4m(shape):
            return Y4MWriter(self._open("y4m"), shape, resolution=self._resolution, rate_hint=self._rate_hint)
        return RawVideoWriter(self._open("raw"), self._open("json"), shape)


class AudioFiles(TrackFiles[AudioData, SoundShape]):
    """WAV."""

    def _shape_of(self, media: AudioData) -> SoundShape:
        shape = shape_of_sound(media)
        if shape is None:
            raise MediaFileError("its samples are in a format that WebCodecs has no name for")
        return shape

    def _new_writer(self, shape: SoundShape) -> Writer[AudioData]:
        return WavWriter(self._open("wav"), shape)

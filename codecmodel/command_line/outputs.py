"""The files that a track is decoded to. A change of its format or size begins another file."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, Final, Generic, Protocol, TypeVar

from codecmodel.command_line.resizing import resized
from codecmodel.files.errors import MediaFileError
from codecmodel.files.new_file import NewFile
from codecmodel.files.picture import PictureShape, shape_of_picture
from codecmodel.files.raw_video import RawVideoWriter
from codecmodel.files.wav import SoundShape, WavWriter, shape_of_sound
from codecmodel.files.y4m import Y4MWriter, can_be_y4m
from codecmodel.raw_media.audio_data import AudioData
from codecmodel.raw_media.audio_sample_format import AUDIO_SAMPLE_FORMATS
from codecmodel.raw_media.video_frame import VideoFrame

_SECOND: Final = 1_000_000
#: The largest mask of channels that WAV can tell: FFmpeg has bits beyond those of dwChannelMask.
_MOST_OF_WAV: Final = 0x3FFFF

MediaT = TypeVar("MediaT")
MediaT_contra = TypeVar("MediaT_contra", contravariant=True)
ShapeT = TypeVar("ShapeT")


class Writer(Protocol[MediaT_contra]):
    """Writes media of one shape to files that its maker opens and closes."""

    def write(self, media: MediaT_contra, /) -> None: ...

    def close(self) -> None:
        """Write the properties that are known only at the end, such as a length in a header."""


class TrackFiles(ABC, Generic[MediaT, ShapeT]):
    """The output files of one track: ``STEM.EXT``, ``STEM.part2.EXT``, …

    Files have their names, and replace files that have them already, when ``keep`` is called. All methods but
    ``abandon`` and ``remove`` raise OSError if a file cannot be written.
    """

    def __init__(self, stem: Path) -> None:
        self._stem = stem
        self._parts = 0
        self._shape: ShapeT | None = None
        self._writer: Writer[MediaT] | None = None
        self._open_files = ExitStack()
        self._files: list[NewFile] = []
        # Timestamps of media that are lost before the next that is written.
        self._lost: list[int] = []

    @property
    def paths(self) -> list[Path]:
        """The files written so far, in order."""
        return [Path(file.path) for file in self._files]

    def write(self, media: MediaT) -> None:
        """Append ``media``, to a new file if its shape differs from that of the media before it."""
        shape = self._shape_of(media)
        if self._writer is None or shape != self._shape:
            self.finish()
            self._parts += 1
            self._shape = shape
            self._writer = self._new_writer(shape)
        with self._naming_the_file():
            self._writer.write(media)

    def leave_out(self, timestamps: Sequence[int]) -> None:
        """Media with these timestamps (µs) is lost. If more follows, files without timestamps are filled up."""
        self._lost += timestamps

    def finish(self) -> None:
        """Complete the current file and close it. It is not kept yet."""
        writer, self._writer = self._writer, None
        with self._naming_the_file(), self._open_files:
            if writer is not None:
                writer.close()

    def keep(self) -> None:
        """Complete the current file and give all files their names."""
        self.finish()
        for file in self._files:
            file.commit()

    async def wait_for_room(self) -> None:
        """Return at once: files take everything."""

    async def complete(self) -> None:
        """Complete the current file and close it."""
        self.finish()

    def abandon(self) -> None:
        """Complete the current file, or remove all files if that fails. Never raises."""
        try:
            self.finish()
        except OSError:
            self.remove()

    def remove(self) -> None:
        """Remove all files that are not kept yet. Never raises."""
        self._writer = None
        with suppress(OSError):
            self._open_files.close()
        for file in self._files:
            file.discard()
        self._files.clear()

    @contextmanager
    def _naming_the_file(self) -> Iterator[None]:
        """Errors of writing tell no file name. The names of the temporary files tell a user nothing."""
        try:
            yield
        except OSError as error:
            if self._files:
                error.filename = self._files[-1].path
            raise

    @abstractmethod
    def _shape_of(self, media: MediaT) -> ShapeT:
        """The properties that all media of a file share. Raises MediaFileError if no file can hold ``media``."""

    @abstractmethod
    def _new_writer(self, shape: ShapeT) -> Writer[MediaT]:
        """A writer for the next file."""

    def _open(self, extension: str) -> BinaryIO:
        part = f".part{self._parts}" if self._parts > 1 else ""
        new_file = NewFile(f"{self._stem}{part}.{extension}")
        self._files.append(new_file)
        file = open(new_file.temporary_path, "wb")  # noqa: SIM115 - closed by finish()
        self._open_files.enter_context(file)
        return file


class VideoFiles(TrackFiles[VideoFrame, PictureShape]):
    """Y4M files, or raw planes and a JSON description of frames that Y4M cannot hold.

    ``size`` is that of the pictures before rotation, (width, height) in pixels, None for the size of the frames.
    """

    def __init__(
        self,
        stem: Path,
        resolution: int,
        rate_hint: Fraction | None,
        display_aspect: Fraction | None,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(stem)
        self._size = size
        self._display_aspect = display_aspect
        self._resolution = resolution
        self._rate_hint = rate_hint
        self._last: VideoFrame | None = None

    def write(self, media: VideoFrame) -> None:
        if self._size is None:
            self._write(media)
        else:
            with resized(media, self._size) as scaled:
                self._write(scaled)

    def _write(self, media: VideoFrame) -> None:
        last, self._last = self._last, media.clone()
        if last is None:
            self._lost.clear()
        else:
            self._repeat(last, media.timestamp)
            last.close()
        super().write(media)

    def _repeat(self, last: VideoFrame, end: int) -> None:
        """Write ``last`` once more for each frame that is lost between it and ``end`` (µs), if the file is Y4M."""
        lost = sorted(timestamp for timestamp in self._lost if last.timestamp < timestamp < end)
        self._lost.clear()
        if can_be_y4m(shape_of_picture(last)):
            for timestamp in lost:
                with closing(VideoFrame(last, {"timestamp": timestamp})) as repeated:
                    super().write(repeated)

    async def complete(self) -> None:
        self._forget_last()
        await super().complete()

    def abandon(self) -> None:
        self._forget_last()
        super().abandon()

    def remove(self) -> None:
        self._forget_last()
        super().remove()

    def _forget_last(self) -> None:
        if self._last is not None:
            self._last.close()
            self._last = None

    def _shape_of(self, media: VideoFrame) -> PictureShape:
        if media.format is None:
            raise MediaFileError("its pixels are in a format that WebCodecs has no name for")
        return shape_of_picture(media)

    def _new_writer(self, shape: PictureShape) -> Writer[VideoFrame]:
        if can_be_y4m(shape):
            return Y4MWriter(
                self._open("y4m"),
                shape,
                resolution=self._resolution,
                rate_hint=self._rate_hint,
                display_aspect=self._display_aspect,
            )
        return RawVideoWriter(self._open("raw"), self._open("json"), shape)


class AudioFiles(TrackFiles[AudioData, SoundShape]):
    """WAV files. ``channel_mask`` says which channels the sound has, as FFmpeg's AV_CH_* bits; 0 if it is not known."""

    def __init__(self, stem: Path, channel_mask: int = 0) -> None:
        super().__init__(stem)
        self._channel_mask = channel_mask if channel_mask <= _MOST_OF_WAV else 0
        # The end (µs) of the sound that was written.
        self._end: Fraction | None = None

    def write(self, media: AudioData) -> None:
        # Sound that is lost later has been noted already if the decoder has chunks in work.
        is_after_loss = any(timestamp < media.timestamp for timestamp in self._lost)
        if is_after_loss and self._end is not None:
            frames = round((media.timestamp - self._end) * Fraction(media.sampleRate) / _SECOND)
            if frames > 0:
                with closing(_silence(media, frames)) as silence:
                    super().write(silence)
        self._lost = [timestamp for timestamp in self._lost if timestamp >= media.timestamp]
        self._end = media.timestamp + Fraction(media.numberOfFrames * _SECOND) / Fraction(media.sampleRate)
        super().write(media)

    def _shape_of(self, media: AudioData) -> SoundShape:
        shape = shape_of_sound(media)
        if shape is None:
            raise MediaFileError("its samples are in a format that WebCodecs has no name for")
        return shape

    def _new_writer(self, shape: SoundShape) -> Writer[AudioData]:
        mask = self._channel_mask if self._channel_mask.bit_count() == shape.number_of_channels else 0
        return WavWriter(self._open("wav"), shape, channel_mask=mask)


def _silence(data: AudioData, frames: int) -> AudioData:
    """So many frames of silence, before ``data`` and of its format."""
    assert data.format is not None, "it has a shape"
    sample_format = AUDIO_SAMPLE_FORMATS[data.format]
    size = frames * data.numberOfChannels * sample_format.bytes_per_sample
    return AudioData(
        {
            "format": data.format,
            "sampleRate": data.sampleRate,
            "numberOfFrames": frames,
            "numberOfChannels": data.numberOfChannels,
            "timestamp": data.timestamp - round(frames * _SECOND / data.sampleRate),
            # Samples without a sign are silent in the middle of their range.
            "data": (b"\x80" if sample_format.sample_type == "u8" else b"\0") * size,
        }
    )

"""The command ``thumbnails``: small pictures of a video, from key frames that are spread over it, or at given times."""

import argparse
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from codecmodel.command_line.decode import output_name
from codecmodel.command_line.overwriting import require_permission
from codecmodel.command_line.progress import ProgressListener, reported_progress
from codecmodel.command_line.run import run_program
from codecmodel.command_line.support import is_supported, why_unsupported
from codecmodel.encoded_chunks import EncodedVideoChunk
from codecmodel.files.demuxer import Demuxer
from codecmodel.files.errors import MediaFileError
from codecmodel.files.media_file import MediaFile
from codecmodel.files.new_file import NewFile
from codecmodel.files.png import write_png
from codecmodel.files.printable import printable
from codecmodel.files.tracks import DemuxedVideoChunk, VideoTrack
from codecmodel.iteration import decoded_video
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.rgb import approximate_rgb, upright
from codecmodel.web.errors import DOMException


class Thumbnail(NamedTuple):
    """A picture of the shape (rows, columns, 3), and its time in µs."""

    timestamp: int
    pixels: npt.NDArray[np.uint8]


def thumbnails(options: argparse.Namespace) -> None:
    """Write the pictures. Raises MediaFileError."""
    stem = Path(options.out) / output_name(options.file)
    count = options.count if options.at is None else len(options.at)
    paths = [Path(f"{stem}.thumbnail{number}.png") for number in range(1, count + 1)]
    require_permission(paths, is_given=options.overwrite)
    with reported_progress(options) as report_progress:
        if options.at is None:
            pictures = run_program(thumbnails_of(options.file, count, options.width, report_progress))
        else:
            pictures = run_program(thumbnails_at(options.file, options.at, options.width, report_progress))
    try:
        Path(options.out).mkdir(parents=True, exist_ok=True)
        for path, picture in zip(paths, pictures, strict=False):
            _write(path, picture)
            if not options.quiet:
                print(f"{printable(str(path))}: at {picture.timestamp / 1_000_000:.3f} s")
    except OSError as error:
        raise MediaFileError(f"{error.filename or options.out}: {error.strerror or error}") from error


def _write(path: Path, picture: Thumbnail) -> None:
    new_file = NewFile(path)
    try:
        with open(new_file.temporary_path, "wb") as file:
            write_png(file, picture.pixels)
        new_file.commit()
    except OSError as error:
        # The name of the temporary file tells a user nothing.
        error.filename = str(path)
        raise
    finally:
        new_file.discard()


async def thumbnails_of(path: str, count: int, width: int, report_progress: ProgressListener) -> Sequence[Thumbnail]:
    """At most ``count`` pictures of the first video track, ``width`` pixels wide, in order. Raises MediaFileError."""
    with Demuxer(path) as demuxer:
        track = demuxer.video_track
        if not await is_supported(track):
            raise MediaFileError(f"{demuxer.name}: track {track.index}: {why_unsupported(track)}")
        keys = [
            demuxed.chunk
            for demuxed in demuxer.chunks([track.index])
            if isinstance(demuxed, DemuxedVideoChunk) and demuxed.chunk.type == "key" and demuxed.damage == "none"
        ]
        pictures = []
        wanted = chosen(keys, count)
        for done, key in enumerate(wanted):
            report_progress(done, len(wanted))
            try:
                pictures.append(Thumbnail(key.timestamp, await _picture(track, key, width)))
            except (DOMException, StopAsyncIteration):
                # Another key frame may be whole.
                continue
        if not pictures:
            raise MediaFileError(f"{demuxer.name}: no key frame can be decoded")
        return pictures


async def thumbnails_at(
    path: str, times: Sequence[int], width: int, report_progress: ProgressListener
) -> Sequence[Thumbnail]:
    """Pictures of the frames that are shown at ``times``, in µs, ``width`` pixels wide. Raises MediaFileError."""
    async with MediaFile(path) as media:
        video = media.video
        if not await is_supported(video.track):
            raise MediaFileError(f"{path}: track {video.track.index}: {why_unsupported(video.track)}")
        pictures = []
        try:
            async for frame in video.at(times):
                with frame:
                    pictures.append(Thumbnail(frame.timestamp, _pixels(frame, width)))
                report_progress(len(pictures), len(times))
        except DOMException as error:
            raise MediaFileError(f"{path}: {error}") from error
        return pictures


def chosen(keys: Sequence[EncodedVideoChunk], count: int) -> Sequence[EncodedVideoChunk]:
    """The key chunks that are nearest to the middles of ``count`` equal parts of the time, each of them once."""
    if not keys:
        return ()
    times = np.array([key.timestamp for key in keys], np.int64)
    first, last = int(np.min(times)), int(np.max(times))
    middles = [first + (last - first) * (2 * number + 1) / (2 * count) for number in range(count)]
    return [keys[index] for index in sorted({int(np.argmin(np.abs(times - middle))) for middle in middles})]


async def _picture(track: VideoTrack, key: EncodedVideoChunk, width: int) -> npt.NDArray[np.uint8]:
    async with aclosing(decoded_video(track.config, [key])) as frames:
        with await anext(frames) as frame:
            return _pixels(frame, width)


def _pixels(frame: VideoFrame, width: int) -> npt.NDArray[np.uint8]:
    """The pixels of a frame as it is to be looked at, ``width`` pixels wide."""
    return np.ascontiguousarray(upright(approximate_rgb(frame, "RGB", size=_size(frame, width)), frame))


def _size(frame: VideoFrame, width: int) -> tuple[int, int]:
    """The size to scale to, before rotation, so that the upright picture is ``width`` pixels wide."""
    height = max(1, round(width * frame.displayHeight / frame.displayWidth))
    return (height, width) if frame.rotation in (90, 270) else (width, height)

"""``python -m codecmodel decode``: every track of a file through its WebCodecs decoder, into Y4M and WAV."""

import os
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from codecmodel.tools.demuxer import AudioTrack, Demuxer, VideoTrack
from codecmodel.tools.errors import ToolError
from codecmodel.tools.outputs import AudioFiles, VideoFiles
from codecmodel.tools.support import is_supported, why_unsupported
from codecmodel.tools.timing import tick_in_microseconds
from codecmodel.tools.track_decoder import AudioTrackDecoder, VideoTrackDecoder

AnyTrackDecoder: TypeAlias = AudioTrackDecoder | VideoTrackDecoder
#: Told how much of how much is done: µs of the file's duration, or bytes where that is not known.
ProgressListener: TypeAlias = Callable[[int, int], None]

#: Chunks from one report of progress to the next.
_CHUNKS_A_REPORT = 32


class UnsupportedTrack(NamedTuple):
    """A track that was not decoded, and why."""

    track: AudioTrack | VideoTrack
    reason: str


class Decoded(NamedTuple):
    """What became of each track."""

    decoders: Sequence[AnyTrackDecoder]
    unsupported: Sequence[UnsupportedTrack]


async def decode_file(
    path: str, directory: Path, indexes: Collection[int] | None, report_progress: ProgressListener
) -> Decoded:
    """Decode the tracks of a file with these indexes, or all that are supported, to files in ``directory``.

    Raises ToolError if the file cannot be read or decoded to its end; what was decoded until then is kept and the
    message names it. If an output cannot be written, or the program is interrupted, all outputs are removed.
    """
    with Demuxer(path) as demuxer:
        wanted, unsupported = await _choose(path, demuxer, indexes)
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ToolError(f"{directory}: {error.strerror or error}") from error
        decoders: dict[int, AnyTrackDecoder] = {}
        try:
            for track in wanted:
                decoders[track.index] = _new_decoder(track, directory / f"{os.path.basename(path)}.track{track.index}")
            await _decode_all(path, demuxer, decoders, report_progress)
        except ToolError as error:
            for decoder in decoders.values():
                await decoder.salvage()
            raise ToolError(f"{_problem(path, demuxer, error)}{_kept_outputs(decoders.values())}") from error
        except OSError as error:
            _discard(decoders.values())
            raise ToolError(f"{error.filename or directory}: {error.strerror or error}; outputs removed") from error
        except BaseException:
            _discard(decoders.values())
            raise
        if demuxer.missing_bytes:
            raise ToolError(f"{path}: {demuxer.cut_off()}{_kept_outputs(decoders.values())}")
        return Decoded(list(decoders.values()), unsupported)


async def _choose(
    path: str, demuxer: Demuxer, indexes: Collection[int] | None
) -> tuple[list[AudioTrack | VideoTrack], list[UnsupportedTrack]]:
    """The tracks to decode, and those that can't be. Raises ToolError if there is nothing to decode."""
    numbers = {track.index for track in demuxer.tracks}
    for index in indexes or ():
        if index not in numbers:
            raise ToolError(f"{path}: there is no track {index}; it has {', '.join(map(str, sorted(numbers)))}")
    wanted: list[AudioTrack | VideoTrack] = []
    unsupported: list[UnsupportedTrack] = []
    for track in demuxer.tracks:
        if indexes is not None and track.index not in indexes:
            continue
        if await is_supported(track):
            wanted.append(track)
        else:
            unsupported.append(UnsupportedTrack(track, why_unsupported(track)))
    if not wanted or (indexes is not None and unsupported):
        reasons = "; ".join(f"track {track.index}: {reason}" for track, reason in unsupported)
        raise ToolError(f"{path}: no supported track ({reasons})" if not wanted else f"{path}: {reasons}")
    return wanted, unsupported


def _new_decoder(track: AudioTrack | VideoTrack, stem: Path) -> AnyTrackDecoder:
    if isinstance(track, AudioTrack):
        return AudioTrackDecoder(track, AudioFiles(stem))
    return VideoTrackDecoder(track, VideoFiles(stem, tick_in_microseconds(track.time_base), track.frame_rate))


async def _decode_all(
    path: str, demuxer: Demuxer, decoders: dict[int, AnyTrackDecoder], report_progress: ProgressListener
) -> None:
    duration = demuxer.duration
    total = os.path.getsize(path) if duration is None else duration
    done = 0
    for count, demuxed in enumerate(demuxer.chunks(decoders.keys())):
        await decoders[demuxed.track.index].feed(demuxed)
        chunk = demuxed.chunk
        if duration is None:
            done += chunk.byteLength
        else:
            done = max(done, chunk.timestamp + (chunk.duration or 0))
        if count % _CHUNKS_A_REPORT == 0:
            report_progress(min(done, total), total)
    for decoder in decoders.values():
        await decoder.finish()
    report_progress(total, total)


def _problem(path: str, demuxer: Demuxer, error: ToolError) -> str:
    """The error's message; where the file is cut off, that comes first, as the likely cause."""
    message = str(error).removeprefix(f"{path}: ")
    return f"{path}: {demuxer.cut_off()}; {message}" if demuxer.missing_bytes else f"{path}: {message}"


def _discard(decoders: Collection[AnyTrackDecoder]) -> None:
    for decoder in decoders:
        decoder.stop()
        decoder.files.remove()


def _kept_outputs(decoders: Collection[AnyTrackDecoder]) -> str:
    paths = [str(path) for decoder in decoders for path in decoder.files.paths]
    return f"; decoded until then: {', '.join(paths)}" if paths else ""


def progress_bar(console: Console) -> Progress:
    """A bar that disappears when it is done; nothing at all where ``console`` is no terminal."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def summary(decoded: Decoded) -> Table:
    """The table that is printed in the end."""
    table = Table()
    for heading in ("track", "codec"):
        table.add_column(heading)
    for heading in ("frames", "duration", "speed"):
        table.add_column(heading, justify="right")
    table.add_column("output", overflow="fold")
    for decoder in decoded.decoders:
        track = decoder.track
        assert track.config is not None
        table.add_row(
            str(track.index),
            track.config["codec"],
            f"{decoder.frames:,}",
            f"{decoder.duration:.3f} s",
            _speed(decoder),
            _outcome(decoder),
        )
    for track, reason in decoded.unsupported:
        table.add_row(str(track.index), track.codec_name, "", "", "", f"not decoded: {reason}")
    return table


def _speed(decoder: AnyTrackDecoder) -> str:
    return f"{decoder.duration / decoder.elapsed:,.1f} × real time\n{decoder.frames / decoder.elapsed:,.0f} frames/s"


def _outcome(decoder: AnyTrackDecoder) -> str:
    lines = [str(path) for path in decoder.files.paths]
    if decoder.skipped_chunks:
        lines.append(f"{decoder.skipped_chunks} chunks before the first key frame left out")
    return "\n".join(lines) or "nothing came out"

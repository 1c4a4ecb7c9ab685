"""``python -m codecmodel decode``: decodes each track of a file with a WebCodecs decoder, to Y4M and WAV files."""

import os
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from rich.table import Table

from codecmodel.command_line.audio_track_decoder import AudioTrackDecoder
from codecmodel.command_line.damage import DamageError
from codecmodel.command_line.extract import EVERYTHING, Extract, Selection
from codecmodel.command_line.outputs import AudioFiles, VideoFiles
from codecmodel.command_line.progress import ProgressListener
from codecmodel.command_line.support import is_supported, why_unsupported
from codecmodel.command_line.track_copier import AudioTrackCopier, VideoTrackCopier
from codecmodel.command_line.video_track_decoder import VideoTrackDecoder
from codecmodel.files.demuxer import Demuxer
from codecmodel.files.errors import MediaFileError
from codecmodel.files.printable import printable
from codecmodel.files.timing import tick_in_microseconds
from codecmodel.files.tracks import AudioTrack, DemuxedAudioChunk, DemuxedChunk, VideoTrack

AnyTrackDecoder: TypeAlias = AudioTrackDecoder | VideoTrackDecoder
AnyTrackCopier: TypeAlias = AudioTrackCopier | VideoTrackCopier
AnyTrackFiles: TypeAlias = AudioFiles | VideoFiles

#: The number of chunks from one report of progress to the next.
_CHUNKS_A_REPORT = 32


class UnsupportedTrack(NamedTuple):
    """A track that was not decoded, and the reason."""

    track: AudioTrack | VideoTrack
    reason: str


class DecodedTrack(NamedTuple):
    """A track that was decoded, and its files."""

    decoder: AnyTrackDecoder
    files: AnyTrackFiles


class Decoded(NamedTuple):
    """The result for each track."""

    decoded: Sequence[DecodedTrack]
    unsupported: Sequence[UnsupportedTrack]
    #: A line for each track that is damaged, though nothing of it is left out.
    warnings: Sequence[str]


async def decode_file(
    path: str,
    directory: Path,
    indexes: Collection[int] | None,
    report_progress: ProgressListener,
    *,
    is_strict: bool = False,
    selection: Selection = EVERYTHING,
) -> Decoded:
    """Decode the tracks of a file with these indexes, or all that are supported, to files in ``directory``.

    Raises DamageError if something is lost because the file is damaged or cut off, and MediaFileError if it cannot be
    read or decoded to its end, with ``is_strict`` at the first damage. The message names the files, which are kept. If
    an output cannot be written, or the program is interrupted, all outputs are removed.
    """
    with Demuxer(path) as demuxer:
        name = demuxer.name
        wanted, unsupported = await choose(demuxer, indexes)
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MediaFileError(f"{directory}: {error.strerror or error}") from error
        decoded: list[DecodedTrack] = []
        try:
            try:
                for track in wanted:
                    stem = directory / f"{output_name(path)}.track{track.index}"
                    decoded.append(_begin(track, stem, selection, is_strict))
                extract = None if selection.range.is_all else Extract(demuxer, wanted, selection.range, ())
                problems = await decode_all(demuxer, [decoder for decoder, _ in decoded], report_progress, extract)
                _keep(decoded)
            except MediaFileError:
                for decoder, _ in decoded:
                    await decoder.salvage()
                _keep(decoded)
                raise
        except MediaFileError as error:
            raise MediaFileError(f"{problem(demuxer, error)}{_kept_outputs(decoded)}") from error
        except OSError as error:
            _discard(decoded)
            raise MediaFileError(
                f"{error.filename or directory}: {error.strerror or error}; outputs removed"
            ) from error
        except BaseException:
            _discard(decoded)
            raise
        if problems or any(decoder.damage.is_loss for decoder, _ in decoded):
            raise DamageError(_damage_in_words(name, problems, decoded))
        warnings = [f"{name}: {words}" for words in (decoder.damage_in_words() for decoder, _ in decoded) if words]
        return Decoded(decoded, unsupported, warnings)


def output_name(path: str) -> str:
    """The name that the names of outputs begin with."""
    return "stdin" if path == "-" else os.path.basename(path)


def existing_outputs(path: str, directory: Path, indexes: Collection[int] | None) -> Sequence[Path]:
    """Files in ``directory`` that ``decode_file`` would perhaps replace."""
    name = re.compile(re.escape(output_name(path)) + r"\.track(\d+)(\.part\d+)?\.(y4m|raw|json|wav)")
    try:
        matches = [(each, name.fullmatch(each.name)) for each in sorted(directory.iterdir())]
    except OSError:
        return ()
    return [each for each, match in matches if match and (indexes is None or int(match[1]) in indexes)]


async def choose(
    demuxer: Demuxer, indexes: Collection[int] | None
) -> tuple[list[AudioTrack | VideoTrack], list[UnsupportedTrack]]:
    """The tracks to decode, and those that cannot be decoded. Raises MediaFileError if no track can be decoded."""
    numbers = {track.index for track in demuxer.tracks}
    for index in indexes or ():
        if index not in numbers:
            raise MediaFileError(
                f"{demuxer.name}: there is no track {index}; it has {', '.join(map(str, sorted(numbers)))}"
            )
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
        raise MediaFileError(
            f"{demuxer.name}: no supported track ({reasons})" if not wanted else f"{demuxer.name}: {reasons}"
        )
    return wanted, unsupported


def _begin(track: AudioTrack | VideoTrack, stem: Path, selection: Selection, is_strict: bool) -> DecodedTrack:
    if isinstance(track, AudioTrack):
        audio_files = AudioFiles(stem, track.channel_mask)
        audio_decoder = AudioTrackDecoder(track, audio_files, is_strict=is_strict, window=selection.of_sound(track))
        return DecodedTrack(audio_decoder, audio_files)
    resolution, rate, aspect = tick_in_microseconds(track.time_base), track.frame_rate, track.display_aspect
    if selection.rate is not None:
        resolution, rate = 1, selection.rate
    if selection.size is not None:
        aspect = None
    video_files = VideoFiles(stem, resolution, rate, aspect, selection.size)
    video_decoder = VideoTrackDecoder(track, video_files, is_strict=is_strict, selection=selection.of_frames())
    return DecodedTrack(video_decoder, video_files)


async def decode_all(
    demuxer: Demuxer,
    track_decoders: Sequence[AnyTrackDecoder | AnyTrackCopier],
    report_progress: ProgressListener,
    extract: Extract | None = None,
) -> Sequence[str]:
    """Feed every chunk of the decoders' tracks to its decoder, and finish. Raises MediaFileError, OSError.

    A copier of a track takes the place of a decoder. With an ``extract`` only the chunks of that are fed.

    Returns the reasons, if there are any, why the file was not read to its end.
    """
    audio_decoders = {
        each.track.index: each for each in track_decoders if isinstance(each, AudioTrackDecoder | AudioTrackCopier)
    }
    video_decoders = {
        each.track.index: each for each in track_decoders if isinstance(each, VideoTrackDecoder | VideoTrackCopier)
    }
    duration = demuxer.duration
    start = 0
    if extract is not None and duration is not None:
        start = extract.start or 0
        duration = max(0, min(duration, duration if extract.end is None else extract.end) - start)
    total = (demuxer.size or 0) if duration is None else duration
    done = 0
    problems: list[str] = []
    indexes = audio_decoders.keys() | video_decoders.keys()
    chunks = demuxer.chunks(indexes) if extract is None else extract.chunks(indexes)
    for count, demuxed in enumerate(_readable(demuxer, chunks, problems)):
        if isinstance(demuxed, DemuxedAudioChunk):
            audio_decoder = audio_decoders[demuxed.track.index]
            if extract is not None and not audio_decoder.chunks and extract.is_in_the_middle(demuxed):
                audio_decoder.begin_in_the_middle()
            await audio_decoder.feed(demuxed)
        else:
            await video_decoders[demuxed.track.index].feed(demuxed)
        chunk = demuxed.chunk
        if duration is None:
            done += chunk.byteLength
        else:
            done = max(done, chunk.timestamp + (chunk.duration or 0) - start)
        if count % _CHUNKS_A_REPORT == 0:
            report_progress(min(done, total), total)
    for decoder in track_decoders:
        await decoder.finish()
    if extract is not None and not problems and not any(decoder.frames for decoder in track_decoders):
        raise MediaFileError(f"{demuxer.name}: there is nothing in it between these times")
    report_progress(total, total)
    return problems


def _readable(demuxer: Demuxer, chunks: Iterator[DemuxedChunk], problems: list[str]) -> Iterator[DemuxedChunk]:
    """The chunks up to the place from which the file cannot be read. The reason is added to ``problems``."""
    count = 0
    try:
        for demuxed in chunks:
            count += 1
            yield demuxed
    except MediaFileError as error:
        if not count:
            raise
        problems.append(str(error).removeprefix(f"{demuxer.name}: "))
    if demuxer.missing_bytes:
        problems.insert(0, demuxer.cut_off())
    if demuxer.read_errors and not problems:
        problems.append(f"{demuxer.read_errors} places cannot be read")
    if demuxer.is_end_lost and not problems:
        problems.append("chunks are missing at its end")


def _damage_in_words(name: str, problems: Sequence[str], decoded: Sequence[DecodedTrack]) -> Sequence[str]:
    """A line for the whole file if it has a problem, else for each track that is damaged."""
    damages = [(each, each.decoder.damage_in_words()) for each in decoded]
    if problems:
        parts = [*problems, *(words for _, words in damages if words)]
        return [f"{name}: {'; '.join(parts)}{_kept_outputs(decoded)}"]
    return [
        f"{name}: {words}{_kept_outputs([each]) if each.decoder.damage.is_at_end else _all_outputs(each)}"
        for each, words in damages
        if words
    ]


def _all_outputs(decoded: DecodedTrack) -> str:
    return f"; decoded to {', '.join(str(path) for path in decoded.files.paths)}"


def problem(demuxer: Demuxer, error: MediaFileError) -> str:
    """The message of the error. If the file is cut off, that comes first, as the likely cause."""
    message = str(error).removeprefix(f"{demuxer.name}: ")
    return f"{demuxer.name}: {demuxer.cut_off()}; {message}" if demuxer.missing_bytes else f"{demuxer.name}: {message}"


def _keep(decoded: Sequence[DecodedTrack]) -> None:
    for _, files in decoded:
        files.keep()


def _discard(decoded: Sequence[DecodedTrack]) -> None:
    for decoder, files in decoded:
        decoder.stop()
        files.remove()


def _kept_outputs(decoded: Sequence[DecodedTrack]) -> str:
    paths = [str(path) for _, files in decoded for path in files.paths]
    return f"; decoded until then: {', '.join(paths)}" if paths else ""


def summary(decoded: Decoded) -> Table:
    """The table that is printed at the end."""
    table = Table()
    for heading in ("track", "codec"):
        table.add_column(heading)
    for heading in ("frames", "duration", "speed"):
        table.add_column(heading, justify="right")
    table.add_column("output", overflow="fold")
    for decoder, files in decoded.decoded:
        track = decoder.track
        table.add_row(
            str(track.index),
            track.config["codec"],
            f"{decoder.frames:,}",
            f"{decoder.duration:.3f} s",
            speed(decoder),
            _outcome(decoder, files),
        )
    for track, reason in decoded.unsupported:
        table.add_row(str(track.index), track.codec_name, "", "", "", f"not decoded: {printable(reason)}")
    return table


def speed(decoder: AnyTrackDecoder | AnyTrackCopier) -> str:
    """The speed of decoding, in two lines."""
    return f"{decoder.duration / decoder.elapsed:,.1f} × real time\n{decoder.frames / decoder.elapsed:,.0f} frames/s"


def _outcome(decoder: AnyTrackDecoder, files: AnyTrackFiles) -> str:
    lines = [printable(str(path)) for path in files.paths]
    if decoder.skipped_chunks:
        lines.append(f"{decoder.skipped_chunks} chunks before the first key frame left out")
    return "\n".join(lines) or "no frames"

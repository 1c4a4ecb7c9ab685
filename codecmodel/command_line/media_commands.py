"""The commands ``decode`` and ``transcode``, as the command line runs them."""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from codecmodel.command_line import transcode as transcoder
from codecmodel.command_line.console import new_console
from codecmodel.command_line.decode import decode_file, existing_outputs, summary
from codecmodel.command_line.encoder_choice import default_codecs
from codecmodel.command_line.extract import Selection, TimeRange
from codecmodel.command_line.overwriting import require_permission
from codecmodel.command_line.progress import reported_progress
from codecmodel.command_line.run import run_program
from codecmodel.command_line.usage_error import UsageError
from codecmodel.files.errors import MediaFileError
from codecmodel.files.new_file import NewFile
from codecmodel.files.printable import printable
from codecmodel.tracing import Timeline, use_timeline


def decode(options: argparse.Namespace) -> None:
    """Decode a file as the options say. Raises MediaFileError and DamageError."""
    outputs = existing_outputs(options.file, options.out, options.tracks)
    require_permission([*outputs, *_trace_of(options)], is_given=options.overwrite)
    with _traced(options.trace):
        _decode(options)


def transcode(options: argparse.Namespace) -> None:
    """Transcode a file as the options say. Raises MediaFileError and DamageError."""
    transcoding = _transcoding(options)
    transcoder.check(options.file, options.target, transcoding)
    require_permission([options.target, *_trace_of(options)], is_given=options.overwrite)
    with _traced(options.trace):
        _transcode(options, transcoding)


def check_options(options: argparse.Namespace) -> None:
    """Raise UsageError if no file can be decoded or transcoded with these options."""
    selection = _selection(options)
    if "video" in options:
        transcoder.check_wishes(options.video, options.audio, selection)


def _trace_of(options: argparse.Namespace) -> list[Path]:
    return [] if options.trace is None else [options.trace]


def _transcoding(options: argparse.Namespace) -> transcoder.Transcoding:
    if options.target == transcoder.STANDARD_OUTPUT and options.format is None:
        raise UsageError("standard output has no extension to tell the format; --format names it")
    video, audio = options.video, options.audio
    if video is None or audio is None:
        usual = default_codecs(options.target, options.format)
        video, audio = video or usual.video, audio or usual.audio
    return transcoder.Transcoding(
        video,
        audio,
        options.video_bitrate,
        options.audio_bitrate,
        options.format,
        options.keep_start,
        options.moov_first,
        _selection(options),
    )


def _selection(options: argparse.Namespace) -> Selection:
    start, end = options.start, options.end
    if start is not None and end is not None and end <= start:
        raise UsageError("--to is not after --from")
    return Selection(TimeRange(start, end), options.size, options.fps)


def _decode(options: argparse.Namespace) -> None:
    with reported_progress(options) as report_progress:
        decoded = run_program(
            decode_file(
                options.file,
                options.out,
                options.tracks,
                report_progress,
                is_strict=options.strict,
                selection=_selection(options),
            )
        )
    _warn(decoded.warnings)
    if not options.quiet:
        new_console().print(summary(decoded))


def _transcode(options: argparse.Namespace, transcoding: transcoder.Transcoding) -> None:
    with reported_progress(options) as report_progress:
        transcoded = run_program(
            transcoder.transcode_file(
                options.file, options.target, transcoding, report_progress, is_strict=options.strict
            )
        )
    _warn(transcoded.warnings)
    if not options.quiet:
        # Standard output may be the target.
        new_console(stderr=options.target == transcoder.STANDARD_OUTPUT).print(transcoder.summary(transcoded))


def _warn(lines: Sequence[str]) -> None:
    for line in lines:
        print(f"warning: {printable(line)}", file=sys.stderr)


@contextmanager
def _traced(path: Path | None) -> Iterator[None]:
    """Trace the codecs made within the block, if there is a path for the trace.

    The trace is written at the end, also after an error, but not after an interrupt. A path that cannot be written
    raises MediaFileError before the block begins.
    """
    if path is None:
        yield
        return
    timeline = Timeline()
    with _errors_of(path):
        file = NewFile(path)
    try:
        with use_timeline(timeline):
            yield
    except KeyboardInterrupt:
        raise
    except BaseException:
        _write(file, timeline)
        raise
    else:
        _write(file, timeline)
    finally:
        file.discard()


def _write(file: NewFile, timeline: Timeline) -> None:
    with _errors_of(file.path):
        with open(file.temporary_path, "w", encoding="utf-8") as stream:
            timeline.write(stream)
        file.commit()


@contextmanager
def _errors_of(path: str | os.PathLike[str]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise MediaFileError(f"{path}: {error.strerror or error}") from error

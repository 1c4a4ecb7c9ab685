"""The command line of ``python -m codecmodel``."""

import argparse
import io
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from codecmodel.command_line import transcode
from codecmodel.command_line.arguments import parser
from codecmodel.command_line.damage import DamageError
from codecmodel.command_line.decode import ProgressListener, decode_file, existing_outputs, progress_bar, summary
from codecmodel.command_line.encoder_choice import default_codecs
from codecmodel.command_line.overwriting import require_permission
from codecmodel.command_line.probe import as_json, as_table, probe_file, title
from codecmodel.command_line.run import run_program
from codecmodel.command_line.timeline_picture import draw_file
from codecmodel.files.errors import MediaFileError
from codecmodel.files.new_file import NewFile
from codecmodel.files.printable import printable
from codecmodel.tracing import Timeline, use_timeline

_FAILURE: Final = 1
#: 128 and the number of SIGINT, as in shells.
_INTERRUPTED: Final = 130
#: The columns of a table that goes to a file or a pipe.
_WIDTH_WITHOUT_TERMINAL: Final = 160
#: If this variable of the environment is set, an unforeseen exception ends the command with its traceback.
_TRACEBACK_VARIABLE: Final = "CODECMODEL_TRACEBACK"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    It is 0, or 1 after one line or more on standard error, 2 for wrong usage, 130 after an interrupt.
    """
    options = parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A character that the terminal lacks, or an undecodable file name, must not end the command.
            stream.reconfigure(errors="replace")
    try:
        _run(options)
    except DamageError as error:
        for line in error.lines:
            print(f"error: {printable(line)}", file=sys.stderr)
        return _FAILURE
    except MediaFileError as error:
        print(f"error: {error}", file=sys.stderr)
        return _FAILURE
    except KeyboardInterrupt:
        print("interrupted; outputs removed" if "trace" in options else "interrupted", file=sys.stderr)
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader of the table has gone. Python would notice it again when it flushes standard output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _FAILURE
    except Exception as error:
        if os.environ.get(_TRACEBACK_VARIABLE):
            raise
        message = printable(f"{type(error).__name__}: {error}")
        print(f"error: a mistake in codecmodel: {message}; {_TRACEBACK_VARIABLE}=1 shows where", file=sys.stderr)
        return _FAILURE
    return 0


def _run(options: argparse.Namespace) -> None:
    match options.command:
        case "probe":
            _probe(options.file, options.json)
        case "timeline":
            draw_file(options.trace_file, options.picture, options.begin, options.end)
        case "decode":
            outputs = existing_outputs(options.file, options.out, options.tracks)
            require_permission([*outputs, *_trace_of(options)], is_given=options.overwrite)
            with _traced(options.trace):
                _decode(options)
        case _:
            transcoding = _transcoding(options)
            transcode.check(options.file, options.target, transcoding)
            require_permission([options.target, *_trace_of(options)], is_given=options.overwrite)
            with _traced(options.trace):
                _transcode(options, transcoding)


def _trace_of(options: argparse.Namespace) -> list[Path]:
    return [] if options.trace is None else [options.trace]


def _transcoding(options: argparse.Namespace) -> transcode.Transcoding:
    if options.target == transcode.STANDARD_OUTPUT and options.format is None:
        raise MediaFileError("standard output has no extension to tell the format; --format names it")
    video, audio = options.video, options.audio
    if video is None or audio is None:
        usual = default_codecs(options.target, options.format)
        video, audio = video or usual.video, audio or usual.audio
    return transcode.Transcoding(
        video,
        audio,
        options.video_bitrate,
        options.audio_bitrate,
        options.format,
        options.keep_start,
        options.moov_first,
    )


def _console(*, stderr: bool = False) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False)
    if not console.is_terminal:
        console.width = _WIDTH_WITHOUT_TERMINAL
    return console


def _probe(path: str, wants_json: bool) -> None:
    probed = run_program(probe_file(path))
    if wants_json:
        print(json.dumps(as_json(probed), indent=2))
    else:
        console = _console()
        # A long path is not wrapped, so that it can be copied.
        console.print(Text(printable(title(probed))), soft_wrap=True)
        console.print(as_table(probed))
    if probed.problem:
        raise MediaFileError(f"{path}: {probed.problem}")


def _decode(options: argparse.Namespace) -> None:
    with _progress(options) as report_progress:
        decoded = run_program(
            decode_file(options.file, options.out, options.tracks, report_progress, is_strict=options.strict)
        )
    _warn(decoded.warnings)
    if not options.quiet:
        _console().print(summary(decoded))


def _transcode(options: argparse.Namespace, transcoding: transcode.Transcoding) -> None:
    with _progress(options) as report_progress:
        transcoded = run_program(
            transcode.transcode_file(
                options.file, options.target, transcoding, report_progress, is_strict=options.strict
            )
        )
    _warn(transcoded.warnings)
    if not options.quiet:
        # Standard output may be the target.
        _console(stderr=options.target == transcode.STANDARD_OUTPUT).print(transcode.summary(transcoded))


def _warn(lines: Sequence[str]) -> None:
    for line in lines:
        print(f"warning: {printable(line)}", file=sys.stderr)


@contextmanager
def _progress(options: argparse.Namespace) -> Iterator[ProgressListener]:
    """A listener that shows progress on the terminal, unless the command is to be quiet."""
    if options.quiet:
        yield lambda done, total: None
        return
    with progress_bar(_console(stderr=True)) as progress:
        bar = progress.add_task(printable(os.path.basename(options.file)), total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total or None)


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

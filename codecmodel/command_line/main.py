"""The command line of ``python -m codecmodel``."""

import argparse
import gc
import io
import os
import sys
from collections.abc import Sequence
from typing import Final

from codecmodel.command_line.arguments import parser
from codecmodel.command_line.damage import DamageError
from codecmodel.command_line.usage_error import UsageError
from codecmodel.files.errors import MediaFileError
from codecmodel.files.printable import printable

_FAILURE: Final = 1
#: As that of argparse.
_WRONG_USAGE: Final = 2
#: 128 and the number of SIGINT, as in shells.
_INTERRUPTED: Final = 130
#: If this variable of the environment is set, an unforeseen exception ends the command with its traceback.
_TRACEBACK_VARIABLE: Final = "CODECMODEL_TRACEBACK"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status.

    It is 0, or 1 after one line or more on standard error, 2 for wrong usage, 130 after an interrupt.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] == ["explain"]:
        # Its options are the suite's.
        from codecmodel.command_line.explain_command import explain

        return explain(given[1:])
    options = parser().parse_args(given)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A character that the terminal lacks, or an undecodable file name, must not end the command.
            stream.reconfigure(errors="replace")
    try:
        run(options)
    except DamageError as error:
        for line in error.lines:
            print(f"error: {printable(line)}", file=sys.stderr)
        return _FAILURE
    except MediaFileError as error:
        print(f"error: {error}", file=sys.stderr)
        return _WRONG_USAGE if isinstance(error, UsageError) else _FAILURE
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


def program() -> int:
    """Run the command as a program, which ends after that."""
    status = main()
    # For speed: Python need not look for garbage at the end.
    gc.freeze()
    return status


def run(options: argparse.Namespace) -> None:
    """Do what the options say. Raises MediaFileError if a file is at fault."""
    # For speed: a command loads only what it needs itself.
    match options.command:
        case "probe":
            from codecmodel.command_line.probe_command import probe

            probe(options.file, wants_json=options.json)
        case "codecs":
            from codecmodel.command_line.codecs_command import codecs

            codecs(wants_json=options.json)
        case "thumbnails":
            from codecmodel.command_line.thumbnails_command import thumbnails

            thumbnails(options)
        case "batch":
            from codecmodel.command_line.batch.arguments import command_options
            from codecmodel.command_line.batch.command import batch

            words, understood = command_options(options)
            if options.batch_command in ("decode", "transcode"):
                from codecmodel.command_line.media_commands import check_options

                check_options(understood)
            batch(options, words)
        case "timeline":
            from codecmodel.command_line.overwriting import require_permission
            from codecmodel.command_line.timeline_picture import draw_file

            require_permission([options.picture], is_given=options.overwrite)
            draw_file(options.trace_file, options.picture, options.begin, options.end)
        case "decode":
            from codecmodel.command_line.media_commands import decode

            decode(options)
        case _:
            from codecmodel.command_line.media_commands import transcode

            transcode(options)

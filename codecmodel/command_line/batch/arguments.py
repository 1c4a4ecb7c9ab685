"""The arguments of the command ``batch``: those of all batches, and the options of the command for each file."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

#: Options of a command for one file that a batch gives itself, or that make no sense for many files.
_NOT_TAKEN_OVER: Final = ("help", "json", "out", "overwrite", "quiet", "trace")
_TIME_LIMIT: Final = 3600.0

_HELP: Final = {
    "probe": "find the tracks of each file, as configurations in the results",
    "decode": "decode each file to Y4M and WAV",
    "transcode": "decode and encode each file",
    "thumbnails": "write small pictures of each video",
}


def add_batch(batch: argparse.ArgumentParser, commands: Mapping[str, argparse.ArgumentParser]) -> None:
    """Add the arguments. ``commands`` are the parsers of the commands for one file, by name."""
    batch_commands = batch.add_subparsers(dest="batch_command", required=True, metavar="COMMAND")
    for name, help in _HELP.items():
        command = batch_commands.add_parser(name, help=help, description=f"For many files: {help}.")
        command.set_defaults(command_parser=commands[name])
        _add_common(command)
        if name == "transcode":
            command.add_argument(
                "--extension", metavar="EXT", help="of the outputs, which tells their format (default: each file's own)"
            )
        options = command.add_argument_group(f"options of {name}, for each file")
        for action in _options_of(commands[name]):
            if action.nargs == 0:
                options.add_argument(*action.option_strings, dest=action.dest, action="store_true", help=action.help)
            else:
                options.add_argument(*action.option_strings, dest=action.dest, metavar=action.metavar, help=action.help)


def command_options(options: argparse.Namespace) -> tuple[Sequence[str], argparse.Namespace]:
    """The options for each file, as the command for one file takes them, and as that command understands them.

    Ends the program with the usage of that command if an option has a wrong value.
    """
    command: argparse.ArgumentParser = options.command_parser
    words: list[str] = []
    for action in _options_of(command):
        value = getattr(options, action.dest)
        if value is True:
            words.append(action.option_strings[0])
        elif value not in (None, False):
            words.append(f"{action.option_strings[0]}={value}")
    positionals = [action.dest for action in command._actions if not action.option_strings]
    required = ["--out=DIR"] if any(action.dest == "out" for action in command._actions) else []
    return words, command.parse_args([*words, *required, *positionals])


def _options_of(command: argparse.ArgumentParser) -> Sequence[argparse.Action]:
    return [action for action in command._actions if action.option_strings and action.dest not in _NOT_TAKEN_OVER]


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("inputs", metavar="INPUT", nargs="*", help="a file, or a pattern such as 'films/**/*.mp4'")
    command.add_argument(
        "--manifest",
        metavar="FILE",
        help="a text file with a path on each line, also instead of INPUT; - is standard input",
    )
    command.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="the directory for outputs and results.jsonl"
    )
    command.add_argument("--workers", metavar="N", type=_positive, help="files at a time (default: one for each core)")
    command.add_argument("--threads", metavar="N", type=_positive, default=1, help="for a file (default: 1)")
    command.add_argument(
        "--time-limit",
        metavar="S",
        type=_seconds,
        default=_TIME_LIMIT,
        help=f"seconds for each file, 0 for any number (default: {_TIME_LIMIT:g})",
    )
    command.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a dask.distributed cluster, which does the work instead"
    )
    command.add_argument("--parquet", metavar="FILE", type=Path, help="also write the results as a Parquet file")
    command.add_argument(
        "--overwrite", action="store_true", help="replace files that exist, and do again what an earlier batch did"
    )
    command.add_argument("--quiet", action="store_true", help="print nothing but errors")


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not positive")
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < 1e9:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds")
    return seconds

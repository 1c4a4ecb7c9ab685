"""The command line: ``python -m conformance [COMMAND] [OPTIONS]``."""

import argparse
import gc
import importlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol, cast

#: The module of each command, with HELP, add_arguments(parser) and main(options) -> exit status.
COMMANDS: Final[Mapping[str, str]] = {
    "suite": "conformance.run",
    "run": "conformance.wpt.script.command",
    "bench": "conformance.bench.command",
    "steps": "conformance.steps",
    "explore": "conformance.explorer.command",
    "explain": "conformance.explain.command",
    "litmus": "conformance.litmus.command",
    "differ": "conformance.differ.command",
    "wpt": "conformance.wpt.command",
    "report": "conformance.comparison.command",
    "fuzz": "conformance.campaigns.fuzz",
    "soak": "conformance.campaigns.soak",
}
DEFAULT_COMMAND: Final = "suite"
#: The name of the command where the package is installed.
NAME: Final = "codecmodel-conformance"


class Command(Protocol):
    """A module that provides a command."""

    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def main(self, options: argparse.Namespace) -> int: ...


class _ShowVersion(argparse.Action):
    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: str | Sequence[object] | None,
        option_string: str | None = None,
    ) -> None:
        # For speed: a command decides when the model is loaded.
        from codecmodel.version import __version__

        print(f"codecmodel {__version__}")
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that the command line names. Returns the exit status."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in ("-h", "--help", "--version")):
        arguments.insert(0, DEFAULT_COMMAND)
    parser = argparse.ArgumentParser(
        prog=NAME if Path(sys.argv[0]).stem == NAME else "python -m conformance",
        description="Runs the WebCodecs conformance suite.",
        epilog=f"Without a command, {DEFAULT_COMMAND} is run: its options may be given directly.",
    )
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="show the version of the packages and exit")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    # For speed: if the command is known, the others are not loaded.
    names = arguments[:1] if arguments[0] in COMMANDS else list(COMMANDS)
    commands: dict[str, Command] = {}
    for name in names:
        command = cast("Command", importlib.import_module(COMMANDS[name]))
        command.add_arguments(subparsers.add_parser(name, help=command.HELP, description=command.HELP))
        commands[name] = command
    options = parser.parse_args(arguments)
    return commands[str(options.command)].main(options)


def program() -> int:
    """Run the command as a program, which ends after that."""
    status = main()
    # For speed: Python need not look for garbage at the end.
    gc.freeze()
    return status

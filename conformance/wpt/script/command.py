"""The command ``run``: runs a script or a module of JavaScript, with WebCodecs as globals."""

import argparse
import sys
from pathlib import Path
from typing import Final

from conformance.targets.node import NodeNotFoundError, find_node
from conformance.wpt.script.node import start_node

HELP: Final = "run a script of your own, with its modules of npm, on this implementation"
_INTERRUPTED: Final = 130


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a script (.js, .cjs) or a module (.mjs)")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, metavar="ARGS", help="its arguments")


class Options(argparse.Namespace):
    """The options of the command line, see add_arguments()."""

    file: Path
    arguments: list[str]


def main(options: Options) -> int:
    """Run the script. Returns its exit status; 2 if there is no such file or no Node."""
    if not options.file.is_file():
        print(f"{options.file} is no file", file=sys.stderr)
        return 2
    try:
        node = find_node()
        with start_node(node, options.file) as process:
            # For speed: Node starts, and loads the script, while Python loads the model.
            from conformance.wpt.script.run import run_script

            return run_script(options.file, options.arguments, node, process)
    except NodeNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return _INTERRUPTED

"""Start-up in ``conformance bench``: importing the package beside PyAV, and ``probe`` beside ffprobe."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from conformance.bench.comparison import Comparison, compare, line_of, timed_in_child
from conformance.bench.media import make_benchmark_audio

CASES: Final[Mapping[str, str]] = {"start-up": "Start-up, a process each"}


def _runs(*command: str) -> Callable[[], object]:
    # An installed package has its bytecode; here the turn that does not count writes it.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
    return lambda: subprocess.run(command, stdout=subprocess.DEVNULL, env=environment, check=True)


def _compared(ours: Sequence[str], peer: Sequence[str], rounds: int) -> Comparison:
    return compare(timed_in_child(_runs(*ours)), timed_in_child(_runs(*peer)), rounds)


def measure(rounds: int) -> dict[str, Comparison]:
    """The comparisons with the programs that are installed."""
    python = sys.executable
    found: dict[str, Comparison] = {}
    if find_spec("av") is not None:
        found["import codecmodel, import av"] = _compared(
            [python, "-c", "import codecmodel"], [python, "-c", "import av"], rounds
        )
    if shutil.which("ffprobe"):
        with tempfile.TemporaryDirectory() as directory:
            path = str(make_benchmark_audio("aac", 1, Path(directory)))
            probe = ["ffprobe", "-v", "error", "-show_format", "-show_streams", path]
            found["probe, ffprobe"] = _compared([python, "-m", "codecmodel", "probe", path], probe, rounds)
    return found


def main(arguments: list[str]) -> None:
    """Print the comparisons as JSON. The argument is ``ROUNDS``."""
    (rounds,) = arguments
    print(line_of(measure(int(rounds))))


if __name__ == "__main__":
    main(sys.argv[1:])

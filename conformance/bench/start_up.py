"""Start-up in ``conformance bench``: importing the package beside PyAV, and ``probe`` beside ffprobe."""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from conformance.bench.comparison import Comparison, Comparisons, Settings, compare, timed_in_child
from conformance.bench.libraries import has_program, has_pyav, of_the_system
from conformance.bench.media import make_benchmark_audio

CASES: Final[Mapping[str, str]] = {"start-up": "Start-up, a process each"}


def _runs(*command: str) -> Callable[[], object]:
    environment = of_the_system()
    return lambda: subprocess.run(command, stdout=subprocess.DEVNULL, env=environment, check=True)


def measure(case: str, settings: Settings) -> Comparisons:
    """The comparisons with the programs that are installed."""
    python = sys.executable
    found: dict[str, Comparison] = {}

    def add(name: str, ours: list[str], peer: list[str]) -> None:
        found[name] = compare(timed_in_child(_runs(*ours)), timed_in_child(_runs(*peer)), settings.rounds)

    if has_pyav():
        add("import codecmodel, import av", [python, "-c", "import codecmodel"], [python, "-c", "import av"])
    if has_program("ffprobe"):
        with tempfile.TemporaryDirectory() as directory:
            path = str(make_benchmark_audio("aac", 1, Path(directory)))
            probe = ["ffprobe", "-v", "error", "-show_format", "-show_streams", path]
            add("probe, ffprobe", [python, "-m", "codecmodel", "probe", path], probe)
    return found

"""Memory in ``conformance bench``: the peak of a program that decodes, and the cost of a codec that has nothing to do.

Each turn is a process of its own (conformance.bench.memory_worker). The peak is that of the whole process, interpreter
and libraries in it. The cost of an idle decoder is the growth of the resident memory, divided by the number of
decoders; each has decoded one chunk. PyAV's contexts are FFmpeg's own with little around them, so that the difference
is the price of the model. Threads are those of the process while all decoders are open and idle.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from conformance.bench.comparison import Comparison, Comparisons, Costs, Quantity, Settings, Turn, compare
from conformance.bench.libraries import has_pyav, of_pyav, run_module
from conformance.bench.media import make_benchmark_audio, make_benchmark_video

CASES: Final[Mapping[str, str]] = {"memory": "Memory, a process each"}
_WORKER: Final = "conformance.bench.memory_worker"
#: Decoders that are idle at once.
_IDLE: Final = 300
#: Memory hardly differs from run to run.
_MOST_ROUNDS: Final = 3


def _compared(work: str, path: Path, rounds: int, *options: str) -> Comparison:
    ours, peer = (_turn(work, program, str(path), *options) for program in ("codecmodel", "PyAV"))
    return compare(ours, peer, rounds, warms_up=False)


def _turn(*arguments: str) -> Turn:
    def turn() -> Costs:
        told: dict[str, float] = json.loads(run_module(_WORKER, arguments, of_pyav()))
        return {Quantity(name): amount for name, amount in told.items()}

    return turn


def measure(case: str, settings: Settings) -> Comparisons:
    """The comparisons with PyAV. Empty without PyAV."""
    if not has_pyav():
        return {}
    rounds = min(settings.rounds, _MOST_ROUNDS)
    with tempfile.TemporaryDirectory() as directory:
        video = Path(directory) / "video.mkv"
        make_benchmark_video("h264", settings.seconds, video)
        audio = make_benchmark_audio("opus", 1, Path(directory))
        return {
            "the peak of decoding H.264 1920×1080, PyAV in a loop": _compared("decode", video, rounds),
            f"one of {_IDLE} idle decoders of Opus, PyAV": _compared("idle", audio, rounds, str(_IDLE)),
        }

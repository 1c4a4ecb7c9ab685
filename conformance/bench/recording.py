"""The cost of explained pages in ``conformance bench``: decoding during a recording, after one, and before one.

Each turn is a process of its own, so that nothing of a recording can be there where there is none. The times are those
of a chunk of linear PCM, whose own work is small beside that of the model.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Final

from conformance.bench.comparison import Comparison, Times, Turn, compare, line_of

CASES: Final[Mapping[str, str]] = {"recording": "Recording of explained pages, a process each"}
_WORKER: Final = "conformance.explain.timed_decoding"
#: Chunks for each second of media. A recording keeps everything, so that it is made of fewer.
_CHUNKS: Final[Mapping[str, int]] = {"before": 2500, "after": 2500, "during": 125}


def _decodes(mode: str, seconds: float) -> Turn:
    chunks = max(1, int(seconds * _CHUNKS[mode]))

    def turn() -> Times:
        command = [sys.executable, "-m", _WORKER, mode, str(chunks)]
        return Times(*json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))

    return turn


def measure(seconds: float, rounds: int) -> dict[str, Comparison]:
    """The comparisons with a process that has not recorded yet."""
    before = _decodes("before", seconds)
    return {
        f"{mode} a recording, before one": compare(_decodes(mode, seconds), before, rounds)
        for mode in ("after", "during")
    }


def main(arguments: list[str]) -> None:
    """Print the comparisons as JSON. Arguments are ``SECONDS ROUNDS``."""
    seconds, rounds = arguments
    print(line_of(measure(float(seconds), int(rounds))))


if __name__ == "__main__":
    main(sys.argv[1:])

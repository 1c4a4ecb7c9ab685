"""The cost of explained pages in ``conformance bench``: decoding during a recording, after one, and before one.

Each turn is a process of its own, so that nothing of a recording can be there where there is none. The times are those
of a chunk of linear PCM, whose own work is small beside that of the model.
"""

import json
import os
from collections.abc import Mapping
from typing import Final

from conformance.bench.comparison import Comparisons, Costs, Quantity, Settings, Turn, compared, interleaved
from conformance.bench.libraries import run_module

CASES: Final[Mapping[str, str]] = {"recording": "Recording of explained pages, a process each"}
_WORKER: Final = "conformance.explain.timed_decoding"
#: Chunks for each second of media. A recording keeps everything, so that it is made of fewer.
_CHUNKS: Final[Mapping[str, int]] = {"before": 2500, "after": 2500, "during": 125}


def _decodes(mode: str, seconds: float) -> Turn:
    chunks = max(1, int(seconds * _CHUNKS[mode]))

    def turn() -> Costs:
        cpu, wall = json.loads(run_module(_WORKER, [mode, str(chunks)], os.environ))
        return {Quantity.CPU: cpu, Quantity.WALL: wall}

    return turn


def measure(case: str, settings: Settings) -> Comparisons:
    """The comparisons with a process that has not recorded yet."""
    modes = ("before", "after", "during")
    # A process that has just begun has no use for a turn that does not count.
    costs = interleaved({mode: _decodes(mode, settings.seconds) for mode in modes}, settings.rounds, warms_up=False)
    return {f"{mode} a recording, before one": compared(costs[mode], costs["before"]) for mode in modes[1:]}

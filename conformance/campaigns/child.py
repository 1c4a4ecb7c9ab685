"""A process that executes one input after the other. A crash or a hang ends this process, and not the campaign.

Each line of standard input is a request, and each line of standard output is its answer, both in JSON.
"""

import argparse
import faulthandler
import gc
import json
import os
import pkgutil
import sys
from collections.abc import Mapping
from dataclasses import asdict
from itertools import count
from time import monotonic
from typing import Final, cast

from conformance.campaigns.case import case_of
from conformance.campaigns.judge import execution_failure, judged
from conformance.campaigns.kinds import Kind
from conformance.campaigns.measurements import (
    Possessions,
    possessions,
    return_free_memory,
    settled_growth,
    use_one_arena,
)

#: Executions before the first measurement of a soak: they fill caches and allocators.
WARM_UP: Final = 4


def soaked(kind: Kind, request: Mapping[str, object]) -> dict[str, object]:
    """Execute an input over and over, for "executions" times, or for "seconds". The possessions before and after."""
    case = case_of(cast("Mapping[str, object]", request["case"]))
    executions, seconds = request["executions"], cast("float", request["seconds"])
    use_one_arena()
    end = monotonic() + seconds
    before: Possessions = possessions()
    for number in count(1):
        failure = execution_failure(kind, case.parts)
        if failure is not None:
            return {"failure": "\n".join(failure)}
        if number == WARM_UP:
            return_free_memory()
            before, _ = settled_growth(before, 1.0)
        if number > WARM_UP and (number >= cast("int", executions) if executions else monotonic() > end):
            break
    gc.collect()
    return_free_memory()
    after, _ = settled_growth(before, 10.0)
    return {"executions": number, "before": before, "after": after}


def answer_to(request: Mapping[str, object], kinds: Mapping[str, Kind], last_wait: float) -> dict[str, object]:
    """The answer to a request: an outcome, or the measurements of a soak."""
    case = case_of(cast("Mapping[str, object]", request["case"]))
    kind = kinds[case.kind]
    if "seconds" in request:
        return soaked(kind, request)
    return asdict(judged(kind, case.parts, last_wait))


def main() -> None:
    """Serve requests until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", help="the kinds of inputs, as module:name")
    parser.add_argument("--last-wait", type=float, required=True, help="seconds that remains have to go, at most")
    options = parser.parse_args()
    faulthandler.enable()
    kinds = cast("Mapping[str, Kind]", pkgutil.resolve_name(options.kinds))
    # Garbage is collected twice for each execution. The collector need not visit all modules each time.
    gc.collect()
    gc.freeze()
    # The output of a library must not get between the lines.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        os.dup2(2, 1)
        for line in sys.stdin:
            print(json.dumps(answer_to(json.loads(line), kinds, options.last_wait)), file=output, flush=True)


if __name__ == "__main__":
    main()

"""A process that runs one test after the other. A crash of a codec library ends this process, and not the run.

Each line of standard input is a request, and each line of standard output is a result, both in JSON.
"""

import faulthandler
import gc
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TypedDict, cast

from conformance.targets.node_module import NodeModule
from conformance.wpt.discovery import Test
from conformance.wpt.results import FileResult, Subtest


class _TestFields(TypedDict):
    """The fields of ``Test``. JSON has made a list of the tuple."""

    path: str
    variant: str
    title: str | None
    scripts: tuple[str, ...]
    timeout: float
    kind: str
    secure: bool
    isolated: bool


class Request(TypedDict):
    """A request to run a test. ``module`` is None for this implementation, else the name of the module that Node
    imports instead, and the path of a prelude or None.
    """

    test: _TestFields
    checkout: str
    node: str
    timeout_multiplier: float
    module: tuple[str, str | None] | None


def request_of(test: Test, checkout: Path, node: Path, timeout_multiplier: float, module: NodeModule | None) -> str:
    """The line that requests a test."""
    request: Request = {
        "test": cast("_TestFields", asdict(test)),
        "checkout": str(checkout),
        "node": str(node),
        "timeout_multiplier": timeout_multiplier,
        "module": None if module is None else (module.name, None if module.prelude is None else str(module.prelude)),
    }
    return json.dumps(request)


def result_of(line: str) -> FileResult:
    """The result in a line."""
    fields = json.loads(line)
    subtests = tuple(Subtest(*subtest) for subtest in fields["subtests"])
    return FileResult(
        fields["test"], fields["status"], fields["message"], subtests, fields["duration"], fields["console"]
    )


def _line_of(result: FileResult) -> str:
    return json.dumps(
        {
            "test": result.test,
            "status": result.status,
            "message": result.message,
            "duration": result.duration,
            "console": result.console,
            "subtests": [[s.name, s.status, s.message, s.stack] for s in result.subtests],
        }
    )


def _run(request: Request) -> FileResult:
    fields = request["test"]
    fields["scripts"] = tuple(fields["scripts"])
    test = Test(**fields)
    checkout, node = Path(request["checkout"]), Path(request["node"])
    multiplier = request["timeout_multiplier"]
    if request["module"] is not None:
        from conformance.wpt.target import run_test_on_target

        name, prelude = request["module"]
        module = NodeModule(name, None if prelude is None else Path(prelude))
        return run_test_on_target(test, checkout, node, module, timeout_multiplier=multiplier)
    from conformance.wpt.session import run_test

    result = run_test(test, checkout, node, timeout_multiplier=multiplier)
    # Objects of a realm refer to each other, and some of them are frames, so they are collected now.
    gc.collect()
    return result


def main() -> None:
    """Serve requests until standard input ends."""
    faulthandler.enable()
    # The output of a library must not get between the lines.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        os.dup2(2, 1)
        for line in sys.stdin:
            print(_line_of(_run(cast("Request", json.loads(line)))), file=output, flush=True)


if __name__ == "__main__":
    main()

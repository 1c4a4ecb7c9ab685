"""A process that runs one scenario after the other. A crash of a codec's library ends this process, and not the run.

Each line of standard input is the id of a scenario; each line of standard output is its result, as JSON.
"""

import argparse
import faulthandler
import importlib
import json
import os
import pkgutil
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import TextIO

from conformance.suite.execution import LiveObjects, SetupError, run_scenario
from conformance.suite.results import Result, Status
from conformance.suite.runner import Execute, collect
from conformance.suite.scenario import Scenario


def line_of(result: Result | SetupError) -> str:
    """The line of standard output for a result, or for an error in preparing the scenario."""
    return json.dumps({"setup_error": str(result)} if isinstance(result, SetupError) else asdict(result))


def result_of(line: str) -> Result:
    """The result in a line of standard output. Raises SetupError if the scenario could not be prepared."""
    fields = json.loads(line)
    if "setup_error" in fields:
        raise SetupError(fields["setup_error"])
    return Result(**fields | {"shows": tuple(fields["shows"]), "status": Status(fields["status"])})


def serve(scenarios: Iterable[Scenario], execute: Execute, requests: Iterable[str], output: TextIO) -> None:
    """Run the scenario that each line of ``requests`` names, and write its result."""
    by_id = {scenario.id: scenario for scenario in scenarios}
    for request in requests:
        try:
            result: Result | SetupError = execute(by_id[request.rstrip("\n")])
        except SetupError as error:
            result = error
        print(line_of(result), file=output, flush=True)


def main() -> None:
    """Serve requests until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("package", help="the package of the scenarios' modules")
    parser.add_argument("--path", action="append", help="a directory of the modules, in place of the package's own")
    parser.add_argument("--timeout", type=float, required=True)
    parser.add_argument("--live-objects", help="the function that counts live native objects, as module:name")
    options = parser.parse_args()
    faulthandler.enable()
    live_objects: LiveObjects | None = pkgutil.resolve_name(options.live_objects) if options.live_objects else None
    package = importlib.import_module(options.package)
    package.__path__ = options.path or package.__path__
    groups = collect(package)
    scenarios = [scenario for group in groups for scenario in group.scenarios]

    def execute(scenario: Scenario) -> Result:
        return run_scenario(scenario, timeout=options.timeout, live_objects=live_objects)

    # The output of a library must not get between the lines.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output:
        os.dup2(2, 1)
        serve(scenarios, execute, sys.stdin, output)


if __name__ == "__main__":
    main()

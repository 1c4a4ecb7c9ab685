"""A process that runs scenarios on another implementation, one after the other: see ``conformance.suite.worker``.

It ends when it has lost the implementation. The process that takes its place starts it anew.
"""

import argparse
import contextlib
import functools
import importlib
import os
import sys

from codecmodel.line_process import REPLACE
from conformance.interfaces import use_interfaces
from conformance.suite.execution import SetupError, run_scenario
from conformance.suite.results import Result, Status
from conformance.suite.runner import collect
from conformance.suite.scenario import Scenario
from conformance.suite.worker import serve
from conformance.targets.browsers import find_browser, is_browser
from conformance.targets.node import find_node
from conformance.targets.plain.confirmation import Confirmer
from conformance.targets.plain.programs import BrowserRunner, NodeRunner, Runner
from conformance.targets.plain.transcript import RecordingConnection
from conformance.targets.remote.connections import BrowserConnection, Connection, NodeConnection, TargetLostError
from conformance.targets.remote.event_loop import new_event_loop
from conformance.targets.remote.objects import Target
from conformance.targets.remote.optional_codecs import on_another_implementation


def open_connection(target: str) -> Connection:
    """Start the browser, or the module in Node, that ``target`` names."""
    if is_browser(target):
        return BrowserConnection(find_browser(target))
    return NodeConnection(find_node(), target.removeprefix("node:"))


def _open_runner(target: str) -> Runner:
    if is_browser(target):
        return BrowserRunner(find_browser(target))
    return NodeRunner(find_node(), target.removeprefix("node:"))


def main() -> None:
    """Serve requests until standard input ends, or until the implementation is lost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("package", help="the package of the scenarios' modules")
    parser.add_argument("target", help="chromium, firefox, or node:MODULE")
    parser.add_argument("--timeout", type=float, required=True)
    parser.add_argument("--confirm", action="store_true", help="run failures once more, as plain JavaScript")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        output = stack.enter_context(os.fdopen(os.dup(1), "w", encoding="utf-8"))
        os.dup2(2, 1)
        connection = open_connection(options.target)
        confirmer: Confirmer | None = None
        if options.confirm:
            recording = connection = RecordingConnection(connection)
            runner = stack.enter_context(contextlib.closing(_open_runner(options.target)))
            confirmer = Confirmer(recording, runner, options.target)
        target = stack.enter_context(Target(connection))
        use_interfaces(target.provide)
        groups = collect(importlib.import_module(options.package))
        scenarios = [scenario for group in groups for scenario in group.scenarios]
        lost: list[str] = []

        def execute(scenario: Scenario) -> Result:
            if lost or target.engine.is_out_of_step:
                raise SystemExit(REPLACE)
            to_run = scenario if confirmer is None else confirmer.recorded(scenario)
            try:
                result = run_scenario(
                    on_another_implementation(to_run, target.interface, lambda: target.engine.operations),
                    timeout=options.timeout,
                    new_event_loop=functools.partial(new_event_loop, target.engine),
                )
                return result if confirmer is None else confirmer.confirmed(result)
            except (SetupError, TargetLostError) as error:
                cause = error.__cause__ if isinstance(error, SetupError) else error
                if not isinstance(cause, TargetLostError):
                    raise
                lost.append(str(cause))
                result = Result(scenario.id, scenario.name, scenario.shows, Status.FAIL, str(cause), None)
                return result if confirmer is None else confirmer.confirmed(result)

        serve(scenarios, execute, sys.stdin, output)


if __name__ == "__main__":
    main()

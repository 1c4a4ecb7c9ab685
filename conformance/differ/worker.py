"""A process that runs programs on one implementation, one after the other.

Each line of standard input is a program, each line of standard output the list of its facts, both as JSON. The process
ends when it has lost the implementation; the one that takes its place starts that anew.
"""

import argparse
import asyncio
import faulthandler
import functools
import json
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from typing import Final

import codecmodel
from codecmodel.line_process import REPLACE
from conformance.campaigns.case import case_of
from conformance.differ.facts import Fact
from conformance.differ.interpreter import execute
from conformance.interfaces import Provider
from conformance.targets.remote.connections import TargetLostError
from conformance.targets.remote.engine import Engine
from conformance.targets.remote.event_loop import new_event_loop
from conformance.targets.remote.objects import Target
from conformance.targets.remote.worker import open_connection

#: The name of the implementation that is this one.
MODEL: Final = "model"


def model_interface(name: str) -> type:
    """The model's interface of this name."""
    interface: type = getattr(codecmodel, name)
    return interface


def facts_of(line: str) -> list[Fact]:
    """The facts in a line of the process."""
    return [Fact(*fields) for fields in json.loads(line)]


def run(line: str, provider: Provider, new_loop: Callable[[], asyncio.AbstractEventLoop] | None = None) -> list[Fact]:
    """Run the program in a line."""
    program = case_of(json.loads(line))
    with asyncio.Runner(loop_factory=new_loop) as runner:
        return runner.run(execute(program, provider))


def main() -> None:
    """Serve requests until standard input ends, or until the implementation is lost."""
    parser = argparse.ArgumentParser()
    parser.add_argument("target", help=f"{MODEL}, chromium, firefox, or node:MODULE")
    options = parser.parse_args()
    faulthandler.enable()
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as output, ExitStack() as opened:
        # The output of a library must not get between the lines.
        os.dup2(2, 1)
        provider: Provider = model_interface
        new_loop: Callable[[], asyncio.AbstractEventLoop] | None = None
        engine: Engine | None = None
        if options.target != MODEL:
            target = opened.enter_context(Target(open_connection(options.target)))
            provider, engine = target.interface, target.engine
            new_loop = functools.partial(new_event_loop, engine)
        is_lost = False
        for line in sys.stdin:
            if is_lost or (engine is not None and engine.is_out_of_step):
                raise SystemExit(REPLACE)
            try:
                facts = run(line, provider, new_loop)
            except TargetLostError as error:
                is_lost = True
                # The event loop, which is closed on the way, finds that it is lost as well.
                first = error.__context__ if isinstance(error.__context__, TargetLostError) else error
                facts = [Fact("the implementation", "the implementation", "life", f"is lost: {first}")]
            print(json.dumps(facts), file=output, flush=True)


if __name__ == "__main__":
    main()

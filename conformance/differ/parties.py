"""The parties of a comparison: the model and the targets, each in a process of its own."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Protocol, Self

from codecmodel.line_process import Ended, LineProcess
from conformance.campaigns.case import Case, fields_of
from conformance.differ.facts import Fact
from conformance.differ.worker import MODEL, facts_of
from conformance.targets.browsers import find_browser, is_browser
from conformance.targets.node import find_node
from conformance.targets.node_module import version_of

#: Seconds after which an implementation that has not ended a program is ended. Promises are given up before.
_PATIENCE: Final = 120.0


@dataclass(frozen=True)
class Party:
    """An implementation: its name, as ``--target`` has it without a path, and its version."""

    name: str
    target: str
    version: str

    @property
    def description(self) -> str:
        return f"{self.name} {self.version}".strip()


def party_of(target: str) -> Party:
    """The party that ``target`` names. Raises ValueError, BrowserNotFoundError or NodeNotFoundError."""
    if is_browser(target):
        browser = find_browser(target)
        return Party(browser.kind, target, browser.version)
    if not target.startswith("node:"):
        raise ValueError(f"{target!r} is neither chromium, nor firefox, nor node:MODULE")
    return Party(target, target, version_of(find_node(), target.removeprefix("node:")))


class Runner(Protocol):
    """Runs programs on the model and on the targets."""

    targets: Sequence[Party]

    def run(self, programs: Sequence[Case]) -> list[dict[str, list[Fact]]]:
        """The facts of each program, by the names of the parties, of which the model is the first."""


class Parties(Runner):
    """Runs each party in a process of its own, all at the same time. A context manager."""

    def __init__(self, targets: Sequence[Party]) -> None:
        self.targets = targets
        self._processes = {
            name: LineProcess("conformance.differ.worker", [target])
            for name, target in [(MODEL, MODEL), *((party.name, party.target) for party in targets)]
        }
        self._threads = {name: ThreadPoolExecutor(1) for name in self._processes}

    def run(self, programs: Sequence[Case]) -> list[dict[str, list[Fact]]]:
        lines = [json.dumps(fields_of(program)) for program in programs]
        asked = {
            name: [self._threads[name].submit(self._ask, process, line) for line in lines]
            for name, process in self._processes.items()
        }
        return [{name: asked[name][number].result() for name in asked} for number in range(len(lines))]

    def _ask(self, process: LineProcess, line: str) -> list[Fact]:
        answer = process.ask(line, _PATIENCE)
        if isinstance(answer, Ended):
            end = "does not react" if answer.by is None else f"is ended by {answer.by}"
            return [Fact("the implementation", "the implementation", "life", end)]
        return facts_of(answer)

    def close(self) -> None:
        for threads in self._threads.values():
            threads.shutdown(cancel_futures=True)
        for process in self._processes.values():
            process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

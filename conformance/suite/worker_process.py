"""Scenarios run in a worker process, which is replaced when a scenario crashes or blocks it."""

from types import ModuleType, TracebackType
from typing import Final, Self

from codecmodel.line_process import LineProcess
from conformance.suite.results import Result, Status
from conformance.suite.scenario import Scenario
from conformance.suite.worker import result_of

#: Seconds after the time limit of a scenario, with its cleanup, after which a silent worker is killed.
_PATIENCE: Final = 60.0


class WorkerProcess:
    """A worker process for the scenarios of ``package``, started when it is first needed. A context manager.

    ``live_objects`` is the function that counts live native objects, as module:name. ``timeout`` is the time limit of a
    scenario in seconds.
    """

    def __init__(
        self, package: ModuleType, *, timeout: float, live_objects: str | None = None, patience: float = _PATIENCE
    ) -> None:
        self._timeout = timeout
        self._patience = patience
        arguments = [package.__name__, "--timeout", str(timeout)]
        for directory in package.__path__:
            arguments += ["--path", directory]
        if live_objects is not None:
            arguments += ["--live-objects", live_objects]
        self._process = LineProcess("conformance.suite.worker", arguments)

    @classmethod
    def on_target(cls, package: ModuleType, target: str, *, timeout: float, confirm: bool = False) -> Self:
        """A worker process whose scenarios work with the interfaces of another implementation.

        With ``confirm``, failures have their programs of plain JavaScript.
        """
        worker = cls(package, timeout=timeout, patience=_PATIENCE * 2 if confirm else _PATIENCE)
        arguments = [package.__name__, target, "--timeout", str(timeout), *(["--confirm"] if confirm else [])]
        worker._process = LineProcess("conformance.targets.remote.worker", arguments)
        return worker

    def execute(self, scenario: Scenario) -> Result:
        """Run the scenario. A crash is a FAIL that shows the end of the worker's standard error, a hang a TIMEOUT.

        Raises SetupError as run_scenario() does.
        """
        answer = self._process.ask(scenario.id, max(self._timeout, scenario.timeout or 0.0) + self._patience)
        if isinstance(answer, str):
            return result_of(answer)
        if answer.by is None:
            status, message = Status.TIMEOUT, "Test timed out: the process did not react and was ended"
        else:
            status, message = Status.FAIL, f"the process was ended by {answer.by}"
        return Result(scenario.id, scenario.name, scenario.shows, status, message, answer.errors)

    def close(self) -> None:
        """End the worker. A scenario that it is running is killed."""
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

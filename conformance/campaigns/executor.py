"""Executes inputs in a child process, which is replaced when it crashes, hangs, or has executed many."""

import json
from types import TracebackType
from typing import Final, Self, cast

from codecmodel.line_process import Ended, LineProcess
from conformance.campaigns.case import Case, fields_of
from conformance.campaigns.judge import LAST_WAIT
from conformance.campaigns.outcome import Outcome, Verdict

#: The kinds of inputs of this implementation, as module:name.
KINDS_OF_CODECMODEL: Final = "conformance.campaigns.kinds:KINDS"
#: Seconds after which a silent child is held to hang. An execution takes milliseconds, but machines may be busy.
PATIENCE: Final = 60.0
#: Executions of one child. Damage to the memory of a process shows, at the latest, in its next executions.
_MOST: Final = 200


class Executor:
    """A child process and its replacements. A context manager."""

    def __init__(
        self, kinds: str = KINDS_OF_CODECMODEL, patience: float = PATIENCE, last_wait: float = LAST_WAIT
    ) -> None:
        self._process = LineProcess("conformance.campaigns.child", [kinds, "--last-wait", str(last_wait)])
        self._patience = patience
        self._executions = 0

    def execute(self, case: Case) -> Outcome:
        """The outcome of an execution."""
        if self._executions >= _MOST:
            self.renew()
        self._executions += 1
        answer = self._process.ask(json.dumps({"case": fields_of(case)}), self._patience)
        if isinstance(answer, Ended):
            self._executions = 0
            return _outcome_of(answer, self._patience)
        fields = json.loads(answer)
        return Outcome(Verdict(fields["verdict"]), fields["summary"], fields["details"])

    def soak(self, case: Case, *, seconds: float, executions: int | None) -> dict[str, object] | Outcome:
        """The answer of ``child.soaked``, by a new child, or the outcome if the child ended."""
        self.renew()
        request = {"case": fields_of(case), "seconds": seconds, "executions": executions}
        answer = self._process.ask(json.dumps(request), seconds + self._patience)
        if isinstance(answer, Ended):
            return _outcome_of(answer, seconds + self._patience)
        return cast("dict[str, object]", json.loads(answer))

    def renew(self) -> None:
        """End the child. The next execution has a new one."""
        self._process.end()
        self._executions = 0

    def close(self) -> None:
        """End the child."""
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _outcome_of(end: Ended, patience: float) -> Outcome:
    if end.by is None:
        return Outcome(Verdict.HANG, "no answer", f"no answer within {patience:g} s\n{end.errors or ''}")
    return Outcome(Verdict.CRASH, end.by, end.errors or "")

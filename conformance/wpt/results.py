"""The results of tests. Names and numbers of statuses are those of testharness.js and of wptrunner."""

from dataclasses import dataclass, field
from typing import Final

SUBTEST_STATUSES: Final = ("PASS", "FAIL", "TIMEOUT", "NOTRUN", "PRECONDITION_FAILED")
HARNESS_STATUSES: Final = ("OK", "ERROR", "TIMEOUT", "PRECONDITION_FAILED")
#: A status of wptrunner: the implementation ended without a report.
CRASH: Final = "CRASH"


@dataclass(frozen=True)
class Subtest:
    name: str
    status: str
    message: str | None = None
    stack: str | None = None


@dataclass(frozen=True)
class FileResult:
    """The result of a test. ``duration`` is in seconds. ``console`` is what the test and its implementation printed."""

    test: str
    status: str
    message: str | None
    subtests: tuple[Subtest, ...] = ()
    duration: float = 0.0
    console: str = ""


@dataclass
class Progress:
    """The results that a test has reported so far."""

    subtests: dict[str, Subtest] = field(default_factory=dict)
    harness_status: str | None = None
    message: str | None = None
    console: str = ""

    def subtest(self, name: str, status: int, message: str | None, stack: str | None) -> None:
        self.subtests[name] = Subtest(name, SUBTEST_STATUSES[status], message, stack)

    def complete(
        self,
        subtests: list[tuple[str, int, str | None, str | None]],
        status: int,
        message: str | None,
        stack: str | None,
    ) -> None:
        if self.harness_status is not None:
            return
        self.subtests = {
            name: Subtest(name, SUBTEST_STATUSES[code], text, trace) for name, code, text, trace in subtests
        }
        self.harness_status = HARNESS_STATUSES[status]
        self.message = "\n".join(text for text in (message, stack) if text) or None

    def result(self, test: str, duration: float, status: str | None = None, message: str | None = None) -> FileResult:
        """The result as it stands. ``status`` and ``message`` replace those of the harness, if the harness could not
        report them.
        """
        return FileResult(
            test,
            status or self.harness_status or "ERROR",
            message if status else self.message,
            tuple(self.subtests.values()),
            duration,
            self.console,
        )

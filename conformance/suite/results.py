"""The results of scenarios, with the statuses of web-platform-tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Status(IntEnum):
    """How one scenario ended. Names and numbers are those of testharness.js."""

    PASS = 0
    FAIL = 1
    TIMEOUT = 2
    NOTRUN = 3
    PRECONDITION_FAILED = 4


class HarnessStatus(IntEnum):
    """How running a group of scenarios went as a whole. Names and numbers are those of testharness.js."""

    OK = 0
    ERROR = 1
    TIMEOUT = 2
    PRECONDITION_FAILED = 3


@dataclass(frozen=True)
class Result:
    """How one scenario ended under one variant. ``duration`` in seconds; ``stack`` is for people.

    ``javascript`` is what the scenario did, as a program of plain JavaScript, and ``confirmation`` says whether the
    same came out of it: "confirmed", or why it did not. Only failures on other implementations have them, if asked
    for.
    """

    id: str
    name: str
    shows: tuple[str, ...]
    status: Status
    message: str | None = None
    stack: str | None = None
    duration: float = 0.0
    cleanup_failure: str | None = None
    javascript: str | None = None
    confirmation: str | None = None

    @property
    def failed(self) -> bool:
        """Whether the result counts against the implementation. An absent optional feature does not."""
        return self.status not in (Status.PASS, Status.PRECONDITION_FAILED)


@dataclass(frozen=True)
class GroupResult:
    """The results of the scenarios of one module under one variant. web-platform-tests call this a test.

    ``duration`` in seconds.
    """

    test: str
    chapter: str
    status: HarnessStatus
    message: str | None
    subtests: Sequence[Result]
    duration: float

    @property
    def failed(self) -> bool:
        return self.status in (HarnessStatus.ERROR, HarnessStatus.TIMEOUT) or any(r.failed for r in self.subtests)

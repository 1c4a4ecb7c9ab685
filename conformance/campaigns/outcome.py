"""The outcome of an execution."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """The ways in which an execution ends. All but the first are findings."""

    FINE = "fine"
    WRONG_EXCEPTION = "wrong exception"
    LEFT_ALIVE = "left alive"
    GROWING = "growing"
    CRASH = "crash"
    HANG = "hang"


@dataclass(frozen=True)
class Outcome:
    """The verdict, a summary that tells this finding from others of the same verdict, and the details to read."""

    verdict: Verdict
    summary: str = ""
    details: str = ""

    @property
    def is_finding(self) -> bool:
        return self.verdict is not Verdict.FINE

    def is_same_finding(self, other: "Outcome") -> bool:
        """Whether both are findings of the same kind."""
        return (self.verdict, self.summary) == (other.verdict, other.summary)

"""The work on one file of a batch, and its outcome. Both travel between machines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum


class Status(StrEnum):
    """How the work on a file ended."""

    DONE = "done"
    #: The file is damaged or cut off, and its outputs lack something.
    DAMAGED = "damaged"
    FAILED = "failed"


@dataclass(frozen=True)
class Job:
    """A command line for one file, and the file's size in bytes and time of change in ns, None if it is not there.

    ``arguments`` are those of ``codecmodel``. The outputs go to ``directory``, which is made, but not its parent.
    The work has at most ``seconds``, if they are not 0, and its codecs have at most ``threads``.
    """

    file: str
    size: int | None
    modified: int | None
    arguments: Sequence[str]
    directory: str
    seconds: float
    threads: int


@dataclass(frozen=True)
class Outcome:
    """How a job ended."""

    status: Status
    #: Why it is not done.
    reason: str = ""
    #: The lines that the command printed on standard error.
    messages: Sequence[str] = ()
    #: The command's standard output.
    printed: str = ""
    #: Seconds that it took.
    seconds: float = 0.0
    #: The names of its outputs in the directory, with their sizes in bytes.
    outputs: Mapping[str, int] = field(default_factory=dict)
    #: The end of the standard error of a process that did not end by itself: its stack, or the words of a library.
    log: str = ""


def outcome_from(text: str) -> Outcome:
    """The outcome whose fields are written in JSON."""
    outcome = Outcome(**json.loads(text))
    return replace(outcome, status=Status(outcome.status))

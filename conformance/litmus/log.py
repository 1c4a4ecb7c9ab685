"""The log of a run: everything that the program can observe, in order.

An entry is a tuple that begins with its kind:

- ``task`` … ``end``: a script of the program, in a task of its own
- ``queue microtask``: the code queues a microtask; ``micro`` … ``return``: that microtask
- ``do, call, number``: a call begins; ``did, call, number, thrown, state, size``: it has returned, or thrown
- ``output, number, state, size`` … ``return``: the output callback of a decoder, with the number of the call that
  brought the chunk
- ``output, number, type, described, state, size`` … ``return``: that of an encoder, with the type of the chunk, and
  ``described`` or None for whether its metadata has a ``decoderConfig``
- ``error, name, state, size`` … ``return``: the error callback
- ``dequeue, state, size`` … ``return``: the listener of the dequeue event
- ``settled, number, outcome, state, size`` … ``return``: the reaction to the promise of a flush; the outcome is
  ``resolved`` or the name of the error
- ``rest, state, size``: nothing came any more
- ``crash``: the process of the implementation has ended there

For an ImageDecoder, ``settled`` is the reaction to the promise of decode(), whose outcome is ``frame`` and an index.
There are two more, each the reaction to the promise of that name, with its outcome: ``ready`` … ``return`` and
``completed`` … ``return``. In place of state and size there are: ``complete`` or ``incomplete``, the number of tracks,
the index of the selected one, and the number of frames of the first one, or None.

``size`` is decodeQueueSize or encodeQueueSize. Calls are numbered from 1. A call has two entries, so that a callback
that is invoked synchronously shows.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

Entry: TypeAlias = tuple[str | int | None, ...]
Log: TypeAlias = tuple[Entry, ...]

#: The entry behind which the process of the implementation has ended.
CRASH: Final[Entry] = ("crash",)
#: Kinds of entries that begin a stretch of the program's code; the kind of entry that ends it.
ENDS: Final = {
    "task": "end",
    "micro": "return",
    "output": "return",
    "error": "return",
    "dequeue": "return",
    "settled": "return",
    "ready": "return",
    "completed": "return",
}


def log_of(entries: Sequence[Sequence[str | int | None]]) -> Log:
    """A log, from lists as JSON has them."""
    return tuple(tuple(entry) for entry in entries)


def line(entry: Entry) -> str:
    """An entry, for people."""
    return " ".join("-" if part is None else str(part) for part in entry)


def calls_of(log: Log) -> dict[int, str]:
    """The names of the calls, by their numbers."""
    calls: dict[int, str] = {}
    for kind, *rest in log:
        if kind == "do":
            name, number = rest
            assert isinstance(name, str)
            assert isinstance(number, int)
            calls[number] = name
    return calls

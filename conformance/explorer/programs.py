"""Programs: the calls that may be made, and where; patterns that select programs; the answers that a codec may give.

A program is a sequence of calls in the order in which they are made: ``configure decode flush output:reset``. A call
is made by a script, which runs as a task of its own source, or with a prefix inside the output callback, the dequeue
listener or the error callback. Between calls, any task and any work may run, and the codec may answer as it likes.
"""

from collections.abc import Sequence
from fnmatch import fnmatchcase
from functools import cache
from typing import Final

from conformance.scripted.observed_codec import Kind
from conformance.scripted.scripted_codec import (
    Chunks,
    ConfigureAnswer,
    DecodeAnswer,
    EncodeAnswer,
    Fails,
    Outputs,
    Supported,
    Unsupported,
)

#: The callbacks in which calls may be made, besides scripts.
CALLBACKS: Final = ("output", "dequeue", "error")


#: The user agent reclaims the codec (chapter 11), which has made no progress for more than 10 seconds. A program has
#: that among its calls, but never in a script or a callback.
RECLAIM: Final = "reclaim"
#: The calls of decoders.
CALLS: Final = ("configure", "decode", "flush", "reset", "close", RECLAIM)
#: The calls of encoders. ``again`` is configure() with the same configuration as before, ``key`` is encode() of a key
#: frame.
ENCODER_CALLS: Final[dict[Kind, tuple[str, ...]]] = {
    "audio": ("configure", "again", "encode", "flush", "reset", "close", RECLAIM),
    "video": ("configure", "again", "encode", "key", "flush", "reset", "close", RECLAIM),
}

#: The answers that the codec may give, by name. The first one is the usual one.
CONFIGURE_ANSWERS: Final[dict[str, ConfigureAnswer]] = {
    "supported": Supported(),
    "unsupported": Unsupported(),
    "broken": Fails("the configuration is not supported"),
}
DECODE_ANSWERS: Final[dict[str, DecodeAnswer]] = {
    "one": Outputs(),
    "late": Outputs(delay=1),
    "two": Outputs(count=2),
    "error": Fails(),
}
ENCODE_ANSWERS: Final[dict[str, EncodeAnswer]] = {
    "one": Chunks(),
    "late": Chunks(delay=1),
    "two": Chunks(count=2),
    "error": Fails(),
}
FLUSH_ANSWERS: Final[dict[str, Fails | None]] = {"done": None, "error": Fails()}
DRAIN_ANSWERS: Final[dict[str, Fails | None]] = {"done": None, "error": Fails()}


class Pattern:
    """Selects programs: ``configure decode ... output:*``, each word a call or a glob of calls, ``...`` any number of
    any calls.

    Programs match that begin as the pattern says: an explorer also stops short. Raises ValueError.
    """

    def __init__(self, text: str = "...", names: Sequence[str] = CALLS) -> None:
        self.words = tuple(text.split())
        calls = (*names, *(f"{place}:{call}" for place in CALLBACKS for call in names if call != RECLAIM))
        for word in self.words:
            if word != "..." and not any(_matches(word, call) for call in calls):
                raise ValueError(f"{word!r} is no call; calls are {', '.join(names)}, in {', '.join(CALLBACKS)}")

    @property
    def start(self) -> frozenset[int]:
        """The positions in the pattern before the first call of a program."""
        return self._closure({0})

    def after(self, positions: frozenset[int], call: str) -> frozenset[int]:
        """The positions after ``call``. There are none if the call doesn't match."""
        return _after(self.words, positions, call)

    def _closure(self, positions: set[int]) -> frozenset[int]:
        return _closure(self.words, frozenset(positions))


def _closure(words: tuple[str, ...], positions: frozenset[int]) -> frozenset[int]:
    closed = set(positions)
    for position in range(len(words)):
        if position in closed and words[position] == "...":
            closed.add(position + 1)
    return frozenset(closed)


@cache
def _after(words: tuple[str, ...], positions: frozenset[int], call: str) -> frozenset[int]:
    following: set[int] = set()
    for position in positions:
        if position < len(words):
            if words[position] == "...":
                following.add(position)
            elif _matches(words[position], call):
                following.add(position + 1)
    return _closure(words, frozenset(following))


def _matches(word: str, call: str) -> bool:
    # A glob without a callback is for calls of scripts.
    return (":" in word) == (":" in call) and fnmatchcase(call, word)


def count_programs(calls: int, calls_in_callbacks: int) -> int:
    """The number of programs of a decoder of so many calls at most, without those that have calls sure to throw.

    The first call is a script's configure. There is none after close(), after reset() only configure; decode and
    flush follow a configure. The user agent may reclaim the codec at any time, until it is closed. Calls in the output
    callback and the dequeue listener follow a decode. Calls in the error callback throw. The explorer makes them, but
    they are not counted.
    """

    @cache
    def count(left: int, callbacks_left: int, state: str, has_decoded: bool) -> int:
        total = 1
        if not left or state == "closed":
            return total
        for call in CALLS:
            if state == "unconfigured" and call not in ("configure", RECLAIM):
                continue
            following = {"reset": "unconfigured", "close": "closed", RECLAIM: state}.get(call, "configured")
            after = (following, has_decoded or call == "decode")
            total += count(left - 1, callbacks_left, *after)
            if callbacks_left and has_decoded and call != RECLAIM:
                total += 2 * count(left - 1, callbacks_left - 1, *after)
        return total

    return count(calls, calls_in_callbacks, "unconfigured", False) - 1

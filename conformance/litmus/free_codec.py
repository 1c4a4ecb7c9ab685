"""A codec that answers as it likes, within what any [[codec implementation]] may do.

It is saturated whenever it likes, except that an idle codec is not. A good input gives one output. Outputs come in the
order of the inputs, and each is held for as long as the codec likes, up to a flush. A broken input fails, or makes a
later request fail, or is dropped, or is output.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Generic, Protocol, TypeVar

from codecmodel.platform.codec_implementation import CodecError, CodecRequests
from conformance.explorer.heap import treat
from conformance.explorer.snapshot import Unchanging

OutputT = TypeVar("OutputT")

#: The news that a codec is no longer saturated may come after the outputs of the request that brings it.
LATE_NEWS: Final = "news of saturation come late"
#: Outputs of the old configuration may be lost when the codec is configured again.
RECONFIGURING_LOSES: Final = "reconfiguring loses outputs"
#: Names of exceptions are not compared, nor are sizes of queues.
OTHER_NAMES: Final = "errors have other names"
OTHER_SIZES: Final = "the queue has another size"
#: Outputs of sound are not told from each other by their timestamps.
COUNTS_ON: Final = "timestamps of decoded sound count on"
#: The process of the implementation ends.
CRASHES: Final = "the process ends"
#: Numbers of calls in timestamps and configurations begin here.
BASE: Final = 100


@dataclass(frozen=True)
class Freedoms(Unchanging):
    """The freedoms of a codec that not every codec has."""

    #: The codec may answer whether it is saturated as it likes. Otherwise it has so many requests at the most.
    capacity: int | None = None
    #: The possible results of an input that no codec can accept.
    broken: tuple[str, ...] = ("error", "output", "drop", "later")
    #: Deviations from the specification that are the codec's.
    deviations: frozenset[str] = frozenset()

    def with_deviations(self, names: Iterable[str]) -> "Freedoms":
        """The same, and some deviations. Those that are not the codec's don't matter here."""
        return replace(self, deviations=frozenset(names))


class Decides(Protocol):
    """The surroundings of a codec, which make its decisions."""

    def decide(self, options: Sequence[str]) -> str:
        """One of the options."""

    def kind_of(self, number: int) -> str:
        """The name of the call with this number."""

    def send_late_news(self) -> None:
        """Have the codec learn that it is no longer saturated, after the work at hand."""


class FreeRequests(CodecRequests):
    """Is saturated as it likes."""

    __slots__ = ("_decides", "_has_late_news", "_on_work_queue")

    def __init__(self, decides: Decides, has_late_news: bool, on_work_queue: Callable[[], bool]) -> None:
        super().__init__(2)
        self._decides = decides
        self._has_late_news = has_late_news
        self._on_work_queue = on_work_queue

    def would_saturate(self) -> bool:
        return self._decides.decide(("no", "yes")) == "yes"

    def is_saturated(self) -> bool:
        if self._has_late_news and self._on_work_queue() and self._decides.decide(("no", "yes")) == "yes":
            self._decides.send_late_news()
            return True
        if self.accepted == self.finished:
            return False
        return self._decides.decide(("no", "yes")) == "yes"


class FreeCodec(ABC, Generic[OutputT]):
    """The common part of a decoder and an encoder that answer as they like. ``requests`` are counted by the model."""

    def __init__(self, decides: Decides, freedoms: Freedoms, requests: CodecRequests) -> None:
        self.requests = requests
        self._decides = decides
        self._freedoms = freedoms
        self._pending: list[OutputT] = []
        #: A broken input may yet make a request fail.
        self._is_poisoned = False

    def prepare(self, input: object) -> None:
        """Nothing: this codec is open when it is configured."""

    def flush(self) -> Sequence[OutputT]:
        self._fail_late()
        return self._take(len(self._pending))

    def drain(self) -> Sequence[OutputT]:
        self._fail_late()
        if RECONFIGURING_LOSES in self._freedoms.deviations and self._pending:
            return self._some()
        return self._take(len(self._pending))

    def outputs_before_failure(self) -> Sequence[OutputT]:
        return self._some()

    def cease(self) -> None:
        self._is_poisoned = False
        self._drop()

    def release(self) -> None:
        self._drop()

    @abstractmethod
    def _drop(self) -> None:
        """Drop all pending outputs."""

    def _gives_output(self, answers: Sequence[str]) -> bool:
        """Whether an input gives an output, with one of these answers. Raises CodecError."""
        decide = self._decides.decide
        answer = decide(answers)
        if answer == "later":
            self._is_poisoned = True
        elif answer == "error" or (self._is_poisoned and decide(("no", "yes")) == "yes"):
            raise CodecError("as it likes")
        return answer == "output"

    def _fail_late(self) -> None:
        # A codec that can be sure to fail does so at the latest when all that it has been given is due.
        is_sure = "drop" not in self._freedoms.broken
        if self._is_poisoned and (is_sure or self._decides.decide(("yes", "no")) == "yes"):
            raise CodecError("as it likes")

    def _some(self) -> Sequence[OutputT]:
        """The first of the pending outputs, as many as the codec likes."""
        count = len(self._pending)
        if not count:
            return ()
        return self._take(int(self._decides.decide([str(taken) for taken in range(count, -1, -1)])))

    def _take(self, count: int) -> Sequence[OutputT]:
        taken, self._pending = self._pending[:count], self._pending[count:]
        return taken


treat(FreeRequests, lambda requests: (requests.accepted - requests.finished,))

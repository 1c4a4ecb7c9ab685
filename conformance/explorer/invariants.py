"""The invariants of decoders and encoders on every schedule, and a watch that checks them at each call and callback.

The watch is told of all calls and events. It knows from the calls alone which events must follow, in
which order: the queue of outputs, resolved flushes and errors that a configuration owes. It works with any codec.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple

from codecmodel import AudioDecoder, VideoDecoder
from codecmodel.web.event_loop import Promise
from conformance.scripted.observed_codec import Codec

#: The meaning of each invariant.
INVARIANTS: Final = {
    "outputs": "each output is delivered once, in the order of the calls",
    "flush": "all outputs of the calls before a flush precede its settlement",
    "silence": "after reset or close nothing of the old configuration is delivered; a closed codec invokes no callback",
    "promises": "each flush settles exactly once, as it should; those pending are those unsettled",
    "exceptions": "calls throw the right exceptions, and the error callback gets the right error",
    "state": "the state follows from the calls and errors so far",
    "queue size": "decodeQueueSize, or encodeQueueSize, is the number of such messages that wait; it reaches zero",
    "dequeue": "an event follows each decrease of the queue, and nothing else; several decreases may share one",
    "message order": "the codec is asked in the order of the calls, and for nothing of an old configuration",
    "capacity": "the codec never has more requests than saturate it",
    "resources": "every output is released; a closed codec's implementation too",
    "reclamation": "the user agent closes a codec in a task, exactly if there was no work since it decided to do so",
    "rest": "when nothing is left to run nothing is pending, and every run comes to rest",
    "assertions": "no step of the model or of a codec fails",
}

#: Numbers of calls begin here, where they have to be told from other numbers.
FIRST_NUMBER: Final = 1 << 24

#: Stands for the number of further requests after which an output comes, if it is not known.
UNKNOWN_DELAY: Final = 1 << 30

#: Members that tell of the past, and on which the further course does not depend.
HISTORY: Final = frozenset({"_seen", "_violated"})


class Violation(NamedTuple):
    """An invariant that did not hold, and the event that broke it."""

    invariant: str
    what: str
    #: The meaning of the invariant, if it is not one of those above.
    meaning: str = ""

    def __str__(self) -> str:
        return f"{self.invariant}: {self.what} ({self.meaning or INVARIANTS[self.invariant]})"


class Owed(NamedTuple):
    """Something that is to be delivered: an output of a chunk, the resolution of a flush, or an error.

    The outputs of a chunk or configuration that the codec has yet to answer are not known. A configuration that was
    reset meanwhile is optional: it delivers an error if it is not supported, and otherwise nothing.
    """

    kind: Literal["output", "resolved", "error", "chunk", "flush", "configuration"]
    number: int
    name: str = ""
    optional: bool = False


class _Flush:
    """A flush that has not settled.

    ``expected`` is the name of its rejection, or None, once that no longer depends on pending outputs.
    """

    def __init__(self, promise: Promise[None]) -> None:
        self.promise = promise
        self.decided = False
        self.expected: str | None = None

    @property
    def is_resolved(self) -> bool:
        """Whether it has been resolved, with its reactions still to run."""
        promise = self.promise
        return promise.done() and not promise.cancelled() and promise.exception() is None

    def decide(self, expected: str | None) -> None:
        if not self.decided and (expected is None or not self.is_resolved):
            self.decided = True
            self.expected = expected


class RequestWatch:
    """Watches one decoder or encoder. ``violated`` is called with every violation.

    Chunks and flushes have numbers, which the caller chooses; outputs are told apart by those of their chunks.
    """

    def __init__(self, codec: Codec, violated: Callable[[Violation], None]) -> None:
        self.codec = codec
        #: The kind of message that is counted by the queue size.
        self.request = "decode" if isinstance(codec, AudioDecoder | VideoDecoder) else "encode"
        self.state = "unconfigured"
        self._violated = violated
        self._seen: set[int] = set()
        self._owed: deque[Owed] = deque()
        #: Chunks whose outputs the codec may keep, and for how many further requests.
        self._held: dict[int, int] = {}
        #: A message has failed; the news is on its way.
        self._doomed = False
        #: Configurations that the codec has yet to answer, and how many of them wait in the queue of messages.
        self._configurations: list[int] = []
        self._waiting_configurations = 0
        #: One of them is not supported; the news is on its way.
        self._is_unsupported = False
        self._unsettled: dict[int, _Flush] = {}
        self._waiting = 0
        self._event_due = False
        self._in_event = False
        #: The number of tasks to reclaim the codec, and whether there was no work since the last of them was queued.
        self._reclaiming = 0
        self._is_inactive = False

    # Calls, after they were made. ``thrown`` is the name of the exception that they threw.

    def configured(self, thrown: str | None, number: int) -> None:
        """configure()."""
        if self._accepted("configure", thrown, self.state != "closed"):
            self.state = "configured"
            self._configurations.append(number)
            self._owe(Owed("configuration", number))
        self.observe()

    def requested(self, thrown: str | None, number: int, expected: str | None = None) -> None:
        """decode() or encode(). ``expected`` is the exception that it throws although the codec is configured."""
        if expected is not None and self.state == "configured":
            if thrown != expected:
                self.violate("exceptions", f"{self.request}({short(number)}) throws {thrown}, not {expected}")
        elif self._accepted(self.request, thrown, self.state == "configured"):
            self._waiting += 1
            self._owe(Owed("chunk", number))
        self.observe()

    def flushed(self, number: int, promise: Promise[None]) -> None:
        """flush(), which gave ``promise``."""
        flush = self._unsettled[number] = _Flush(promise)
        if self.state != "configured":
            flush.decided = True
            flush.expected = "InvalidStateError"
        else:
            self._owe(Owed("flush", number))
        self.observe()

    def was_reset(self, thrown: str | None) -> None:
        """reset()."""
        if self._accepted("reset", thrown, self.state != "closed"):
            # A reset does not stop a configuration from being looked at, nor the news that one is not supported.
            is_unsupported = self._is_unsupported
            in_work = self._configurations[: len(self._configurations) - self._waiting_configurations]
            self._start_again("unconfigured", "AbortError")
            self._doomed = self._is_unsupported = is_unsupported
            if is_unsupported:
                self._owed.append(Owed("error", 0, "NotSupportedError"))
            else:
                self._configurations = in_work
                self._owed.extend(Owed("configuration", number, optional=True) for number in in_work)
        self.observe()

    def was_closed(self, thrown: str | None) -> None:
        """close()."""
        if self._accepted("close", thrown, self.state != "closed"):
            self._start_again("closed", "AbortError")
        self.observe()

    # The user agent

    @property
    def is_to_be_reclaimed(self) -> bool:
        """Whether a task to reclaim the codec is still to run."""
        return self._reclaiming > 0

    def reclaims(self) -> None:
        """The user agent has queued a task to reclaim the codec, which has made no progress for long."""
        self.observe()
        self._reclaiming += 1
        self._is_inactive = True

    def made_progress(self) -> None:
        """Work has run."""
        self._is_inactive = False

    def reclaimed(self) -> None:
        """A task to reclaim the codec is at its end."""
        if self._is_inactive and self.state != "closed":
            self.violate("reclamation", "the codec is not reclaimed, though it has made no progress")
        self._reclaiming -= 1
        if not self._reclaiming:
            self._is_inactive = False

    # Answers of the codec. Numbers of an old configuration are ignored.

    def takes_configuration(self, number: int, error: str | None) -> None:
        """A configuration is applied, or fails."""
        if number in self._configurations:
            self._configurations.remove(number)
            self._is_unsupported = self._is_unsupported or error is not None
        self._answer(Owed("configuration", number), (), error)

    def takes_chunk(self, number: int, *, outputs: int = 1, delay: int = 0, error: str | None = None) -> None:
        """A chunk gives so many outputs, after so many further chunks, or fails."""
        chunk = Owed("chunk", number)
        if chunk in self._owed and error is None:
            self._held = {held: left - 1 for held, left in self._held.items() if left > 1}
            if delay:
                self._held[number] = delay
        self._answer(chunk, [Owed("output", number)] * outputs, error)

    def takes_flush(self, error: str | None) -> None:
        """A flush gives all that was held back, or fails."""
        flush = next((owed for owed in self._owed if owed.kind == "flush"), None)
        if flush is not None:
            self._answer(flush, [Owed("resolved", flush.number)], error)

    def takes_drain(self, error: str | None) -> None:
        """Before the next configuration, the codec gives all that was held back, or fails."""
        configuration = next((owed for owed in self._owed if owed.kind == "configuration"), None)
        if configuration is None:
            return
        if error is None:
            self._held.clear()
        else:
            self._answer(configuration, (), error)

    # Events

    def output(self, number: int) -> None:
        """An output of this chunk was delivered, and its callback is about to do something of its own."""
        self.observe()
        self._skip_optional(Owed("output", number))
        front = self._owed[0] if self._owed else None
        if front is not None and (front.kind, front.number) == ("output", number):
            self._owed.popleft()
            if Owed("output", number) not in self._owed:
                self._held.pop(number, None)
        elif self.state != "configured":
            self.violate("silence", f"output {short(number)}, though the decoder is {self.state}")
        elif any((owed.kind, owed.number) == ("output", number) for owed in self._owed):
            assert front is not None
            self.violate("outputs", f"output {short(number)} comes before {_describe(front)}")
        elif number in self._seen:
            self.violate("outputs", f"output {short(number)} belongs to the past: it was delivered, or was never to be")
        else:
            self.violate("outputs", f"output {short(number)} is of no chunk")

    def error(self, name: str) -> None:
        """The error callback was called, and is about to do something of its own."""
        if name == "QuotaExceededError":
            if self.state == "closed" or not self._is_inactive:
                self.violate("reclamation", f"the codec, which is {self.state}, is reclaimed for no reason")
            self._start_again("closed", name)
            self.observe()
            return
        self._skip_optional(Owed("error", 0, name))
        front = self._owed[0] if self._owed else None
        if front is None:
            self.violate("silence", f"error {name}, though no message has failed since the last reset")
        elif front is None or front.kind != "error":
            self.violate("exceptions", f"error {name} comes before {_describe(front)}")
        elif front.name != name:
            self.violate("exceptions", f"error {name} instead of {front.name}")
        self._start_again("closed", name)
        self.observe()

    def settled(self, number: int, reason: str | None) -> None:
        """A flush was resolved, or rejected with an exception of this name."""
        self.observe()
        flush = self._unsettled.pop(number, None)
        what = f"flush {short(number)} is " + ("resolved" if reason is None else f"rejected with {reason}")
        if flush is None:
            self.violate("promises", f"{what}, a second time")
        elif flush.decided:
            if reason != flush.expected:
                self.violate("promises", f"{what}, not with {flush.expected}")
        else:
            self._skip_optional(Owed("resolved", number))
            front = self._owed[0] if self._owed else None
            if front == Owed("resolved", number):
                self._owed.popleft()
                if reason is not None:
                    self.violate("promises", f"{what}, for no reason")
            elif front is not None and front.kind == "output":
                self.violate("flush", f"{what} before {_describe(front)}")
            else:
                self.violate("promises", f"{what} before {_describe(front)}")

    def event_begins(self) -> None:
        """A dequeue event is being fired."""
        self.observe()
        if not self._event_due:
            self.violate("dequeue", "an event, though the queue has not decreased since the last one")
        self._event_due = False
        self._in_event = True

    def event_ends(self) -> None:
        """The listener of the dequeue event has returned."""
        self.observe()
        self._in_event = False

    # Checks

    def observe(self) -> None:
        """Check the invariants that hold whenever a script, or a callback, may look."""
        codec = self.codec
        size = self.queue_size
        waiting = sum(message.name == self.request for message in codec._control_message_queue)
        self._waiting_configurations = sum(message.name == "configure" for message in codec._control_message_queue)
        if size != waiting:
            self.violate("queue size", f"{self.request}QueueSize is {size}, but {waiting} {self.request} messages wait")
        # While the event is being fired its flag is still set, so that a decrease then has no event (see spec-notes).
        if size < self._waiting and not self._in_event:
            self._event_due = True
        self._waiting = size
        if codec.state != self.state:
            self.violate("state", f"the codec is {codec.state}, not {self.state}")
        pending = {id(promise) for promise in codec._pending_flush_promises}
        unsettled = {id(flush.promise) for flush in self._unsettled.values() if not flush.promise.done()}
        if pending != unsettled:
            self.violate("promises", f"{len(pending)} flushes are listed as pending, {len(unsettled)} are unsettled")

    def after_checkpoint(self) -> None:
        """Check the invariants that hold when a microtask checkpoint has been performed, and no script runs."""
        self.observe()
        for number, flush in self._unsettled.items():
            if flush.decided:
                self.violate("promises", f"flush {short(number)} is not rejected with {flush.expected}")

    def at_rest(self) -> None:
        """Check the invariants that hold when nothing is left to run."""
        self.after_checkpoint()
        codec = self.codec
        lost = next((owed for owed in self._owed if not (owed.optional or owed.number in self._held)), None)
        if lost is not None:
            self.violate("rest", f"nothing is left to run, but {_describe(lost)} is still to come")
        if self._reclaiming:
            self.violate("reclamation", "nothing is left to run, but the codec is still to be reclaimed")
        if self._event_due:
            self.violate("dequeue", "nothing is left to run, but a decrease had no event")
        if self.queue_size:
            self.violate("queue size", f"nothing is left to run, but {self.request}QueueSize is {self.queue_size}")
        slots = {
            "[[control message queue]]": bool(codec._control_message_queue),
            # Closing a codec that is being configured leaves it blocked for good, and a closed one may stay saturated.
            "[[message queue blocked]]": codec._message_queue_blocked and self.state != "closed",
            "[[codec saturated]]": codec._codec_saturated and self.state != "closed",
            "[[dequeue event scheduled]]": codec._dequeue_event_scheduled,
        }
        for slot, is_left in slots.items():
            if is_left:
                self.violate("rest", f"nothing is left to run, but {slot} is still there")
        if self._unsettled:
            self.violate("promises", f"nothing is left to run, but flushes {sorted(self._unsettled)} have not settled")

    @property
    def queue_size(self) -> int:
        """decodeQueueSize or encodeQueueSize."""
        codec = self.codec
        return codec.decodeQueueSize if isinstance(codec, AudioDecoder | VideoDecoder) else codec.encodeQueueSize

    def violate(self, invariant: str, what: str) -> None:
        """Report a violation."""
        self._violated(Violation(invariant, what))

    def _accepted(self, call: str, thrown: str | None, is_allowed: bool) -> bool:
        expected = None if is_allowed else "InvalidStateError"
        if thrown != expected:
            self.violate("exceptions", f"{call}() throws {thrown}, not {expected}, when {self.state}")
        return is_allowed and thrown is None

    def _owe(self, owed: Owed) -> None:
        # Messages behind one that has failed are not looked at.
        if not self._doomed:
            self._owed.append(owed)

    def _answer(self, request: Owed, results: Sequence[Owed], error: str | None) -> None:
        """Replace a request by its results, now that they are known."""
        requests = [(owed.kind, owed.number) for owed in self._owed]
        if (request.kind, request.number) not in requests:
            return
        place = requests.index((request.kind, request.number))
        before, after = list(self._owed)[:place], list(self._owed)[place + 1 :]
        if error is None:
            if request.kind != "chunk":
                self._held.clear()
            self._owed = deque([*before, *results, *after])
            return
        # Outputs that the codec holds back are lost. If it is not known whether it does, they may be lost.
        kept = [
            owed._replace(optional=True) if owed.number in self._held else owed
            for owed in before
            if self._held.get(owed.number, UNKNOWN_DELAY) >= UNKNOWN_DELAY // 2
        ]
        self._held.clear()
        self._owed = deque([*kept, Owed("error", 0, error)])
        self._doomed = True

    def _start_again(self, state: str, reason: str) -> None:
        self.state = state
        for number, flush in self._unsettled.items():
            resolved = Owed("resolved", number)
            if flush.is_resolved:
                self._skip_optional(resolved)
                if self._owed and self._owed[0] == resolved:
                    # That was due before.
                    self._owed.popleft()
                    flush.decide(None)
        self._owed.clear()
        self._held.clear()
        self._doomed = False
        self._configurations = []
        self._is_unsupported = False
        for flush in self._unsettled.values():
            flush.decide(reason)

    def _skip_optional(self, wanted: Owed) -> None:
        """Drop outputs at the front that need not come, if ``wanted`` is owed after them."""
        while self._owed and self._owed[0].optional and self._owed[0].number != wanted.number:
            self._owed.popleft()


def _describe(owed: Owed | None) -> str:
    if owed is None:
        return "anything was owed"
    return owed.name if owed.kind == "error" else f"{owed.kind} {short(owed.number)}"


def short(number: int) -> int:
    """The number of a call, counted from 1."""
    return number - FIRST_NUMBER if number >= FIRST_NUMBER else number

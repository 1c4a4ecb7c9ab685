"""One run of a program on one decoder, move by move: every move there is can be asked for, by name.

Moves are ``task`` (the front task), ``work`` (the front work item), a call made by a script, and ``end`` of the script.
A script ends by itself when there are no promise reactions waiting for that; then it doesn't matter whether the next
call is in the same one. What is decided in the course of a step follows it: ``work > late`` is how the codec answers
(without that, as usual), ``task > reset > - > decode`` that reset() is called in the first callback, nothing more in
that, and decode() in the second one.
"""

from collections.abc import Callable, Sequence

from codecmodel import AudioData, AudioDecoder, DOMException, VideoDecoder, VideoFrame
from codecmodel.platform.current import use_platform
from codecmodel.web.event_loop import Promise, use_event_loop
from codecmodel.web.events import Event
from conformance.explorer.codec_watch import CodecWatch
from conformance.explorer.heap import Fingerprints, Surroundings
from conformance.explorer.invariants import FIRST_NUMBER, DecoderWatch, Violation, short
from conformance.explorer.programs import (
    CALLS,
    CONFIGURE_ANSWERS,
    DECODE_ANSWERS,
    DRAIN_ANSWERS,
    FLUSH_ANSWERS,
    Pattern,
)
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.observed_decoder import (
    Kind,
    ObservedAudioDecoder,
    ObservedDecoder,
    ObservedVideoDecoder,
    name_of,
)
from conformance.scripted.scripted_codec import ConfigureAnswer, DecodeAnswer, Fails, ScriptedPlatform, Supported

#: The first option: the usual answer, or no (more) calls in this callback.
NOTHING = "-"
#: Requests that saturate the codec: as few as may be.
CAPACITY = 2


class BadMoveError(Exception):
    """A move that isn't there."""


class Simulation(Surroundings):
    """A decoder, what surrounds it, and a program that may make ``calls`` calls, so many of them inside callbacks.

    Which calls these are is decided move by move, within ``pattern``.
    """

    def __init__(self, kind: Kind, calls: int, calls_in_callbacks: int, pattern: Pattern) -> None:
        #: What was seen so far.
        self.log: list[str] = []
        self.violations: list[Violation] = []
        #: For each decision in the course of the last move: what there was to choose from.
        self.asked: list[list[str]] = []
        self.calls_left = calls
        self.calls_in_callbacks_left = calls_in_callbacks
        self._pattern = pattern
        self._positions = pattern.start
        self._made = 0
        self._answers: list[str] = []
        self._bad_move: BadMoveError | None = None
        self._is_script_open = False
        self.event_loop = DeterministicEventLoop(self._reported)
        self._platform = ScriptedPlatform(lambda: self.event_loop.on_parallel_queue, CAPACITY)
        self._platform.configure_answers = _ConfigureAnswers(self)
        self._platform.decode_answers = _DecodeAnswers(self)
        with use_event_loop(self.event_loop), use_platform(self._platform):
            observed = {"audio": _SimulatedAudioDecoder, "video": _SimulatedVideoDecoder}[kind]
            self._decoder: _SimulatedDecoder = observed(self, self.event_loop, self._platform)
        self.decoder: AudioDecoder | VideoDecoder = self._decoder.decoder
        self.watch = DecoderWatch(self.decoder, self.violations.append)
        self.codec = CodecWatch(self._platform, self.violations.append)
        [self._work_queue] = self.event_loop.parallel_queues

    # Moves

    def moves(self) -> list[str]:
        """What may be next, apart from what callbacks may do then."""
        moves: list[str] = []
        if self._is_script_open:
            moves.append("end")
        elif self.event_loop._tasks:
            moves.append("task")
        if self._work_queue._items:
            moves.append("work")
        return moves + self._callable("")

    def _can(self, step: str) -> bool:
        if step == "task":
            return not self._is_script_open and bool(self.event_loop._tasks)
        if step == "work":
            return bool(self._work_queue._items)
        if step == "end":
            return self._is_script_open
        return step in CALLS and self.calls_left > 0 and bool(self._pattern.after(self._positions, step))

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing happens unless the program makes another call."""
        return not (self._is_script_open or self.event_loop._tasks or self._work_queue._items)

    def make(self, move: str) -> None:
        """Make a move. Raises BadMoveError if it isn't there."""
        step, *self._answers = move.split(" > ")
        self.asked.clear()
        if not self._can(step):
            raise BadMoveError(f"{step!r} is not among {self.moves()}")
        try:
            self._make(step)
        except Exception as exception:
            self.violations.append(Violation("assertions", f"{step} raises {type(exception).__name__}: {exception}"))
        if self._bad_move is not None:
            raise self._bad_move
        if self._answers:
            raise BadMoveError(f"nobody was asked for {' > '.join(self._answers)}")
        self.codec.after_work(is_queue_empty=not self._work_queue._items)
        self.codec.after_step()
        if self._is_script_open:
            self.watch.observe()
        elif self.is_at_rest:
            self.watch.at_rest()
            self.codec.at_rest(is_closed=self.decoder.state == "closed")
        else:
            self.watch.after_checkpoint()

    def describe(self, move: str) -> str:
        """What a move runs that could be made now."""
        step = move.partition(" ")[0]
        if step == "task" and self.event_loop._tasks:
            return self.event_loop._tasks[0].label
        if step == "work" and self._work_queue._items:
            return self._work_queue._items[0].label
        return ""

    def fingerprint(self, fingerprints: Fingerprints) -> bytes:
        """Of all that what happens next depends on, but how many calls are left, and where."""
        roots = (
            self.decoder,
            self.watch,
            self.codec,
            self._platform.resources,
            self._is_script_open,
            self._positions,
        )
        return fingerprints.of(self.event_loop, roots)

    def _make(self, step: str) -> None:
        event_loop = self.event_loop
        if step == "task":
            event_loop.run_task(event_loop._tasks[0])
        elif step == "work":
            self._work_queue.run_front()
        elif step == "end":
            self._is_script_open = False
            event_loop.clean_up_after_running_script()
        else:
            if not self._is_script_open:
                event_loop.prepare_to_run_script()
                self._is_script_open = True
            self._call(step, step)
            if not event_loop._microtasks._microtasks:
                self._is_script_open = False
                event_loop.clean_up_after_running_script()

    # Calls

    def decide(self, options: list[str]) -> str:
        """One of the options: what the move says, or the first."""
        self.asked.append(options)
        answer = self._answers.pop(0) if self._answers else NOTHING
        if answer == NOTHING:
            answer = options[0]
        if answer not in options:
            # The model would take an exception for the codec's.
            self._bad_move = BadMoveError(f"{answer!r} is not among {options}")
            return options[0]
        return answer

    def ask(self, place: str) -> None:
        """Inside a callback: have the program make the calls that it wants to make there."""
        while self.calls_left and self.calls_in_callbacks_left:
            answer = self.decide([NOTHING, *self._callable(f"{place}:")])
            if answer == NOTHING:
                return
            self.calls_in_callbacks_left -= 1
            self._call(f"{place}:{answer}", answer)

    def _callable(self, prefix: str) -> list[str]:
        if not self.calls_left:
            return []
        return [call for call in CALLS if self._pattern.after(self._positions, prefix + call)]

    def _call(self, text: str, call: str) -> None:
        self._positions = self._pattern.after(self._positions, text)
        self.calls_left -= 1
        self._made += 1
        self._decoder.call(call, FIRST_NUMBER + self._made)

    def _reported(self, exception: BaseException) -> None:
        self.violations.append(Violation("assertions", f"{exception!r} is reported"))


class _SimulatedDecoder(ObservedDecoder, Surroundings):
    """Tells the simulation's watches what happens, and asks the simulation what to do in callbacks."""

    def __init__(self, simulation: Simulation, event_loop: DeterministicEventLoop, platform: ScriptedPlatform) -> None:
        self._simulation = simulation
        super().__init__(event_loop, platform, simulation.log, "")

    def call(self, call: str, number: int) -> None:
        """Make a call of a program."""
        watch, codec = self._simulation.watch, self._simulation.codec
        if call == "configure":
            if self.decoder.state != "closed":
                codec.expect("configure", number)
            thrown = self._thrown(lambda: self._configure(number))
            self._record_call(f"configure {short(number)}", thrown)
            watch.configured(thrown, number)
        elif call == "decode":
            if self.decoder.state == "configured":
                codec.expect("decode", number)
            thrown = self._thrown(lambda: self._decode(number, "key"))
            self._record_call(f"decode {short(number)}", thrown)
            watch.decoded(thrown, number)
        elif call == "flush":
            if self.decoder.state == "configured":
                codec.expect("flush")
            promise = self.decoder.flush()
            self.record(f"flush {short(number)}")
            promise.add_done_callback(lambda settled: self._settled(number, settled))
            watch.flushed(number, promise)
        else:
            was_closed = self.decoder.state == "closed"
            thrown = self._thrown(self.decoder.reset if call == "reset" else self.decoder.close)
            if not was_closed:
                codec.start_again(close=call == "close")
            self._record_call(call, thrown)
            (watch.was_reset if call == "reset" else watch.was_closed)(thrown)

    def _thrown(self, call: Callable[[], None]) -> str | None:
        try:
            call()
        except (DOMException, TypeError) as exception:
            return name_of(exception)
        return None

    def _record_call(self, call: str, thrown: str | None) -> None:
        self.record(call if thrown is None else f"{call} throws {thrown}")

    def _output(self, output: AudioData | VideoFrame) -> None:
        number = output.timestamp
        output.close()
        self.record(f"output {short(number)}")
        self._simulation.watch.output(number)
        self._simulation.ask("output")

    def _error(self, error: DOMException) -> None:
        self.record(f"error {error.name}")
        self._simulation.codec.start_again(close=True)
        self._simulation.watch.error(error.name)
        self._simulation.ask("error")

    def _dequeued(self, event: Event) -> None:
        self.record("dequeue")
        self._simulation.watch.event_begins()
        self._simulation.ask("dequeue")
        self._simulation.watch.event_ends()

    def _settled(self, number: int, promise: Promise[None]) -> None:
        reason = promise.exception()
        name = None if reason is None else name_of(reason)
        self.record(f"flush {short(number)} " + ("resolved" if name is None else f"rejected {name}"))
        self._simulation.watch.settled(number, name)


class _ConfigureAnswers(dict[int, ConfigureAnswer]):
    """Answers that are decided when the codec is asked. The model asks twice: if it is supported, then to configure."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__()
        self._simulation = simulation

    def get(self, number: int, default: object = None) -> ConfigureAnswer:
        answer = self.pop(number, None)
        if answer is not None:
            return answer
        name = self._simulation.decide(list(CONFIGURE_ANSWERS))
        answer = CONFIGURE_ANSWERS[name]
        self._simulation.watch.takes_configuration(number, None if name == "supported" else "NotSupportedError")
        if isinstance(answer, Supported):
            answer = _Supported(self._simulation)
        if name == "unsupported":
            self._simulation.codec.withdraw("configure", number)
        else:
            self[number] = answer
        return answer


class _Supported(Supported):
    """A configuration that works. Flushing and draining are decided when the codec is asked."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__(_FlushAnswers(simulation))
        object.__setattr__(self, "_simulation", simulation)

    def answer_to_drain(self) -> Fails | None:
        simulation: Simulation = self.__dict__["_simulation"]
        answer = DRAIN_ANSWERS[simulation.decide(list(DRAIN_ANSWERS))]
        simulation.watch.takes_drain(None if answer is None else "EncodingError")
        return answer


class _DecodeAnswers(dict[int, DecodeAnswer]):
    """Answers that are decided when the codec is asked."""

    def __init__(self, simulation: Simulation) -> None:
        super().__init__()
        self._simulation = simulation

    def get(self, number: int, default: object = None) -> DecodeAnswer:
        answer = DECODE_ANSWERS[self._simulation.decide(list(DECODE_ANSWERS))]
        if isinstance(answer, Fails):
            self._simulation.watch.takes_chunk(number, error="EncodingError")
        else:
            self._simulation.watch.takes_chunk(number, outputs=answer.count, delay=answer.delay)
        return answer


class _FlushAnswers(Sequence[Fails | None]):
    """Answers that are decided when the codec is asked, however often."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def __len__(self) -> int:
        return 1 << 20

    def __getitem__(self, index: object) -> Fails | None:  # type: ignore[override]  # nobody asks for a slice
        answer = FLUSH_ANSWERS[self._simulation.decide(list(FLUSH_ANSWERS))]
        self._simulation.watch.takes_flush(None if answer is None else "EncodingError")
        return answer


class _SimulatedAudioDecoder(_SimulatedDecoder, ObservedAudioDecoder):
    pass


class _SimulatedVideoDecoder(_SimulatedDecoder, ObservedVideoDecoder):
    pass

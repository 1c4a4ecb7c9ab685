"""Records the model as it goes along with the log of a litmus test. The log is the program that is shown.

A browser tells only what its program can observe. The run of the model is one that agrees with the log, or one that
agrees with it the furthest.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final, cast

from conformance.explain.programs import recording
from conformance.explain.recorder import Recorder
from conformance.explain.recording import Recording, Sentences, Text, recording_of
from conformance.explain.step_map import step_map
from conformance.litmus.checker import Verdict, check
from conformance.litmus.command import judge_all, runner
from conformance.litmus.deviations import Judgement, judge
from conformance.litmus.free_codec import Freedoms
from conformance.litmus.log import ENDS, Entry, Log, line
from conformance.litmus.programs import Program, program_of
from conformance.litmus.subjects import Interface, Subject
from conformance.litmus.vocabularies import VOCABULARIES
from conformance.litmus.world import Case, World

#: A program runs so often, as its runs differ.
_RUNS: Final = 20
_INDENT: Final = "  "


def explain_run(interface: Interface, text: str, target: str, sentences: Sentences | None = None) -> Recording:
    """Run a program of litmus tests on a target, and record the model beside a run.

    A run that the model forbids is preferred. Raises BrowserNotFoundError, NodeNotFoundError, TargetFailedError, and
    ValueError for a program or a target that is none.
    """
    program = program_of(text)
    for call in program.calls:
        if call not in VOCABULARIES[interface].calls:
            raise ValueError(f"{call!r} is no call of programs on {interface}")
    run_all, product, version = runner(target)
    judgements = judge_all(interface, run_all, [program] * _RUNS)
    return recording_of_log(interface, program, min(judgements, key=_rank), f"{product} {version}", sentences)


def explain_log(interface: Interface, program: Program, log: Log, name: str) -> Recording:
    """Record the model beside a log of ``name``."""
    return recording_of_log(interface, program, judge(interface, log), name)


def recording_of_log(
    interface: Interface, program: Program, judgement: Judgement, name: str, sentences: Sentences | None = None
) -> Recording:
    """Record the model beside the log that was judged."""
    # That of the model alone: a judgement may have one of the model with deviations.
    verdict = check(interface, judgement.verdict.log)
    worlds: list[World] = []
    recorder = Recorder(
        step_map(), has_clock=False, is_parallel=lambda: bool(worlds) and worlds[0].event_loop.on_parallel_queue
    )
    with recording(recorder):
        world = _Companion(interface, verdict.log, recorder)
        worlds.append(world)
        for move in verdict.moves:
            world.make(move)
        world.end(list(_conclusion(interface, verdict, judgement)))
    source = "\n".join(_lines(verdict))
    return recording_of(recorder, Text(f"the log of {name}", source, f"{interface} of {name}: {program}"), sentences)


def _rank(judgement: Judgement) -> int:
    """Findings first, then runs that deviations explain, then allowed ones, then undecided ones."""
    if judgement.verdict.allowed is None:
        return 3
    if judgement.deviations is None:
        return 0
    return 1 if judgement.deviations else 2


def _lines(verdict: Verdict) -> Iterator[str]:
    """The log. The first difference is marked, and is followed by what the model has there."""
    depth = 0
    for number, entry in enumerate(verdict.log):
        if entry[0] in ENDS.values() or entry[0] == "did":
            depth -= 1
        is_difference = verdict.allowed is False and number == verdict.furthest
        yield f"{'≠ ' if is_difference else ''}{_INDENT * depth}{line(entry)}"
        if is_difference:
            for instead in _instead(verdict):
                yield f"  {_INDENT * depth}the model has: {instead}"
        if entry[0] in ENDS or entry[0] == "do":
            depth += 1


def _instead(verdict: Verdict) -> list[str]:
    return sorted(map(line, verdict.instead))


def _conclusion(interface: Interface, verdict: Verdict, judgement: Judgement) -> Iterator[str]:
    if verdict.allowed:
        yield "The model allows this run."
    elif verdict.allowed is None:
        yield "Undecided: the search was given up."
    else:
        yield f"≠ {line(verdict.observed)}"
        yield from (f"the model has: {instead}" for instead in _instead(verdict))
        for deviation in judgement.deviations or ():
            yield f"explained by: {deviation.name} ({deviation.step_of(interface) or 'against every step'})"
        if judgement.deviations is None:
            yield "No deviation that is known explains it."


class _Companion(World):
    """Goes along with a log, and tells the recorder which entry it is at."""

    def __init__(self, interface: Interface, log: Log, recorder: Recorder) -> None:
        self._recorder = recorder
        super().__init__(interface, Case(log), Freedoms())
        self.subject = cast("Subject", _ToldSubject(self.subject, self._within_line))

    def end(self, conclusion: list[str]) -> None:
        """Be at the entry that the model agrees with last, or parts at."""
        self._recorder.program_line(
            min(self.position + 1, len(self.case.log)),
            lambda: self._recorder.operation("o", "".join(f"{text}\n" for text in conclusion)),
        )

    def make(self, move: Sequence[str]) -> None:
        make = partial(super().make, move)
        if move[0] == "script":
            self._recorder.program_line(self.position + 1, make)
        else:
            make()

    def _within_line(self, steps: Callable[[], None]) -> None:
        """The entry before the position is a call."""
        self._recorder.program_line(self.position, steps)

    def _expect(self, entry: Entry) -> None:
        position = self.position
        super()._expect(entry)
        if self.position > position:
            self._recorder.program_line(self.position, _nothing)


class _ToldSubject:
    """An object whose calls are lines of the program that is shown."""

    def __init__(self, subject: Subject, within_line: Callable[[Callable[[], None]], None]) -> None:
        self._subject = subject
        self._within_line = within_line

    def call(self, name: str, number: int) -> str | None:
        thrown: list[str | None] = []
        self._within_line(lambda: thrown.append(self._subject.call(name, number)))
        return thrown[0]

    def __getattr__(self, name: str) -> object:
        return getattr(self._subject, name)


def _nothing() -> None:
    pass

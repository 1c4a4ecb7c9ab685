"""Runs what is explained, and records it: a Python program as it is, or on the deterministic event loop."""

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType
from typing import Final, TextIO, cast

from codecmodel.codecs.tracer import use_tracer
from codecmodel.platform.current import use_platform
from codecmodel.web.event_loop import Promise, use_event_loop
from conformance.explain.cores import new_core
from conformance.explain.recorder import Recorder
from conformance.explain.recording import Recording, Sentences, Text, recording_of
from conformance.explain.stand_ins import RecordingTracer
from conformance.explain.step_map import codes_in, forget_results, step_map
from conformance.scripted.deterministic_loop import DeterministicEventLoop
from conformance.scripted.scheduler import Policy, Scheduler, work_first
from conformance.scripted.scripted_codec import ScriptedPlatform

#: The number of requests that saturate a scripted codec.
CAPACITY: Final = 3
#: Seconds from the end of a scripted program's main() to its later(), if it has one.
LATER: Final = 11.0


class ProgramError(Exception):
    """The program that was to be explained has failed."""


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Record what runs within the block, and what it prints. Nothing is recorded before and after."""
    core = new_core(recorder)
    tracer = RecordingTracer(recorder, core.begins_on_this_thread)
    printed = sys.stdout
    forget_results()
    sys.stdout = cast("TextIO", _Printed(printed, recorder))
    try:
        with use_tracer(tracer):
            core.start()
            try:
                yield
            finally:
                recorder.wait_for_work()
                recorder.freeze()
                core.stop()
    finally:
        sys.stdout = printed


class _Printed:
    """Standard output, which is recorded."""

    def __init__(self, stream: TextIO, recorder: Recorder) -> None:
        self._stream = stream
        self._recorder = recorder

    def write(self, text: str) -> int:
        self._recorder.operation("o", text)
        return self._stream.write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def read_program(path: Path) -> tuple[Text, CodeType]:
    """A program and its code. Raises ProgramError."""
    try:
        source = path.read_text(encoding="utf-8")
        code = compile(source, str(path), "exec")
    except OSError as error:
        raise ProgramError(f"{path}: {error.strerror or error}") from error
    except (SyntaxError, ValueError) as error:
        raise ProgramError(f"{path}: {error}") from error
    docstring = code.co_consts[0] if code.co_consts and isinstance(code.co_consts[0], str) else path.stem
    return Text(path.name, source, docstring.strip().split("\n")[0].rstrip(".")), code


def explain_program(path: Path, sentences: Sentences | None = None) -> Recording:
    """Run a program on real codecs, as ``python PROGRAM`` does, and record it. Raises ProgramError."""
    text, code = read_program(path)
    recorder = Recorder(step_map(), frozenset(codes_in(code)))
    arguments = sys.argv
    sys.argv = [str(path)]
    sys.path.insert(0, str(path.parent))
    try:
        with recording(recorder):
            _execute(code, {"__name__": "__main__", "__file__": str(path)})
    finally:
        sys.path.remove(str(path.parent))
        sys.argv = arguments
    return recording_of(recorder, text, sentences)


def explain_scripted(
    path: Path,
    policy: Policy = work_first,
    prepare: Callable[[ScriptedPlatform], None] | None = None,
    sentences: Sentences | None = None,
) -> Recording:
    """Run the coroutine function ``main`` of a program on the deterministic event loop, on codecs that follow a script.

    Eleven seconds of the loop's clock later, ``later`` runs, if the program has it. The same program and schedule
    always give the same recording. ``prepare`` tells the codecs what to answer. Raises ProgramError.
    """
    text, code = read_program(path)
    reported: list[BaseException] = []
    event_loop = DeterministicEventLoop(reported.append)
    platform = ScriptedPlatform(lambda: event_loop.on_parallel_queue, CAPACITY)
    if prepare is not None:
        prepare(platform)
    recorder = Recorder(
        step_map(), frozenset(codes_in(code)), has_clock=False, is_parallel=lambda: event_loop.on_parallel_queue
    )
    with use_event_loop(event_loop), use_platform(platform), recording(recorder):
        members: dict[str, object] = {"__name__": "program", "__file__": str(path)}
        _execute(code, members)
        main = members.get("main")
        if not callable(main):
            raise ProgramError(f"{path}: it has no coroutine function main()")
        ended = event_loop.run_script(main)
        Scheduler(event_loop).run_until_idle(policy)
        later = members.get("later")
        if callable(later):
            event_loop.time += LATER
            event_loop.run_script(later)
            Scheduler(event_loop).run_until_idle(policy)
    failures = [*reported, *_failure_of(ended)]
    if failures:
        raise ProgramError(f"{path}: {type(failures[0]).__name__}: {failures[0]}") from failures[0]
    return recording_of(recorder, text, sentences)


def _execute(code: CodeType, members: dict[str, object]) -> None:
    try:
        exec(code, members)
    except SystemExit as exit:
        if exit.code not in (None, 0):
            print(f"the program ended with status {exit.code}", file=sys.stderr)
    except Exception:
        # The events until then are explained nevertheless.
        traceback.print_exc()


def _failure_of(ended: Promise[object] | None) -> Iterator[BaseException]:
    if ended is None or not ended.done():
        yield ProgramError("main() is no coroutine function, or has not come to its end")
    elif ended.exception() is not None:
        yield cast("BaseException", ended.exception())

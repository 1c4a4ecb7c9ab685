"""A KeyboardInterrupt at any line of the event loop, the wake-up and the parallel queue does no lasting harm.

In each run one line is interrupted, and the program runs its loop again. A codec that was at work goes on, promises are
settled, another codec works, and nothing is left.
"""

import asyncio
import contextlib
import io
import os
import signal
import sys
import threading
import time
from _thread import interrupt_main
from collections.abc import Callable
from types import FrameType
from typing import NamedTuple

import pytest

import ffbind
from codecmodel.platform import threads as platform_threads
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.raw_media.media_resource import ResourceReference
from codecmodel.web import checkpoint, event_loop, finalizers, parallel_queue, steps, threads, wake_up
from codecmodel.web.threads import share
from ffbind import file_methods
from ffbind.packet import PacketMemory
from tests.codecmodel.faults.interrupts import Interrupter, interrupted_at_each_line
from tests.codecmodel.faults.program import HANG_SECONDS, Program, wait_for_releases
from tests.codecmodel.web.scripts import CountingLoop, LoopWithoutReaders

MODULES = [event_loop, checkpoint, wake_up, parallel_queue, threads, steps]


def no_thread(thread: threading.Thread) -> None:
    raise RuntimeError("can't start new thread")


@pytest.mark.usefixtures("short_timers", "no_faults_are_shown")
@pytest.mark.parametrize(
    ("new_loop", "visits"),
    # Without a pipe, the same lines are executed again in each turn of the loop.
    [(CountingLoop, None), (LoopWithoutReaders, 4)],
)
def test_codecs_go_on_after_an_interrupt(new_loop: Callable[[], asyncio.AbstractEventLoop], visits: int | None) -> None:
    def run(interrupter: Interrupter) -> None:
        Program(new_loop).run(interrupter.interrupting())
        wait_for_releases()

    lines = interrupted_at_each_line(MODULES, run, visits)
    print(len(lines), "interrupts at", len(set(lines)), "lines")
    assert len(lines) > 200
    assert len(set(lines)) > 80


@pytest.mark.usefixtures("short_timers", "no_faults_are_shown")
def test_codecs_go_on_after_an_interrupt_where_there_are_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_pool", threads.Pool())
    monkeypatch.setattr(threading.Thread, "start", no_thread)

    def run(interrupter: Interrupter) -> None:
        program = Program(CountingLoop)
        program.run(interrupter.interrupting())
        del program
        wait_for_releases()

    lines = interrupted_at_each_line(MODULES, run, 4)
    print(len(lines), "interrupts at", len(set(lines)), "lines")
    assert len(lines) > 200
    assert len(set(lines)) > 60


@pytest.mark.parametrize("processors", [1, 2])
def test_an_interrupt_of_shared_parts_comes_when_all_have_ended(
    monkeypatch: pytest.MonkeyPatch, processors: int
) -> None:
    monkeypatch.setattr(threads, "_PROCESSORS", processors)

    def run(interrupter: Interrupter) -> None:
        running: set[int] = set()

        def part() -> None:
            running.add(threading.get_ident())
            time.sleep(0.0005)
            running.discard(threading.get_ident())

        raised = False
        try:
            with interrupter.interrupting():
                share([part] * 3)
        except KeyboardInterrupt:
            raised = True
        assert raised == (interrupter.line is not None)
        assert running == set()

    lines = interrupted_at_each_line([threads], run)
    print(len(lines), "interrupts at", len(set(lines)), "lines")
    assert len(lines) > 25


# Finalizers

comes_again = pytest.mark.skipif(
    not hasattr(signal, "pthread_kill"), reason="the main thread's sleep is ended by a signal"
)


class Interrupting:
    """Interrupts the main thread when it goes. No instruction of Python is executed for that."""

    __del__ = interrupt_main


def begin_to_finalize(owners: list[object]) -> None:
    """Drop the last reference to an object. An interrupt waits for the first instruction of its finalizer."""
    assert len(owners) == 1
    # The last entry goes first.
    owners.append(Interrupting())
    owners.clear()


class Finalized(NamedTuple):
    """The only reference to an object, and a function that tells whether it has been finalized."""

    owners: list[object]
    is_finished: Callable[[], bool]


def memory_of_a_frame() -> Finalized:
    return Finalized([ffbind.Frame.video(16, 16, "gray")], lambda: ffbind.live_objects() == {})


def decoder() -> Finalized:
    return Finalized([ffbind.Decoder("mpeg4")], lambda: ffbind.live_objects() == {})


def unfinished_file() -> Finalized:
    return Finalized([ffbind.ContainerWriter.open(io.BytesIO(), "matroska")], lambda: ffbind.live_objects() == {})


def reference_to_a_resource() -> Finalized:
    resource = FFmpegVideoResource(ffbind.Frame.video(16, 16, "gray"))
    return Finalized([ResourceReference(resource)], lambda: ffbind.live_objects() == {})


def wake_up_of_a_loop() -> Finalized:
    loop = asyncio.SelectorEventLoop()
    wakes = wake_up.PipeWakeUp(loop, lambda: None, lambda: None)
    loop.close()
    descriptors = [wakes._reader, wakes._writer]
    return Finalized([wakes], lambda: not any(map(is_open, descriptors)))


def watcher_of_a_wake_up() -> Finalized:
    seen: list[str] = []
    return Finalized([wake_up._Watcher(lambda: None, lambda: seen.append("closed"))], lambda: seen == ["closed"])


def loan_of_threads() -> Finalized:
    loan = platform_threads.ThreadLoan()
    loan.ask(2)
    return Finalized([loan], lambda: len(platform_threads._lent) == 0)


def is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


@comes_again
@pytest.mark.parametrize(
    "made",
    [
        memory_of_a_frame,
        decoder,
        unfinished_file,
        reference_to_a_resource,
        wake_up_of_a_loop,
        watcher_of_a_wake_up,
        loan_of_threads,
    ],
)
def test_an_interrupt_at_the_first_instruction_of_a_finalizer_comes_again(made: Callable[[], Finalized]) -> None:
    finalized = made()
    assert not finalized.is_finished()
    begin_to_finalize(finalized.owners)
    assert finalized.is_finished()
    with pytest.raises(KeyboardInterrupt):
        time.sleep(HANG_SECONDS)


@comes_again
def test_an_interrupt_of_a_descriptor_s_closing_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    finalized = wake_up_of_a_loop()
    close = os.close
    closed: list[int] = []

    def interrupted_close(descriptor: int) -> None:
        close(descriptor)
        closed.append(descriptor)
        if len(closed) == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patches:
        patches.setattr(os, "close", interrupted_close)
        finalized.owners.clear()
    with pytest.raises(KeyboardInterrupt):
        time.sleep(HANG_SECONDS)
    assert finalized.is_finished()
    assert len(closed) == 2


@comes_again
@pytest.mark.parametrize(("interrupted", "count"), [("free", 2), ("release", 1)])
def test_an_interrupt_that_lands_in_a_del_comes_again(
    monkeypatch: pytest.MonkeyPatch, interrupted: str, count: int
) -> None:
    """An interrupt in the ``__del__`` of a packet of FFmpeg's, or of the last reference to a media resource.

    The first frees its packet again, which FFmpeg's cleared pointer makes harmless.
    """
    owner: object = ffbind.Packet(b"1")
    place: tuple[type, str] = (PacketMemory, "_free")
    if interrupted == "release":
        owner = ResourceReference(FFmpegVideoResource(ffbind.Frame.video(16, 16, "gray")))
        place = (FFmpegVideoResource, "release")
    original = getattr(*place)
    calls: list[object] = []

    def interrupted_call(self: object, *arguments: object) -> None:
        original(self, *arguments)
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patches:
        patches.setattr(*place, interrupted_call)
        del owner
    with pytest.raises(KeyboardInterrupt):
        time.sleep(HANG_SECONDS)
    assert len(calls) == count
    assert ffbind.live_objects() == {}


class InterruptedSource(io.BytesIO):
    """A file that is interrupted when FFmpeg is about to call a method of it."""

    def __init__(self) -> None:
        super().__init__(bytes(1 << 16))
        self.armed = True

    def read(self, size: int | None = -1, /) -> bytes:
        if self.armed:
            self.armed = False
            sys.setprofile(self._before_the_next_call)
        return super().read(size)

    def _before_the_next_call(self, frame: FrameType, event: str, argument: object) -> None:
        if event == "call" and frame.f_code.co_filename == file_methods.__file__:
            sys.setprofile(None)
            raise KeyboardInterrupt


@comes_again
def test_an_interrupt_before_a_method_that_ffmpeg_calls_comes_again() -> None:
    def read() -> None:
        with contextlib.suppress(ffbind.FFmpegError, OSError):
            ffbind.Container.open(InterruptedSource())
        time.sleep(HANG_SECONDS)

    with pytest.raises(KeyboardInterrupt):
        read()
    assert ffbind.live_objects() == {}


@comes_again
def test_an_interrupt_does_not_come_again_before_the_hook_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow_run(job: Callable[[], None]) -> bool:
        threading.Thread(target=job).start()
        # The thread would interrupt this.
        time.sleep(20 * finalizers._DELAY_SECONDS)
        return True

    monkeypatch.setattr(threads, "run", slow_run)
    finalized = memory_of_a_frame()
    begin_to_finalize(finalized.owners)
    assert finalized.is_finished()
    with pytest.raises(KeyboardInterrupt):
        time.sleep(HANG_SECONDS)


class FinishedAtTheThirdTime:
    """Its finalizer is interrupted twice."""

    _can_finish_again = True

    def __init__(self, attempts: list[int]) -> None:
        self.attempts = attempts

    def __del__(self) -> None:
        self.attempts.append(len(self.attempts))
        if len(self.attempts) < 3:
            raise KeyboardInterrupt


def test_an_interrupt_comes_again_even_where_there_are_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    attempts: list[int] = []
    interrupts: list[str] = []
    monkeypatch.setattr(threads, "run", lambda job: False)
    monkeypatch.setattr(finalizers, "interrupt_main", lambda: interrupts.append("interrupt"))
    FinishedAtTheThirdTime(attempts)
    assert (attempts, interrupts) == ([0, 1, 2], ["interrupt"])


@pytest.mark.parametrize(("can_finish_again", "exception"), [(True, ValueError), (False, KeyboardInterrupt)])
def test_other_exceptions_of_finalizers_are_for_the_hook_before(
    monkeypatch: pytest.MonkeyPatch, can_finish_again: bool, exception: type[BaseException]
) -> None:
    class Failing:
        _can_finish_again = can_finish_again

        def __del__(self) -> None:
            raise exception

    seen: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: seen.append(unraisable.exc_type))
    finalizers.install_hook()
    Failing()
    assert seen == [exception]

"""A KeyboardInterrupt at any line of the event loop, the wake-up and the parallel queue does no lasting harm.

In each run one line is interrupted, and the program runs its loop again. A codec that was at work goes on, promises are
settled, another codec works, and nothing is left.
"""

import asyncio
import os
import signal
import threading
import time
import weakref
from collections.abc import Callable

import pytest

import ffbind
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.raw_media.media_resource import ResourceReference
from codecmodel.web import checkpoint, event_loop, finalizers, parallel_queue, steps, threads, wake_up
from codecmodel.web.threads import share
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


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="the main thread's sleep is ended by a signal")
def test_an_interrupt_that_lands_in_a_finalizer_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    close = os.close
    closed: list[int] = []

    def interrupted_close(descriptor: int) -> None:
        close(descriptor)
        closed.append(descriptor)
        if len(closed) == 1:
            raise KeyboardInterrupt

    descriptors: list[list[int]] = []
    loop = asyncio.SelectorEventLoop()
    wakes = wake_up.PipeWakeUp(loop, lambda: None, lambda: None)
    descriptors.append(list(wakes._descriptors))
    loop.close()
    with monkeypatch.context() as patches:
        patches.setattr(os, "close", interrupted_close)
        del wakes
    with pytest.raises(KeyboardInterrupt):
        time.sleep(HANG_SECONDS)
    assert sorted(closed) == sorted(descriptors[0])


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="the main thread's sleep is ended by a signal")
@pytest.mark.parametrize("interrupted", ["free", "release"])
def test_an_interrupt_that_lands_in_a_del_comes_again(monkeypatch: pytest.MonkeyPatch, interrupted: str) -> None:
    """An interrupt in the ``__del__`` of a frame of FFmpeg's, or of the last reference to a media resource."""
    frame = ffbind.Frame.video(16, 16, "gray")
    owner: object = frame
    place: tuple[type, str] = (type(frame._memory), "_free")
    if interrupted == "release":
        owner = ResourceReference(FFmpegVideoResource(frame))
        place = (FFmpegVideoResource, "release")
    original = getattr(*place)
    calls: list[object] = []

    def interrupted_call(self: object, *arguments: object) -> None:
        original(self, *arguments)
        calls.append(arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patches:
        patches.setattr(*place, interrupted_call)
        del frame, owner
    with pytest.raises(KeyboardInterrupt):
        time.sleep(HANG_SECONDS)
    assert len(calls) == 1
    assert ffbind.live_objects() == {}


def test_an_interrupt_comes_again_even_where_there_are_no_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    class Owner:
        pass

    def interrupted() -> None:
        attempts.append(len(attempts))
        if len(attempts) == 1:
            raise KeyboardInterrupt

    attempts: list[int] = []
    interrupts: list[str] = []
    monkeypatch.setattr(threads, "run", lambda job: False)
    monkeypatch.setattr(finalizers, "interrupt_main", lambda: interrupts.append("interrupt"))
    owner = Owner()
    weakref.finalize(owner, finalizers.clean_up, interrupted)
    del owner
    assert (attempts, interrupts) == ([0, 1], ["interrupt"])

"""A KeyboardInterrupt at any line of a blocking iteration leaves no thread, and nothing of FFmpeg's."""

import asyncio
import gc
import threading
from collections.abc import AsyncIterator

import pytest

import ffbind
from codecmodel import VideoFrame, iteration
from codecmodel.iteration import blocking
from tests.codecmodel.faults.interrupts import Interrupter, InterrupterAfterCalls, interrupted_at_each_line


async def _frames() -> AsyncIterator[VideoFrame]:
    for timestamp in range(4):
        await asyncio.sleep(0)
        yield VideoFrame(bytes(16), {"format": "RGBA", "codedWidth": 2, "codedHeight": 2, "timestamp": timestamp})


def _threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "codecmodel iteration"]


@pytest.mark.parametrize("ahead", [0, 3])
@pytest.mark.parametrize("taken", [2, 10])
@pytest.mark.parametrize("interrupters", [Interrupter, InterrupterAfterCalls])
def test_no_thread_outlives_an_interrupted_iteration(ahead: int, taken: int, interrupters: type[Interrupter]) -> None:
    def run(interrupter: Interrupter) -> None:
        try:
            with interrupter.interrupting():
                items = blocking(_frames(), ahead=ahead)
                for _, frame in zip(range(taken), items, strict=False):
                    frame.close()
                items.close()
        except KeyboardInterrupt:
            pass
        items = None  # type: ignore[assignment]  # as if the program had gone on
        gc.collect()
        for thread in _threads():
            thread.join(30)
        assert _threads() == [], interrupter.line

    before = ffbind.live_objects()
    lines = interrupted_at_each_line([iteration], run, interrupters=interrupters)
    assert len(lines) > 30
    gc.collect()
    assert ffbind.live_objects() == before

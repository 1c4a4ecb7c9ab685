"""A KeyboardInterrupt at any line of the event loop, the wake-up and the parallel queue leaves no promise pending.

The promises are those of questions for support and of copies, which no codec settles, and that of a flush. Here nothing
closes the codec, so an interrupt that ends its task or its work must have it closed, or let it go on.
"""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from codecmodel import AudioDecoder, ImageDecoder, VideoEncoder, VideoFrame
from codecmodel.codecs import config_support, processing_model
from codecmodel.raw_media import video_frame_copy
from codecmodel.raw_media.video_frame_init import VideoFrameBufferInit
from codecmodel.web import checkpoint, event_loop, parallel_queue, steps, threads, wake_up
from codecmodel.web.event_loop import Promise
from tests.codecmodel.faults.interrupts import Interrupter, interrupted_at_each_line
from tests.codecmodel.faults.program import CONFIG, HANG_SECONDS, Decoder, wait_for_releases
from tests.codecmodel.faults.test_interrupts import no_thread
from tests.codecmodel.web.scripts import CountingLoop

MODULES = [event_loop, checkpoint, wake_up, parallel_queue, threads, steps]
MODULES += [config_support, video_frame_copy, processing_model]


class Questions:
    """Promises that an interrupted program has got, and the frame that is copied."""

    def __init__(self) -> None:
        self.loop = CountingLoop()
        self.loop.set_exception_handler(lambda loop, context: None)
        # Promise is invariant in its type, and these are of several types.
        self.promises: list[Promise[Any]] = []
        self.decoders: list[Decoder] = []

    def _ask(self) -> None:
        promises: list[Callable[[], Promise[Any]]] = [
            lambda: AudioDecoder.isConfigSupported(CONFIG),
            lambda: VideoEncoder.isConfigSupported({"codec": "none", "width": 16, "height": 16}),
            lambda: ImageDecoder.isTypeSupported("image/png"),
        ]
        self.promises += [promise() for promise in promises]
        decoder = Decoder()
        decoder.begin()
        assert decoder.flushed is not None
        self.promises.append(decoder.flushed)
        self.decoders.append(decoder)
        init: VideoFrameBufferInit = {"format": "RGBA", "codedWidth": 16, "codedHeight": 16, "timestamp": 0}
        with VideoFrame(bytes(1024), init) as frame:
            self.promises.append(frame.copyTo(bytearray(1024)))
            self.promises.append(frame.copyTo(bytearray(1024), {"format": "BGRX", "colorSpace": "display-p3"}))

    async def _work(self) -> None:
        event_loop._asyncio_event_loops.pop(id(self.loop), None)
        self._ask()
        await asyncio.wait(self.promises)

    async def _go_on(self) -> None:
        # As asyncio.run() does.
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        done, pending = await asyncio.wait(self.promises, timeout=HANG_SECONDS) if self.promises else (set(), set())
        assert not pending
        for promise in done:
            promise.exception()
        for decoder in self.decoders:
            if decoder.decoder.state != "closed":
                decoder.decoder.close()
        next_decoder = Decoder()
        next_decoder.begin()
        await next_decoder.finish()

    def run(self, interrupter: Interrupter) -> None:
        """Ask, with an interrupt. Then the program goes on, and all that it was promised is settled."""
        with suppress(KeyboardInterrupt), interrupter.interrupting():
            self.loop.run_until_complete(self._work())
        with suppress(RuntimeError):
            self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.run_until_complete(self._go_on())
        self.loop.close()


@pytest.mark.usefixtures("short_timers", "no_faults_are_shown")
@pytest.mark.parametrize("has_threads", [True, False])
def test_every_promise_is_settled_after_an_interrupt(monkeypatch: pytest.MonkeyPatch, has_threads: bool) -> None:
    if not has_threads:
        monkeypatch.setattr(threads, "_pool", threads.Pool())
        monkeypatch.setattr(threading.Thread, "start", no_thread)

    def run(interrupter: Interrupter) -> None:
        Questions().run(interrupter)
        wait_for_releases()

    lines = interrupted_at_each_line(MODULES, run, 2)
    print(len(lines), "interrupts at", len(set(lines)), "lines")
    assert len(lines) > 200
    assert len(set(lines)) > 80

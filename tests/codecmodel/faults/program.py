"""The program that faults are injected into: codecs on an asyncio loop, which the program runs again after a fault."""

import asyncio
import gc
import time
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

import ffbind
from codecmodel import AudioData, AudioDecoder, DOMException, EncodedAudioChunk
from codecmodel.types import AudioDecoderConfig
from codecmodel.web import event_loop
from codecmodel.web.event_loop import AsyncioEventLoop, Promise, current_event_loop, mark_as_handled

#: Nothing is measured with it: a test that would hang fails instead.
HANG_SECONDS = 30
CONFIG: AudioDecoderConfig = {"codec": "pcm-s16", "sampleRate": 8000, "numberOfChannels": 1}


class Decoder:
    """A decoder, the timestamps of its output, and the promise of its last flush."""

    def __init__(self) -> None:
        self.timestamps: list[int] = []
        self.errors: list[DOMException] = []
        self.decoder = AudioDecoder({"output": self._output, "error": self.errors.append})
        self.flushed: Promise[None] | None = None

    def _output(self, data: AudioData) -> None:
        self.timestamps.append(data.timestamp)
        data.close()

    def begin(self) -> None:
        """Have it decode three chunks and flush."""
        self.decoder.configure(CONFIG)
        for timestamp in range(3):
            self.decoder.decode(EncodedAudioChunk({"type": "key", "timestamp": timestamp, "data": bytes(16)}))
        self.flushed = self.decoder.flush()

    async def finish(self) -> None:
        """Wait for the flush that ``begin()`` has begun."""
        assert self.flushed is not None
        try:
            await asyncio.wait_for(self.flushed, HANG_SECONDS)
        except DOMException as error:
            # A fault that comes inside of a codec's task, or of its work where that runs on this thread, closes it.
            if "failed unexpectedly" in error.message or "not enough memory" in error.message:
                return
            raise
        assert (self.timestamps, self.errors) == ([0, 1, 2], [])
        self.decoder.close()


class Program:
    """Codecs on a loop of their own. ``fault`` is the exception that the fault has raised in the program, if any."""

    def __init__(self, new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
        self.loop = new_loop()
        self.reported: list[object] = []
        self.loop.set_exception_handler(lambda loop, context: self.reported.append(context.get("exception")))
        self.bystander: Decoder | None = None
        self.others: list[Decoder] = []
        self.fault: BaseException | None = None

    def run(self, injection: AbstractContextManager[None]) -> None:
        """Have a bystander begin, and run other codecs with a fault injected. Then the program goes on.

        The bystander must finish its work, unless the fault came inside its steps. When all codecs are closed, all
        promises must be settled, another codec must work, and nothing may be left to do.
        """
        self.loop.run_until_complete(self._prepare())
        try:
            with injection:
                self.loop.run_until_complete(self._work())
        except BaseException as fault:
            self.fault = fault
        # If the work was done when the fault came, asyncio has yet to stop the loop for that.
        with suppress(RuntimeError):
            self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.run_until_complete(self._go_on())
        self.loop.close()

    async def _prepare(self) -> None:
        self.bystander = Decoder()
        self.bystander.begin()

    async def _work(self) -> None:
        # The event loop of the asyncio loop is made anew, so faults come in there as well.
        event_loop._asyncio_event_loops.pop(id(self.loop), None)
        for _ in range(2):
            self.others.append(Decoder())
            self.others[-1].begin()
        for decoder in self.others:
            assert decoder.flushed is not None
            await decoder.flushed

    async def _go_on(self) -> None:
        assert self.bystander is not None
        if self.fault is None or not came_inside_of_a_codec(self.fault):
            await self.bystander.finish()
        # As asyncio.run() does.
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        decoders = [self.bystander, *self.others]
        for decoder in decoders:
            if decoder.decoder.state != "closed":
                decoder.decoder.close()
            if decoder.flushed is not None:
                mark_as_handled(decoder.flushed)
        assert all(decoder.flushed is None or decoder.flushed.done() for decoder in decoders)
        next_decoder = Decoder()
        next_decoder.begin()
        await next_decoder.finish()
        current = current_event_loop()
        assert isinstance(current, AsyncioEventLoop)
        async with asyncio.timeout(HANG_SECONDS):
            while current._tasks or current._is_awake:
                await asyncio.sleep(0)


def came_inside_of_a_codec(fault: BaseException) -> bool:
    """Whether the fault has ended a task or a method of a codec; then that codec may have to be closed."""
    return any("/codecs/" in frame.filename for frame in traceback.extract_tb(fault.__traceback__))


def wait_for_releases() -> None:
    """Wait until no object of FFmpeg is left: work queues release the codecs that were closed."""
    begin = time.monotonic()
    # A codec whose close() was interrupted is released when it is collected; exceptions may keep it in a cycle.
    gc.collect()
    while ffbind.live_objects():
        seconds = time.monotonic() - begin
        assert seconds < HANG_SECONDS, ffbind.live_objects()
        time.sleep(0.0005)
        if seconds > 0.05:
            gc.collect()

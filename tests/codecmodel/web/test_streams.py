"""Asynchronous iterables as streams of bytes."""

import asyncio
import gc
from collections.abc import AsyncIterator

import pytest

from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import EventLoopClosed
from codecmodel.web.streams import ReadRequest, StreamReader, readable_stream


def unwanted(outcome: object = "the end") -> None:
    pytest.fail(f"unwanted: {outcome!r}")


UNWANTED = ReadRequest(unwanted, unwanted, unwanted)


async def read(reader: StreamReader) -> object:
    """The result of a read request: a chunk, None at the end, or the reason of an error."""
    result: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    reader.read_a_chunk(ReadRequest(result.set_result, lambda: result.set_result(None), result.set_result))
    return await asyncio.wait_for(result, 20)


def reader_of(iterable: object) -> StreamReader:
    stream = readable_stream(iterable)
    assert stream is not None
    return stream.get_a_reader()


def test_chunks_and_the_end() -> None:
    async def chunks() -> AsyncIterator[object]:
        yield b"a"
        yield 7

    async def main() -> None:
        generator = chunks()
        reader = reader_of(generator)
        assert [await read(reader) for _ in range(4)] == [b"a", 7, None, None]
        stream = readable_stream(generator)
        assert stream is not None
        assert stream.disturbed

    asyncio.run(main())


def test_an_error_is_the_reason() -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"a"
        raise OSError("gone")

    async def main() -> None:
        reader = reader_of(failing())
        assert await read(reader) == b"a"
        assert isinstance(await read(reader), OSError)

    asyncio.run(main())


def test_an_iterator_without_aclose() -> None:
    class Endless:
        def __aiter__(self) -> "Endless":
            return self

        async def __anext__(self) -> bytes:
            return b"a"

    async def main() -> None:
        reader = reader_of(Endless())
        assert await read(reader) == b"a"
        reader.cancel()
        reader.cancel()
        reader.read_a_chunk(UNWANTED)
        await asyncio.sleep(0)

    asyncio.run(main())


def test_cancelling_runs_finally_and_reports_what_it_raises() -> None:
    reported: list[object] = []
    begun = asyncio.Event()

    async def stubborn() -> AsyncIterator[bytes]:
        try:
            begun.set()
            await asyncio.Event().wait()
            yield b""
        finally:
            reported.append("finally")

    async def raising() -> AsyncIterator[bytes]:
        try:
            yield b"a"
        finally:
            raise ValueError("in finally")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        done = asyncio.Event()

        def handler(_: object, context: dict[str, object]) -> None:
            reported.append(context.get("exception"))
            done.set()

        loop.set_exception_handler(handler)
        reader = reader_of(stubborn())
        reader.read_a_chunk(UNWANTED)
        await begun.wait()
        reader.cancel()
        other = reader_of(raising())
        assert await read(other) == b"a"
        other.cancel()
        await asyncio.wait_for(done.wait(), 20)

    asyncio.run(main())
    assert reported[0] == "finally"
    assert isinstance(reported[1], ValueError)


def test_what_is_no_stream() -> None:
    assert readable_stream(b"abc") is None
    assert readable_stream([b"abc"]) is None

    async def chunks() -> AsyncIterator[bytes]:
        yield b""

    with pytest.raises(RuntimeError):
        readable_stream(chunks())


class Ends:
    """An asynchronous iterator that raises an exception, right away or after the event loop has had a turn."""

    def __init__(self, exception: BaseException, *, turns: int) -> None:
        self.exception = exception
        self.turns = turns

    def __aiter__(self) -> "Ends":
        return self

    async def __anext__(self) -> bytes:
        for _ in range(self.turns):
            await asyncio.sleep(0)
        raise self.exception


EXCEPTIONS = [
    *(ValueError("failed"), MemoryError(), RuntimeError("failed"), RecursionError(), AssertionError()),
    *(asyncio.CancelledError(), GeneratorExit(), TimeoutError(), BaseExceptionGroup("several", [SystemExit()])),
    *(StopIteration(), DOMException("failed", "AbortError"), EventLoopClosed("failed")),
]


@pytest.mark.parametrize("turns", [0, 1])
@pytest.mark.parametrize("exception", EXCEPTIONS, ids=lambda exception: type(exception).__name__)
def test_whatever_an_iterator_raises_is_the_reason(exception: BaseException, turns: int) -> None:
    async def main() -> None:
        reason = await read(reader_of(Ends(exception, turns=turns)))
        if isinstance(exception, StopIteration):
            # A coroutine can't raise it.
            assert isinstance(reason, RuntimeError)
        else:
            assert reason is exception

    asyncio.run(main())


@pytest.mark.parametrize("exception", [KeyboardInterrupt, SystemExit])
def test_an_exception_that_ends_the_program_is_the_reason_and_goes_on(exception: type[BaseException]) -> None:
    reasons: list[BaseException] = []
    loop = asyncio.new_event_loop()

    async def begin() -> None:
        reader_of(Ends(exception(), turns=1)).read_a_chunk(ReadRequest(UNWANTED[0], UNWANTED[1], reasons.append))

    loop.run_until_complete(begin())
    loop.call_later(20, loop.stop)
    with pytest.raises(exception):
        loop.run_forever()
    loop.close()
    assert [type(reason) for reason in reasons] == [exception]


def test_a_reading_task_that_the_program_cancels_is_an_error_of_the_stream() -> None:
    async def endless() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    async def main() -> None:
        reader = reader_of(endless())
        reading = asyncio.ensure_future(read(reader))
        for _ in range(3):
            await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task(), reading}:
            task.cancel()
        assert isinstance(await reading, asyncio.CancelledError)

    asyncio.run(main())


@pytest.mark.parametrize("exception", [asyncio.CancelledError, GeneratorExit, ValueError])
def test_whatever_closing_a_generator_raises_is_reported(exception: type[BaseException]) -> None:
    reported: list[object] = []

    async def raising() -> AsyncIterator[bytes]:
        try:
            yield b"a"
        finally:
            raise exception

    async def main() -> None:
        done = asyncio.Event()

        def handler(_: object, context: dict[str, object]) -> None:
            reported.append(type(context.get("exception")))
            done.set()

        asyncio.get_running_loop().set_exception_handler(handler)
        reader = reader_of(raising())
        assert await read(reader) == b"a"
        reader.cancel()
        # A GeneratorExit closes a generator, so it does not count as an exception.
        if exception is not GeneratorExit:
            await asyncio.wait_for(done.wait(), 20)

    asyncio.run(main())
    assert reported == ([] if exception is GeneratorExit else [exception])


def test_a_reading_task_that_is_dropped_with_its_loop_says_nothing() -> None:
    async def endless() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    loop = asyncio.new_event_loop()

    async def begin() -> StreamReader:
        reader = reader_of(endless())
        reader.read_a_chunk(UNWANTED)
        await asyncio.sleep(0)
        return reader

    reader = loop.run_until_complete(begin())
    # asyncio would log that the task was destroyed while it was pending.
    loop.set_exception_handler(lambda loop, context: None)
    loop.close()
    del reader
    gc.collect()


@pytest.mark.parametrize("call", ["read", "cancel"])
@pytest.mark.parametrize("has_begun", [False, True])
def test_a_loop_that_is_closed_drops_the_tasks_of_a_stream_without_a_word(
    call: str, has_begun: bool, recwarn: pytest.WarningsRecorder
) -> None:
    """asyncio.run() lets the loop go on for some turns after it has cancelled all tasks."""

    class Endless:
        def __aiter__(self) -> "Endless":
            return self

        async def __anext__(self) -> bytes:
            await asyncio.Event().wait()
            return b""

        async def aclose(self) -> None:
            await asyncio.Event().wait()

    async def get_reader() -> StreamReader:
        return reader_of(Endless())

    loop = asyncio.new_event_loop()
    reported: list[object] = []
    loop.set_exception_handler(lambda loop, context: reported.append(context["message"]))
    reader = loop.run_until_complete(get_reader())
    if call == "read":
        reader.read_a_chunk(UNWANTED)
    else:
        reader.cancel()
    if has_begun:
        loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    del reader
    gc.collect()
    assert (reported, [str(warning.message) for warning in recwarn]) == ([], [])

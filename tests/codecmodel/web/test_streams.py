"""Asynchronous iterables as streams of bytes."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from codecmodel.web.streams import ReadRequest, StreamReader, readable_stream

UNWANTED = ReadRequest(pytest.fail, lambda: pytest.fail("closed"), pytest.fail)


async def read(reader: StreamReader) -> object:
    """What comes of a read request: a chunk, None at the end, or the reason of an error."""
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

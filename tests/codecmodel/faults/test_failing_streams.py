"""If a stream fails, with any exception and at any chunk, the image decoder closes and all promises are settled."""

import asyncio
from collections.abc import Awaitable, Iterator

import pytest

from codecmodel import DOMException, ImageDecoder
from conformance.media.images import gif
from tests.codecmodel.lifetime.leftovers import assert_nothing_is_left

EXCEPTIONS = [
    *(asyncio.CancelledError, GeneratorExit, MemoryError, OSError, RecursionError, TimeoutError, ValueError),
    *(ZeroDivisionError, KeyError),
]


@pytest.fixture(scope="module", autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    assert_nothing_is_left()


class FailingStream:
    """Yields the chunks of a file, and raises an exception in the place of one of them."""

    def __init__(self, chunks: list[bytes], exception: type[BaseException], place: int) -> None:
        self.chunks = iter(chunks[:place])
        self.exception = exception

    def __aiter__(self) -> "FailingStream":
        return self

    async def __anext__(self) -> bytes:
        await asyncio.sleep(0)
        for chunk in self.chunks:
            return chunk
        raise self.exception


def chunks_of(file: bytes) -> list[bytes]:
    size = len(file) // 3 + 1
    return [file[start : start + size] for start in range(0, len(file), size)]


@pytest.mark.parametrize("exception", EXCEPTIONS, ids=lambda exception: exception.__name__)
def test_a_stream_that_fails_closes_the_decoder_and_settles_all_promises(exception: type[BaseException]) -> None:
    file = gif().file

    async def fail(place: int) -> list[object]:
        decoder = ImageDecoder({"type": "image/gif", "data": FailingStream(chunks_of(file), exception, place)})
        promises: list[Awaitable[object]] = [
            decoder.completed,
            decoder.tracks.ready,
            decoder.decode({"frameIndex": 10**6}),
        ]
        results: list[object] = await asyncio.wait_for(asyncio.gather(*promises, return_exceptions=True), 30)
        decoder.close()
        return results

    async def main() -> None:
        for place in range(4):
            failed = [result for result in await fail(place) if isinstance(result, DOMException)]
            assert {error.name for error in failed} == {"NotReadableError"}
            assert {type(error.__cause__) for error in failed} == {exception}
            # Another decoder works.
            decoder = ImageDecoder({"type": "image/gif", "data": file})
            (await decoder.decode())["image"].close()
            decoder.close()

    asyncio.run(main())


def test_a_chunk_that_cannot_be_copied_closes_the_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    def copy_of_bytes(buffer: object) -> bytes:
        raise MemoryError

    monkeypatch.setattr("codecmodel.image_decoding.stream_data.copy_of_bytes", copy_of_bytes)

    async def main() -> None:
        decoder = ImageDecoder({"type": "image/gif", "data": FailingStream(chunks_of(gif().file), OSError, 3)})
        with pytest.raises(DOMException, match="a chunk of the stream cannot be copied") as raised:
            await asyncio.wait_for(decoder.completed, 30)
        assert raised.value.name == "EncodingError"
        assert isinstance(raised.value.__cause__, MemoryError)

    asyncio.run(main())

"""Image decoders that are dropped, and loops that close, leave nothing behind."""

import asyncio
import weakref
from collections.abc import AsyncIterator

from codecmodel import ImageDecoder
from conformance.media.images import gif
from tests.codecmodel.lifetime.leftovers import assert_nothing_is_left


def test_decoders_dropped_without_close_leave_nothing() -> None:
    file = gif().file

    async def use() -> None:
        for _ in range(50):
            decoder = ImageDecoder({"type": "image/gif", "data": file})
            result = await decoder.decode({"frameIndex": 3})
            assert result["image"].codedWidth == 48
            other = ImageDecoder({"type": "image/gif", "data": file})
            other.decode({"frameIndex": 2})
            del decoder, other, result

    asyncio.run(use())
    assert_nothing_is_left()


def test_a_loop_closed_while_a_stream_is_read_leaves_nothing() -> None:
    file = gif().file
    decoders: list[weakref.ref[ImageDecoder]] = []

    async def endless() -> AsyncIterator[bytes]:
        yield file[:-1]
        await asyncio.Event().wait()

    async def use() -> None:
        decoder = ImageDecoder({"type": "image/gif", "data": endless()})
        decoders.append(weakref.ref(decoder))
        (await decoder.decode())["image"].close()
        decoder.decode({"frameIndex": 99})

    asyncio.run(use())
    assert_nothing_is_left()
    assert decoders[0]() is None

"""Makes fifty image decoders busy and exits without closing them. Some of them wait for data."""

import asyncio
import sys
from collections.abc import AsyncIterator

from codecmodel import ImageDecoder
from conformance.media.images import apng

file = apng().file
decoders: list[ImageDecoder] = []
#: The streams that have no more data for now.
waiting: list[bool] = []


async def endless() -> AsyncIterator[bytes]:
    yield file[:-20]
    waiting.append(True)
    await asyncio.Event().wait()


async def main() -> None:
    for number in range(50):
        decoder = ImageDecoder({"type": "image/png", "data": file if number % 2 else endless()})
        for _ in range(20):
            for index in range(4):
                decoder.decode({"frameIndex": index})
        decoders.append(decoder)
    # The work queues are being served. asyncio would complain of a task that begins to read while asyncio.run() ends.
    while len(waiting) < 25:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0.02)
    print("busy", flush=True)
    sys.exit(0)


asyncio.run(main())

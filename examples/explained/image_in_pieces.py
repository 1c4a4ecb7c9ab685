"""An image arriving in pieces: a request waits on the work queue until its frame is there."""

import asyncio
from collections.abc import AsyncIterator

from codecmodel import ImageDecoder


async def main() -> None:
    arrived = asyncio.Event()

    async def pieces() -> AsyncIterator[bytes]:
        yield b"Ps"
        yield b";0+"
        await arrived.wait()
        yield b"+."

    decoder = ImageDecoder({"type": "image/x-scripted", "data": pieces()})
    await decoder.tracks.ready
    print("tracks", len(decoder.tracks))
    first = await decoder.decode({"completeFramesOnly": False})
    print("complete", first["complete"])
    first["image"].close()
    whole = decoder.decode()
    arrived.set()
    result = await whole
    print("complete", result["complete"])
    result["image"].close()
    await decoder.completed
    decoder.close()

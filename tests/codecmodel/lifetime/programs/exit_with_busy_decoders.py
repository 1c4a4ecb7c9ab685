"""Makes fifty decoders busy and exits, in the middle of a coroutine, without closing any of them."""

import asyncio
import sys

from codecmodel import EncodedVideoChunk, VideoDecoder
from conformance.media.encoding import encode_pictures, first_encoder
from conformance.media.signals import picture

stream = encode_pictures(first_encoder("libvpx"), [picture(number, 320, 240) for number in range(8)], gop_size=8)
chunks = [
    EncodedVideoChunk({"type": "key" if key else "delta", "timestamp": pts, "data": data})
    for data, pts, key in stream.packets
]
decoders: list[VideoDecoder] = []


async def main() -> None:
    for _ in range(50):
        decoder = VideoDecoder({"output": lambda frame: None, "error": print})
        decoder.configure({"codec": "vp8"})
        for _ in range(20):
            for chunk in chunks:
                decoder.decode(chunk)
        decoders.append(decoder)
    # The queues are served, and the codecs are saturated.
    await asyncio.sleep(0.02)
    print("busy", flush=True)
    sys.exit(0)


asyncio.run(main())

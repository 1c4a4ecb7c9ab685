"""The program of port_javascript.mjs in Python: it decodes the chunks it has encoded, and prints timestamps."""

import asyncio

from codecmodel import VideoDecoder, VideoEncoder, VideoFrame
from codecmodel.types import VideoFrameBufferInit


async def main() -> None:
    def output(frame: VideoFrame) -> None:
        print(frame.timestamp)
        frame.close()

    decoder = VideoDecoder({"output": output, "error": lambda error: print(error.message)})
    decoder.configure({"codec": "vp8"})
    encoder = VideoEncoder({"output": lambda chunk, metadata: decoder.decode(chunk), "error": print})
    encoder.configure({"codec": "vp8", "width": 64, "height": 64, "latencyMode": "realtime"})
    for i in range(10):
        init: VideoFrameBufferInit = {"format": "RGBA", "codedWidth": 64, "codedHeight": 64, "timestamp": i * 40_000}
        with VideoFrame(bytes([25 * i]) * (4 * 64 * 64), init) as frame:
            encoder.encode(frame, {"keyFrame": i == 0})
    await encoder.flush()
    await decoder.flush()


asyncio.run(main())

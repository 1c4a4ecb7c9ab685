"""Flush: outputs that the codec has held back come first, then the promise is resolved."""

from codecmodel import EncodedVideoChunk, VideoDecoder, VideoFrame


def output(frame: VideoFrame) -> None:
    print("output", frame.timestamp)
    frame.close()


async def main() -> None:
    decoder = VideoDecoder({"output": output, "error": print})
    decoder.configure({"codec": "vp8"})
    for timestamp in (0, 40_000, 80_000):
        decoder.decode(EncodedVideoChunk({"type": "key", "timestamp": timestamp, "data": b"\0"}))
    await decoder.flush()
    print("flushed")
    decoder.close()

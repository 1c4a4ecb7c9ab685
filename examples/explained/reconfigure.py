"""Reconfigure: chunks of the old configuration come out first, and the new one needs a key chunk."""

from codecmodel import DOMException, EncodedVideoChunk, VideoDecoder, VideoFrame
from codecmodel.types import EncodedVideoChunkType


def output(frame: VideoFrame) -> None:
    print("output", frame.timestamp, "shown in a width of", frame.displayWidth)
    frame.close()


def chunk(timestamp: int, kind: EncodedVideoChunkType = "key") -> EncodedVideoChunk:
    return EncodedVideoChunk({"type": kind, "timestamp": timestamp, "data": b"\0"})


async def main() -> None:
    decoder = VideoDecoder({"output": output, "error": print})
    decoder.configure({"codec": "vp8"})
    decoder.decode(chunk(0))
    decoder.decode(chunk(40_000, "delta"))
    decoder.configure({"codec": "vp8", "displayAspectWidth": 4, "displayAspectHeight": 1})
    try:
        decoder.decode(chunk(80_000, "delta"))
    except DOMException as exception:
        print(exception.name)
    decoder.decode(chunk(80_000))
    await decoder.flush()
    decoder.close()

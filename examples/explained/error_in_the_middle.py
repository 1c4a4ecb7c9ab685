"""An error in the middle: a broken chunk closes the decoder, and its flush is rejected."""

from codecmodel import DOMException, EncodedVideoChunk, VideoDecoder, VideoFrame


def output(frame: VideoFrame) -> None:
    print("output", frame.timestamp)
    frame.close()


def error(exception: DOMException) -> None:
    print("error callback:", exception.name)


async def main() -> None:
    decoder = VideoDecoder({"output": output, "error": error})
    decoder.configure({"codec": "vp8"})
    for number in range(4):
        # The third chunk, of 80 ms, is broken.
        decoder.decode(EncodedVideoChunk({"type": "key", "timestamp": number * 40_000, "data": b"\0"}))
    try:
        await decoder.flush()
    except DOMException as exception:
        print("flush rejected:", exception.name)
    try:
        decoder.reset()
    except DOMException as exception:
        print("reset throws", exception.name)

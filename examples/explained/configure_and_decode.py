"""Configure and decode: from the call to the output, through both queues."""

from codecmodel import DOMException, EncodedVideoChunk, VideoDecoder, VideoFrame


def output(frame: VideoFrame) -> None:
    print("output", frame.timestamp)
    frame.close()


def error(exception: DOMException) -> None:
    print("error", exception.name)


async def main() -> None:
    support = await VideoDecoder.isConfigSupported({"codec": "vp8"})
    print("supported", support["supported"])
    decoder = VideoDecoder({"output": output, "error": error})
    decoder.configure({"codec": "vp8"})
    for number in range(2):
        decoder.decode(EncodedVideoChunk({"type": "key", "timestamp": number * 40_000, "data": b"\0"}))
    print("queued", decoder.decodeQueueSize)
    await decoder.flush()
    decoder.close()

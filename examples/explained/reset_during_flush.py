"""Reset during flush: the output callback resets the decoder, and what was asked for before comes to nothing."""

from codecmodel import DOMException, EncodedVideoChunk, VideoDecoder, VideoFrame


async def main() -> None:
    def output(frame: VideoFrame) -> None:
        print("output", frame.timestamp)
        frame.close()
        if frame_count := len(shown):
            print("reset after", frame_count + 1, "frames")
            decoder.reset()
        shown.append(True)

    shown: list[bool] = []
    decoder = VideoDecoder({"output": output, "error": print})
    decoder.configure({"codec": "vp8"})
    for number in range(6):
        decoder.decode(EncodedVideoChunk({"type": "key", "timestamp": number * 40_000, "data": b"\0"}))
    try:
        await decoder.flush()
    except DOMException as exception:
        print("flush rejected:", exception.name)
    print("state", decoder.state)
    decoder.close()

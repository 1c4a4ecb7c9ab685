"""An encoder's first output: the first chunk comes with the configuration of its decoder."""

from codecmodel import EncodedVideoChunk, VideoEncoder, VideoFrame
from codecmodel.types import EncodedVideoChunkMetadata, VideoFrameBufferInit


def output(chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata) -> None:
    print(chunk.type, chunk.timestamp, sorted(metadata))


async def main() -> None:
    support = await VideoEncoder.isConfigSupported({"codec": "vp8", "width": 2, "height": 2})
    print("supported", support["supported"])
    encoder = VideoEncoder({"output": output, "error": print})
    encoder.configure({"codec": "vp8", "width": 2, "height": 2})
    for number in range(2):
        layout: VideoFrameBufferInit = {
            "format": "I420",
            "codedWidth": 2,
            "codedHeight": 2,
            "timestamp": number * 40_000,
        }
        with VideoFrame(bytes(6), layout) as frame:
            encoder.encode(frame)
    await encoder.flush()
    encoder.reset()
    encoder.close()

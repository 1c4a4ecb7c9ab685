"""Makes encoders busy and exits, in the middle of a coroutine, without closing any of them."""

import asyncio
import sys

import ffbind
from codecmodel import AudioData, AudioEncoder, VideoEncoder, VideoFrame

encoders: list[AudioEncoder | VideoEncoder] = []


def make_audio_encoder() -> None:
    encoder = AudioEncoder({"output": lambda chunk, metadata: None, "error": print})
    encoder.configure({"codec": "flac", "sampleRate": 48_000, "numberOfChannels": 2})
    for number in range(100):
        encoder.encode(
            AudioData(
                {
                    "format": "s16",
                    "sampleRate": 48_000,
                    "numberOfFrames": 4800,
                    "numberOfChannels": 2,
                    "timestamp": number * 100_000,
                    "data": bytes(4800 * 4),
                }
            )
        )
    encoders.append(encoder)


def make_video_encoder() -> None:
    encoder = VideoEncoder({"output": lambda chunk, metadata: None, "error": print})
    encoder.configure({"codec": "vp8", "width": 320, "height": 240})
    for number in range(30):
        encoder.encode(
            VideoFrame(
                bytes(320 * 240 * 3 // 2),
                {"format": "I420", "codedWidth": 320, "codedHeight": 240, "timestamp": number * 40_000},
            )
        )
    encoders.append(encoder)


async def main() -> None:
    for _ in range(10):
        make_audio_encoder()
        if ffbind.find_encoder("libvpx") is not None:
            make_video_encoder()
    # The queues are served, and the codecs are saturated.
    await asyncio.sleep(0.02)
    print("busy", flush=True)
    sys.exit(0)


asyncio.run(main())

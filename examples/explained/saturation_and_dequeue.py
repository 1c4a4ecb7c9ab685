"""Saturation and dequeue: a codec takes three requests at a time, and the dequeue event says when to go on."""

import asyncio

from codecmodel import AudioData, AudioDecoder, EncodedAudioChunk


def output(data: AudioData) -> None:
    data.close()


async def main() -> None:
    decoder = AudioDecoder({"output": output, "error": print})
    decoder.configure({"codec": "opus", "sampleRate": 48_000, "numberOfChannels": 1})
    dequeued = asyncio.Event()
    decoder.ondequeue = lambda event: dequeued.set()
    for number in range(9):
        while decoder.decodeQueueSize > 4:
            dequeued.clear()
            await dequeued.wait()
        decoder.decode(EncodedAudioChunk({"type": "key", "timestamp": number * 20_000, "data": b"\0"}))
    await decoder.flush()
    print("all decoded")
    decoder.close()

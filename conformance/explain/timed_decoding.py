"""Times a decoder before a recording, during one, or after one, for ``conformance bench --case recording``."""

import asyncio
import json
import sys
from contextlib import nullcontext
from time import perf_counter, process_time
from typing import Final

from codecmodel import AudioData, AudioDecoder, EncodedAudioChunk
from conformance.explain.programs import recording
from conformance.explain.recorder import Recorder
from conformance.explain.step_map import step_map

_FRAMES: Final = 960
#: Chunks that wait in the decoder at most.
_QUEUE: Final = 16


async def _decode(chunks: int) -> None:
    decoder = AudioDecoder({"output": AudioData.close, "error": print})
    decoder.configure({"codec": "pcm-s16", "sampleRate": 48_000, "numberOfChannels": 1})
    dequeued = asyncio.Event()
    decoder.ondequeue = lambda event: dequeued.set()
    data = bytes(2 * _FRAMES)
    for number in range(chunks):
        while decoder.decodeQueueSize > _QUEUE:
            dequeued.clear()
            await dequeued.wait()
        decoder.decode(EncodedAudioChunk({"type": "key", "timestamp": number * 20_000, "data": data}))
    await decoder.flush()
    decoder.close()


def _measure(mode: str, chunks: int) -> tuple[float, float]:
    """Seconds of CPU time and of wall time for a chunk."""
    # The map is there in any case, as its many objects cost the garbage collector time.
    steps = step_map()
    if mode == "after":
        with recording(Recorder(steps)):
            asyncio.run(_decode(10))
    with recording(Recorder(steps)) if mode == "during" else nullcontext():
        asyncio.run(_decode(10))
        cpu, wall = process_time(), perf_counter()
        asyncio.run(_decode(chunks))
        return (process_time() - cpu) / chunks, (perf_counter() - wall) / chunks


if __name__ == "__main__":
    print(json.dumps(_measure(sys.argv[1], int(sys.argv[2]))))

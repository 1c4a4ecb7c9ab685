"""A program that uses decoders, encoders and images at once, under the detector. Prints the races as JSON.

Usage: ``python -m tests.codecmodel.races.program ROUNDS [KIND NAME]``. With KIND "task", tasks of that name run at once
on the work queue that queues them; with "work", work of that name runs at once on the event loop. Both break the model.
"""

import asyncio
import json
import random
import sys
import time
from collections.abc import AsyncIterator

import numpy as np

from codecmodel import (
    AudioData,
    AudioDecoder,
    AudioEncoder,
    DOMException,
    EncodedAudioChunk,
    EncodedVideoChunk,
    ImageDecoder,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
)
from codecmodel.codecs.processing_model import Epoch, ErrorName, ProcessingModel
from codecmodel.image_decoding.image_track import ImageTrack, ImageTrackList
from codecmodel.image_decoding.work_in_order import WorkInOrder
from codecmodel.platform.codec_implementation import CodecRequests
from codecmodel.types import AudioDecoderConfig, AudioEncoderConfig, VideoEncoderConfig
from codecmodel.web.steps import Steps
from tests.codecmodel.platform.ffmpeg.images.image_writers import GifPicture, gif
from tests.codecmodel.races.detector import Detector, replace

_WIDTH, _HEIGHT = 96, 64
#: The classes whose instances are the model's shared state.
WATCHED = (
    *(AudioDecoder, VideoDecoder, AudioEncoder, VideoEncoder, ImageDecoder),
    *(Epoch, CodecRequests, ImageTrack, ImageTrackList, WorkInOrder),
)


def _ignore(error: DOMException) -> None:
    """Codecs are reset and closed at any time here, so errors are no news."""


async def _encode_video(chance: random.Random) -> list[EncodedVideoChunk]:
    chunks: list[EncodedVideoChunk] = []
    encoder = VideoEncoder({"output": lambda chunk, metadata: chunks.append(chunk), "error": _ignore})
    config: VideoEncoderConfig = {"codec": "vp8", "width": _WIDTH, "height": _HEIGHT, "latencyMode": "realtime"}
    encoder.configure(config)
    for number in range(40):
        pixels = np.full((_HEIGHT, _WIDTH, 4), number, np.uint8)
        with_frame = VideoFrame.from_arrays(pixels, {"format": "RGBX", "timestamp": number})
        encoder.encode(with_frame, {"keyFrame": number % 10 == 0})
        with_frame.close()
        if chance.random() < 0.05:
            encoder.reset()
            encoder.configure(config)
        if chance.random() < 0.1:
            await asyncio.sleep(0)
    await encoder.flush()
    if chance.random() < 0.5:
        encoder.close()
    return chunks


def _reset_as_soon_as_open() -> None:
    """Reset a decoder whose codec is open, before the event loop can run the task that says so."""
    decoder = VideoDecoder({"output": VideoFrame.close, "error": _ignore})
    decoder.configure({"codec": "vp8"})
    # The detector does not see this access, so it does not put the two threads in order.
    while object.__getattribute__(decoder, "_codec_implementation") is None:
        time.sleep(0.001)
    decoder.reset()
    decoder.close()


async def _decode_video(chance: random.Random, chunks: list[EncodedVideoChunk]) -> None:
    decoder = VideoDecoder({"output": VideoFrame.close, "error": _ignore})
    decoder.configure({"codec": "vp8"})
    needs_key = True
    for chunk in chunks * 3:
        if decoder.state == "closed":
            return
        if needs_key and chunk.type != "key":
            continue
        decoder.decode(chunk)
        needs_key = False
        action = chance.random()
        if action < 0.03:
            decoder.reset()
            decoder.configure({"codec": "vp8"})
            needs_key = True
        elif action < 0.06:
            await decoder.flush()
            needs_key = True
        elif action < 0.09:
            decoder.configure({"codec": "vp8"})
            needs_key = True
        elif action < 0.15:
            await asyncio.sleep(0.001)
    decoder.configure({"codec": "vp8"})
    decoder.decode(next(chunk for chunk in chunks if chunk.type == "key"))
    decoder.decode(EncodedVideoChunk({"type": "delta", "timestamp": 0, "data": b"\xff" * 8}))
    await asyncio.gather(decoder.flush(), return_exceptions=True)
    if decoder.state != "closed":
        decoder.close()


async def _audio(chance: random.Random) -> None:
    chunks: list[EncodedAudioChunk] = []
    encoder = AudioEncoder({"output": lambda chunk, metadata: chunks.append(chunk), "error": _ignore})
    config: AudioEncoderConfig = {"codec": "pcm-s16", "sampleRate": 48000, "numberOfChannels": 1}
    decoder_config: AudioDecoderConfig = {"codec": "pcm-s16", "sampleRate": 48000, "numberOfChannels": 1}
    encoder.configure(config)
    for number in range(40):
        samples = np.full(480, number, np.int16)
        data = AudioData(
            {
                "format": "s16",
                "sampleRate": 48000,
                "numberOfFrames": 480,
                "numberOfChannels": 1,
                "timestamp": number * 10_000,
                "data": samples,
            }
        )
        encoder.encode(data)
        data.close()
        if chance.random() < 0.1:
            await asyncio.sleep(0)
    await encoder.flush()
    decoder = AudioDecoder({"output": AudioData.close, "error": _ignore})
    decoder.configure(decoder_config)
    for chunk in chunks:
        decoder.decode(chunk)
        if chance.random() < 0.1:
            await decoder.flush()
    await decoder.flush()
    decoder.reset()
    decoder.close()


async def _images(chance: random.Random) -> None:
    pictures = [GifPicture([number % 4] * 48 * 32, (0, 0, 48, 32)) for number in range(6)]
    data = gif(pictures, 48, 32, bytes(range(12)))

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 97):
            await asyncio.sleep(0.0005)
            yield data[start : start + 97]

    decoder = ImageDecoder({"type": "image/gif", "data": parts()})
    for promise in [decoder.decode({"frameIndex": index}) for index in range(4)]:
        (await promise)["image"].close()
    decoder.tracks[0].selected = False
    decoder.tracks[0].selected = True
    promise = decoder.decode({"frameIndex": 1})
    decoder.reset()
    await asyncio.gather(promise, return_exceptions=True)
    await decoder.completed
    broken = ImageDecoder({"type": "image/gif", "data": data[:100] + b"\0" * 100})
    await asyncio.gather(broken.decode(), return_exceptions=True)
    broken.close()
    decoder.close()


async def _rounds(count: int) -> None:
    for number in range(count):
        chance = random.Random(number)
        _reset_as_soon_as_open()
        chunks, *_ = await asyncio.gather(_encode_video(chance), _audio(chance), _images(chance))
        await asyncio.gather(_decode_video(chance, chunks), _audio(chance))


def _break_tasks(name: str) -> None:
    queue_a_task = ProcessingModel._queue_a_task

    def broken(self: ProcessingModel[object], given: str, steps: Steps, subject: object = None) -> None:
        if given == name:
            steps()
        else:
            queue_a_task(self, given, steps, subject)

    replace(ProcessingModel, "_queue_a_task", broken)


def _break_work(name: str) -> None:
    enqueue = ProcessingModel._enqueue

    def broken(
        self: ProcessingModel[object],
        given: str,
        steps: Steps,
        subject: object = None,
        error: ErrorName = "EncodingError",
    ) -> None:
        if given == name:
            steps()
        else:
            enqueue(self, given, steps, subject, error)

    replace(ProcessingModel, "_enqueue", broken)


def main(rounds: int, kind: str = "", name: str = "") -> None:
    detector = Detector()
    for watched in WATCHED:
        detector.watch(watched)
    if kind == "task":
        _break_tasks(name)
    elif kind == "work":
        _break_work(name)
    try:
        asyncio.run(asyncio.wait_for(_rounds(rounds), 60))
    except Exception as error:
        # A broken model may also fail.
        if not kind:
            raise
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    report = {
        "accesses": detector.accesses.total(),
        "slots": len(detector.accesses),
        "races": [[*race, count] for race, count in detector.races.most_common()],
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])

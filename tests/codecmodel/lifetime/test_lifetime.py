"""Decoders that are dropped, loops that close and interpreters that exit leave nothing behind."""

import asyncio
import gc
import resource
import subprocess
import sys
from pathlib import Path

import pytest

import ffbind
from codecmodel import AudioDecoder, EncodedAudioChunk, EncodedVideoChunk, VideoDecoder, VideoFrame
from conformance.media.encoding import EncodedStream, encode_pictures, first_encoder
from conformance.media.signals import picture
from tests.codecmodel.lifetime.leftovers import assert_nothing_is_left, fail

PROGRAMS = Path(__file__).parent / "programs"
DECODERS = 1000


def video() -> EncodedStream:
    encoder = first_encoder("libvpx")
    return encode_pictures(encoder, [picture(number, 64, 48) for number in range(4)], gop_size=4)


def chunks_of(stream: EncodedStream) -> list[EncodedVideoChunk]:
    return [
        EncodedVideoChunk({"type": "key" if key else "delta", "timestamp": pts * 40_000, "data": data})
        for data, pts, key in stream.packets
    ]


def test_decoders_dropped_without_close_leave_nothing() -> None:
    chunks = chunks_of(video())
    outputs = 0

    def output(frame: VideoFrame) -> None:
        nonlocal outputs
        outputs += 1
        # Every other frame is dropped without close() as well.
        if outputs % 2:
            frame.close()

    async def use_one() -> None:
        decoder = VideoDecoder({"output": output, "error": fail})
        decoder.configure({"codec": "vp8"})
        for chunk in chunks:
            decoder.decode(chunk)
        await decoder.flush()

    async def use(count: int) -> None:
        for _ in range(count):
            await use_one()

    asyncio.run(use(DECODERS // 4))
    gc.collect()
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    asyncio.run(use(DECODERS - DECODERS // 4))
    assert outputs == DECODERS * len(chunks)
    assert_nothing_is_left()
    # The peak of the first quarter is the peak of all: 750 more decoders, of some 300 KiB each, do not show.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident < 20_000


def test_decoders_dropped_at_work_leave_nothing() -> None:
    chunks = chunks_of(video())

    async def drop_at_work() -> None:
        for _ in range(100):
            decoder = VideoDecoder({"output": lambda frame: None, "error": fail})
            decoder.configure({"codec": "vp8"})
            for chunk in chunks:
                decoder.decode(chunk)
            del decoder
            await asyncio.sleep(0)

    asyncio.run(drop_at_work())
    assert_nothing_is_left()


def test_a_loop_closed_at_work_leaves_nothing() -> None:
    chunks = chunks_of(video())
    for _ in range(20):
        loop = asyncio.new_event_loop()

        async def begin() -> VideoDecoder:
            decoder = VideoDecoder({"output": lambda frame: frame.close(), "error": fail})
            decoder.configure({"codec": "vp8"})
            for _ in range(8):
                for chunk in chunks:
                    decoder.decode(chunk)
            return decoder

        decoder = loop.run_until_complete(begin())
        loop.close()
        del decoder
    assert_nothing_is_left()


def test_close_releases_at_once_what_frames_do_not_hold() -> None:
    chunks = chunks_of(video())

    async def run() -> None:
        frames: list[VideoFrame] = []
        decoder = VideoDecoder({"output": frames.append, "error": fail})
        decoder.configure({"codec": "vp8"})
        for chunk in chunks:
            decoder.decode(chunk)
        await decoder.flush()
        assert ffbind.live_objects() == {"Decoder": 1, "Frame": len(chunks)}
        copies = [frame.clone() for frame in frames]
        for frame in frames:
            frame.close()
        assert ffbind.live_objects() == {"Decoder": 1, "Frame": len(chunks)}
        for frame in copies:
            frame.close()
        assert ffbind.live_objects() == {"Decoder": 1}
        decoder.close()

    asyncio.run(run())
    assert_nothing_is_left()


def test_audio_decoders_leave_nothing() -> None:
    async def run() -> None:
        for number in range(200):
            decoder = AudioDecoder({"output": lambda data: None, "error": fail})
            decoder.configure({"codec": "pcm-s16", "sampleRate": 8000, "numberOfChannels": 1})
            decoder.decode(EncodedAudioChunk({"type": "key", "timestamp": number, "data": bytes(320)}))
            await decoder.flush()

    asyncio.run(run())
    assert_nothing_is_left()


@pytest.mark.parametrize(
    "program", ["exit_with_busy_decoders.py", "exit_with_busy_image_decoders.py", "exit_after_asyncio_run.py"]
)
def test_interpreter_exit_is_clean(program: str, exits: int) -> None:
    for _ in range(exits):
        process = subprocess.run(
            [sys.executable, "-X", "faulthandler", str(PROGRAMS / program)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert (process.returncode, process.stdout, process.stderr) == (0, "busy\n", "")

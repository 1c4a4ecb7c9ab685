"""Thousands of frames and audio data leave nothing behind, without the garbage collector's help."""

import asyncio
import gc
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ffbind
from codecmodel import AudioData, VideoFrame
from codecmodel.platform.ffmpeg.resources import FFmpegAudioResource, FFmpegVideoResource
from codecmodel.raw_media.audio_data import create_audio_data
from codecmodel.raw_media.video_frame import create_a_video_frame
from codecmodel.web.message_channel import MessageChannel
from codecmodel.web.structured_data import structured_clone

WIDTH, HEIGHT, SAMPLES = 64, 48, 960
PIXELS, SOUND = bytes(WIDTH * HEIGHT * 3 // 2), bytes(SAMPLES * 4)


def frame_of_bytes() -> VideoFrame:
    return VideoFrame(PIXELS, {"format": "I420", "codedWidth": WIDTH, "codedHeight": HEIGHT, "timestamp": 0})


def frame_of_ffmpeg() -> VideoFrame:
    native = ffbind.Frame.video(WIDTH, HEIGHT, "yuv420p")
    return create_a_video_frame(FFmpegVideoResource(native), 0)


def audio_data_of_bytes() -> AudioData:
    init: Any = {"format": "f32", "sampleRate": 48000, "numberOfFrames": SAMPLES, "numberOfChannels": 1}
    return AudioData(init | {"timestamp": 0, "data": SOUND})


def audio_data_of_ffmpeg() -> AudioData:
    return create_audio_data(FFmpegAudioResource(ffbind.Frame.audio(SAMPLES, "flt", 1, 48000)), 0)


MAKERS = [frame_of_bytes, frame_of_ffmpeg, audio_data_of_bytes, audio_data_of_ffmpeg]


def use(media: Any) -> None:
    """Make references to it of every kind, and give all of them up."""
    clone = media.clone()
    media.close()
    moved = structured_clone([clone, clone], [clone])[0]
    array = np.asarray(moved) if isinstance(moved, AudioData) else moved.plane_arrays()[0]
    dropped = structured_clone(moved)
    if isinstance(moved, AudioData):
        moved.copyTo(bytearray(len(SOUND)), {"planeIndex": 0})
    moved.close()
    assert array.base is not None
    del dropped


def assert_nothing_accumulates(run: Callable[[int], None], count: int, *, cycles: bool = False) -> None:
    """Neither memory nor, unless ``cycles`` are to be expected, work for the garbage collector."""
    gc.collect()
    live = ffbind.live_objects()
    gc.disable()
    try:
        run(100)
        # Collecting also empties the interpreter's own lists of free objects.
        gc.collect()
        before = sys.getallocatedblocks()
        run(count)
        if not cycles:
            assert ffbind.live_objects() == live
        unreachable = gc.collect()
        # ctypes' types and caches of the interpreter come and go. A leak for each object would be larger than these.
        assert unreachable < count // 2 or cycles
        assert ffbind.live_objects() == live
        assert sys.getallocatedblocks() - before < 100 + count // 2
    finally:
        gc.enable()


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_what_is_closed_or_dropped_is_gone_at_once(make: Callable[[], Any], media_objects: int) -> None:
    def run(count: int) -> None:
        for _ in range(count):
            use(make())

    assert_nothing_accumulates(run, media_objects)


def test_copies_of_frames_leave_nothing(media_objects: int) -> None:
    async def copy_all(count: int) -> None:
        destination = bytearray(len(PIXELS))
        for _ in range(count):
            frame = frame_of_bytes()
            promise = frame.copyTo(destination)
            frame.close()
            await promise

    assert_nothing_accumulates(lambda count: asyncio.run(copy_all(count)), media_objects // 4, cycles=True)


@pytest.mark.parametrize("make", MAKERS, ids=lambda make: make.__name__)
def test_messages_leave_nothing(make: Callable[[], Any], media_objects: int) -> None:
    async def send(count: int) -> None:
        channel = MessageChannel()
        received: asyncio.Queue[Any] = asyncio.Queue()
        channel.port2.onmessage = received.put_nowait
        for _ in range(count):
            media = make()
            channel.port1.postMessage({"clone": media, "again": media})
            channel.port1.postMessage(media, [media])
            for _ in range(2):
                data = (await received.get()).data
                (data["clone"] if isinstance(data, dict) else data).close()
        # One that is never received.
        lost = make()
        channel.port1.postMessage(lost, [lost])

    assert_nothing_accumulates(lambda count: asyncio.run(send(count)), media_objects // 4, cycles=True)

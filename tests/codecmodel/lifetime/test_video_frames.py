"""Frames made, cloned, copied, converted and closed leave nothing behind."""

import asyncio
import gc
import os
import tracemalloc

import ffbind
from codecmodel import VideoFrame
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.raw_media.video_frame import create_a_video_frame
from codecmodel.types import VideoFrameBufferInit

#: Frames of each kind. Set CODECMODEL_FRAMES to 100000 for more than a sample.
FRAMES = int(os.environ.get("CODECMODEL_FRAMES", "1000"))
INIT: VideoFrameBufferInit = {"format": "I420", "codedWidth": 16, "codedHeight": 16, "timestamp": 0}


async def lives(count: int) -> None:
    data, destination = bytes(384), bytearray(1024)
    picture = ffbind.Frame.video(16, 16, "yuv420p")
    for plane in picture.writable_planes():
        plane.data[:] = bytes(len(plane.data))
    for index in range(count):
        if index % 2:
            frame = VideoFrame(data, INIT)
        else:
            frame = create_a_video_frame(FFmpegVideoResource(picture.ref()), 0)
        clone = frame.clone()
        cut = VideoFrame(clone, {"visibleRect": {"x": 2, "y": 2, "width": 4, "height": 4}})
        frame.close()
        arrays = clone.plane_arrays()
        await clone.copyTo(destination)
        if index % 10 == 0:
            await cut.copyTo(destination, {"format": "RGBA"})
        clone.close()
        if index % 3:
            # The others are collected.
            cut.close()
        assert not arrays[0].any()
    picture.close()


def test_nothing_is_left() -> None:
    asyncio.run(lives(200))
    gc.collect()
    objects, live = len(gc.get_objects()), ffbind.live_objects()
    tracemalloc.start()
    try:
        asyncio.run(lives(200))
        gc.collect()
        before, _ = tracemalloc.get_traced_memory()
        asyncio.run(lives(FRAMES))
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert ffbind.live_objects() == live
    # A frame takes more than 300 bytes, and one in ten is converted.
    # The memory of an event loop does not grow with the number of frames.
    assert after - before < 20 * FRAMES
    assert len(gc.get_objects()) - objects < FRAMES // 20

"""The content of a VideoFrame or AudioData, read through the interfaces of the spec alone."""

from collections.abc import Sequence

import numpy as np

from conformance.interfaces import AudioData, VideoFrame
from conformance.media.signals import Picture, Plane, Sound
from conformance.suite.harness import assert_equals, assert_true


async def content_of(output: AudioData | VideoFrame) -> bytes:
    """All bytes of the visible pixels, or of the samples, in their own format."""
    if isinstance(output, VideoFrame):
        data = bytearray(output.allocationSize())
        await output.copyTo(data)
        return bytes(data)
    return b"".join(_plane_of(output, index) for index in range(_plane_count(output)))


async def picture_of(frame: VideoFrame) -> Picture:
    """The visible pixels of an I420 frame."""
    assert_equals(frame.format, "I420")
    rect = frame.visibleRect
    assert rect is not None
    width, height = int(rect.width), int(rect.height)
    data = bytearray(frame.allocationSize())
    layouts = await frame.copyTo(data)
    assert_equals(len(layouts), 3)
    sizes = [(width, height), ((width + 1) // 2, (height + 1) // 2), ((width + 1) // 2, (height + 1) // 2)]
    planes: list[Plane] = []
    for layout, (columns, rows) in zip(layouts, sizes, strict=True):
        plane = np.ndarray((rows, columns), np.uint8, data, layout["offset"], (layout["stride"], 1))
        planes.append(plane)
    y, u, v = planes
    return y, u, v


def _plane_count(data: AudioData) -> int:
    assert data.format is not None
    return data.numberOfChannels if data.format.endswith("-planar") else 1


def _plane_of(data: AudioData, index: int) -> bytes:
    plane = bytearray(data.allocationSize({"planeIndex": index}))
    data.copyTo(plane, {"planeIndex": index})
    return bytes(plane)


def samples_of(data: AudioData) -> Sound:
    """The samples from -1 to 1, for every format."""
    assert data.format is not None
    planes = [_plane_of(data, index) for index in range(_plane_count(data))]
    samples = np.stack([_magnitudes(plane, data.format.removesuffix("-planar")) for plane in planes])
    return samples if data.format.endswith("-planar") else samples.reshape(-1, data.numberOfChannels).T


def _magnitudes(plane: bytes, sample_type: str) -> Sound:
    match sample_type:
        case "u8":
            return (np.frombuffer(plane, np.uint8).astype(np.float64) - 128) / 2**7
        case "s16":
            return np.frombuffer(plane, np.int16).astype(np.float64) / 2**15
        case "s32":
            return np.frombuffer(plane, np.int32).astype(np.float64) / 2**31
        case _:
            return np.frombuffer(plane, np.float32).astype(np.float64)


def sound_of(outputs: Sequence[AudioData]) -> Sound:
    """The samples of consecutive outputs."""
    assert_true(bool(outputs), "there are outputs")
    return np.concatenate([samples_of(data) for data in outputs], axis=1)

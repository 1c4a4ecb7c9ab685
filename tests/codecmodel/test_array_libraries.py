"""jax and torch read frames, samples and chunks, and frames are made of their arrays. Neither library is a
dependency.
"""

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from codecmodel import AudioData, EncodedVideoChunk, VideoFrame
from codecmodel.rgb import approximate_rgb_batch, exact_rgb

#: 2 rows of 3 pixels of RGBA.
PIXELS = np.arange(10, 34, dtype=np.uint8).reshape(2, 3, 4)


@pytest.fixture(params=["jax", "torch"])
def library(request: pytest.FixtureRequest) -> Any:
    """The module of a library that is installed."""
    pytest.importorskip(request.param)
    return import_module("jax.numpy" if request.param == "jax" else request.param)


def frame() -> VideoFrame:
    return VideoFrame.from_arrays(PIXELS, {"timestamp": 0})


def samples() -> AudioData:
    return AudioData(
        {
            "format": "s16-planar",
            "sampleRate": 48000,
            "numberOfFrames": 3,
            "numberOfChannels": 2,
            "timestamp": 0,
            "data": np.arange(6, dtype=np.int16),
        }
    )


def test_pixels(library: Any) -> None:
    assert library.asarray(exact_rgb(frame(), "RGBA")).tolist() == PIXELS.tolist()
    batch = library.asarray(approximate_rgb_batch([frame(), frame()], "RGBA"))
    assert batch.tolist() == [PIXELS.tolist()] * 2


def test_planes(library: Any) -> None:
    (plane,) = frame().plane_arrays()
    # torch warns of arrays that cannot be written.
    assert library.asarray(plane.copy()).tolist() == PIXELS.tolist()


def test_samples(library: Any) -> None:
    data = samples()
    assert library.from_dlpack(data).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert library.asarray(data.to_float32()).tolist() == [[0, 1 / 32768, 2 / 32768], [3 / 32768, 4 / 32768, 5 / 32768]]


def test_the_data_of_a_chunk(library: Any) -> None:
    chunk = EncodedVideoChunk({"type": "key", "timestamp": 0, "data": b"abc"})
    assert library.frombuffer(bytearray(bytes(chunk)), dtype=library.uint8).tolist() == [97, 98, 99]


def test_frames_of_arrays(library: Any) -> None:
    made = VideoFrame.from_arrays(library.asarray(PIXELS.copy()), {"timestamp": 0})
    assert exact_rgb(made, "RGBA").tolist() == PIXELS.tolist()
    planes = [library.zeros((2, 2), dtype=library.uint8) + level for level in (16, 128, 200)]
    yuv = VideoFrame.from_arrays(planes, {"format": "I444", "timestamp": 0})
    assert [plane.tolist() for plane in yuv.plane_arrays()] == [[[level] * 2] * 2 for level in (16, 128, 200)]

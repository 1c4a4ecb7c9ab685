"""Frames are turned as their rotation and flip say."""

from contextlib import closing
from itertools import product

import numpy as np
import pytest

from codecmodel import VideoFrame
from codecmodel.command_line.upright import upright
from codecmodel.types import VideoFrameBufferInit, VideoPixelFormat

WIDTH, HEIGHT = 6, 4


def frame_of(format: VideoPixelFormat, rotation: int, flip: bool) -> VideoFrame:
    random = np.random.default_rng(3)
    init: VideoFrameBufferInit = {
        "format": format,
        "codedWidth": WIDTH,
        "codedHeight": HEIGHT,
        "timestamp": 7,
        "duration": 5,
        "rotation": rotation,
        "flip": flip,
        "colorSpace": {"primaries": "bt709", "transfer": "bt709", "matrix": "bt709", "fullRange": True},
    }
    return VideoFrame(random.bytes(WIDTH * HEIGHT * 8), init)


@pytest.mark.parametrize(("rotation", "flip"), list(product((0, 90, 180, 270), (False, True))))
@pytest.mark.parametrize("format", ["I420", "I420A", "I444", "NV12", "RGBA", "BGRX", "I420P10"])
def test_a_pixel_is_where_it_is_shown(format: VideoPixelFormat, rotation: int, flip: bool) -> None:
    with closing(frame_of(format, rotation, flip)) as frame, closing(upright(frame)) as turned:
        assert (turned.rotation, turned.flip, turned.format) == (0, False, format)
        assert (turned.timestamp, turned.duration) == (7, 5)
        assert (turned.displayWidth, turned.displayHeight) == (frame.displayWidth, frame.displayHeight)
        assert turned.colorSpace.toJSON() == frame.colorSpace.toJSON()
        for before, after in zip(frame.plane_arrays(), turned.plane_arrays(), strict=True):
            rows, columns = before.shape[:2]
            for row, column in np.ndindex(rows, columns):
                # Clockwise by 90 degrees the top row becomes the right column.
                x, y = {
                    0: (column, row),
                    90: (rows - 1 - row, column),
                    180: (columns - 1 - column, rows - 1 - row),
                    270: (row, columns - 1 - column),
                }[rotation]
                if flip:
                    x = after.shape[1] - 1 - x
                assert np.array_equal(after[y, x], before[row, column])


def test_sideways_chroma_of_half_width_becomes_that_of_half_width_and_height() -> None:
    with closing(frame_of("I422", 90, False)) as frame, closing(upright(frame)) as turned:
        assert turned.format == "I420"
        before, after = frame.plane_arrays()[1].astype(int), turned.plane_arrays()[1]
        assert after.shape == (WIDTH // 2, HEIGHT // 2)
        # The bottom rows are on the left.
        assert after[0, 0] == (before[3, 0] + before[2, 0] + 1) // 2

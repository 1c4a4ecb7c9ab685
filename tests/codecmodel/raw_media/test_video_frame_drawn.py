"""Frames of any format, size, layout and rectangle are made of bytes and copied: bit for bit as numpy alone does it."""

import asyncio
import re
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from codecmodel.raw_media.pixel_format import PIXEL_FORMATS
from codecmodel.raw_media.plane_layout import PlaneLayout
from codecmodel.raw_media.video_frame import VideoFrame
from tests.codecmodel.raw_media.raw_media_resources import random_bytes


def planes_of(format: str) -> list[tuple[int, int, int]]:
    """By the name of a format: of each plane bytes of a sample, and pixels to a sample horizontally and vertically."""
    if format == "NV12":
        return [(1, 1, 1), (2, 2, 2)]
    if format in ("RGBA", "RGBX", "BGRA", "BGRX"):
        return [(4, 1, 1)]
    match = re.fullmatch(r"I(42[02]|444)(A?)(P10|P12|)", format)
    assert match is not None
    sub_sampling, alpha, depth = match.groups()
    size = 2 if depth else 1
    chroma = (size, *{"420": (2, 2), "422": (2, 1), "444": (1, 1)}[sub_sampling])
    return [(size, 1, 1), chroma, chroma] + [(size, 1, 1)] * len(alpha)


def up(number: int, factor: int) -> int:
    return -(-number // factor)


@st.composite
def rectangles(draw: st.DrawFn, format: str, width: int, height: int) -> tuple[int, int, int, int]:
    """Left, top, width, height; beginning at a sample of each plane."""
    _, step_x, step_y = max(planes_of(format), key=lambda plane: plane[1] * plane[2])
    left = draw(st.integers(0, (width - 1) // step_x)) * step_x
    top = draw(st.integers(0, (height - 1) // step_y)) * step_y
    return left, top, draw(st.integers(1, width - left)), draw(st.integers(1, height - top))


@st.composite
def layouts(draw: st.DrawFn, format: str, width: int, height: int) -> list[dict[str, int]] | None:
    """Planes in any order, with gaps between them and their rows; None for the default."""
    if draw(st.booleans()):
        return None
    planes = planes_of(format)
    layout: dict[int, dict[str, int]] = {}
    end = 0
    for index in draw(st.permutations(range(len(planes)))):
        size, step_x, step_y = planes[index]
        stride = up(width, step_x) * size + draw(st.integers(0, 5))
        offset = end + draw(st.integers(0, 5))
        layout[index] = {"offset": offset, "stride": stride}
        end = offset + stride * up(height, step_y)
    return [layout[index] for index in range(len(planes))]


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    format = draw(st.sampled_from(list(PIXEL_FORMATS)))
    width, height = draw(st.integers(1, 33)), draw(st.integers(1, 17))
    visible = draw(st.none() | rectangles(format, width, height))
    kept_width, kept_height = visible[2:] if visible else (width, height)
    rect = draw(st.none() | rectangles(format, kept_width, kept_height))
    return {
        "format": format,
        "size": (width, height),
        "layout": draw(layouts(format, width, height)),
        "visible": visible,
        "rect": rect,
        "to_layout": draw(layouts(format, *(rect[2:] if rect else (kept_width, kept_height)))),
        "transferred": draw(st.booleans()),
    }


def packed(format: str, width: int, height: int) -> list[dict[str, int]]:
    layout, offset = [], 0
    for size, step_x, step_y in planes_of(format):
        stride = up(width, step_x) * size
        layout.append({"offset": offset, "stride": stride})
        offset += stride * up(height, step_y)
    return layout


def end_of(layout: list[dict[str, int]], format: str, height: int) -> int:
    return max(
        entry["offset"] + entry["stride"] * up(height, step_y)
        for entry, (_, _, step_y) in zip(layout, planes_of(format), strict=True)
    )


def cut(planes: list[np.ndarray], format: str, rect: tuple[int, int, int, int]) -> list[np.ndarray]:
    """Bytes (rows, row) of the samples of a rectangle."""
    left, top, width, height = rect
    return [
        plane[
            top // step_y : top // step_y + up(height, step_y),
            left // step_x * size : (left // step_x + up(width, step_x)) * size,
        ]
        for plane, (size, step_x, step_y) in zip(planes, planes_of(format), strict=True)
    ]


def rect_init(rect: tuple[int, int, int, int]) -> dict[str, int]:
    return dict(zip(("x", "y", "width", "height"), rect, strict=True))


@settings(max_examples=100, deadline=None)
@given(cases())
@example(
    {
        "format": "I420AP12",
        "size": (1, 1),
        "layout": None,
        "visible": None,
        "rect": None,
        "to_layout": None,
        "transferred": True,
    }
)
def test_frames_of_bytes(case: dict[str, Any]) -> None:
    format, (width, height) = case["format"], case["size"]
    layout = case["layout"] or packed(format, width, height)
    data = bytearray(random_bytes(end_of(layout, format, height)))
    planes = [
        np.frombuffer(bytes(data), np.uint8, up(height, step_y) * entry["stride"], entry["offset"]).reshape(
            -1, entry["stride"]
        )
        for entry, (_, _, step_y) in zip(layout, planes_of(format), strict=True)
    ]
    planes = cut(planes, format, (0, 0, width, height))
    init: Any = {"format": format, "codedWidth": width, "codedHeight": height, "timestamp": 0}
    if case["layout"] is not None:
        init["layout"] = layout
    if case["visible"]:
        init["visibleRect"] = rect_init(case["visible"])
        planes = cut(planes, format, case["visible"])
        width, height = case["visible"][2:]
    view = memoryview(data)
    if case["transferred"]:
        init["transfer"] = [view]
    frame = VideoFrame(view, init)
    assert (frame.codedWidth, frame.codedHeight, frame.displayWidth, frame.displayHeight) == (
        width,
        height,
        width,
        height,
    )
    for actual, expected in zip(frame.plane_arrays(), planes, strict=True):
        assert actual.tobytes() == expected.tobytes()

    options: Any = {}
    rect = case["rect"] or (0, 0, width, height)
    if case["rect"]:
        options["rect"] = rect_init(rect)
    to_layout = case["to_layout"] or packed(format, *rect[2:])
    if case["to_layout"] is not None:
        options["layout"] = to_layout
    size = end_of(to_layout, format, rect[3])
    assert frame.allocationSize(options) == size
    destination = bytearray(b"\xee" * (size + 3))

    async def main() -> list[PlaneLayout]:
        with pytest.raises(TypeError):
            await frame.copyTo(memoryview(destination)[: size - 1], options)
        return await frame.copyTo(destination, options)

    assert asyncio.run(main()) == to_layout
    copied = bytearray(b"\xee" * (size + 3))
    for rows, entry in zip(cut(planes, format, rect), to_layout, strict=True):
        for index, row in enumerate(rows):
            start = entry["offset"] + index * entry["stride"]
            copied[start : start + len(row)] = row.tobytes()
    assert destination == copied


def test_a_large_frame_of_each_sub_sampling() -> None:
    width, height = 4096, 2160
    for format in ("I420", "I422P12", "I444A", "NV12", "BGRA"):
        layout = packed(format, width, height)
        data = random_bytes(end_of(layout, format, height))
        init: Any = {"format": format, "codedWidth": width, "codedHeight": height, "timestamp": 0}
        frame = VideoFrame(data, init)
        destination = bytearray(frame.allocationSize())

        async def main(frame: VideoFrame = frame, destination: bytearray = destination) -> None:
            await frame.copyTo(destination)

        asyncio.run(main())
        assert destination == data

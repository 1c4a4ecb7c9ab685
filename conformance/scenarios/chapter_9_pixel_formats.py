"""Chapter 9: all pixel formats, with their planes, the sizes of these, and how they are copied."""

from functools import partial
from typing import Final, NamedTuple

import numpy as np

from conformance.fixtures.frames_and_samples import (
    allocation_size,
    closed,
    display_size,
    frame_of_frame,
    layout_of,
    new_frame,
    rect,
)
from conformance.interfaces import is_another_implementation
from conformance.suite.harness import (
    Test,
    Variant,
    assert_array_equals,
    assert_equals,
    assert_throws_js,
    promise_test,
)

#: Columns and rows of each plane of 5 x 3 pixels, by sub-sampling. Chroma is rounded up.
_SIZES: Final = {"420": [(5, 3), (3, 2), (3, 2)], "422": [(5, 3), (3, 3), (3, 3)], "444": [(5, 3)] * 3}


class _Planes(NamedTuple):
    """A format: columns and rows of each plane of 5 x 3 pixels, and the bytes of a column."""

    format: str
    planes: list[tuple[int, int, int]]


def _planar(sub_sampling: str, alpha: str, depth: str) -> _Planes:
    sizes = _SIZES[sub_sampling] + ([(5, 3)] if alpha else [])
    return _Planes(f"I{sub_sampling}{alpha}{depth}", [(columns, rows, 2 if depth else 1) for columns, rows in sizes])


FORMATS: Final = (
    *[
        _planar(sub_sampling, alpha, depth)
        for sub_sampling in _SIZES
        for alpha in ("", "A")
        for depth in ("", "P10", "P12")
    ],
    _Planes("NV12", [(5, 3, 1), (3, 2, 2)]),
    *[_Planes(format, [(5, 3, 4)]) for format in ("RGBA", "RGBX", "BGRA", "BGRX")],
)
assert len({format for format, _ in FORMATS}) == 23


def _variant(format: _Planes) -> Variant[_Planes]:
    return Variant(format.format, lambda: format)


@promise_test(
    "planes, their order, their sizes, and a copy of them",
    shows=[
        "pixel-format",
        "sub-sampling",
        *[f"dom-videopixelformat-{format.lower()}" for format, _ in FORMATS],
        *[f"videoframe-compute-layout-and-allocation-size#7.{step}" for step in (2, 3, 4, 7, 9, 11, 12)],
    ],
    variants=[_variant(format) for format in FORMATS],
)
async def planes(t: Test, format: _Planes) -> None:
    name, expected_planes = format
    size = sum(columns * rows * sample for columns, rows, sample in expected_planes)
    data = np.random.default_rng(1).integers(0, 256, size, np.uint8)
    frame = new_frame(data, format=name, codedWidth=5, codedHeight=3)
    closed(t, frame)
    assert_equals((frame.format, display_size(frame), frame.allocationSize()), (name, (5, 3), size))
    # The layout is packed, as the data are.
    destination = bytearray(size)
    expected_layout: list[dict[str, int]] = []
    offset = 0
    for columns, rows, sample in expected_planes:
        expected_layout.append({"offset": offset, "stride": columns * sample})
        offset += columns * rows * sample
    assert_equals(await frame.copyTo(destination), expected_layout)
    assert_equals(bytes(destination), data.tobytes())
    # The last pixel in each direction that begins a sample, with planes in reversed order and padded rows.
    corner = rect(4, 2, 1, 1)
    layout = [{"offset": 64 * (8 - number), "stride": 16} for number in range(len(expected_planes))]
    assert_equals(allocation_size(frame, rect=corner, layout=layout), 64 * 8 + 16)
    destination = bytearray(64 * 9)
    await layout_of(frame, destination, rect=corner, layout=layout)
    for number, (columns, rows, sample) in enumerate(expected_planes):
        end = expected_layout[number]["offset"] + columns * rows * sample
        start = layout[number]["offset"]
        assert_array_equals(destination[start : start + sample], data[end - sample : end].tolist(), f"plane {number}")


@promise_test(
    "planes have their rows and samples one after the other, and those of a cropped frame begin at its corner",
    shows=["pixel-format", "videoframe-domrect"],
    variants=[_variant(format) for format in FORMATS],
)
async def arrays(t: Test, format: _Planes) -> None:
    name, expected_planes = format
    size = sum(columns * rows * sample for columns, rows, sample in expected_planes)
    frame = new_frame(np.arange(size, dtype=np.uint8), format=name, codedWidth=5, codedHeight=3)
    crop = frame_of_frame(frame, visibleRect=rect(4, 2, 1, 1))
    closed(t, frame, crop)
    destination = bytearray(crop.allocationSize())
    corners = await crop.copyTo(destination)
    assert_equals(len(corners), len(expected_planes))
    ends = np.cumsum([columns * rows * sample for columns, rows, sample in expected_planes]).tolist()
    for corner, end, (_, _, sample) in zip(corners, ends, expected_planes, strict=True):
        found = destination[corner["offset"] : corner["offset"] + sample]
        assert_equals(bytes(found), bytes(range(end - sample, end)))
    if is_another_implementation():
        return
    for plane, array, end, (columns, rows, sample) in zip(
        frame.plane_arrays(), crop.plane_arrays(visible=True), ends, expected_planes, strict=True
    ):
        assert_equals(plane.shape[:2], (rows, columns))
        assert_equals(plane.itemsize, 2 if "P1" in name else 1)
        assert_equals(array.tobytes(), bytes(range(end - sample, end)))


@promise_test(
    "a visible rectangle begins at a sample of every plane: at even columns, and at even rows of 4:2:0",
    shows=[
        *[f"dom-videopixelformat-{format.lower()}" for format, _ in FORMATS],
        *[f"videoframe-verify-rect-offset-alignment#{step}" for step in ("4", "4.1", "4.2", "4.3", "4.4", "4.5", "5")],
    ],
    variants=[_variant(format) for format in FORMATS],
)
async def rectangles_begin_at_samples(t: Test, format: _Planes) -> None:
    size = {"codedWidth": 8, "codedHeight": 4}
    data = bytes(8 * 4 * 4 * 2)
    has_wide_chroma = format.format.startswith(("I420", "I422", "NV12"))
    has_tall_chroma = format.format.startswith(("I420", "NV12"))
    for x, y, is_refused in [(2, 2, False), (1, 0, has_wide_chroma), (0, 1, has_tall_chroma)]:
        members = {**size, "format": format.format, "visibleRect": rect(x, y, 3, 1)}
        if is_refused:
            assert_throws_js(TypeError, partial(new_frame, data, **members), f"({x}, {y}):")
        else:
            frame = new_frame(data, **members)
            closed(t, frame)
            assert_equals(display_size(frame), (3, 1))

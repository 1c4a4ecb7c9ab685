"""The arithmetic of planes (§ 9.4.6)."""

import math
from typing import Any

import pytest

from codecmodel.raw_media.dom_rect import DOMRectReadOnly
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.plane_layout import (
    compute_layout_and_allocation_size,
    parse_visible_rect,
    plane_layout,
    verify_rect_offset_alignment,
)

WHOLE = DOMRectReadOnly(0, 0, 8, 6)


def compute(rect: DOMRectReadOnly, format: VideoPixelFormat, layout: Any = None) -> tuple[int, list[tuple[int, ...]]]:
    combined = compute_layout_and_allocation_size(rect, format, layout)
    return combined.allocation_size, [tuple(plane) for plane in combined.computed_layouts]


def layouts(*pairs: tuple[int, int]) -> list[dict[str, int]]:
    return [{"offset": offset, "stride": stride} for offset, stride in pairs]


def test_packed_planes() -> None:
    # Offset, stride, top, height, left bytes, width bytes.
    assert compute(WHOLE, "I420") == (72, [(0, 8, 0, 6, 0, 8), (48, 4, 0, 3, 0, 4), (60, 4, 0, 3, 0, 4)])
    assert compute(WHOLE, "I422P10") == (192, [(0, 16, 0, 6, 0, 16), (96, 8, 0, 6, 0, 8), (144, 8, 0, 6, 0, 8)])
    assert compute(WHOLE, "NV12") == (72, [(0, 8, 0, 6, 0, 8), (48, 8, 0, 3, 0, 8)])
    assert compute(WHOLE, "BGRX") == (192, [(0, 32, 0, 6, 0, 32)])


def test_a_rectangle_within() -> None:
    rect = DOMRectReadOnly(2, 4, 4, 2)
    assert compute(rect, "I420") == (12, [(0, 4, 4, 2, 2, 4), (8, 2, 2, 1, 1, 2), (10, 2, 2, 1, 1, 2)])
    assert compute(rect, "NV12") == (12, [(0, 4, 4, 2, 2, 4), (8, 4, 2, 1, 2, 4)])
    assert compute(rect, "RGBA") == (32, [(0, 16, 4, 2, 8, 16)])
    assert compute(rect, "I444AP12") == (64, [(16 * plane, 8, 4, 2, 4, 8) for plane in range(4)])


def test_odd_sizes_are_rounded_up() -> None:
    rect = DOMRectReadOnly(2, 2, 3, 1)
    assert compute(rect, "I420") == (7, [(0, 3, 2, 1, 2, 3), (3, 2, 1, 1, 1, 2), (5, 2, 1, 1, 1, 2)])
    assert compute(rect, "NV12") == (7, [(0, 3, 2, 1, 2, 3), (3, 4, 1, 1, 2, 4)])
    assert compute(rect, "I422P12") == (14, [(0, 6, 2, 1, 4, 6), (6, 4, 2, 1, 2, 4), (10, 4, 2, 1, 2, 4)])


def test_numbers_are_truncated() -> None:
    assert compute(DOMRectReadOnly(2.9, 2.9, 4.9, 2.9), "I420") == compute(DOMRectReadOnly(2, 2, 4, 2), "I420")


def test_a_layout_in_another_order_with_gaps() -> None:
    assert compute(WHOLE, "I420", layouts((50, 10), (1, 5), (20, 4))) == (
        110,
        [(50, 10, 0, 6, 0, 8), (1, 5, 0, 3, 0, 4), (20, 4, 0, 3, 0, 4)],
    )


def test_a_layout_of_the_wrong_length() -> None:
    for pairs in ([], [(0, 8)], [(0, 8), (48, 4)], [(0, 8), (48, 4), (60, 4), (72, 8)]):
        with pytest.raises(TypeError, match=f"I420 has 3 planes, but layout has {len(pairs)}"):
            compute(WHOLE, "I420", layouts(*pairs))


@pytest.mark.parametrize("plane", [0, 1, 2])
def test_a_stride_below_a_row(plane: int) -> None:
    pairs = [(0, 8), (48, 4), (60, 4)]
    pairs[plane] = (pairs[plane][0], pairs[plane][1] - 1)
    with pytest.raises(TypeError, match=f"plane {plane} needs a stride of"):
        compute(WHOLE, "I420", layouts(*pairs))


@pytest.mark.parametrize(
    ("pairs", "first", "second"),
    [
        ([(0, 8), (47, 4), (60, 4)], 0, 1),
        ([(0, 8), (48, 4), (59, 4)], 1, 2),
        ([(0, 8), (60, 4), (47, 4)], 0, 2),
        ([(10, 8), (0, 4), (58, 4)], 0, 1),
        ([(0, 8), (0, 4), (60, 4)], 0, 1),
        # The stride counts for the last row, too.
        ([(0, 9), (53, 4), (70, 4)], 0, 1),
    ],
)
def test_planes_that_overlap(pairs: list[tuple[int, int]], first: int, second: int) -> None:
    with pytest.raises(TypeError, match=f"planes {first} and {second} overlap"):
        compute(WHOLE, "I420", layouts(*pairs))


def test_sizes_beyond_an_unsigned_long() -> None:
    assert compute(WHOLE, "I420", layouts((0, 8), (48, 4), (2**32 - 1 - 12, 4)))[0] == 2**32 - 1
    with pytest.raises(TypeError, match="would end after"):
        compute(WHOLE, "I420", layouts((0, 8), (48, 4), (2**32 - 12, 4)))
    with pytest.raises(TypeError, match="would end after"):
        compute(DOMRectReadOnly(0, 0, 2**16, 2**16), "I444")


def test_conversion_of_plane_layouts() -> None:
    with pytest.raises(TypeError, match=r"PlaneLayout\.stride is required"):
        plane_layout({"offset": 0}, "layout")
    with pytest.raises(TypeError, match=r"outside the range of unsigned long"):
        plane_layout({"offset": 2**32, "stride": 4}, "layout")


def test_alignment() -> None:
    def aligned(format: VideoPixelFormat | None) -> list[tuple[int, int]]:
        return [
            (x, y)
            for x in range(3)
            for y in range(3)
            if verify_rect_offset_alignment(format, DOMRectReadOnly(x, y, 1, 1))
        ]

    everywhere = [(x, y) for x in range(3) for y in range(3)]
    assert aligned("I420") == aligned("NV12") == aligned("I420AP12") == [(0, 0), (0, 2), (2, 0), (2, 2)]
    assert aligned("I422") == aligned("I422AP10") == [(0, 0), (0, 1), (0, 2), (2, 0), (2, 1), (2, 2)]
    assert aligned("I444") == aligned("RGBA") == aligned(None) == everywhere


def test_parsing_a_rectangle() -> None:
    default = DOMRectReadOnly(2, 2, 4, 2)
    assert parse_visible_rect(default, None, 8, 6, "I420") is default
    override = DOMRectReadOnly(4, 2, 4, 4)
    assert parse_visible_rect(default, override, 8, 6, "I420") is override
    # Truncated, it begins at a sample.
    assert parse_visible_rect(default, DOMRectReadOnly(2.5, 0.5, 4, 4), 8, 6, "I420").x == 2.5


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ((-1, 0, 4, 4), "negative or not finite"),
        ((0, -0.5, 4, 4), "negative or not finite"),
        ((0, 0, -4, 4), "negative or not finite"),
        ((0, 0, 4, math.inf), "negative or not finite"),
        ((math.nan, 0, 4, 4), "negative or not finite"),
        ((0, 0, 0, 4), "is empty"),
        ((0, 0, 4, 0), "is empty"),
        ((0, 0, 0.5, 4), "is empty"),
        ((0, 0, 9, 4), "exceeds the coded width, 8"),
        ((6, 0, 4, 4), "exceeds the coded width, 8"),
        ((0, 0, 8.5, 4), "exceeds the coded width, 8"),
        ((0, 0, 4, 7), "exceeds the coded height, 6"),
        ((0, 4, 4, 4), "exceeds the coded height, 6"),
        ((1, 0, 4, 4), "does not start at a sample"),
        ((0, 1, 4, 4), "does not start at a sample"),
    ],
)
def test_rectangles_that_are_refused(numbers: tuple[float, ...], reason: str) -> None:
    with pytest.raises(TypeError, match=reason):
        parse_visible_rect(WHOLE, DOMRectReadOnly(*numbers), 8, 6, "I420")


def test_a_default_rectangle_that_is_not_aligned_is_refused() -> None:
    with pytest.raises(TypeError, match="does not start at a sample"):
        parse_visible_rect(DOMRectReadOnly(1, 0, 4, 4), None, 8, 6, "I420")

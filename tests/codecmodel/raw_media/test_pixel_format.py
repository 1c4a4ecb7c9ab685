"""The table of pixel formats (§ 9.8)."""

import pytest

from codecmodel.raw_media.dom_rect import DOMRectReadOnly
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, video_pixel_format
from codecmodel.raw_media.plane_layout import compute_layout_and_allocation_size

ALPHA = {
    "I420A": "I420",
    "I420AP10": "I420P10",
    "I420AP12": "I420P12",
    "I422A": "I422",
    "I422AP10": "I422P10",
    "I422AP12": "I422P12",
    "I444A": "I444",
    "I444AP10": "I444P10",
    "I444AP12": "I444P12",
    "RGBA": "RGBX",
    "BGRA": "BGRX",
}
OPAQUE = [
    *("I420", "I420P10", "I420P12", "I422", "I422P10", "I422P12", "I444", "I444P10", "I444P12"),
    *("NV12", "RGBX", "BGRX"),
]


def test_there_are_the_spec_s_formats() -> None:
    assert set(PIXEL_FORMATS) == {*ALPHA, *OPAQUE}
    assert len(PIXEL_FORMATS) == 23
    assert [video_pixel_format(name, "format") for name in PIXEL_FORMATS] == list(PIXEL_FORMATS)
    with pytest.raises(TypeError, match="is not a VideoPixelFormat: 'ABCD'"):
        video_pixel_format("ABCD", "format")


def test_opaque_equivalents() -> None:
    for name, description in PIXEL_FORMATS.items():
        assert description.equivalent_opaque_format == ALPHA.get(name, name)
        assert description.has_alpha == (name in ALPHA)


def test_rgb_formats() -> None:
    rgb = {name for name, description in PIXEL_FORMATS.items() if description.is_rgb}
    assert rgb == {"RGBA", "RGBX", "BGRA", "BGRX"}
    assert [PIXEL_FORMATS[name].planes[0].components for name in ("RGBA", "RGBX", "BGRA", "BGRX")] == [
        *("RGBA", "RGBX", "BGRA", "BGRX")
    ]


def test_bit_depths() -> None:
    for name, description in PIXEL_FORMATS.items():
        depth = 10 if name.endswith("P10") else 12 if name.endswith("P12") else 8
        assert description.bit_depth == depth
        assert description.component_bytes == (1 if depth == 8 else 2)


@pytest.mark.parametrize(("width", "height"), [(16, 10), (5, 3), (1, 1)])
def test_sizes_are_those_of_the_definitions(width: int, height: int) -> None:
    half_width, half_height = (width + 1) // 2, (height + 1) // 2
    chroma = {
        "I420": half_width * half_height,
        "I422": half_width * height,
        "I444": width * height,
    }
    for name, description in PIXEL_FORMATS.items():
        if description.is_rgb:
            expected = width * height * 4
        elif name == "NV12":
            expected = width * height + 2 * half_width * half_height
        else:
            expected = width * height + 2 * chroma[name[:4]] + (width * height if description.has_alpha else 0)
            expected *= description.component_bytes
        layout = compute_layout_and_allocation_size(DOMRectReadOnly(0, 0, width, height), name, None)
        assert layout.allocation_size == expected

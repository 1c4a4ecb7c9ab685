"""Chapter 9: VideoFrame.copyTo() to RGB, and the rendering of frames."""

from collections.abc import Mapping
from functools import partial
from typing import Final

from conformance.fixtures.frames_and_samples import (
    CountedResources,
    closed,
    counted_frame,
    frame_of_frame,
    layout_of,
    new_frame,
    pixels_of,
    rect,
)
from conformance.fixtures.image_sources import rendering_of
from conformance.suite.harness import (
    Test,
    Variant,
    assert_approx_equals,
    assert_equals,
    assert_true,
    promise_rejects_js,
    promise_test,
)

_CONVERT: Final = "videoframe-convert-to-rgb-frame"
RGB_FORMATS: Final = ("RGBA", "RGBX", "BGRA", "BGRX")
#: A colour as luma and chroma of 8 bits, and its R', G', B' by the matrix and range of each.
SAMPLES: Final = (120, 100, 170)
COLORS: Final[Mapping[tuple[str, bool], tuple[int, int, int]]] = {
    ("bt709", False): (196, 105, 62),
    ("bt709", True): (186, 106, 68),
    ("bt470bg", False): (188, 98, 65),
    ("smpte170m", True): (179, 100, 70),
    ("bt2020-ncl", False): (192, 99, 61),
}


def _copy(*steps: str) -> list[str]:
    return [f"dom-videoframe-copyto#{step}" for step in steps]


def _convert(*steps: str) -> list[str]:
    return [f"{_CONVERT}#{step}" for step in steps]


def _assert_pixels(actual: bytes, red: int, green: int, blue: int, alpha: int, format: str, what: str = "") -> None:
    """Check that all pixels have one colour, with each component within one code value."""
    expected = (red, green, blue, alpha) if format.startswith("RGB") else (blue, green, red, alpha)
    assert_true(len(actual) > 0)
    for index, value in enumerate(actual):
        assert_approx_equals(value, expected[index % 4], 1, f"{what} byte {index} of {format}")


def _samples(format: str, bits: int) -> bytes:
    """Planes of 4 x 2 pixels of the colour above, in a format of that many bits."""
    size, factor = (1, 1) if bits == 8 else (2, 1 << (bits - 8))
    y, u, v = ((sample * factor).to_bytes(size, "little") for sample in SAMPLES)
    chroma = {"I420": 2, "I422": 4, "I444": 8}[format[:4]]
    alpha = (((1 << bits) - 1) // 3).to_bytes(size, "little") * 8 if "A" in format else b""
    return y * 8 + u * chroma + v * chroma + alpha


def _ycbcr_formats() -> list[str]:
    return [
        base + alpha + depth for base in ("I420", "I422", "I444") for alpha in ("", "A") for depth in ("", "P10", "P12")
    ]


@promise_test(
    "the frame's own matrix and range decide",
    shows=[*_copy("6", "6.3", "6.4"), *_convert("1", "2.2", "2.7", "2.8", "2.9", "3")],
)
async def matrices_and_ranges(t: Test) -> None:
    for (matrix, full_range), color in COLORS.items():
        space = {"primaries": "bt709", "transfer": "bt709", "matrix": matrix, "fullRange": full_range}
        frame = new_frame(_samples("I420", 8), colorSpace=space)
        closed(t, frame)
        for format in RGB_FORMATS:
            _assert_pixels(await pixels_of(frame, format=format), *color, 255, format, f"{matrix}, {full_range}:")


@promise_test(
    "every format with luma and chroma; alpha is kept, or made opaque as the target says",
    shows=[*_copy("6.3"), *_convert("2.8")],
    variants=[Variant(name.lower(), partial(str, name)) for name in _ycbcr_formats()],
)
async def formats(t: Test, format: str) -> None:
    bits = int(format[-2:]) if "P" in format else 8
    frame = new_frame(_samples(format, bits), format=format)
    closed(t, frame)
    alpha = 85 if "A" in format else 255
    _assert_pixels(await pixels_of(frame, format="RGBA"), *COLORS["bt709", False], alpha, "RGBA")
    _assert_pixels(await pixels_of(frame, format="BGRX"), *COLORS["bt709", False], 255, "BGRX")


@promise_test("components of RGB change places", shows=[*_copy("6.3"), *_convert("2.8")])
async def rgb_to_rgb(t: Test) -> None:
    frame = new_frame(bytes([1, 2, 3, 4] * 8), format="RGBA")
    closed(t, frame)
    assert_equals((await pixels_of(frame, format="RGBA"))[:4], bytes([1, 2, 3, 4]))
    assert_equals((await pixels_of(frame, format="RGBX"))[:4], bytes([1, 2, 3, 255]))
    assert_equals((await pixels_of(frame, format="BGRA"))[:4], bytes([3, 2, 1, 4]))
    assert_equals((await pixels_of(frame, format="BGRX"))[:4], bytes([3, 2, 1, 255]))
    opaque = frame_of_frame(frame, alpha="discard")
    closed(t, opaque)
    assert_equals((await pixels_of(opaque, format="RGBA"))[:4], bytes([1, 2, 3, 255]))


@promise_test(
    "colours are converted to sRGB by default, or to Display P3",
    shows=[
        *_convert("2.7", "2.8"),
        "dom-videoframecopytooptions-colorspace",
        *[f"convert-predefinedcolorspace-to-videocolorspace#{step}" for step in (2, 3)],
    ],
)
async def color_spaces(t: Test) -> None:
    frame = new_frame(bytes([50, 100, 150, 255] * 8), format="RGBA")
    closed(t, frame)
    _assert_pixels(await pixels_of(frame, format="RGBA"), 50, 100, 150, 255, "RGBA")
    _assert_pixels(await pixels_of(frame, format="RGBA", colorSpace="srgb"), 50, 100, 150, 255, "RGBA")
    _assert_pixels(await pixels_of(frame, format="BGRA", colorSpace="display-p3"), 62, 99, 146, 255, "BGRA")
    wide = new_frame(bytes([62, 99, 146, 255] * 8), format="RGBA", colorSpace={"primaries": "smpte432"})
    closed(t, wide)
    _assert_pixels(await pixels_of(wide, format="RGBA"), 50, 100, 150, 255, "RGBA")


@promise_test("light is light, with every transfer", shows=_convert("2.8"))
async def transfers(t: Test) -> None:
    frame = new_frame(bytes([128, 128, 128, 255] * 8), format="RGBA", colorSpace={"transfer": "linear"})
    closed(t, frame)
    _assert_pixels(await pixels_of(frame, format="RGBA"), 188, 188, 188, 255, "RGBA")
    # 10 000 cd/m² of BT.2020's red.
    pq = {"primaries": "bt2020", "transfer": "pq", "fullRange": True}
    bright = new_frame(bytes([255, 0, 0, 255] * 8), format="RGBA", colorSpace=pq)
    closed(t, bright)
    _assert_pixels(await pixels_of(bright, format="RGBA"), 255, 0, 0, 255, "RGBA")


@promise_test(
    "a layout is kept to, and nothing else is written",
    shows=_copy("6.1", "6.2", "6.4"),
)
async def layout(t: Test) -> None:
    frame = new_frame(b"\xff" * 32, format="RGBA")
    closed(t, frame)
    for offset in (5, 4):
        destination = bytearray(offset + 20 * 2)
        layouts = [{"offset": offset, "stride": 20}]
        assert_equals(await layout_of(frame, destination, format="BGRX", layout=layouts), layouts)
        assert_equals(destination, bytearray(offset) + 2 * (b"\xff" * 16 + bytes(4)))
    await promise_rejects_js(t, TypeError, layout_of(frame, bytearray(31), format="RGBA"))


@promise_test(
    "a rectangle is one of the frame, not of what is visible of it",
    shows=[*_copy("6.3", "6.4"), *_convert("2.3", "2.4", "2.5")],
)
async def rectangles(t: Test) -> None:
    pixels = [bytes([value, 0, 0, 255]) for value in range(8)]
    whole = new_frame(b"".join(pixels), format="RGBA")
    frame = frame_of_frame(whole, visibleRect=rect(1, 0, 2, 2))
    closed(t, whole, frame)
    assert_equals(await pixels_of(frame, format="RGBA"), b"".join(pixels[i] for i in (1, 2, 5, 6)))
    assert_equals(await pixels_of(frame, format="RGBA", rect=rect(2, 1, 1, 1)), pixels[6])
    assert_equals(await pixels_of(frame, format="RGBA", rect=rect(3, 0, 1, 2)), pixels[3] + pixels[7])


@promise_test(
    "chroma lies between two rows, level with the even columns, and is interpolated",
    shows=_convert("2.8"),
)
async def chroma(t: Test) -> None:
    # A chroma sample that is not gray, in the top left corner. Red is 121 and 179 times its weight.
    red = b"\xb2" + 3 * b"\x80"
    frame = new_frame(16 * b"\x78" + 4 * b"\x80" + red, codedHeight=4)
    closed(t, frame)
    pixels = await pixels_of(frame, format="RGBA")
    for row, weights in enumerate(((1, 0.5, 0, 0), (0.75, 0.375, 0, 0), (0.25, 0.125, 0, 0), (0, 0, 0, 0))):
        for column, weight in enumerate(weights):
            value = 121.1 + 1.7927 * 50 * weight
            assert_approx_equals(pixels[4 * (4 * row + column)], value, 1, f"row {row}, column {column}")


@promise_test(
    "the frame may be closed meanwhile; its resource is released with the copy",
    shows=_convert("2.1", "2.6", "2.9"),
)
async def closed_meanwhile(t: Test) -> None:
    resources = CountedResources()
    frame = counted_frame(resources)
    destination = bytearray(16)
    promise = frame.copyTo(destination, {"format": "RGBX"})
    frame.close()
    await promise
    resources.check(1, 1)


@promise_test(
    "a rendering is cropped, turned clockwise, and flipped then",
    shows=["videoframe-rendering"],
)
async def rendering(t: Test) -> None:
    pixels = b"".join(bytes([value, 0, 0, 255]) for value in range(8))
    whole = new_frame(pixels, format="RGBA")
    closed(t, whole)
    for rotation, flip, expected in (
        (0, False, [[1, 2], [5, 6]]),
        (90, False, [[5, 1], [6, 2]]),
        (180, False, [[6, 5], [2, 1]]),
        (270, False, [[2, 6], [1, 5]]),
        (0, True, [[2, 1], [6, 5]]),
        (90, True, [[1, 5], [2, 6]]),
    ):
        frame = frame_of_frame(whole, visibleRect=rect(1, 0, 2, 2), rotation=rotation, flip=flip)
        closed(t, frame)
        assert_equals((await rendering_of(frame))[..., 0].tolist(), expected, f"{rotation}, {flip}")
    wide = await rendering_of(whole, "display-p3")
    assert_approx_equals(int(wide[1, 3, 0]), 6, 1)

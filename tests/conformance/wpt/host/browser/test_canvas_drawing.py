"""OffscreenCanvas and its 2D context: rectangles, pixels, text, state."""

import gc
import math
import weakref
from collections.abc import Callable

import numpy as np
import pytest

from codecmodel.web.errors import DOMException
from conformance.wpt.host.browser.canvas import OffscreenCanvas
from conformance.wpt.host.browser.compositing import Rect
from conformance.wpt.host.browser.image_data import ImageData
from tests.conformance.wpt.host.browser.platform_pixels import (
    BLACK,
    BLUE,
    GREEN,
    NOTHING,
    RED,
    WHITE,
    canvas_of,
    gradient,
    image_data,
    pixels_of,
)


def test_canvas_is_blank_at_first() -> None:
    assert pixels_of(canvas_of(2, 1)[1]) == [[NOTHING, NOTHING]]
    assert pixels_of(canvas_of(2, 1, {"alpha": False})[1]) == [[BLACK, BLACK]]


def test_context_is_made_once() -> None:
    canvas, context = canvas_of(1, 1, {"colorSpace": "display-p3"})
    assert canvas.getContext("2d", {"colorSpace": "srgb"}) is context
    assert context.canvas is canvas
    assert context.color_space == "display-p3"
    assert canvas.getContext("webgl") is None


def test_pixels_go_with_the_last_of_canvas_and_context() -> None:
    canvas, context = canvas_of(1, 1, {"colorSpace": "display-p3"})
    context.fillStyle = "red"
    context.save()
    pixels = weakref.ref(canvas.surface())
    gc.disable()
    try:
        del context
        again = canvas.getContext("2d")
        assert again is not None
        assert (again.fillStyle, again.color_space) == ("#ff0000", "display-p3")
        del canvas
        assert again.canvas.surface() is pixels()
        del again
        assert pixels() is None
    finally:
        gc.enable()


def test_fill_rect() -> None:
    _, context = canvas_of(3, 2)
    context.fillStyle = "red"
    context.fillRect(1, 0, 5, 1)
    context.fillStyle = "#00f"
    context.fillRect(2, 2, -2, -1)
    assert pixels_of(context) == [[NOTHING, RED, RED], [BLUE, BLUE, NOTHING]]


def test_parts_of_pixels() -> None:
    _, context = canvas_of(3, 1)
    context.fillStyle = "white"
    context.fillRect(0.75, 0, 1.5, 1)
    assert [pixel[3] for pixel in pixels_of(context)[0]] == [64, 255, 64]
    context.clearRect(0.5, 0, 1, 1)
    assert [pixel[3] for pixel in pixels_of(context)[0]] == [32, 128, 64]


def test_colors_are_blended_by_alpha() -> None:
    _, context = canvas_of(2, 1)
    context.fillStyle = "#f00"
    context.fillRect(0, 0, 1, 1)
    context.fillStyle = "rgba(0, 0, 255, 0.4)"
    context.fillRect(0, 0, 2, 1)
    assert pixels_of(context) == [[(153, 0, 102, 255), (0, 0, 255, 102)]]


def test_global_alpha() -> None:
    _, context = canvas_of(1, 1)
    context.globalAlpha = 0.2
    for ignored in (-0.1, 1.5, math.nan):
        context.globalAlpha = ignored
    assert context.globalAlpha == 0.2
    context.fillStyle = "lime"
    context.fillRect(0, 0, 1, 1)
    assert pixels_of(context) == [[(0, 255, 0, 51)]]


def test_numbers_that_are_not_finite_draw_nothing() -> None:
    _, context = canvas_of(1, 1)
    context.fillRect(0, 0, math.inf, 1)
    context.fillRect(math.nan, 0, 1, 1)
    context.fillText("8", math.nan, 1)
    assert pixels_of(context) == [[NOTHING]]


def test_clear_rect() -> None:
    for alpha, cleared in ((True, NOTHING), (False, BLACK)):
        _, context = canvas_of(2, 1, {"alpha": alpha})
        context.fillStyle = "white"
        context.fillRect(0, 0, 2, 1)
        context.clearRect(1, -5, 9, 9)
        assert pixels_of(context) == [[WHITE, cleared]]


def test_style_that_is_no_color_is_ignored() -> None:
    _, context = canvas_of(1, 1)
    assert context.fillStyle == "#000000"
    context.fillStyle = "rgba(1, 2, 3, 0.5)"
    context.fillStyle = "octarine"
    assert context.fillStyle == "rgba(1, 2, 3, 0.5)"


def test_save_and_restore() -> None:
    _, context = canvas_of(1, 1)
    context.restore()
    context.fillStyle = "red"
    context.save()
    context.fillStyle = "blue"
    context.globalAlpha = 0.5
    context.imageSmoothingEnabled = False
    context.font = "20px serif"
    context.restore()
    assert (context.fillStyle, context.globalAlpha, context.imageSmoothingEnabled) == ("#ff0000", 1, True)
    assert context.font == "10px sans-serif"


@pytest.mark.parametrize("dimension", ["width", "height"])
def test_setting_a_size_clears_everything(dimension: str) -> None:
    canvas, context = canvas_of(1, 1)
    context.fillStyle = "red"
    context.fillRect(0, 0, 1, 1)
    setattr(canvas, dimension, 1)
    assert pixels_of(context) == [[NOTHING]]
    assert context.fillStyle == "#000000"
    setattr(canvas, dimension, 2)
    assert np.shape(pixels_of(context)) == {"width": (1, 2, 4), "height": (2, 1, 4)}[dimension]


def test_absurd_size() -> None:
    _, context = canvas_of(2**40, 2**40)
    with pytest.raises(DOMException) as raised:
        context.fillRect(0, 0, 1, 1)
    assert raised.value.name == "NotSupportedError"


# Colour spaces


def test_display_p3_canvas() -> None:
    _, context = canvas_of(3, 1, {"colorSpace": "display-p3"})
    context.fillStyle = "rgb(50, 100, 150)"
    context.fillRect(0, 0, 1, 1)
    context.fillStyle = "color(display-p3 1 0 0)"
    context.fillRect(1, 0, 1, 1)
    assert pixels_of(context) == [[(62, 99, 146, 255), RED, NOTHING]]
    srgb = context.getImageData(0, 0, 2, 1, {"colorSpace": "srgb"})
    assert (srgb.colorSpace, srgb.data.tolist()) == ("srgb", [[[49, 100, 150, 255], [255, 0, 0, 255]]])


def test_colors_outside_srgb_are_clipped() -> None:
    _, context = canvas_of(1, 1)
    context.fillStyle = "color(display-p3 0 1 0)"
    context.fillRect(0, 0, 1, 1)
    assert pixels_of(context) == [[GREEN]]


# Pixels


def test_image_data_beyond_the_canvas() -> None:
    _, context = canvas_of(2, 1)
    context.fillStyle = "red"
    context.fillRect(0, 0, 2, 1)
    data = context.getImageData(1, -1, 3, 2).data
    assert data.tolist() == [[list(NOTHING)] * 3, [list(RED), list(NOTHING), list(NOTHING)]]
    assert context.getImageData(1, 1, -1, -1).data.tolist() == [[list(RED)]]
    assert context.getImageData(-7, -7, 2, 2).data.any() == np.False_


@pytest.mark.parametrize("size", [(0, 1), (1, 0)])
def test_image_data_without_pixels(size: tuple[int, int]) -> None:
    _, context = canvas_of(1, 1)
    calls: list[Callable[[], ImageData]] = [
        lambda: context.getImageData(0, 0, *size),
        lambda: context.createImageData(*size),
    ]
    for call in calls:
        with pytest.raises(DOMException) as raised:
            call()
        assert raised.value.name == "IndexSizeError"


def test_create_image_data() -> None:
    _, context = canvas_of(1, 1, {"colorSpace": "display-p3"})
    data = context.createImageData(-2, 3)
    assert (data.width, data.height, data.colorSpace) == (2, 3, "display-p3")
    assert not data.data.any()
    assert context.createImageData(1, 1, {"colorSpace": "srgb"}).colorSpace == "srgb"


def test_image_data_is_a_copy() -> None:
    _, context = canvas_of(1, 1)
    data = context.getImageData(0, 0, 1, 1)
    context.fillRect(0, 0, 1, 1)
    assert data.data.tolist() == [[list(NOTHING)]]


def test_put_image_data_replaces_pixels() -> None:
    _, context = canvas_of(2, 2)
    context.fillRect(0, 0, 2, 2)
    context.putImageData(image_data([[RED, NOTHING], [BLUE, GREEN]]), -1, 1)
    assert pixels_of(context) == [[BLACK, BLACK], [NOTHING, BLACK]]
    context.putImageData(image_data([[RED, NOTHING], [BLUE, GREEN]]), 0, 0, Rect(2, 1, -1, 1))
    assert pixels_of(context) == [[BLACK, BLACK], [NOTHING, GREEN]]


def test_what_is_put_is_stored_premultiplied() -> None:
    _, context = canvas_of(3, 1)
    context.putImageData(image_data([[(200, 100, 50, 2), (200, 100, 50, 128), (9, 9, 9, 0)]]), 0, 0)
    assert pixels_of(context) == [[(255, 128, 0, 2), (199, 100, 50, 128), NOTHING]]


def test_what_is_put_on_an_opaque_canvas_is_opaque() -> None:
    _, context = canvas_of(1, 1, {"alpha": False})
    context.putImageData(image_data([[(200, 100, 50, 128)]]), 0, 0)
    assert pixels_of(context) == [[(200, 100, 50, 255)]]


def test_what_is_put_is_converted() -> None:
    _, context = canvas_of(1, 1)
    context.putImageData(image_data([[(62, 99, 146, 255)]], "display-p3"), 0, 0)
    assert pixels_of(context) == [[(49, 100, 150, 255)]]


def test_all_opaque_colors_survive() -> None:
    pixels = gradient(256, 256)
    _, context = canvas_of(256, 256)
    context.putImageData(ImageData(pixels, "srgb"), 0, 0)
    assert np.array_equal(context.getImageData(0, 0, 256, 256).data, pixels)


# Text


def test_text() -> None:
    _, context = canvas_of(12, 9)
    context.font = "10px sans-serif"
    context.fillStyle = "white"
    context.fillText("1☃", 0, 8)
    picture = ["".join("#" if pixel == WHITE else "." for pixel in row) for row in pixels_of(context)]
    assert picture == [
        "............",
        "..#...#####.",
        ".##...#...#.",
        "..#...#...#.",
        "..#...#...#.",
        "..#...#...#.",
        "..#...#...#.",
        ".###..#####.",
        "............",
    ]


def test_size_of_text() -> None:
    _, context = canvas_of(20, 20)
    context.font = "bold 20px/1.5 'No Such Font', serif"
    assert context.font == "20px 'No Such Font', serif"
    context.font = "large"
    metrics = context.measureText("-12")
    assert (metrics.width, metrics.fontBoundingBoxAscent, metrics.fontBoundingBoxDescent) == (36, 16, 4)
    context.fillText(".", 0, 20)
    rows, columns = np.nonzero(np.array(pixels_of(context))[..., 3])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (16, 19, 2, 5)


def test_text_no_wider_than() -> None:
    _, context = canvas_of(20, 10)
    context.fillText("--", 0, 10, 6)
    assert np.nonzero(np.array(pixels_of(context))[..., 3])[1].max() == 5
    _, context = canvas_of(20, 10)
    context.fillText("--", 0, 10, 0)
    assert not np.array(pixels_of(context)).any()


# Transfer


def test_transfer_to_image_bitmap() -> None:
    canvas, context = canvas_of(1, 1)
    context.fillStyle = "red"
    context.fillRect(0, 0, 1, 1)
    bitmap = canvas.transferToImageBitmap()
    assert (bitmap.width, bitmap.height) == (1, 1)
    assert pixels_of(context) == [[NOTHING]]
    context.fillRect(0, 0, 1, 1)
    assert pixels_of(context) == [[RED]]
    assert bitmap.surface().pixels.tolist() == [[list(RED)]]


def test_transfer_to_image_bitmap_without_context_or_pixels() -> None:
    for canvas in (OffscreenCanvas(1, 1), canvas_of(0, 1)[0]):
        with pytest.raises(DOMException) as raised:
            canvas.transferToImageBitmap()
        assert raised.value.name == "InvalidStateError"

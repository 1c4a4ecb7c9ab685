"""drawImage() and ImageBitmap, of canvases and bitmaps: rectangles, scaling, alpha, options."""

from collections.abc import Sequence

import numpy as np
import pytest

from codecmodel.web.errors import DOMException, RangeError
from codecmodel.web.structured_data import structured_clone
from conformance.wpt.host.browser.canvas import OffscreenCanvas
from conformance.wpt.host.browser.image_bitmap import ImageBitmap, ImageBitmapOptions, create_image_bitmap
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

QUADRANTS = [[RED, GREEN], [BLUE, WHITE]]


def bitmap_of(rows: Sequence[Sequence[tuple[int, ...]]]) -> ImageBitmap:
    return create_image_bitmap(image_data(rows))


def straight_pixels(bitmap: ImageBitmap) -> list[list[tuple[int, ...]]]:
    return [[tuple(pixel) for pixel in row] for row in bitmap.surface().straight().pixels.tolist()]


def test_draw_at() -> None:
    _, context = canvas_of(3, 2)
    context.drawImage(bitmap_of(QUADRANTS), 2, -1)
    assert pixels_of(context) == [[NOTHING, NOTHING, BLUE], [NOTHING, NOTHING, NOTHING]]


def test_transparent_pixels_leave_what_is_there() -> None:
    _, context = canvas_of(3, 1)
    context.fillStyle = "white"
    context.fillRect(0, 0, 3, 1)
    context.drawImage(bitmap_of([[RED, NOTHING, (0, 0, 255, 51)]]), 0, 0)
    assert pixels_of(context) == [[RED, WHITE, (204, 204, 255, 255)]]


def test_draw_part_of_an_image() -> None:
    _, context = canvas_of(2, 2)
    context.drawImage(bitmap_of(QUADRANTS), 1, 0, 1, 2, 0, 0, 1, 2)
    assert pixels_of(context) == [[GREEN, NOTHING], [WHITE, NOTHING]]


def test_negative_sizes_do_not_mirror() -> None:
    _, context = canvas_of(2, 2)
    context.drawImage(bitmap_of(QUADRANTS), 2, 2, -2, -2, 2, 2, -2, -2)
    assert pixels_of(context) == QUADRANTS


def test_source_beyond_the_image_is_clipped_with_the_destination() -> None:
    _, context = canvas_of(4, 4)
    context.imageSmoothingEnabled = False
    context.drawImage(bitmap_of(QUADRANTS), 1, 1, 2, 2, 0, 0, 4, 4)
    assert pixels_of(context) == [[WHITE, WHITE, NOTHING, NOTHING]] * 2 + [[NOTHING] * 4] * 2


@pytest.mark.parametrize("coordinates", [(0, 0, 0, 1), (5, 5, 1, 1, 0, 0, 2, 2), (0, 0, 0, 1, 0, 0, 1, 1), (np.nan, 0)])
def test_nothing_to_draw(coordinates: tuple[float, ...]) -> None:
    _, context = canvas_of(2, 2)
    context.drawImage(bitmap_of(QUADRANTS), *coordinates)
    assert pixels_of(context) == [[NOTHING] * 2] * 2


def test_enlarged_without_smoothing() -> None:
    _, context = canvas_of(4, 2)
    context.imageSmoothingEnabled = False
    context.drawImage(bitmap_of(QUADRANTS), 0, 0, 4, 2)
    assert pixels_of(context) == [[RED, RED, GREEN, GREEN], [BLUE, BLUE, WHITE, WHITE]]


def test_enlarged_bilinearly() -> None:
    _, context = canvas_of(4, 1)
    context.drawImage(bitmap_of([[BLACK, WHITE]]), 0, 0, 4, 1)
    assert [pixel[0] for pixel in pixels_of(context)[0]] == [0, 64, 191, 255]


def test_filter_sees_the_image_outside_the_source_rectangle() -> None:
    _, context = canvas_of(2, 1)
    context.drawImage(bitmap_of([[BLACK, WHITE]]), 1, 0, 1, 1, 0, 0, 2, 1)
    assert [pixel[0] for pixel in pixels_of(context)[0]] == [191, 255]


def test_made_smaller() -> None:
    _, context = canvas_of(3, 3)
    flat = np.full((100, 90, 4), (10, 20, 30, 255), np.uint8)
    context.drawImage(create_image_bitmap(ImageData(flat, "srgb")), 0, 0, 3, 3)
    assert pixels_of(context) == [[(10, 20, 30, 255)] * 3] * 3
    _, context = canvas_of(2, 1)
    context.drawImage(bitmap_of([[BLACK, BLACK, WHITE, WHITE]]), 0, 0, 2, 1)
    # Triangles that reach two pixels to each side: weights 3/8, 3/8, 1/8, 1/8 with the edge repeated.
    assert [pixel[0] for pixel in pixels_of(context)[0]] == [32, 223]


def test_smoothing_is_of_premultiplied_colors() -> None:
    _, context = canvas_of(1, 1)
    context.drawImage(bitmap_of([[RED, (0, 255, 0, 0)]]), 0, 0, 1, 1)
    assert pixels_of(context) == [[(255, 0, 0, 128)]]


def test_draw_between_pixels() -> None:
    _, context = canvas_of(3, 1)
    context.drawImage(bitmap_of([[WHITE, WHITE]]), 0.5, 0)
    assert [pixel[3] for pixel in pixels_of(context)[0]] == [128, 255, 128]


def test_global_alpha() -> None:
    _, context = canvas_of(1, 1)
    context.globalAlpha = 0.6
    context.drawImage(bitmap_of([[RED]]), 0, 0)
    assert pixels_of(context) == [[(255, 0, 0, 153)]]


def test_canvas_is_converted_to_the_other_ones_color_space() -> None:
    source, source_context = canvas_of(2, 1, {"colorSpace": "display-p3"})
    source_context.fillStyle = "rgb(50, 100, 150)"
    source_context.fillRect(0, 0, 1, 1)
    for image in (source, create_image_bitmap(source)):
        _, context = canvas_of(2, 1)
        context.drawImage(image, 0, 0)
        assert pixels_of(context) == [[(49, 100, 150, 255), NOTHING]]


def test_canvas_on_itself() -> None:
    canvas, context = canvas_of(4, 1)
    context.putImageData(image_data([[RED, GREEN, BLUE, WHITE]]), 0, 0)
    context.drawImage(canvas, 1, 0)
    assert pixels_of(context) == [[RED, RED, GREEN, BLUE]]


def test_images_that_cannot_be_used() -> None:
    closed = bitmap_of(QUADRANTS)
    closed.close()
    _, context = canvas_of(1, 1)
    for image in (closed, OffscreenCanvas(0, 1), OffscreenCanvas(1, 0)):
        for use in (lambda image=image: context.drawImage(image, 0, 0), lambda image=image: create_image_bitmap(image)):
            with pytest.raises(DOMException) as raised:
                use()
            assert raised.value.name == "InvalidStateError"


# ImageBitmap


def test_image_bitmap_is_a_copy() -> None:
    canvas, context = canvas_of(1, 1)
    bitmap = create_image_bitmap(canvas)
    context.fillRect(0, 0, 1, 1)
    assert straight_pixels(bitmap) == [[NOTHING]]


def test_close() -> None:
    bitmap = bitmap_of(QUADRANTS)
    bitmap.close()
    bitmap.close()
    assert (bitmap.width, bitmap.height) == (0, 0)


def test_crop() -> None:
    bitmap = create_image_bitmap(image_data(QUADRANTS), (2, 2, -1, -1))
    assert straight_pixels(bitmap) == [[WHITE]]
    bitmap = create_image_bitmap(image_data(QUADRANTS), (-1, 1, 2, 2))
    assert straight_pixels(bitmap) == [[NOTHING, BLUE], [NOTHING, NOTHING]]


@pytest.mark.parametrize(
    ("options", "size"),
    [
        ({}, (6, 4)),
        ({"resizeWidth": 3}, (3, 2)),
        ({"resizeHeight": 3}, (5, 3)),
        ({"resizeWidth": 1, "resizeHeight": 9}, (1, 9)),
    ],
)
def test_resize(options: ImageBitmapOptions, size: tuple[int, int]) -> None:
    bitmap = create_image_bitmap(ImageData(gradient(6, 4), "srgb"), None, options)
    assert (bitmap.width, bitmap.height) == size


def test_resize_pixelated() -> None:
    bitmap = create_image_bitmap(
        image_data([[RED, (1, 2, 3, 4)]]), None, {"resizeWidth": 4, "resizeHeight": 1, "resizeQuality": "pixelated"}
    )
    assert [pixel[3] for pixel in straight_pixels(bitmap)[0]] == [255, 255, 4, 4]


def test_flip() -> None:
    bitmap = create_image_bitmap(image_data(QUADRANTS), None, {"imageOrientation": "flipY"})
    assert straight_pixels(bitmap) == QUADRANTS[::-1]


def test_alpha_of_a_bitmap() -> None:
    faint = [[(200, 100, 50, 2)]]
    assert straight_pixels(create_image_bitmap(image_data(faint), None, {"premultiplyAlpha": "none"})) == faint
    premultiplied = create_image_bitmap(image_data(faint), None, {"premultiplyAlpha": "premultiply"})
    assert straight_pixels(premultiplied) == [[(255, 128, 0, 2)]]


def test_sizes_that_are_empty() -> None:
    for rect in ((0, 0, 0, 1), (0, 0, 1, 0)):
        with pytest.raises(RangeError):
            create_image_bitmap(image_data(QUADRANTS), rect)
    no_pixels: list[ImageBitmapOptions] = [{"resizeWidth": 0}, {"resizeHeight": 0}]
    for options in no_pixels:
        with pytest.raises(DOMException) as raised:
            create_image_bitmap(image_data(QUADRANTS), None, options)
        assert raised.value.name == "InvalidStateError"


def test_structured_data() -> None:
    bitmap = bitmap_of(QUADRANTS)
    copy = structured_clone(bitmap)
    transferred = structured_clone(bitmap, [bitmap])
    assert (bitmap.width, copy.width, transferred.width) == (0, 2, 2)
    assert straight_pixels(copy) == straight_pixels(transferred) == QUADRANTS
    copy.close()
    for closed in (bitmap, copy):
        for transfer_list in ([], [closed]):
            with pytest.raises(DOMException) as raised:
                structured_clone(closed, transfer_list)
            assert raised.value.name == "DataCloneError"

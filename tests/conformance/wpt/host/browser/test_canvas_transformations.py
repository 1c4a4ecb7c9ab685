"""Transformations of a 2D context, and what it replaces instead of drawing over it."""

import math
from collections.abc import Callable

import pytest

from codecmodel.web.errors import DOMException
from conformance.wpt.host.browser.canvas import OffscreenCanvas
from conformance.wpt.host.browser.context_2d import OffscreenCanvasRenderingContext2D
from tests.conformance.wpt.host.browser.platform_pixels import (
    BLACK,
    BLUE,
    GREEN,
    NOTHING,
    RED,
    WHITE,
    canvas_of,
    image_data,
    pixels_of,
)

_ROWS = [[RED, GREEN, BLUE], [WHITE, BLACK, NOTHING]]


def _picture() -> OffscreenCanvas:
    canvas, context = canvas_of(3, 2)
    context.putImageData(image_data(_ROWS), 0, 0)
    return canvas


@pytest.mark.parametrize(
    ("size", "transform", "expected"),
    [
        ((3, 2), lambda c: c.translate(0, 0), _ROWS),
        ((3, 2), lambda c: (c.translate(3, 0), c.scale(-1, 1)), [[BLUE, GREEN, RED], [NOTHING, BLACK, WHITE]]),
        ((3, 2), lambda c: (c.translate(0, 2), c.scale(1, -1)), [_ROWS[1], _ROWS[0]]),
        ((2, 3), lambda c: (c.translate(2, 0), c.rotate(math.pi / 2)), [[WHITE, RED], [BLACK, GREEN], [NOTHING, BLUE]]),
        ((3, 2), lambda c: (c.translate(3, 2), c.rotate(math.pi)), [_ROWS[1][::-1], _ROWS[0][::-1]]),
        (
            (2, 3),
            lambda c: (c.translate(0, 3), c.rotate(-math.pi / 2)),
            [[BLUE, NOTHING], [GREEN, BLACK], [RED, WHITE]],
        ),
        ((2, 3), lambda c: c.setTransform(0, 1, 1, 0, 0, 0), [[RED, WHITE], [GREEN, BLACK], [BLUE, NOTHING]]),
        ((3, 2), lambda c: c.transform(1, 0, 0, 1, 1, 1), [[NOTHING] * 3, [NOTHING, RED, GREEN]]),
    ],
)
def test_an_image_is_turned_and_reflected(
    size: tuple[int, int],
    transform: Callable[[OffscreenCanvasRenderingContext2D], object],
    expected: list[list[tuple[int, ...]]],
) -> None:
    _, context = canvas_of(*size)
    transform(context)
    context.drawImage(_picture(), 0, 0)
    assert pixels_of(context) == expected


def test_a_part_of_an_image_that_is_turned() -> None:
    _, context = canvas_of(1, 2)
    context.translate(1, 0)
    context.rotate(math.pi / 2)
    context.drawImage(_picture(), 1, 0, 2, 1, 0, 0, 2, 1)
    assert pixels_of(context) == [[GREEN], [BLUE]]


def test_rectangles_are_transformed_until_the_state_is_restored() -> None:
    _, context = canvas_of(4, 1)
    context.fillStyle = "red"
    context.save()
    context.translate(4, 0)
    context.scale(-2, 1)
    context.fillRect(0, 0, 1, 1)
    context.clearRect(0, 0, 0.5, 1)
    context.restore()
    context.fillRect(0, 0, 1, 1)
    context.translate(math.nan, 1)
    context.fillRect(1, 0, 1, 1)
    context.setTransform(1, 0, 0, 1, 3, 0)
    context.resetTransform()
    context.clearRect(0, 0, 1, 1)
    assert pixels_of(context) == [[NOTHING, RED, RED, NOTHING]]


def test_shapes_that_are_no_rectangles() -> None:
    canvas, context = canvas_of(2, 2)
    context.rotate(math.pi / 4)
    drawings: list[Callable[[], object]] = [
        lambda: context.fillRect(0, 0, 1, 1),
        lambda: context.clearRect(0, 0, 1, 1),
        lambda: context.drawImage(canvas, 0, 0),
        lambda: context.fillText("1", 0, 0),
    ]
    for draw in drawings:
        with pytest.raises(DOMException) as raised:
            draw()
        assert raised.value.name == "NotSupportedError"
    context.rotate(-math.pi / 4)
    context.fillRect(0, 0, 1, 1)
    assert pixels_of(context)[0] == [BLACK, NOTHING]


def test_a_copy_replaces_the_whole_canvas() -> None:
    canvas, context = canvas_of(2, 1)
    context.fillStyle = "red"
    context.fillRect(0, 0, 2, 1)
    context.globalCompositeOperation = "copy"
    context.fillStyle = "#00f8"
    context.fillRect(1, 0, 1, 1)
    assert pixels_of(context) == [[NOTHING, (0, 0, 255, 136)]]
    context.drawImage(canvas, -1, 0)
    assert pixels_of(context) == [[(0, 0, 255, 136), NOTHING]]
    _, opaque = canvas_of(2, 1, {"alpha": False})
    opaque.fillStyle = "red"
    opaque.fillRect(0, 0, 2, 1)
    opaque.globalCompositeOperation = "copy"
    opaque.fillRect(1, 0, 1, 1)
    assert pixels_of(opaque) == [[BLACK, RED]]


def test_values_of_the_state() -> None:
    _, context = canvas_of(1, 1)
    context.imageSmoothingQuality = "high"
    context.imageSmoothingQuality = "best"
    assert (context.imageSmoothingQuality, context.globalCompositeOperation) == ("high", "source-over")
    with pytest.raises(DOMException) as raised:
        context.globalCompositeOperation = "xor"
    assert raised.value.name == "NotSupportedError"

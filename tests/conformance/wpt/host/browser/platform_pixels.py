"""Pixels written and read through a canvas."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from codecmodel.raw_media.color_space import PredefinedColorSpace
from conformance.wpt.host.browser.canvas import CanvasRenderingContext2DSettings, OffscreenCanvas
from conformance.wpt.host.browser.context_2d import OffscreenCanvasRenderingContext2D
from conformance.wpt.host.browser.image_data import ImageData

RED, GREEN, BLUE, BLACK, WHITE, NOTHING = (
    (255, 0, 0, 255),
    (0, 255, 0, 255),
    (0, 0, 255, 255),
    (0, 0, 0, 255),
    (255, 255, 255, 255),
    (0, 0, 0, 0),
)


def canvas_of(
    width: int, height: int, settings: CanvasRenderingContext2DSettings | None = None
) -> tuple[OffscreenCanvas, OffscreenCanvasRenderingContext2D]:
    canvas = OffscreenCanvas(width, height)
    context = canvas.getContext("2d", settings)
    assert context is not None
    return canvas, context


def pixels_of(context: OffscreenCanvasRenderingContext2D) -> list[list[tuple[int, ...]]]:
    """All pixels, row by row."""
    data = context.getImageData(0, 0, context.canvas.width, context.canvas.height).data
    return [[tuple(pixel) for pixel in row] for row in data.tolist()]


def image_data(rows: Sequence[Sequence[tuple[int, ...]]], color_space: PredefinedColorSpace = "srgb") -> ImageData:
    return ImageData(np.array(rows, np.uint8), color_space)


def gradient(width: int, height: int) -> npt.NDArray[np.uint8]:
    """Opaque pixels, all different."""
    pixels = np.full((height, width, 4), 255, np.uint8)
    pixels[..., 0], pixels[..., 1] = np.meshgrid(np.arange(width), np.arange(height))
    pixels[..., 2] = 7
    return pixels

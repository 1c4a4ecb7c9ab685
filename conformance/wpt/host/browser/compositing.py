"""Drawing on premultiplied pixels: the operation source-over, with the coverage of each pixel."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from codecmodel.lazy_numpy import np
from conformance.wpt.host.browser.sampling import FloatArray, can_scale, sampled_axis, scaled
from conformance.wpt.host.browser.surface import PixelArray, Surface

if TYPE_CHECKING:
    import numpy.typing as npt


class Rect(NamedTuple):
    """A rectangle in pixels. Its edges may be at fractions of pixels."""

    x: float
    y: float
    width: float
    height: float

    def normalized(self) -> Rect:
        """The same rectangle with sizes that are not negative."""
        return Rect(
            min(self.x, self.x + self.width),
            min(self.y, self.y + self.height),
            abs(self.width),
            abs(self.height),
        )


class Span(NamedTuple):
    """The pixels from ``first`` up to ``last`` of an axis, with the coverage of each."""

    first: int
    last: int
    coverage: FloatArray

    @property
    def pixels(self) -> slice[int, int, None]:
        return slice(self.first, self.last)

    @property
    def is_whole(self) -> bool:
        return bool((self.coverage == 1).all())


def covered_span(start: float, size: float, limit: int) -> Span:
    """The pixels from 0 up to ``limit`` that an interval touches."""
    end = min(max(start + size, 0.0), float(limit))
    start = min(max(start, 0.0), float(limit))
    first, last = int(np.floor(start)), int(np.ceil(end))
    if end <= start:
        return Span(first, first, np.zeros(0, np.float32))
    edges = np.arange(first, last, dtype=np.float64)
    coverage = np.minimum(edges + 1, end) - np.maximum(edges, start)
    return Span(first, last, coverage.astype(np.float32))


def fill(target: PixelArray, rect: Rect, color: npt.NDArray[np.float64]) -> None:
    """Fill a rectangle with a premultiplied colour (components from 0 to 255)."""
    columns, rows = (
        covered_span(rect.x, rect.width, target.shape[1]),
        covered_span(rect.y, rect.height, target.shape[0]),
    )
    region = target[rows.pixels, columns.pixels]
    if color[3] == 255 and columns.is_whole and rows.is_whole:
        region[:] = np.rint(color)
    else:
        blend(region, color.astype(np.float32), np.outer(rows.coverage, columns.coverage))


def clear(target: PixelArray, rect: Rect) -> None:
    """Make a rectangle transparent black."""
    columns, rows = (
        covered_span(rect.x, rect.width, target.shape[1]),
        covered_span(rect.y, rect.height, target.shape[0]),
    )
    region = target[rows.pixels, columns.pixels]
    kept = 1 - np.outer(rows.coverage, columns.coverage)
    region[:] = np.rint(region * kept[..., None])


def blend(region: PixelArray, source: FloatArray, coverage: FloatArray) -> None:
    """Draw ``source`` (premultiplied components from 0 to 255) over ``region``, where it is covered."""
    covered = source * coverage[..., None]
    region[:] = np.rint(covered + region * (1 - covered[..., 3:] / 255))


def draw(target: PixelArray, image: Surface, source: Rect, destination: Rect, alpha: float, *, smooth: bool) -> None:
    """Draw the part ``source`` of a premultiplied image over the rectangle ``destination``.

    Both rectangles are normalized and not empty. ``source`` is within the image, in pixels of the image.
    """
    columns = covered_span(destination.x, destination.width, target.shape[1])
    rows = covered_span(destination.y, destination.height, target.shape[0])
    region = target[rows.pixels, columns.pixels]
    if not region.size:
        return
    sampled = _sampled(image, source, destination, rows, columns, smooth=smooth)
    if alpha == 1 and rows.is_whole and columns.is_whole and sampled.dtype == np.uint8:
        _over(region, sampled.astype(np.uint8, copy=False), opaque=image.is_opaque)
    else:
        blend(
            region,
            sampled.astype(np.float32, copy=False),
            np.outer(rows.coverage, columns.coverage) * np.float32(alpha),
        )


def _sampled(
    image: Surface, source: Rect, destination: Rect, rows: Span, columns: Span, *, smooth: bool
) -> PixelArray | FloatArray:
    """The image's pixels for the pixels of the target. They are uint8 if they are the image's own, or those of the
    whole image, scaled.
    """
    step_x, step_y = source.width / destination.width, source.height / destination.height
    left, top = source.x - destination.x * step_x, source.y - destination.y * step_y
    if step_x == 1 and step_y == 1 and left.is_integer() and top.is_integer():
        first_row, first_column = rows.first + int(top), columns.first + int(left)
        last_row, last_column = rows.last + int(top), columns.last + int(left)
        if first_row >= 0 and last_row <= image.height and first_column >= 0 and last_column <= image.width:
            return image.pixels[first_row:last_row, first_column:last_column]
    width, height = columns.last - columns.first, rows.last - rows.first
    # The whole image becomes whole pixels of the target.
    is_whole = source == Rect(0, 0, image.width, image.height)
    is_whole = is_whole and destination == Rect(columns.first, rows.first, width, height)
    if smooth and is_whole and can_scale(image.width, width) and can_scale(image.height, height):
        return scaled(image.pixels, width, height)
    vertical = sampled_axis(rows.first, rows.last, top, step_y, image.height, smooth=smooth)
    horizontal = sampled_axis(columns.first, columns.last, left, step_x, image.width, smooth=smooth)
    # If that is less work, only the columns that are needed are sampled vertically.
    used = slice(int(np.min(horizontal.indices)), int(np.max(horizontal.indices)) + 1)
    narrow = vertical.applied(image.pixels[:, used].astype(np.float32))
    horizontal = horizontal._replace(indices=horizontal.indices - used.start)
    return horizontal.applied(narrow.swapaxes(0, 1)).swapaxes(0, 1)


def _over(region: PixelArray, source: PixelArray, *, opaque: bool) -> None:
    """``source`` over ``region`` with full coverage, rounded."""
    if opaque:
        region[:] = source
        return
    wide = region.astype(np.uint16)
    uncovered = 255 - source[..., 3:].astype(np.uint16)
    region[:] = source + ((wide * uncovered + 127) // 255).astype(np.uint8)


def resized(image: Surface, width: int, height: int, *, smooth: bool) -> Surface:
    """The whole image, premultiplied, at another size."""
    if (width, height) == (image.width, image.height):
        return image
    image = image.premultiplied()
    pixels = np.zeros((height, width, 4), np.uint8)
    draw(pixels, image, Rect(0, 0, image.width, image.height), Rect(0, 0, width, height), 1, smooth=smooth)
    return Surface(pixels, image.color_space, is_opaque=image.is_opaque)

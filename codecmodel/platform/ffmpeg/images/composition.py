"""The frames of an animation (APNG, GIF and WebP), composed of its pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from codecmodel.image_files.reader import CodedPicture
from codecmodel.lazy_numpy import np
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.images.pixels import Bytes

#: The most bytes of canvases that are kept to step backwards from, and the most canvases.
_KEPT_BYTES: Final = 1 << 26
_KEPT_CANVASES: Final = 1024


class Composition:
    """Composes the frames of an animation, on a canvas of a width and height in pixels.

    Each frame is made from the one before it. So frames are quick to compose in their order. To go backward, each of
    them would have to be composed from the start again. Therefore canvases are kept on the way
    then: see ``_places_to_keep``.
    """

    def __init__(self, width: int, height: int, pixels_of: Callable[[CodedPicture], Bytes]) -> None:
        self._width = width
        self._height = height
        self._pixels_of = pixels_of
        # The canvas as the next picture finds it.
        self._canvas: Bytes | None = None
        self._next = 0
        # For speed: the canvas as other pictures found it, by their number.
        self._kept: dict[int, Bytes] = {}
        self._capacity = max(1, min(_KEPT_CANVASES, _KEPT_BYTES // (4 * width * height)))

    def frame(self, pictures: Sequence[CodedPicture], index: int, is_aborted: Callable[[], bool]) -> Bytes:
        """The whole frame [row, column, component]. Raises CodecError, ValueError and FFbindError, as decoding does."""
        start = index
        while not self._starts_anew(pictures, start) and start not in self._kept and not self._is_next(start):
            start -= 1
        places: set[int] = set()
        # For speed: keep canvases on the way if the program steps backwards.
        if index < self._next:
            self._make_room(start, index)
            places = set(_places_to_keep(start, index, self._capacity - len(self._kept)))
        if self._starts_anew(pictures, start):
            canvas = np.zeros((self._height, self._width, 4), np.uint8)
        elif self._is_next(start) and self._canvas is not None:
            canvas = self._canvas
        else:
            canvas = self._kept[start].copy()
        # If decoding fails on the way, this canvas is of no more use.
        self._canvas, self._next = None, 0
        for number in range(start, index):
            if number > start and is_aborted():
                raise CodecError("the frame is no longer wanted")
            if number in places:
                self._kept[number] = canvas.copy()
            self._put(canvas, pictures[number]).dispose()
        if index > start and is_aborted():
            raise CodecError("the frame is no longer wanted")
        drawn = self._put(canvas, pictures[index])
        shown = canvas.copy()
        drawn.dispose()
        self._canvas, self._next = canvas, index + 1
        return shown

    def _make_room(self, start: int, index: int) -> None:
        """Drop the canvases of later pictures, and every second one of the others if there is no room otherwise."""
        self._kept = {number: kept for number, kept in self._kept.items() if number <= index}
        needed = min((index - start).bit_length(), self._capacity // 2)
        while self._kept and self._capacity - len(self._kept) < needed:
            others = sorted(number for number in self._kept if number != start)
            if not others:
                break
            for number in others[::2]:
                del self._kept[number]

    def _put(self, canvas: Bytes, picture: CodedPicture) -> _DrawnPicture:
        """Draw a picture on the canvas."""
        area = canvas[picture.top : picture.top + picture.height, picture.left : picture.left + picture.width]
        drawn = _DrawnPicture(area, picture)
        if area.size:
            pixels = self._pixels_of(picture)[: area.shape[0], : area.shape[1]]
            if picture.blends and not picture.is_opaque:
                _blend(area, pixels)
            else:
                area[:] = pixels
        return drawn

    def _is_next(self, number: int) -> bool:
        return self._canvas is not None and number == self._next

    def _starts_anew(self, pictures: Sequence[CodedPicture], index: int) -> bool:
        """Whether nothing of the frames before this one can be seen, in it or later."""
        if index == 0:
            return True
        picture, before = pictures[index], pictures[index - 1]
        if self._is_covered_by(picture) and (picture.is_opaque or not picture.blends):
            # The frame before it may have to be restored.
            return picture.disposal != "restore"
        return self._is_covered_by(before) and before.disposal == "clear"

    def _is_covered_by(self, picture: CodedPicture) -> bool:
        return picture.left == picture.top == 0 and picture.width >= self._width and picture.height >= self._height


class _DrawnPicture:
    """A picture on the canvas."""

    def __init__(self, area: Bytes, picture: CodedPicture) -> None:
        self._area = area
        self._disposal = picture.disposal
        self._before = area.copy() if picture.disposal == "restore" else None

    def dispose(self) -> None:
        """Dispose of its area, before the next picture is drawn."""
        if self._before is not None:
            self._area[:] = self._before
        elif self._disposal == "clear":
            self._area[:] = 0


def _places_to_keep(start: int, end: int, capacity: int) -> Iterator[int]:
    """The pictures after ``start`` and before ``end`` whose canvases to keep, at most ``capacity`` of them.

    They are at even distances, and so again in the last of the gaps between them, and in the last of the gaps there,
    until the last gap is one picture. To step backwards from ``end`` to ``start``, each picture then has to be composed
    once for each such level. As few levels are used as the capacity allows.
    """
    gap = end - start
    if gap < 2 or capacity < 1:
        return
    levels, parts = 1, gap
    while (parts - 1) * levels > capacity and parts > 2:
        levels += 1
        parts = max(2, _root(gap, levels))
    parts = max(2, min(parts, capacity // levels + 1))
    left = capacity
    while gap > 1 and left > 0:
        step = -(-gap // parts)
        for place in range(start + step, end, step):
            if not left:
                return
            yield place
            start, left = place, left - 1
        gap = end - start


def _root(value: int, degree: int) -> int:
    """The least whole number that is not below the root."""
    root = round(math.exp(math.log(value) / degree))
    return root if root**degree >= value else root + 1


def _blend(below: Bytes, above: Bytes) -> None:
    """Draw ``above`` over ``below``, in place. The components of neither are multiplied by alpha."""
    alpha = above[:, :, 3]
    opaque = alpha == 255
    below[opaque] = above[opaque]
    mixed = (alpha > 0) & ~opaque
    if mixed.any():
        source, backdrop = above[mixed].astype(np.float32), below[mixed].astype(np.float32)
        source_alpha = source[:, 3:] / 255
        rest = backdrop[:, 3:] / 255 * (1 - source_alpha)
        total = source_alpha + rest
        below[mixed] = np.rint(
            np.concatenate([(source[:, :3] * source_alpha + backdrop[:, :3] * rest) / total, total * 255], axis=1)
        ).astype(np.uint8)

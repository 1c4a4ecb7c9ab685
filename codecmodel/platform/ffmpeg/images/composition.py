"""The pictures of an animation on its canvas (APNG, GIF and WebP)."""

from collections.abc import Callable, Sequence

import numpy as np

from codecmodel.image_files.reader import Picture
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.images.pixels import Bytes


class Composition:
    """Composes the frames of an animation of a size in pixels, and keeps the canvas to go on from."""

    def __init__(self, width: int, height: int, pixels_of: Callable[[Picture], Bytes]) -> None:
        self._width = width
        self._height = height
        self._pixels_of = pixels_of
        # The canvas as the next picture finds it.
        self._canvas: Bytes | None = None
        self._next = 0

    def frame(self, pictures: Sequence[Picture], index: int, is_aborted: Callable[[], bool]) -> Bytes:
        """The whole frame, RGBA. Raises CodecError, ValueError and FFbindError as decoding the pictures does."""
        start = index
        while not self._starts_anew(pictures, start) and start != self._next:
            start -= 1
        if start != self._next or self._canvas is None or self._starts_anew(pictures, start):
            self._canvas = np.zeros((self._height, self._width, 4), np.uint8)
        canvas = self._canvas
        # If decoding fails on the way nothing is kept.
        self._canvas, self._next = None, 0
        for number in range(start, index + 1):
            if number > start and is_aborted():
                raise CodecError("nobody wants the frame any more")
            picture = pictures[number]
            area = canvas[picture.top : picture.top + picture.height, picture.left : picture.left + picture.width]
            before = area.copy() if picture.disposal == "restore" else None
            pixels = self._pixels_of(picture)[: area.shape[0], : area.shape[1]]
            if picture.blends:
                _blend(area, pixels)
            else:
                area[:] = pixels
            shown = canvas.copy() if number == index else None
            if before is not None:
                area[:] = before
            elif picture.disposal == "clear":
                area[:] = 0
        assert shown is not None, "the frame is the last of the loop"
        self._canvas, self._next = canvas, index + 1
        return shown

    def _starts_anew(self, pictures: Sequence[Picture], index: int) -> bool:
        """Whether nothing of the frames before shows."""
        if index == 0:
            return True
        picture, before = pictures[index], pictures[index - 1]
        if self._is_covered_by(picture) and (picture.is_opaque or not picture.blends):
            # It may have to be uncovered again.
            return picture.disposal != "restore"
        return self._is_covered_by(before) and before.disposal == "clear"

    def _is_covered_by(self, picture: Picture) -> bool:
        return picture.left == picture.top == 0 and picture.width >= self._width and picture.height >= self._height


def _blend(below: Bytes, above: Bytes) -> None:
    """Put ``above`` over ``below``, neither multiplied by alpha, in place."""
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

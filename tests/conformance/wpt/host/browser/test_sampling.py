"""Images at another size: libswscale's filter is that of the axes."""

import numpy as np
import pytest

from conformance.wpt.host.browser.compositing import Rect, draw
from conformance.wpt.host.browser.sampling import FloatArray, can_scale, sampled_axis, scaled
from conformance.wpt.host.browser.surface import PixelArray, Surface

#: Widths and heights, before and after.
_SIZES = [
    ((32, 48), (16, 24)),
    ((16, 17), (33, 40)),
    ((128, 90), (67, 97)),
    ((90, 60), (60, 40)),
    ((160, 20), (16, 200)),
]


def _by_axes(pixels: PixelArray, width: int, height: int) -> FloatArray:
    rows, columns = pixels.shape[:2]
    vertical = sampled_axis(0, height, 0, rows / height, rows, smooth=True)
    horizontal = sampled_axis(0, width, 0, columns / width, columns, smooth=True)
    return horizontal.applied(vertical.applied(pixels.astype(np.float32)).swapaxes(0, 1)).swapaxes(0, 1)


def _gradients(width: int, height: int) -> PixelArray:
    y, x = np.mgrid[:height, :width]
    across, down = x * 255 / (width - 1), y * 255 / (height - 1)
    return np.stack([across, down, (across + down) / 2, 255 - across], axis=2).astype(np.uint8)


@pytest.mark.parametrize(("before", "after"), _SIZES)
def test_scaled_as_by_axes(before: tuple[int, int], after: tuple[int, int]) -> None:
    assert can_scale(before[0], after[0])
    assert can_scale(before[1], after[1])
    pixels = _gradients(*before)
    result = scaled(pixels, *after)
    assert result.shape == (after[1], after[0], 4)
    # Both axes are rounded.
    assert np.abs(result - _by_axes(pixels, *after)).max() < 1.1
    noise = np.random.default_rng(1).integers(0, 256, pixels.shape, dtype=np.uint8)
    assert np.abs(scaled(noise, *after) - _by_axes(noise, *after)).max() < 12
    color = np.array([255, 13, 200, 254], np.uint8)
    assert (scaled(np.broadcast_to(color, pixels.shape), *after) == color).all()


@pytest.mark.parametrize(("old", "new"), [(15, 30), (30, 15), (16, 257), (257, 16)])
def test_sizes_that_are_left_to_the_axes(old: int, new: int) -> None:
    assert not can_scale(old, new)


def test_a_whole_image_is_scaled(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    def noted(pixels: PixelArray, width: int, height: int) -> PixelArray:
        asked.append((width, height))
        return scaled(pixels, width, height)

    monkeypatch.setattr("conformance.wpt.host.browser.compositing.scaled", noted)
    image = Surface(_gradients(48, 32), "srgb")
    whole = Rect(0, 0, 48, 32)
    for source, destination, smooth in [
        (whole, Rect(2, 3, 24, 16), True),
        (whole, Rect(2, 3, 24, 16), False),
        (whole, Rect(2.5, 3, 24, 16), True),
        (whole, Rect(-1, 3, 24, 16), True),
        (Rect(0, 0, 47, 32), Rect(2, 3, 24, 16), True),
    ]:
        target = np.zeros((24, 36, 4), np.uint8)
        draw(target, image, source, destination, 1, smooth=smooth)
        assert target[3:19, 3:24].any()
        assert not target[:3].any()
    assert asked == [(24, 16)]


def test_a_scaled_image_is_drawn_in_its_place() -> None:
    image = Surface(_gradients(48, 32), "srgb", is_opaque=True)
    target = np.zeros((24, 36, 4), np.uint8)
    draw(target, image, Rect(0, 0, 48, 32), Rect(2, 3, 24, 16), 1, smooth=True)
    assert (target[3:19, 2:26] == scaled(image.pixels, 24, 16)).all()
    assert not target[:, :2].any()
    assert not target[:, 26:].any()

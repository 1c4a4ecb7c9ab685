"""codecmodel.rgb: frames as RGB arrays, exactly and fast, in batches, on other threads."""

import asyncio
import threading

import numpy as np
import numpy.typing as npt
import PIL.Image
import pytest

from codecmodel import VideoFrame
from codecmodel.rgb import (
    RGBLayout,
    approximate_rgb,
    approximate_rgb_batch,
    exact_rgb,
    exact_rgb_into,
    off_thread,
    rendered,
    upright,
)
from codecmodel.types import VideoFrameArrayInit
from tests.codecmodel.raw_media.raw_media_resources import raises

LAYOUTS: list[RGBLayout] = ["RGB", "BGR", "RGBA", "RGBX", "BGRA", "BGRX"]
#: 2 rows of 3 pixels: R, G, B and alpha are all different.
PIXELS = np.arange(10, 34, dtype=np.uint8).reshape(2, 3, 4)


def rgba_frame(pixels: npt.NDArray[np.uint8] = PIXELS) -> VideoFrame:
    return VideoFrame.from_arrays(pixels, {"format": "RGBA", "timestamp": 0})


def gray_frame(luma: int, width: int = 8, height: int = 6) -> VideoFrame:
    """An I420 frame of limited range in one shade of gray."""
    planes = [np.full((height, width), luma, np.uint8), *[np.full((height // 2, width // 2), 128, np.uint8)] * 2]
    init: VideoFrameArrayInit = {"format": "I420", "timestamp": 0}
    return VideoFrame.from_arrays(planes, init)


def in_layout(pixels: npt.NDArray[np.uint8], layout: RGBLayout) -> npt.NDArray[np.uint8]:
    """The components of RGBA pixels that a layout names; X is opaque."""
    opaque = np.full_like(pixels[..., 3], 255)
    components = {"R": pixels[..., 0], "G": pixels[..., 1], "B": pixels[..., 2], "A": pixels[..., 3], "X": opaque}
    return np.stack([components[name] for name in layout], -1)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout(layout: RGBLayout) -> None:
    frame = rgba_frame()
    expected = in_layout(PIXELS, layout)
    for pixels in (exact_rgb(frame, layout), approximate_rgb(frame, layout)):
        assert pixels.dtype == np.uint8
        assert pixels.shape == (2, 3, len(layout))
        assert pixels.tolist() == expected.tolist()


def test_the_layout_is_rgb_unless_the_caller_says_otherwise() -> None:
    assert exact_rgb(rgba_frame()).tolist() == PIXELS[..., :3].tolist()
    assert approximate_rgb(rgba_frame()).tolist() == PIXELS[..., :3].tolist()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_sixteen_bits(layout: RGBLayout) -> None:
    pixels = exact_rgb(rgba_frame(), layout, dtype=np.uint16)
    assert pixels.dtype == np.uint16
    assert pixels.tolist() == (in_layout(PIXELS, layout).astype(int) * 257).tolist()


def test_colour_spaces() -> None:
    red = rgba_frame(np.full((2, 2, 4), (255, 0, 0, 255), np.uint8))
    assert exact_rgb(red)[0, 0].tolist() == [255, 0, 0]
    # Display P3's red is further out than sRGB's, which is (0.9175, 0.2003, 0.1386) in it.
    assert exact_rgb(red, color_space="display-p3")[0, 0].tolist() == [234, 51, 35]
    assert exact_rgb(red, color_space=None)[0, 0].tolist() == [255, 0, 0]


def test_arrays_of_ones_own() -> None:
    frame = rgba_frame()
    wide = np.zeros((2, 6, 4), np.uint8)
    exact_rgb_into(wide[:, ::2], frame, "BGRA")
    assert wide[:, ::2].tolist() == in_layout(PIXELS, "BGRA").tolist()
    assert not wide[:, 1::2].any()
    three = np.zeros((2, 3, 3), np.uint16)
    exact_rgb_into(three, frame)
    assert three.tolist() == (PIXELS[..., :3].astype(int) * 257).tolist()


@pytest.mark.parametrize(
    "out", [np.zeros((2, 3, 4), np.uint8), np.zeros((3, 2, 3), np.uint8), np.zeros((2, 3, 3), np.float32)]
)
def test_arrays_of_the_wrong_kind(out: npt.NDArray[np.uint8]) -> None:
    with pytest.raises(ValueError, match=r"out must be uint8 or uint16 of shape \(2, 3, 3\), not "):
        exact_rgb_into(out, rgba_frame())


def test_the_visible_rectangle_alone_counts() -> None:
    pixels = np.arange(6 * 8 * 4, dtype=np.uint8).reshape(6, 8, 4)
    cut = VideoFrame(rgba_frame(pixels), {"visibleRect": {"x": 3, "y": 1, "width": 4, "height": 2}})
    for converted in (exact_rgb(cut, "RGBA"), approximate_rgb(cut, "RGBA"), rendered(cut)):
        assert converted.tolist() == pixels[1:3, 3:7].tolist()


@pytest.mark.parametrize("size", [(4, 3), (16, 12), (1, 1), (64, 2)])
def test_scaling(size: tuple[int, int]) -> None:
    pixels = approximate_rgb(gray_frame(126), size=size)
    assert pixels.shape == (size[1], size[0], 3)
    # 126 is halfway between black, 16, and white, 235, within half a code value.
    assert np.abs(pixels.astype(int) - 128).max() <= 4


def test_scaling_keeps_to_the_visible_rectangle() -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    pixels[2:6, 4:] = 200
    cut = VideoFrame(rgba_frame(pixels), {"visibleRect": {"x": 4, "y": 2, "width": 4, "height": 4}})
    assert np.unique(approximate_rgb(cut, size=(2, 2))).tolist() == [200]


def test_batches() -> None:
    frames = [gray_frame(16), gray_frame(235), gray_frame(16, 16, 16)]
    batch = approximate_rgb_batch(frames, size=(8, 6))
    assert batch.shape == (3, 6, 8, 3)
    assert [np.unique(pixels).tolist() for pixels in batch] == [[0], [255], [0]]
    same = approximate_rgb_batch(frames[:2], "BGRA")
    assert same.shape == (2, 6, 8, 4)
    assert same[1].tolist() == approximate_rgb(frames[1], "BGRA").tolist()
    assert approximate_rgb_batch([], size=(8, 6)).shape == (0, 6, 8, 3)


def test_batches_of_several_sizes_need_a_size() -> None:
    with pytest.raises(ValueError, match="the frames of a batch must have one size, but they have 2: give a size"):
        approximate_rgb_batch([gray_frame(16), gray_frame(16, 16, 16)])
    with pytest.raises(ValueError, match="but they have 0"):
        approximate_rgb_batch([])


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_upright(rotation: float, flip: bool) -> None:
    frame = VideoFrame(rgba_frame(), {"rotation": rotation, "flip": flip})
    pixels = exact_rgb(frame, "RGBA")
    assert pixels.tolist() == PIXELS.tolist()
    assert upright(pixels, frame).tolist() == rendered(frame).tolist()
    assert np.shares_memory(upright(pixels, frame), pixels)


def test_conversion_on_another_thread() -> None:
    async def main() -> None:
        frame = rgba_frame()
        threads: list[threading.Thread] = []

        def convert(frame: VideoFrame, layout: RGBLayout) -> npt.NDArray[np.uint8]:
            threads.append(threading.current_thread())
            return exact_rgb(frame, layout)

        converted = off_thread(convert, frame, "BGRA")
        # The conversion has a frame of its own.
        frame.close()
        assert (await converted).tolist() == in_layout(PIXELS, "BGRA").tolist()
        assert threads[0] is not threading.current_thread()
        with raises("InvalidStateError"):
            off_thread(exact_rgb, frame)
        wide = await off_thread(exact_rgb, rgba_frame(), dtype=np.uint16)
        assert wide.dtype == np.uint16

    asyncio.run(main())
    with pytest.raises(RuntimeError, match="no running event loop"):
        off_thread(exact_rgb, rgba_frame())


def test_what_the_conversion_raises_is_in_the_future() -> None:
    async def main() -> None:
        with pytest.raises(ValueError, match="one pixel"):
            await off_thread(approximate_rgb, rgba_frame(), size=(0, 1))

    asyncio.run(main())


def test_closed_frames() -> None:
    frame = rgba_frame()
    frame.close()
    for convert in (exact_rgb, approximate_rgb, rendered):
        with raises("InvalidStateError"):
            convert(frame)


def test_pillow_takes_the_arrays() -> None:
    image = PIL.Image.fromarray(exact_rgb(rgba_frame(), "RGBA"))
    assert (image.mode, image.size) == ("RGBA", (3, 2))
    assert image.tobytes() == PIXELS.tobytes()
    assert PIL.Image.fromarray(approximate_rgb(rgba_frame())).mode == "RGB"


def test_arrays_are_exchanged_by_dlpack() -> None:
    pixels = exact_rgb(rgba_frame())
    assert np.shares_memory(np.from_dlpack(pixels), pixels)

"""The errors of approximate_rgb() stay within its documented limits."""

from typing import cast

import numpy as np
import pytest

import ffbind
from codecmodel.platform.ffmpeg import approximate_rgb as module
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.video_frame import VideoFrame, create_a_video_frame
from codecmodel.rgb import approximate_rgb
from tests.codecmodel.raw_media import colour_reference as reference
from tests.codecmodel.raw_media.raw_media_resources import RecordedVideo, raises


def flat(format: VideoPixelFormat, samples: list[int], color_space: VideoColorSpaceInit) -> VideoFrame:
    """A frame of one colour, of 32 by 16 pixels."""
    description = PIXEL_FORMATS[format]
    kind = np.uint8 if description.bit_depth == 8 else np.uint16
    values, arrays = list(samples), []
    for names, _, sub_width, sub_height in description.planes:
        shape = (16 // sub_height, 32 // sub_width)
        components = [np.full(shape, values.pop(0), kind) for _ in names]
        arrays.append(components[0] if len(names) == 1 else np.stack(components, -1))
    return VideoFrame.from_arrays(arrays, {"format": format, "timestamp": 0, "colorSpace": color_space})


@pytest.mark.parametrize("format", ["I420", "NV12", "I422", "I444", "I420P10", "I422P12", "I444A"])
def test_error_of_flat_colours(format: VideoPixelFormat) -> None:
    depth = PIXEL_FORMATS[format].bit_depth
    for matrix in reference.LUMA:
        for full_range in (False, True):
            for rgb in np.random.default_rng(2).random((20, 3)):
                samples = np.round(reference.ycbcr_of_rgb(rgb, matrix, full_range, depth))
                space = cast("VideoColorSpaceInit", {"matrix": matrix, "fullRange": full_range})
                pixels = approximate_rgb(flat(format, [*samples.astype(int), 77], space), "RGBA")
                exact = np.clip(reference.rgb_of_ycbcr(samples, matrix, full_range, depth), 0, 1) * 255
                assert np.abs(pixels[..., :3] - exact).max() <= 4
                assert (pixels[..., 3] == (77 if format == "I444A" else 255)).all()


def test_planes_of_green_blue_and_red() -> None:
    frame = flat("I444", [20, 30, 10], {"matrix": "rgb"})
    assert approximate_rgb(frame, "BGRA")[3, 4].tolist() == [30, 20, 10, 255]


@pytest.mark.parametrize("source", ["RGBA", "RGBX", "BGRA", "BGRX"])
def test_rgb(source: VideoPixelFormat) -> None:
    frame = flat(source, [1, 2, 3, 4], {})
    red, green, blue = (1, 2, 3) if source.startswith("RGB") else (3, 2, 1)
    alpha = 4 if source.endswith("A") else 255
    assert approximate_rgb(frame, "RGBA")[0, 0].tolist() == [red, green, blue, alpha]
    assert approximate_rgb(frame, "BGRX")[0, 0].tolist() == [blue, green, red, 255]


def test_only_what_is_visible() -> None:
    pixels = np.arange(8 * 6 * 4, dtype=np.uint8).reshape(6, 8, 4)
    frame = VideoFrame.from_arrays(pixels, {"format": "RGBA", "timestamp": 0})
    cut = VideoFrame(frame, {"visibleRect": {"x": 3, "y": 1, "width": 4, "height": 2}})
    assert approximate_rgb(cut, "RGBA").tolist() == pixels[1:3, 3:7].tolist()


def test_a_visible_rectangle_that_divides_chroma_samples() -> None:
    luma = np.arange(16, 16 + 6 * 8 * 4, 4, dtype=np.uint8).reshape(6, 8)
    planes = [(luma.tobytes(), 8), (b"\x80" * 12, 4), (b"\x80" * 12, 4)]
    resource = RecordedVideo("I420", (8, 6), planes, visible_rect=(3, 1, 4, 2))
    frame = create_a_video_frame(resource, 0, color_space={"matrix": "bt709", "fullRange": True})
    pixels = approximate_rgb(frame)
    assert pixels.shape == (2, 4, 3)
    assert np.abs(pixels[..., 1].astype(int) - luma[1:3, 3:7]).max() <= 4
    frame.close()


def test_frames_of_a_decoder_are_not_copied_and_live_on_in_the_pixels() -> None:
    source = ffbind.Frame.video(32, 16, "yuv420p")
    for plane, value in zip(source.writable_planes(), (180, 128, 128), strict=True):
        plane.data[:] = bytes([value]) * len(plane.data)
    del plane
    frame = create_a_video_frame(FFmpegVideoResource(source), 0)
    before = ffbind.live_objects()["Frame"]
    pixels = approximate_rgb(frame, "RGBA")
    frame.close()
    assert ffbind.live_objects()["Frame"] == before
    pixels[0, 0] = 7
    assert np.abs(pixels[1:, :, :3].astype(int) - 191).max() <= 4
    del pixels
    assert ffbind.live_objects().get("Frame", 0) == before - 1


def test_formats_that_ffmpeg_lacks() -> None:
    with raises("NotSupportedError"):
        approximate_rgb(flat("I420AP12", [16, 2048, 2048, 0], {}), "RGBA")
    unnamed = create_a_video_frame(RecordedVideo(None), 0)
    with raises("NotSupportedError"):
        approximate_rgb(unnamed, "RGBA")
    unnamed.close()
    with raises("InvalidStateError"):
        approximate_rgb(unnamed, "RGBA")


def _place(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> int:
    place, _ = pixels.__array_interface__["data"]
    return int(place)


def test_memory_of_pixels_is_used_again_when_they_are_gone() -> None:
    grey, white = (flat("I420", [luma, 128, 128], {"matrix": "bt709"}) for luma in (100, 235))
    first, second = approximate_rgb(grey), approximate_rgb(white)
    before, place = first.copy(), _place(second)
    assert _place(first) != place
    row = second[3]
    del second
    third = approximate_rgb(white)
    assert _place(third) != place
    assert (row == 255).all()
    del row
    fourth = approximate_rgb(white)
    assert _place(fourth) == place
    assert (first == before).all()
    assert (third == 255).all()


def test_no_more_than_a_limit_of_memory_waits_to_be_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = flat("I420", [100, 128, 128], {})
    pixels = [approximate_rgb(frame) for _ in range(3)]
    (pool,) = module._pools.values()
    assert pool.bytes_kept == 3 * pool.size
    monkeypatch.setattr(module, "_MOST_BYTES", 2 * pool.size)
    pixels.append(approximate_rgb(frame))
    (new_pool,) = module._pools.values()
    assert new_pool is not pool
    assert new_pool.bytes_kept == pool.size
    # Another kind of pictures.
    approximate_rgb(frame, "RGBA")
    (other_pool,) = module._pools.values()
    assert other_pool is not new_pool
    assert all((each == pixels[0]).all() for each in pixels)

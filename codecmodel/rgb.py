"""Not in the spec: frames as RGB arrays of numpy, the exact way and the fast way side by side.

``exact_rgb`` converts by the equations of ITU-T H.273, including primaries and transfer characteristics.
``approximate_rgb`` is several times as fast; it converts matrix and range only, and it can scale. docs/colour.md says
which equations apply and how large the errors of either way may be.

Both give the visible rectangle as it is stored, in an array of shape (rows, columns, components). ``upright`` turns and
flips such an array as the frame says; ``rendered`` does all of it at once. The functions run on the thread that calls
them, and let other threads run meanwhile; ``off_thread`` runs them on another thread.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Concatenate, ParamSpec, TypeVar, cast, overload

import numpy as np
import numpy.typing as npt

from codecmodel.platform.ffmpeg.approximate_rgb import approximate_rgb_array
from codecmodel.raw_media.color_space import PredefinedColorSpace
from codecmodel.raw_media.rgb.conversion import RGBArray, RGBFormat, RGBLayout, convert_to_rgb
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.raw_media.video_frame_conversion import rendered, source_picture, turned

__all__ = [
    "RGBLayout",
    "approximate_rgb",
    "approximate_rgb_batch",
    "exact_rgb",
    "exact_rgb_into",
    "off_thread",
    "rendered",
    "upright",
]

PixelsT = TypeVar("PixelsT", npt.NDArray[np.uint8], npt.NDArray[np.uint16])
ArgumentsP = ParamSpec("ArgumentsP")
ResultT = TypeVar("ResultT")


@overload
def exact_rgb(
    frame: VideoFrame,
    layout: RGBLayout = ...,
    *,
    color_space: PredefinedColorSpace | None = ...,
    dtype: type[np.uint8] = ...,
) -> npt.NDArray[np.uint8]: ...


@overload
def exact_rgb(
    frame: VideoFrame,
    layout: RGBLayout = ...,
    *,
    color_space: PredefinedColorSpace | None = ...,
    dtype: type[np.uint16],
) -> npt.NDArray[np.uint16]: ...


def exact_rgb(
    frame: VideoFrame,
    layout: RGBLayout = "RGB",
    *,
    color_space: PredefinedColorSpace | None = "srgb",
    dtype: type[np.uint8] | type[np.uint16] = np.uint8,
) -> RGBArray:
    """The visible pixels of ``frame`` in a new array of shape (rows, columns, 3 or 4), converted exactly.

    White is 255 in uint8 and 65535 in uint16. ``layout`` names the components in their order; alpha is opaque if the
    frame has none, and X is always opaque. With None as ``color_space`` the primaries and the transfer characteristics
    stay those of the frame. Raises InvalidStateError if the frame is closed, NotSupportedError if its ``format`` is
    None.
    """
    out = cast("RGBArray", np.empty(_shape(frame, layout), dtype))
    exact_rgb_into(out, frame, layout, color_space=color_space)
    return out


def exact_rgb_into(
    out: RGBArray, frame: VideoFrame, layout: RGBLayout = "RGB", *, color_space: PredefinedColorSpace | None = "srgb"
) -> None:
    """Write the pixels of ``exact_rgb`` to ``out``, an array of uint8 or uint16 of the same shape, with any strides.

    Raises ValueError if ``out`` has another shape or type, and as ``exact_rgb`` does.
    """
    picture = source_picture(frame)
    expected = _shape(frame, layout)
    if out.shape != expected or out.dtype not in (np.uint8, np.uint16):
        raise ValueError(f"out must be uint8 or uint16 of shape {expected}, not {out.dtype} of shape {out.shape}")
    if len(layout) == 4:
        convert_to_rgb(picture, picture.bounds, cast("RGBFormat", layout), color_space, out)
        return
    pixels = cast("RGBArray", np.empty((*out.shape[:2], 4), out.dtype))
    convert_to_rgb(picture, picture.bounds, cast("RGBFormat", f"{layout}X"), color_space, pixels)
    np.copyto(out, pixels[..., :3])


def approximate_rgb(
    frame: VideoFrame, layout: RGBLayout = "RGB", *, size: tuple[int, int] | None = None
) -> npt.NDArray[np.uint8]:
    """The visible pixels of ``frame`` in a new array of shape (rows, columns, 3 or 4), converted fast.

    ``size`` is (width, height) in pixels, to which the pixels are scaled; without it the size stays. ``layout`` names
    the components in their order. Raises InvalidStateError if the frame is closed, NotSupportedError if its ``format``
    is None or I420AP12, which FFmpeg does not have, ValueError if FFmpeg cannot scale to ``size``.
    """
    picture = source_picture(frame)
    return approximate_rgb_array(frame._require_open().resource, picture, layout, size)


def approximate_rgb_batch(
    frames: Sequence[VideoFrame], layout: RGBLayout = "RGB", *, size: tuple[int, int] | None = None
) -> npt.NDArray[np.uint8]:
    """``approximate_rgb`` of several frames, in one array of shape (frames, rows, columns, 3 or 4).

    Without ``size`` all frames must have visible rectangles of one size. Raises ValueError if they do not, or if there
    is no frame and no size, and as ``approximate_rgb`` does.
    """
    if size is None:
        sizes = {(frame._visible_width, frame._visible_height) for frame in frames}
        if len(sizes) != 1:
            raise ValueError(f"the frames of a batch must have one size, but they have {len(sizes)}: give a size")
        (size,) = sizes
    width, height = size
    batch = np.empty((len(frames), height, width, len(layout)), np.uint8)
    for pixels, frame in zip(batch, frames, strict=True):
        is_scaled = (frame._visible_width, frame._visible_height) != size
        np.copyto(pixels, approximate_rgb(frame, layout, size=size if is_scaled else None))
    return batch


def upright(pixels: PixelsT, frame: VideoFrame) -> PixelsT:
    """``pixels`` of shape (rows, columns, …), turned and flipped as ``frame`` says, in a view without a copy."""
    return turned(pixels, frame._rotation, frame._flip)


def off_thread(
    convert: Callable[Concatenate[VideoFrame, ArgumentsP], ResultT],
    frame: VideoFrame,
    *args: ArgumentsP.args,
    **kwargs: ArgumentsP.kwargs,
) -> asyncio.Future[ResultT]:
    """Call ``convert(frame, …)``, one of the functions above, on a thread of the running event loop's executor.

    ``await off_thread(exact_rgb, frame, "RGBA")`` gives the array. ``frame`` may be closed as soon as this returns.
    Raises InvalidStateError if it is closed already, RuntimeError where no event loop runs. The future has the
    exceptions of ``convert``.
    """
    loop = asyncio.get_running_loop()
    clone = frame.clone()

    def convert_clone() -> ResultT:
        try:
            return convert(clone, *args, **kwargs)
        finally:
            clone.close()

    return loop.run_in_executor(None, convert_clone)


def _shape(frame: VideoFrame, layout: RGBLayout) -> tuple[int, int, int]:
    return frame._visible_height, frame._visible_width, len(layout)

"""Frames that are scaled to another size, in their own pixel format."""

from __future__ import annotations

from typing import cast

from codecmodel.files.errors import MediaFileError
from codecmodel.lazy_numpy import np
from codecmodel.platform.ffmpeg.plane_scaling import scaled_plane
from codecmodel.raw_media.plane_arrays import PlaneArray
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.raw_media.video_frame_init import VideoFrameBufferInit


def resized(frame: VideoFrame, size: tuple[int, int]) -> VideoFrame:
    """A frame of ``size``, (width, height) in pixels before rotation; the caller closes it. ``frame`` stays open.

    Its pixels are square. Raises MediaFileError if they are in a format that WebCodecs has no name for.
    """
    if frame.format is None:
        raise MediaFileError("pixels in a format that WebCodecs has no name for cannot be scaled")
    planes = frame.plane_arrays(visible=True)
    rows, columns = planes[0].shape[:2]
    width, height = size
    bits = 12 if frame.format.endswith("P12") else 10 if frame.format.endswith("P10") else 8
    scaled = [
        _scaled(
            plane,
            # Chroma may have half the width, or half of both.
            width if plane.shape[1] == columns else (width + 1) // 2,
            height if plane.shape[0] == rows else (height + 1) // 2,
            bits,
        )
        for plane in planes
    ]
    init: VideoFrameBufferInit = {
        "format": frame.format,
        "codedWidth": width,
        "codedHeight": height,
        "timestamp": frame.timestamp,
        "colorSpace": frame.colorSpace.toJSON(),
        "rotation": frame.rotation,
        "flip": frame.flip,
    }
    if frame.duration is not None:
        init["duration"] = frame.duration
    return VideoFrame(np.concatenate([plane.reshape(-1).view(np.uint8) for plane in scaled]), init)


def _scaled(plane: PlaneArray, width: int, height: int, bits: int) -> PlaneArray:
    """A plane of (height, width) samples or groups of samples."""
    if plane.ndim == 2:
        return _scaled_samples(plane, width, height, bits)
    channels = [_scaled_samples(plane[:, :, index], width, height, bits) for index in range(plane.shape[2])]
    return cast("PlaneArray", np.stack(channels, axis=2))


def _scaled_samples(samples: PlaneArray, width: int, height: int, bits: int) -> PlaneArray:
    rows, columns = samples.shape
    if (rows, columns) == (height, width):
        return cast("PlaneArray", np.ascontiguousarray(samples))
    return scaled_plane(samples, width, height, "bicubic", bits=bits)

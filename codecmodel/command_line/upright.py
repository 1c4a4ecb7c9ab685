"""Frames whose pixels are turned, for files that cannot say that pictures are to be turned."""

from __future__ import annotations

from typing import Final, cast

from codecmodel.files.errors import MediaFileError
from codecmodel.lazy_numpy import np
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.plane_arrays import PlaneArray
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.raw_media.video_frame_init import VideoFrameBufferInit

#: 4:2:2 becomes 4:2:0 when it is turned sideways, as no format has chroma at half the height alone.
_SIDEWAYS: Final[dict[VideoPixelFormat, VideoPixelFormat]] = {
    "I422": "I420",
    "I422A": "I420A",
    "I422P10": "I420P10",
    "I422P12": "I420P12",
    "I422AP10": "I420AP10",
    "I422AP12": "I420AP12",
}


def upright(frame: VideoFrame) -> VideoFrame:
    """A frame that looks the same, without rotation and flip; the caller closes it. ``frame`` stays open.

    Raises MediaFileError if the pixels are in a format that WebCodecs has no name for.
    """
    if frame.format is None:
        raise MediaFileError("pixels in a format that WebCodecs has no name for cannot be turned")
    is_sideways = frame.rotation in (90, 270)
    source: VideoPixelFormat = frame.format
    target = _SIDEWAYS.get(source, source) if is_sideways else source
    planes = [_turned(plane, int(frame.rotation) // 90, frame.flip) for plane in frame.plane_arrays(visible=True)]
    if target != source:
        planes[1:3] = [_halved(plane) for plane in planes[1:3]]
    height, width = planes[0].shape[:2]
    init: VideoFrameBufferInit = {
        "format": target,
        "codedWidth": width,
        "codedHeight": height,
        "timestamp": frame.timestamp,
        "displayWidth": frame.displayWidth,
        "displayHeight": frame.displayHeight,
        "colorSpace": frame.colorSpace.toJSON(),
    }
    if frame.duration is not None:
        init["duration"] = frame.duration
    return VideoFrame(np.concatenate([plane.reshape(-1).view(np.uint8) for plane in planes]), init)


def _turned(plane: PlaneArray, quarters: int, flip: bool) -> PlaneArray:
    turned = np.rot90(plane, -quarters)
    return cast("PlaneArray", np.ascontiguousarray(turned[:, ::-1] if flip else turned))


def _halved(plane: PlaneArray) -> PlaneArray:
    """Each pair of columns as its mean."""
    samples = plane.astype(np.uint32)
    if samples.shape[1] % 2:
        samples = np.concatenate([samples, samples[:, -1:]], axis=1)
    return cast("PlaneArray", ((samples[:, ::2] + samples[:, 1::2] + 1) // 2).astype(plane.dtype))

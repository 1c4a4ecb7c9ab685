"""Writes VideoFrames to YUV4MPEG2 (Y4M) files."""

from array import array
from collections.abc import Mapping
from fractions import Fraction
from typing import BinaryIO, Final

from codecmodel.files.frame_rate import constant_frame_rate
from codecmodel.files.picture import PictureShape, packed_planes
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.video_frame import VideoFrame

#: The names that Y4M has for chroma formats. WebCodecs does not say where chroma samples lie. "420jpeg", which stands
#: for centred samples, is the default of Y4M.
_CHROMA_TAGS: Final[Mapping[VideoPixelFormat, str]] = {
    "I420": "420jpeg",
    "NV12": "420jpeg",
    "I420P10": "420p10",
    "I420P12": "420p12",
    "I422": "422",
    "I422P10": "422p10",
    "I422P12": "422p12",
    "I444": "444",
    "I444P10": "444p10",
    "I444P12": "444p12",
}
_RANGE_TAGS: Final = {True: "XCOLORRANGE=FULL", False: "XCOLORRANGE=LIMITED"}
#: The header has room for the longest frame rate, "F4294967295:4294967295".
_RATE_WIDTH: Final = 22


def can_be_y4m(shape: PictureShape) -> bool:
    """Whether Y4M can hold pictures of this shape: it holds YCbCr without alpha."""
    return shape.format in _CHROMA_TAGS and shape.color_space["matrix"] != "rgb"


class Y4MWriter:
    """Writes frames of one shape to ``file``, which must be seekable. The caller closes ``file``.

    The file has the visible rectangle of each frame, without rotation. The frame rate is known only at the end, so the
    header has a comment that keeps room for it. It is an exact rational if the timestamps are those of a constant frame
    rate, else 0:0, which stands for unknown. ``resolution`` (µs) and ``rate_hint`` are those of
    ``constant_frame_rate``. The interlacing is unknown ("?"), since WebCodecs does not tell it.

    ``display_aspect`` is the exact aspect ratio before rotation, if it is known. The display size of frames is rounded
    to whole pixels.
    """

    def __init__(
        self,
        file: BinaryIO,
        shape: PictureShape,
        *,
        resolution: int = 1,
        rate_hint: Fraction | None = None,
        display_aspect: Fraction | None = None,
    ) -> None:
        assert can_be_y4m(shape)
        self._file = file
        self._pixel_aspect = shape.pixel_aspect
        if display_aspect is not None and shape.has_display_aspect(display_aspect):
            self._pixel_aspect = display_aspect * shape.height / shape.width
        self._shape = shape
        self._resolution = resolution
        self._rate_hint = rate_hint
        self._timestamps = array("q")
        self._duration: int | None = None
        file.write(self._header(None))

    def write(self, frame: VideoFrame) -> None:
        """Append ``frame``, which must have the writer's shape."""
        self._timestamps.append(frame.timestamp)
        self._duration = frame.duration
        self._file.write(b"FRAME\n")
        if self._shape.format == "NV12":
            luma, chroma = frame.plane_arrays(visible=True)
            planes = [luma.tobytes(), chroma[..., 0].tobytes(), chroma[..., 1].tobytes()]
        else:
            planes = packed_planes(frame)
        for plane in planes:
            self._file.write(plane)

    def close(self) -> None:
        """Write the frame rate into the header."""
        rate = self.frame_rate()
        self._file.seek(0)
        self._file.write(self._header(rate))
        self._file.seek(0, 2)

    def frame_rate(self) -> Fraction | None:
        """Frames per second, as ``close`` writes them into the header. None if the rate is unknown or not constant."""
        return constant_frame_rate(self._timestamps, self._duration, self._resolution, self._rate_hint)

    def _header(self, rate: Fraction | None) -> bytes:
        shape = self._shape
        assert shape.format is not None
        rate_tag = f"F{rate.numerator}:{rate.denominator}" if rate is not None else "F0:0"
        tags = [
            "YUV4MPEG2",
            f"W{shape.width}",
            f"H{shape.height}",
            rate_tag,
            "I?",
            f"A{self._pixel_aspect.numerator}:{self._pixel_aspect.denominator}",
            f"C{_CHROMA_TAGS[shape.format]}",
        ]
        full_range = shape.color_space["fullRange"]
        if full_range is not None:
            tags.append(_RANGE_TAGS[full_range])
        tags.append("X" + "_" * (_RATE_WIDTH - len(rate_tag)))
        return " ".join(tags).encode("ascii") + b"\n"

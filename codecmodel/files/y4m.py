"""YUV4MPEG2 (Y4M) files from VideoFrames."""

from array import array
from collections.abc import Mapping
from fractions import Fraction
from typing import BinaryIO, Final

from codecmodel.files.frame_rate import constant_frame_rate
from codecmodel.files.picture import PictureShape, packed_planes
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.video_frame import VideoFrame

#: Y4M's name of the chroma format. WebCodecs doesn't say where chroma samples lie; "420jpeg" (centred) is what Y4M
#: takes for granted where nothing is said.
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
#: "F4294967295:4294967295" is the longest frame rate; the header keeps this many bytes for it.
_RATE_WIDTH: Final = 22


def can_be_y4m(shape: PictureShape) -> bool:
    """Whether Y4M can hold such pictures: YCbCr without alpha."""
    return shape.format in _CHROMA_TAGS and shape.color_space["matrix"] != "rgb"


class Y4MWriter:
    """Writes frames of one shape to ``file``, which must be seekable and is not closed.

    What is written is the visible rectangle, unrotated. The frame rate is known at the end: the header keeps room for
    it with a comment. It is exact (a rational) if the timestamps are those of a constant frame rate, else 0:0, which
    stands for unknown. ``resolution`` (µs) and ``rate_hint`` are as for ``constant_frame_rate``. The interlacing is
    given as unknown ("?"), since WebCodecs doesn't tell.
    """

    def __init__(
        self, file: BinaryIO, shape: PictureShape, *, resolution: int = 1, rate_hint: Fraction | None = None
    ) -> None:
        assert can_be_y4m(shape)
        self._file = file
        self._shape = shape
        self._resolution = resolution
        self._rate_hint = rate_hint
        self._timestamps = array("q")
        self._duration: int | None = None
        file.write(self._header(None))

    def write(self, frame: VideoFrame) -> None:
        """Append ``frame``, which has the writer's shape."""
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
        """Complete the file: the frame rate in the header."""
        rate = self.frame_rate()
        self._file.seek(0)
        self._file.write(self._header(rate))
        self._file.seek(0, 2)

    def frame_rate(self) -> Fraction | None:
        """Frames per second as the header has it when the file is closed; None if it is not constant or unknown."""
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
            f"A{shape.pixel_aspect.numerator}:{shape.pixel_aspect.denominator}",
            f"C{_CHROMA_TAGS[shape.format]}",
        ]
        full_range = shape.color_space["fullRange"]
        if full_range is not None:
            tags.append(_RANGE_TAGS[full_range])
        tags.append("X" + "_" * (_RATE_WIDTH - len(rate_tag)))
        return " ".join(tags).encode("ascii") + b"\n"

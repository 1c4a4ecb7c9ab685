"""Writes raw planes with a JSON description, for pictures that Y4M cannot hold."""

import json
from typing import BinaryIO, Final

from codecmodel.files.picture import PictureShape, packed_planes
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS
from codecmodel.raw_media.video_frame import VideoFrame

_INDENTATION: Final = 2


class RawVideoWriter:
    """Writes frames of one shape to ``file``, and at the end a text to ``description``. The caller closes both.

    Each frame is written as the planes of its format, in the format's order: the visible rectangle, without rotation,
    rows tightly packed. The description is a JSON object with the members ``format``, ``width``, ``height`` (pixels),
    ``displayWidth``, ``displayHeight``, ``rotation``, ``flip``, ``colorSpace``, ``frameSize`` (bytes), ``layout`` (for
    each plane its ``offset`` within the frame and its ``stride``, both in bytes, and its ``rows``), and ``frames`` (for
    each its ``timestamp`` and ``duration`` in µs, and its ``offset`` in the file).
    """

    def __init__(self, file: BinaryIO, description: BinaryIO, shape: PictureShape) -> None:
        assert shape.format is not None
        self._file = file
        self._description = description
        self._shape = shape
        self._frames: list[dict[str, int | None]] = []
        self._layout: list[dict[str, int]] = []
        self._frame_size = 0
        for plane in PIXEL_FORMATS[shape.format].planes:
            stride = -(-shape.width // plane.sample_width) * plane.sample_bytes
            rows = -(-shape.height // plane.sample_height)
            self._layout.append({"offset": self._frame_size, "stride": stride, "rows": rows})
            self._frame_size += stride * rows

    def write(self, frame: VideoFrame) -> None:
        """Append ``frame``, which must have the writer's shape."""
        self._frames.append(
            {
                "timestamp": frame.timestamp,
                "duration": frame.duration,
                "offset": len(self._frames) * self._frame_size,
            }
        )
        for plane in packed_planes(frame):
            self._file.write(plane)

    def close(self) -> None:
        """Write the description."""
        shape = self._shape
        color_space: VideoColorSpaceInit = shape.color_space
        document = {
            "format": shape.format,
            "width": shape.width,
            "height": shape.height,
            "displayWidth": shape.display_width,
            "displayHeight": shape.display_height,
            "rotation": shape.rotation,
            "flip": shape.flip,
            "colorSpace": color_space,
            "frameSize": self._frame_size,
            "layout": self._layout,
            "frames": self._frames,
        }
        self._description.write(json.dumps(document, indent=_INDENTATION).encode("ascii") + b"\n")

"""Decoded frames of FFmpeg as media resources, without a copy."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Final

from codecmodel.platform.ffmpeg.color_codes import CHROMA_LOCATION_NAMES, detected_color_space
from codecmodel.platform.ffmpeg.pixel_formats import MONOCHROME, PIXEL_FORMATS, SAMPLE_FORMATS
from codecmodel.raw_media.audio_sample_format import AudioSampleFormat
from codecmodel.raw_media.chroma import ChromaLocation
from codecmodel.raw_media.media_resource import CachesForEncoders
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.plane_copy import copy_in_parts, copy_planes
from codecmodel.raw_media.plane_layout import ComputedPlaneLayout
from codecmodel.raw_media.resource_protocols import Plane
from ffbind import Frame
from ffbind.formats import pixel_format_of, sample_format_of
from ffbind.named_tuples import new_named_tuple

#: FFmpeg's routine for copies counts bytes from row to row in an int.
_LARGEST_DESTINATION: Final = 2**31 - 1


class FFmpegVideoResource(CachesForEncoders):
    """A video frame. It owns one FFmpeg reference until it is released."""

    __slots__ = (
        "_frame",
        "_monochrome",
        "chroma_location",
        "coded_size",
        "color_space",
        "display_size",
        "format",
        "visible_rect",
    )

    format: VideoPixelFormat | None
    chroma_location: ChromaLocation | None

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self.encoder_cache = None
        # For speed: the frame checks once, and not for each field, that it is not closed.
        fields = frame.fields
        frame_format = pixel_format_of(fields.format).name
        self.format = PIXEL_FORMATS.get(frame_format)
        self._monochrome = None if self.format else MONOCHROME.get(frame_format)
        if self._monochrome is not None:
            self.format = self._monochrome.format
        self.coded_size = width, height = fields.width, fields.height
        left, top = fields.crop_left, fields.crop_top
        visible_size = width - left - fields.crop_right, height - top - fields.crop_bottom
        self.visible_rect = left, top, *visible_size
        shape = fields.sample_aspect_ratio
        self.display_size = display_size(*visible_size, (shape.num, shape.den))
        self.color_space = detected_color_space(
            fields.color_primaries,
            fields.color_trc,
            fields.colorspace,
            fields.color_range,
            frame_format.startswith("gbr"),
        )
        self.chroma_location = CHROMA_LOCATION_NAMES.get(fields.chroma_location)

    def reference_to_frame(self) -> Frame:
        """Another reference to the frame. The caller closes it."""
        return self._frame.ref()

    def share_picture(self, width: int, height: int, format: str) -> Frame | None:
        """The upper left part of the picture in its own memory. The caller closes it.

        ``format`` is FFmpeg's name for the planes that the resource has. None if the memory does not have all of them.
        """
        return None if self._monochrome is not None else self._frame.share_picture(width, height, format)

    def require_usable(self) -> None:
        """Raises ClosedError."""
        _ = self._frame.address

    def planes(self) -> Sequence[Plane]:
        frame = self._frame
        planes = [new_named_tuple(Plane, view) for view in frame.plane_views()]
        monochrome = self._monochrome
        if monochrome is not None:
            chroma_width, chroma_rows = (frame.width + 1) // 2, (frame.height + 1) // 2
            chroma = _neutral_plane(monochrome.neutral, chroma_width * chroma_rows)
            planes += [Plane(chroma, chroma_width * len(monochrome.neutral))] * 2
        return planes

    def copy_planes(self, layouts: Sequence[ComputedPlaneLayout], destination: memoryview) -> None:
        # For speed: FFmpeg's own routine copies all that it can, without the GIL.
        if self._monochrome is None and len(destination) <= _LARGEST_DESTINATION:
            copy_in_parts(self._frame.copy_planes, layouts, destination)
        else:
            copy_planes(self.planes(), layouts, destination)

    def release(self) -> None:
        self.encoder_cache = None
        self._frame.close()


# Spec: audio-channel-ordering
class FFmpegAudioResource:
    """Decoded samples. It owns one FFmpeg reference until it is released."""

    __slots__ = ("_frame", "format", "number_of_channels", "number_of_frames", "sample_rate")

    format: AudioSampleFormat | None

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self.number_of_frames, number, sample_rate, self.number_of_channels = frame.sample_properties()
        self.format = _sample_format(number)
        self.sample_rate = float(sample_rate)

    def require_usable(self) -> None:
        """Raises ClosedError."""
        _ = self._frame.address

    def planes(self) -> Sequence[Plane]:
        return [new_named_tuple(Plane, view) for view in self._frame.plane_views()]

    def sample_array(self) -> object | None:
        return self._frame.sample_array()

    def release(self) -> None:
        self._frame.close()


@cache
def _sample_format(number: int) -> AudioSampleFormat | None:
    """The format with FFmpeg's number, or None if the spec has no name for it."""
    return SAMPLE_FORMATS.get(sample_format_of(number).name)


@lru_cache(maxsize=256)
def _neutral_plane(sample: bytes, samples: int) -> memoryview:
    return memoryview(sample * samples)


@lru_cache(maxsize=256)
def display_size(width: int, height: int, sample_aspect_ratio: tuple[int, int]) -> tuple[int, int]:
    """The size in square pixels: the ratio of a sample's width to its height increases one of the two dimensions."""
    numerator, denominator = sample_aspect_ratio
    if numerator <= 0 or denominator <= 0 or numerator == denominator:
        return width, height
    if numerator > denominator:
        return (2 * width * numerator + denominator) // (2 * denominator), height
    return width, (2 * height * denominator + numerator) // (2 * numerator)

"""The pixels that a conversion to RGB starts from: planes, with all facts that determine their colours."""

from collections.abc import Sequence
from typing import NamedTuple

from codecmodel.raw_media.chroma import ChromaLocation, Tap, taps
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, PixelFormatDescription, VideoPixelFormat
from codecmodel.raw_media.plane_arrays import PlaneArray, plane_arrays
from codecmodel.raw_media.resource_protocols import Plane
from codecmodel.raw_media.rgb.colorimetry import ColorSpace


class Region(NamedTuple):
    """A rectangle of pixels, from (left, top) up to, and without, (right, bottom)."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def contains(self, other: "Region") -> bool:
        """Whether all pixels of ``other`` are in this region."""
        return (
            self.left <= other.left
            and self.top <= other.top
            and other.right <= self.right
            and other.bottom <= self.bottom
        )


class SourcePicture(NamedTuple):
    """Pixels in the planes of ``format``. ``planes`` may have more planes, which are ignored.

    No sample outside of ``bounds`` is used, as it may be padding. ``chroma_location`` is None if it is not known.
    """

    planes: Sequence[Plane]
    format: VideoPixelFormat
    bounds: Region
    color_space: ColorSpace
    chroma_location: ChromaLocation | None = None

    @property
    def description(self) -> PixelFormatDescription:
        """The description of the format."""
        return PIXEL_FORMATS[self.format]

    def arrays(self) -> tuple[PlaneArray, ...]:
        """The samples of each plane that the pixels within the bounds are derived from."""
        return plane_arrays(self.planes, self.format, *self.bounds)

    def chroma_taps(self) -> tuple[tuple[Tap, Tap] | None, tuple[Tap, Tap] | None]:
        """The taps of columns and those of rows; None along an axis that is not sub-sampled."""
        _, _, sample_width, sample_height = self.description.planes[1]
        columns, rows = taps(self.chroma_location)
        return (columns if sample_width == 2 else None), (rows if sample_height == 2 else None)

    def chroma_spans(self, region: Region) -> tuple["ChromaSpan", "ChromaSpan"]:
        """The rows, and the columns, of chroma samples that the pixels of ``region`` are derived from."""
        columns, rows = self.chroma_taps()
        bounds = self.bounds
        return (
            ChromaSpan.of(region.top, region.bottom, bounds.top, bounds.bottom, rows is not None),
            ChromaSpan.of(region.left, region.right, bounds.left, bounds.right, columns is not None),
        )


class ChromaSpan(NamedTuple):
    """Chroma samples along an axis. On a sub-sampled axis there is one more before and after, for interpolation."""

    length: int
    #: The numbers of samples missing at the beginning and at the end, because they are out of bounds. The
    #: outermost samples are repeated in their place.
    before: int
    after: int
    #: The place of the samples that are not missing, among all samples within the bounds of the picture.
    source: "slice[int, int, None]"

    @property
    def inside(self) -> "slice[int, int, None]":
        """The place of the samples that are not missing, among the samples of this span."""
        return slice(self.before, self.length - self.after)

    @staticmethod
    def of(first: int, last: int, bounds_first: int, bounds_last: int, is_sub_sampled: bool) -> "ChromaSpan":
        """The chroma samples for luma from ``first`` up to ``last``, in a picture with these bounds along the axis."""
        if not is_sub_sampled:
            return ChromaSpan(last - first, 0, 0, slice(first - bounds_first, last - bounds_first))
        start, stop = first // 2 - 1, (last + 1) // 2 + 1
        there, end = bounds_first // 2, (bounds_last + 1) // 2
        return ChromaSpan(
            stop - start,
            max(there - start, 0),
            max(stop - end, 0),
            slice(max(start, there) - there, min(stop, end) - there),
        )

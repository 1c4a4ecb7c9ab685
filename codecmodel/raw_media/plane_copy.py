"""The copying of rows of planes, in several threads if there are many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Final, TypeAlias

from codecmodel.lazy_numpy import np
from codecmodel.raw_media.plane_layout import ComputedPlaneLayout
from codecmodel.raw_media.resource_protocols import Plane
from codecmodel.web.threads import share

#: Copies rows to a destination. There is a layout for each plane, which describes the rows to copy.
CopyPlanes: TypeAlias = Callable[[Sequence[ComputedPlaneLayout], memoryview], None]

#: For speed: large copies are divided among threads. A part has at least this number of bytes, and there are at most
#: this number of parts.
_LEAST_OF_A_PART: Final = 3 << 18
_MOST_PARTS: Final = 8


def copy_plane(source: Plane, layout: ComputedPlaneLayout, destination: memoryview) -> None:
    """Copy rows from ``source`` to ``destination``, as ``layout`` says. Bytes between rows keep their values."""
    source_offset = layout.source_top * source.stride + layout.source_left_bytes
    shape = (layout.source_height, layout.source_width_bytes)
    # For speed: numpy lets other threads run meanwhile, unlike an assignment to a slice of a memoryview.
    np.copyto(
        np.ndarray(shape, np.uint8, destination, layout.destination_offset, (layout.destination_stride, 1)),
        np.ndarray(shape, np.uint8, source.data, source_offset, (source.stride, 1)),
    )


def copy_planes(planes: Sequence[Plane], layouts: Sequence[ComputedPlaneLayout], destination: memoryview) -> None:
    """As ``VideoResource.copy_planes`` says."""

    def copy(part: Sequence[ComputedPlaneLayout], destination: memoryview) -> None:
        for plane, layout in zip(planes, part, strict=False):
            copy_plane(plane, layout, destination)

    copy_in_parts(copy, layouts, destination)


def copy_in_parts(copy: CopyPlanes, layouts: Sequence[ComputedPlaneLayout], destination: memoryview) -> None:
    """Call ``copy`` for some of the rows at a time. Several threads may call it at once."""
    parts = _parts(tuple(layouts))
    if len(parts) == 1:
        copy(layouts, destination)
    else:
        share([partial(copy, part, destination) for part in parts])


@lru_cache(maxsize=64)
def _parts(layouts: tuple[ComputedPlaneLayout, ...]) -> Sequence[Sequence[ComputedPlaneLayout]]:
    """The layouts of each part."""
    size = sum(layout.source_height * layout.source_width_bytes for layout in layouts)
    count = max(1, min(_MOST_PARTS, size // _LEAST_OF_A_PART))
    return [[_some_rows(layout, number, count) for layout in layouts] for number in range(count)]


def _some_rows(layout: ComputedPlaneLayout, number: int, count: int) -> ComputedPlaneLayout:
    """The rows of part ``number`` if the rows are divided into ``count`` parts."""
    begin, end = (layout.source_height * part // count for part in (number, number + 1))
    return layout._replace(
        destination_offset=layout.destination_offset + begin * layout.destination_stride,
        source_top=layout.source_top + begin,
        source_height=end - begin,
    )

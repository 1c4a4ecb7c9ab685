"""Copying rows of planes."""

from collections.abc import Sequence

import numpy as np

from codecmodel.platform.interface import Plane
from codecmodel.raw_media.plane_layout import ComputedPlaneLayout


def copy_plane(source: Plane, layout: ComputedPlaneLayout, destination: memoryview) -> None:
    """Copy the rows that ``layout`` describes from ``source`` to ``destination``; what is between rows is kept."""
    source_offset = layout.source_top * source.stride + layout.source_left_bytes
    shape = (layout.source_height, layout.source_width_bytes)
    # Unlike an assignment to a slice of the view, this lets other threads go on.
    np.copyto(
        np.ndarray(shape, np.uint8, destination, layout.destination_offset, (layout.destination_stride, 1)),
        np.ndarray(shape, np.uint8, source.data, source_offset, (source.stride, 1)),
    )


def copy_planes(planes: Sequence[Plane], layouts: Sequence[ComputedPlaneLayout], destination: memoryview) -> None:
    """Copy the rows that ``layouts`` describes of each plane, as ``VideoResource.copy_planes`` says."""
    for plane, layout in zip(planes, layouts, strict=False):
        copy_plane(plane, layout, destination)

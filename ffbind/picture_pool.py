"""Memory for pictures that is used again when their frames, and all views of their planes, are gone."""

from __future__ import annotations

from ctypes import byref
from functools import partial
from operator import setitem

from ffbind.formats import pixel_format, plane_sizes
from ffbind.frame import Frame, adopt
from ffbind.frame_memory import allocate
from ffbind.loading import load
from ffbind.ownership import Owner, store_result

#: Bytes to which FFmpeg aligns planes and rows.
_ALIGNMENT = 64
#: Vector instructions may write so many bytes past the end of a plane.
_PADDING = 64


class PicturePool(Owner):
    """An AVBufferPool for pictures of one size and of a format that has one plane.

    It keeps the memory of as many pictures as were alive at once, until it is closed; after that, pictures that are
    alive keep theirs. Any thread may take pictures. Raises ValueError for a format of several planes.
    """

    def __init__(self, width: int, height: int, format: str) -> None:
        self._library = library = load()
        self._shape = width, height, pixel_format(format).number
        sizes = plane_sizes(self._shape[2], width, height)
        if len(sizes) != 1:
            raise ValueError(f"{format} has {len(sizes)} planes, and not one")
        ((row_bytes, rows),) = sizes
        self._stride = -(-row_bytes // _ALIGNMENT) * _ALIGNMENT
        #: Bytes of a picture.
        self.size = self._stride * rows + _ALIGNMENT + _PADDING
        # The places of the pictures that the pool has.
        self._places: set[int] = set()
        super().__init__()
        self.acquire(library.avutil.av_buffer_pool_init, self.size, None)

    def _free(self) -> None:
        self._library.avutil.av_buffer_pool_uninit(byref(self._pointer))

    @property
    def bytes_kept(self) -> int:
        """The bytes that the pool keeps."""
        return len(self._places) * self.size

    def take(self) -> Frame:
        """A picture with undefined content. Raises MemoryError."""
        pool, library = self.address, self._library
        frame = adopt(allocate())
        fields = frame.fields
        fields.width, fields.height, fields.format = self._shape
        store_result(partial(setitem, fields.buf, 0), library.avutil.av_buffer_pool_get, pool)
        place = library.layout.AVBufferRef.from_address(fields.buf[0] or 0).data
        self._places.add(place)
        fields.data[0] = -(-place // _ALIGNMENT) * _ALIGNMENT
        fields.linesize[0] = self._stride
        return frame

"""Raw pictures and samples: one AVFrame each, whose planes are not copied."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Sequence
from ctypes import addressof, c_uint8, c_void_p
from functools import cache, partial
from operator import setitem
from typing import NamedTuple

from ffbind import ownership
from ffbind.channel_layouts import set_channels
from ffbind.errors import FFbindError
from ffbind.formats import pixel_format, pixel_format_of, plane_sizes, sample_format, sample_format_of
from ffbind.frame_memory import FrameMemory, FrameShell, allocate
from ffbind.frame_samples import SampleArray, SampleProperties, sample_array
from ffbind.layout.probing import NO_TIMESTAMP
from ffbind.layout.structures import AVFrame, AVRational
from ffbind.loading import load
from ffbind.named_tuples import new_named_tuple
from ffbind.ownership import Handle, owning_array, refusal, store_result

_INT_MAX = 2**31 - 1
FLAG_CORRUPT, FLAG_KEY, FLAG_INTERLACED = 1 << 0, 1 << 1, 1 << 3


def adopt(shell: FrameShell) -> Frame:
    """A frame that takes over an AVFrame."""
    frame = Frame.__new__(Frame)
    frame._memory = FrameMemory(shell)
    return frame


def adopt_memory(memory: FrameMemory) -> Frame:
    """A frame on the memory."""
    frame = Frame.__new__(Frame)
    frame._memory = memory
    return frame


@cache
def _regions_of_interest() -> int:
    """The AVFrameSideDataType of regions of interest; the number depends on the version."""
    name_of = load().avutil.av_frame_side_data_name
    return next(number for number in range(64) if name_of(number) == b"Regions Of Interest")


class Plane(NamedTuple):
    """A plane of a frame: `data` holds `height` rows of `row_bytes` bytes, one every `stride` bytes.

    `data` ends with the last row: it is (height - 1) * stride + row_bytes bytes long.
    """

    data: memoryview
    stride: int
    height: int
    row_bytes: int


class Frame(Handle):
    """A picture (width > 0) or a stretch of samples (nb_samples > 0).

    Sizes are in pixels. `pts` and `duration` are in the time base of the codec that made the frame; None and 0 are
    unknown. Colour properties are the code points of H.273; 2 is unspecified, as is 0 for `color_range`, in which 1 is
    limited and 2 full range. After close() all methods and properties raise ClosedError.
    """

    __slots__ = ()

    _memory: FrameMemory | None

    def __init__(self) -> None:
        raise TypeError("use Frame.video(), Frame.audio(), a decoder, or Frame.ref()")

    @staticmethod
    def video(width: int, height: int, format: str) -> Frame:
        """A new picture with undefined content. Raises ValueError for an unknown format, FFmpegError."""
        number = pixel_format(format).number
        frame, library = adopt(allocate()), load()
        fields = frame.fields
        fields.width, fields.height, fields.format = width, height, number
        library.check(library.avutil.av_frame_get_buffer(frame.address, 0), "av_frame_get_buffer")
        return frame

    @staticmethod
    def audio(nb_samples: int, format: str, channels: int, sample_rate: int, channel_mask: int = 0) -> Frame:
        """New samples with undefined content.

        `channel_mask` has FFmpeg's AV_CH_* bits of the channels; 0 stands for FFmpeg's default layout. Raises
        ValueError for an unknown format or a mask of another number of channels, FFmpegError.
        """
        number = sample_format(format).number
        frame, library = adopt(allocate()), load()
        fields = frame.fields
        fields.nb_samples, fields.format, fields.sample_rate = nb_samples, number, sample_rate
        set_channels(library, fields, channels, channel_mask)
        library.check(library.avutil.av_frame_get_buffer(frame.address, 0), "av_frame_get_buffer")
        return frame

    def ref(self) -> Frame:
        """Another frame that shares the memory of this one, with properties of its own."""
        address = self.address
        frame, library = adopt(allocate()), load()
        library.check(library.avutil.av_frame_ref(frame.address, address), "av_frame_ref")
        return frame

    def share_picture(self, width: int, height: int, format: str) -> Frame:
        """The upper left part of this picture, in its memory, without side data and other properties.

        `format` is FFmpeg's name of a format with the same planes. Raises ValueError if the picture has another number
        of planes or is smaller, FFbindError if its rows go from bottom to top.
        """
        fields, number = self.fields, pixel_format(format).number
        planes = len(plane_sizes(number, width, height))
        if planes != len(plane_sizes(fields.format, fields.width, fields.height)):
            raise ValueError(f"{format} has {planes} planes, unlike {self!r}")
        if not (0 < width <= fields.width and 0 < height <= fields.height):
            raise ValueError(f"{width}x{height} is no part of {self!r}")
        if min(fields.linesize) < 0:
            raise FFbindError("the rows of the frame go from bottom to top")
        frame, library = adopt(allocate()), load()
        shared = frame.fields
        shared.width, shared.height, shared.format = width, height, number
        for index in range(planes):
            shared.data[index], shared.linesize[index] = fields.data[index], fields.linesize[index]
        for index, buffer in enumerate(filter(None, fields.buf)):
            store_result(partial(setitem, shared.buf, index), library.avutil.av_buffer_ref, buffer)
        return frame

    @property
    def fields(self) -> AVFrame:
        """The AVFrame as a structure."""
        return self._shell().fields

    def _shell(self) -> FrameShell:
        memory = self._memory
        if memory is None or memory._generation != ownership.generation:
            raise refusal(self, memory._generation if memory else ownership.generation)
        return memory.shell

    # Pictures.

    @property
    def width(self) -> int:
        """Width, after cropping if the decoder crops; 0 for samples."""
        return self.fields.width

    @property
    def height(self) -> int:
        """Height, after cropping if the decoder crops; 0 for samples."""
        return self.fields.height

    @property
    def crop(self) -> tuple[int, int, int, int]:
        """Pixels to crop at the (left, top, right, bottom)."""
        fields = self.fields
        return fields.crop_left, fields.crop_top, fields.crop_right, fields.crop_bottom

    @property
    def sample_aspect_ratio(self) -> tuple[int, int]:
        """Shape of a pixel, (width, height); (0, 1) is unknown."""
        ratio = self.fields.sample_aspect_ratio
        return ratio.num, ratio.den

    @sample_aspect_ratio.setter
    def sample_aspect_ratio(self, value: tuple[int, int]) -> None:
        self.fields.sample_aspect_ratio = AVRational(*value)

    @property
    def color_range(self) -> int:
        """0 unspecified, 1 limited, 2 full."""
        return self.fields.color_range

    @color_range.setter
    def color_range(self, value: int) -> None:
        self.fields.color_range = value

    @property
    def color_primaries(self) -> int:
        """ColourPrimaries of H.273."""
        return self.fields.color_primaries

    @color_primaries.setter
    def color_primaries(self, value: int) -> None:
        self.fields.color_primaries = value

    @property
    def color_trc(self) -> int:
        """TransferCharacteristics of H.273."""
        return self.fields.color_trc

    @color_trc.setter
    def color_trc(self, value: int) -> None:
        self.fields.color_trc = value

    @property
    def colorspace(self) -> int:
        """MatrixCoefficients of H.273."""
        return self.fields.colorspace

    @colorspace.setter
    def colorspace(self, value: int) -> None:
        self.fields.colorspace = value

    @property
    def chroma_location(self) -> int:
        """The place of chroma samples: ChromaLocType of H.273 plus 1; 0 is unspecified."""
        return self.fields.chroma_location

    @chroma_location.setter
    def chroma_location(self, value: int) -> None:
        self.fields.chroma_location = value

    @property
    def key_frame(self) -> bool:
        """Whether this is a key frame."""
        fields = self.fields
        # Until libavutil 60 a field says it; since then a flag does.
        return bool(fields.key_frame if hasattr(fields, "key_frame") else fields.flags & FLAG_KEY)

    @property
    def interlaced(self) -> bool:
        """Whether the picture is two fields."""
        fields = self.fields
        if hasattr(fields, "interlaced_frame"):
            return bool(fields.interlaced_frame)
        return bool(fields.flags & FLAG_INTERLACED)

    @property
    def decode_error_flags(self) -> int:
        """Faults found in decoding: 1 invalid bitstream, 2 missing reference, 4 concealment, 8 lost slices."""
        return self.fields.decode_error_flags

    @property
    def corrupt(self) -> bool:
        """Whether the decoder knows that the content is damaged."""
        return bool(self.fields.flags & FLAG_CORRUPT)

    # Samples.

    @property
    def nb_samples(self) -> int:
        """Samples in each channel; 0 for pictures."""
        return self.fields.nb_samples

    @property
    def sample_rate(self) -> int:
        """Samples a second."""
        return self.fields.sample_rate

    @property
    def channels(self) -> int:
        """Number of channels; 0 for pictures."""
        fields = self.fields
        return fields.ch_layout.nb_channels if hasattr(fields, "ch_layout") else fields.channels

    def sample_properties(self) -> SampleProperties:
        """The properties of samples. For speed: all of them are read at once."""
        return new_named_tuple(SampleProperties, self._shell().sample_fields()[-4:])

    def sample_array(self) -> SampleArray | None:
        """The samples as numpy.asarray() takes them: read-only, not copied, [channel, sample] or [sample, channel].

        The second order is that of formats whose channels alternate. None if the samples cannot be viewed as one array,
        because their planes lie at unequal distances. An array keeps the memory alive, even after close().
        """
        shell, memory = self._shell(), self._memory
        assert memory is not None
        return sample_array(shell.sample_fields(), shell.address, memory)

    # Both.

    @property
    def format(self) -> str:
        """FFmpeg's name of the pixel format or sample format, such as "yuv420p" or "fltp"."""
        fields = self.fields
        return pixel_format_of(fields.format).name if fields.width else sample_format_of(fields.format).name

    @property
    def pts(self) -> int | None:
        """Presentation timestamp."""
        value = self.fields.pts
        return None if value == NO_TIMESTAMP else value

    @pts.setter
    def pts(self, value: int | None) -> None:
        self.fields.pts = NO_TIMESTAMP if value is None else value

    @property
    def duration(self) -> int:
        """Duration; 0 if unknown."""
        fields = self.fields
        return fields.duration if hasattr(fields, "duration") else fields.pkt_duration

    @duration.setter
    def duration(self, value: int) -> None:
        fields = self.fields
        if hasattr(fields, "duration"):
            fields.duration = value
        else:
            fields.pkt_duration = value

    def side_data_types(self) -> list[int]:
        """The types (AVFrameSideDataType) of the side data, in order."""
        return [kind for kind, _ in self._side_data()]

    def side_data(self, type: int) -> bytes | None:
        """A copy of the side data of a type, or None."""
        return next((data for kind, data in self._side_data() if kind == type), None)

    def _side_data(self) -> list[tuple[int, bytes]]:
        fields = self.fields
        if not fields.side_data:
            return []
        structure = load().layout.AVFrameSideData
        addresses = (c_void_p * fields.nb_side_data).from_address(fields.side_data)
        entries = [structure.from_address(address) for address in addresses if address]
        return [(entry.type, ctypes.string_at(entry.data, entry.size)) for entry in entries]

    def add_side_data(self, type: int, data: bytes) -> None:
        """Attach a copy of `data`. Raises MemoryError."""
        library = load()
        entry = library.avutil.av_frame_new_side_data(self.address, type, len(data))
        if not entry:
            raise MemoryError
        ctypes.memmove(library.layout.AVFrameSideData.from_address(entry).data, data, len(data))

    def set_quantizer_offset(self, numerator: int, denominator: int) -> None:
        """Make encoders that know regions of interest quantize the picture coarser or, if negative, finer.

        The offset is a fraction of the range of the codec's quantizer, from -1 to 1. Raises MemoryError.
        """
        # AVRegionOfInterest: its own size; top, bottom, left and right; the offset.
        region = struct.pack("=I6i", 28, 0, self.height, 0, self.width, numerator, denominator)
        self.add_side_data(_regions_of_interest(), region)

    def planes(self) -> list[Plane]:
        """The planes, read-only and not copied: of a picture those of its format, of samples one a channel, or one if
        channels alternate. Views of them keep the memory even after close().

        Raises FFbindError for a hardware frame, and for a picture whose rows go from bottom to top.
        """
        return self._planes(self.plane_views())

    def plane_views(self) -> list[tuple[memoryview, int]]:
        """The data and the stride of each plane, as planes() has them; raises as that does."""
        return self._views(writable=False)

    def copy_planes(self, parts: Sequence[tuple[int, int, int, int, int, int]], destination: memoryview) -> None:
        """Copy a part of each of the first planes, in their order, while other threads go on.

        A part is: offset and stride in `destination`, which is of bytes; first row and number of rows; first byte, and
        bytes, of each row. Raises ValueError if one is not within its plane and the destination, or rows would overlap;
        FFbindError as planes() does.
        """
        fields, memory = self.fields, self._memory
        number = fields.format
        if pixel_format_of(number).is_hardware:
            raise FFbindError("the frame is not in main memory")
        copy, size = load().avutil.av_image_copy_plane, len(destination)
        anchor = c_uint8.from_buffer(destination)
        base = addressof(anchor)
        data, strides = fields.data, fields.linesize
        sizes = plane_sizes(number, fields.width, fields.height)
        for index, (begin, stride, top, rows, left, row_bytes) in enumerate(parts):
            whole_bytes, whole_rows = sizes[index]
            if not (0 <= top <= whole_rows - rows and 0 <= left <= whole_bytes - row_bytes):
                raise ValueError(f"there is no such part of plane {index}: {parts[index]}")
            if not (0 <= begin <= size - stride * (rows - 1) - row_bytes and row_bytes <= stride <= _INT_MAX):
                raise ValueError(f"{size} bytes have no such place: {parts[index]}")
            address, source_stride = data[index], strides[index]
            if not address or source_stride < 0:
                raise FFbindError("the rows of the frame go from bottom to top")
            source = address + top * source_stride + left
            if source_stride == stride == row_bytes:
                # For speed: FFmpeg copies row by row, and one long row takes less time.
                length = row_bytes * rows
                copy(base + begin, length, source, length, length, 1)
            else:
                copy(base + begin, stride, source, source_stride, row_bytes, rows)
        # Another thread may close the frame during the copy, but this reference keeps its memory.
        del memory

    def writable_planes(self) -> list[Plane]:
        """The planes, which can be written to. They are copied first if another frame or a codec shares them.

        Raises FFmpegError, and FFbindError as planes() does.
        """
        library = load()
        library.check(library.avutil.av_frame_make_writable(self.address), "av_frame_make_writable")
        return self._planes(self._views(writable=True))

    @property
    def is_writable(self) -> bool:
        """Whether no other frame and no codec shares the memory."""
        return bool(load().avutil.av_frame_is_writable(self.address))

    def _planes(self, views: list[tuple[memoryview, int]]) -> list[Plane]:
        fields = self.fields
        if not fields.width:
            return [Plane(data, size, 1, size) for data, size in views]
        sizes = plane_sizes(fields.format, fields.width, fields.height)
        return [Plane(*view, rows, row_bytes) for view, (row_bytes, rows) in zip(views, sizes, strict=True)]

    def _views(self, *, writable: bool) -> list[tuple[memoryview, int]]:
        fields, memory = self.fields, self._memory
        width = fields.width
        # Of each plane the address, the size, and the stride.
        places: list[tuple[int | None, int, int]] = []
        if width:
            number = fields.format
            if pixel_format_of(number).is_hardware:
                raise FFbindError("the frame is not in main memory")
            data, strides = fields.data, fields.linesize
            for index, (row_bytes, rows) in enumerate(plane_sizes(number, width, fields.height)):
                stride = strides[index]
                if stride < 0:
                    raise FFbindError("the rows of the frame go from bottom to top")
                places.append((data[index], stride * (rows - 1) + row_bytes, stride))
        elif fields.nb_samples:
            samples = sample_format_of(fields.format)
            channels = self.channels
            size = fields.nb_samples * samples.bytes_per_sample * (1 if samples.is_planar else channels)
            count = channels if samples.is_planar else 1
            places += [(address, size, size) for address in (c_void_p * count).from_address(fields.extended_data)]
        views = []
        for address, size, stride in places:
            # For speed, as view(): sizes come again and again, so the class of each is kept.
            if not address:
                raise FFbindError("there is no memory to look at")
            array = owning_array(size)(address)
            array.owner = memory
            view = memoryview(array).cast("B")
            views.append((view if writable else view.toreadonly(), stride))
        return views

    def __repr__(self) -> str:
        if self._memory is None:
            return "<Frame (closed)>"
        if self.width:
            return f"<Frame {self.width}x{self.height} {self.format} pts={self.pts}>"
        return f"<Frame {self.nb_samples} samples {self.format} {self.channels}ch {self.sample_rate} Hz pts={self.pts}>"

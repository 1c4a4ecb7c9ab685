"""Writing containers: streams described by an encoder, a stream of another container or parameters, and packets."""

from __future__ import annotations

import ctypes
import math
import os
import struct
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from ctypes import byref
from types import TracebackType
from typing import BinaryIO, Self

from ffbind import chapters, dictionaries
from ffbind.byte_stream import AVIO_FLAG_WRITE, ByteStream, open_stream
from ffbind.chapters import Chapter
from ffbind.encoder import Encoder
from ffbind.errors import ClosedError, FFbindError, FFmpegError, PacketRefusedError
from ffbind.exclusive import Exclusive
from ffbind.layout.formats import AVOutputFormat
from ffbind.layout.probing import offset
from ffbind.layout.structures import AVCodecDescriptor, AVRational
from ffbind.library import Library
from ffbind.loading import load
from ffbind.packet import Packet
from ffbind.stream import DISPLAY_MATRIX, Stream, carries_side_data, stream_addresses
from ffbind.stream_parameters import StreamParameters, fill_parameters

AVFMT_NOFILE = 0x1
AVFMT_GLOBALHEADER = 0x40
AVFMT_FLAG_CUSTOM_IO = 0x80
FF_COMPLIANCE_EXPERIMENTAL = -2
#: FFmpeg lets packets of a stream wait for those of the others by ten seconds at most.
_MOST_WAITING = 1 << 12


class ContainerWriter(Exclusive):
    """A container being written. Made by open(); a context manager, which gives up if its block raises."""

    _byte_stream: ByteStream

    def __init__(self, options: Mapping[str, str]) -> None:
        super().__init__()
        #: Options of the muxer. They take effect when the header is written, with the first packet.
        self.options = dict(options)
        self._time_bases: list[AVRational] = []
        # Of each stream: the number of its packets, and the seconds at which the last of them are decoded.
        self._given: list[int] = []
        self._decoded_at: list[deque[float]] = []
        self._started = self._finished = False

    @classmethod
    def open(
        cls,
        target: str | os.PathLike[str] | BinaryIO,
        format: str | None = None,
        *,
        options: Mapping[str, str] = dictionaries.EMPTY,
        metadata: Mapping[str, str] = dictionaries.EMPTY,
    ) -> Self:
        """Begin a container at a path, which is overwritten, or in a binary file object, from its position on.

        `format` is the short name of a muxer ("mp4", "webm", "ogg"); with None the path's extension decides. `options`
        are those of FFmpeg's muxers. Formats without tags leave `metadata` out. This thread alone writes to a
        file object, inside calls to the writer, and exceptions of the file object's methods are raised from these
        calls. The writer does not close it. Some formats need it to be seekable.

        Raises OSError if the file cannot be written. Raises ValueError if FFmpeg does not know the format, or if the
        format does not write to one file. write() reports unknown options when it writes the header.
        """
        library = load()
        is_path = isinstance(target, str | os.PathLike)
        url = b"file:" + os.fsencode(target) if isinstance(target, str | os.PathLike) else None
        if format is None and not is_path:
            raise ValueError("a file object needs a format")
        name = None if format is None else format.encode()
        writer = cls(options)
        pointer = writer._pointer
        if library.avformat.avformat_alloc_output_context2(byref(pointer), None, name, url) < 0:
            if format is None:
                raise ValueError("the extension tells no format that this FFmpeg can write: name the format")
            raise ValueError(f"this FFmpeg has no muxer for {format!r}")
        address = pointer.value or 0
        context = library.layout.formats.AVFormatContext.from_address(address)
        context.flags |= AVFMT_FLAG_CUSTOM_IO
        try:
            if _muxer(library, address).flags & AVFMT_NOFILE:
                raise ValueError(f"{format or target!r} does not write to one file")
            metadata_place = address + offset(type(context), "metadata")
            dictionaries.fill(library, metadata_place, metadata)
            writer._byte_stream = byte_stream = open_stream(library, target, AVIO_FLAG_WRITE)
            byte_stream.is_used = True
            context.pb = byte_stream.address
            writer.count()
        except BaseException:
            writer.discard()
            raise
        return writer

    def _free(self) -> None:
        if self._pointer:
            # Unlike avformat_free_context(), this also clears the pointer. It does nothing else for a muxer.
            load().avformat.avformat_close_input(byref(self._pointer))
        if hasattr(self, "_byte_stream"):
            self._byte_stream.close()

    @property
    def format_name(self) -> str:
        """The short name of the format, such as "mp4" or "matroska"."""
        return _muxer(load(), self.address).name.decode()

    def set_chapters(self, entries: Sequence[Chapter]) -> None:
        """Give the container chapters, which formats without chapters leave out.

        Raises ValueError after the first packet, and if the container has chapters already.
        """
        if self._started or chapters.read(load(), self.address):
            raise ValueError("chapters can be set once, before the first packet is written")
        chapters.fill(load(), self.address, entries)

    @property
    def needs_global_header(self) -> bool:
        """Whether encoders for this format need global_header=True."""
        return bool(_muxer(load(), self.address).flags & AVFMT_GLOBALHEADER)

    def can_hold(self, codec_name: str) -> bool:
        """Whether the format can hold packets of a codec, by FFmpeg's name; True if FFmpeg does not say."""
        library = load()
        descriptor = library.avcodec.avcodec_descriptor_get_by_name(codec_name.encode())
        if not descriptor:
            return False
        number = AVCodecDescriptor.from_address(descriptor).id
        muxer = library.layout.formats.AVFormatContext.from_address(self.address).oformat
        # A negative answer is "unknown".
        answer: int = library.avformat.avformat_query_codec(muxer, number, FF_COMPLIANCE_EXPERIMENTAL)
        return answer != 0

    def add_stream(
        self,
        source: Encoder | Stream | StreamParameters,
        *,
        codec_tag: str | None = None,
        sample_aspect_ratio: tuple[int, int] | None = None,
        display_matrix: tuple[int, ...] | None = None,
        disposition: int | None = None,
        metadata: Mapping[str, str] | None = None,
        side_data: Mapping[int, bytes] | None = None,
    ) -> int:
        """Add a stream for packets of an encoder, of another container's stream, or as parameters say.

        Returns the stream's index. The source supplies each property that is None, with one exception: the format
        chooses the codec tag (MP4 chooses "hev1" although "hvc1" is possible). `sample_aspect_ratio` and
        `display_matrix` (9 numbers as in Stream; see rotation_matrix) apply to pictures. `side_data` is more side data
        of the stream, by its kind (AVPacketSideDataType). Raises ValueError after the first packet, and for a codec
        that FFmpeg does not know.
        """
        if self._started:
            raise ValueError("streams cannot be added once packets have been written")
        library = load()
        with self._turn:
            address = library.avformat.avformat_new_stream(self.address, None)
            if not address:
                raise MemoryError
            fields = library.layout.formats.AVStream.from_address(address)
            if isinstance(source, Encoder):
                context = source.fields
                time_base, frame_rate, shape = context.time_base, context.framerate, context.sample_aspect_ratio
                code = library.avcodec.avcodec_parameters_from_context(fields.codecpar, source.address)
                library.check(code, "avcodec_parameters_from_context")
            elif isinstance(source, StreamParameters):
                time_base, frame_rate = AVRational(*source.time_base), AVRational(*source.frame_rate)
                shape = AVRational(*source.sample_aspect_ratio)
                fill_parameters(library, fields.codecpar, source)
            else:
                origin = source.fields
                time_base, frame_rate = origin.time_base, origin.avg_frame_rate
                shape = AVRational(*source.sample_aspect_ratio)
                code = library.avcodec.avcodec_parameters_copy(fields.codecpar, origin.codecpar)
                library.check(code, "avcodec_parameters_copy")
                display_matrix = display_matrix or source.display_matrix
                disposition = source.disposition if disposition is None else disposition
                metadata = source.metadata if metadata is None else metadata
            parameters = library.layout.AVCodecParameters.from_address(fields.codecpar)
            parameters.codec_tag = int.from_bytes((codec_tag or "").encode("latin-1"), "little")
            # A copy: the structure inside the other one does not outlive it.
            self._time_bases.append(AVRational(time_base.num, time_base.den))
            self._given.append(0)
            self._decoded_at.append(deque(maxlen=_MOST_WAITING))
            fields.time_base, fields.avg_frame_rate = time_base, frame_rate
            fields.sample_aspect_ratio = AVRational(*sample_aspect_ratio) if sample_aspect_ratio else shape
            parameters.sample_aspect_ratio = fields.sample_aspect_ratio
            fields.disposition = disposition or 0
            dictionaries.fill(library, address + offset(type(fields), "metadata"), metadata or dictionaries.EMPTY)
            if display_matrix is not None:
                _add_side_data(library, address, DISPLAY_MATRIX, struct.pack("=9i", *display_matrix))
            for kind, data in (side_data or {}).items():
                _add_side_data(library, address, kind, data)
            index: int = fields.index
            return index

    def start(self) -> None:
        """Write the header, unless it is written. Raises as write() does."""
        with self._turn:
            self._start(load())

    def write(self, packet: Packet, stream: int) -> None:
        """Write a packet to the stream with an index, in the time base of the stream's source.

        The packet is not changed. The first call also writes the header, unless start() has. Raises FFmpegError if the
        header cannot be written, PacketRefusedError if the format cannot hold this packet or one that has waited for
        it, ValueError for unknown options and streams, and OSError, or the exception of the file object's method, if
        writing fails.
        """
        library = load()
        with self._turn, Packet() as reference:
            address = self.address
            if not 0 <= stream < len(self._time_bases):
                raise ValueError(f"there is no stream {stream}")
            self._start(library)
            library.check(library.avcodec.av_packet_ref(reference.address, packet.address), "av_packet_ref")
            reference.stream_index = stream
            description = library.layout.formats.AVStream.from_address(stream_addresses(library, address)[stream])
            library.avcodec.av_packet_rescale_ts(reference.address, self._time_bases[stream], description.time_base)
            write = library.avformat.av_interleaved_write_frame
            if self._byte_stream.keeps_gil:
                write = library.avformat.av_interleaved_write_frame_keeping_gil
            unit = description.time_base
            self._decoded_at[stream].append((reference.dts or 0) * unit.num / unit.den)
            self._given[stream] += 1
            code = write(address, reference.address)
            try:
                self._check(library, code, "av_interleaved_write_frame")
            except FFmpegError as refusal:
                raise PacketRefusedError(refusal, *self._refused(library, address, stream)) from None

    def _refused(self, library: Library, address: int, given_to: int) -> tuple[int, int]:
        """The index of the stream, and the number of the packet in it, of the packet that a muxer has refused.

        Of those that are not written, it is the one that is decoded first.
        """
        candidates: list[tuple[float, int, int]] = [(math.inf, given_to, self._given[given_to] - 1)]
        for stream, place in enumerate(stream_addresses(library, address)):
            number = library.layout.formats.AVStream.from_address(place).nb_frames
            unwritten = self._given[stream] - number
            if 0 < unwritten <= len(self._decoded_at[stream]):
                candidates.append((self._decoded_at[stream][-unwritten], stream, number))
        return min(candidates)[1:]

    def close(self) -> None:
        """Finish the container and free it. Raises as write() does, and has freed the container then as well."""
        try:
            with self._turn:
                self._finish()
        except BaseException:
            self.discard()
            raise
        # The last bytes leave FFmpeg's buffer here, and an error may be found only now.
        super().close()

    def discard(self) -> None:
        """Free the container without finishing it. The bytes written so far stay. Raises BusyError only."""
        with suppress(OSError):
            super().close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    def __del__(self, *_: object) -> None:
        # An unreferenced writer leaves an unfinished container; it has no caller to report an error to.
        self._finished = True
        with suppress(OSError):
            super().__del__()

    def _finish(self) -> None:
        try:
            address = self.address
        except ClosedError:
            # It was closed before, or it belongs to the process that this one was forked from.
            return
        if not self._finished:
            library = load()
            self._start(library)
            self._finished = True
            self._check(library, library.avformat.av_write_trailer(address), "av_write_trailer")

    def _start(self, library: Library) -> None:
        if self._started:
            if self._finished:
                raise FFbindError("the header of the container could not be written")
            return
        self._started = True
        try:
            with dictionaries.options(library, self.options) as taken:
                code = library.avformat.avformat_write_header(self.address, byref(taken))
                self._check(library, code, "avformat_write_header")
        except BaseException:
            self._finished = True
            raise

    def _check(self, library: Library, code: int, function: str) -> None:
        self._byte_stream.raise_failure()
        library.check(code, function)


def _muxer(library: Library, context: int) -> AVOutputFormat:
    formats = library.layout.formats
    return formats.AVOutputFormat.from_address(formats.AVFormatContext.from_address(context).oformat or 0)


def _add_side_data(library: Library, stream: int, kind: int, data: bytes) -> None:
    if carries_side_data(library):
        parameters = library.layout.formats.AVStream.from_address(stream).codecpar
        structure = library.layout.AVCodecParameters
        entry = library.avcodec.av_packet_side_data_new(
            parameters + offset(structure, "coded_side_data"),
            parameters + offset(structure, "nb_coded_side_data"),
            kind,
            len(data),
            0,
        )
        place = entry and library.layout.AVPacketSideData.from_address(entry).data
    else:
        place = library.avformat.av_stream_new_side_data(stream, kind, len(data))
    if not place:
        raise MemoryError
    ctypes.memmove(place, data, len(data))

"""Reading containers: their streams, and their packets in the order of the file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from ctypes import byref
from functools import partial
from typing import BinaryIO, Self

from ffbind import chapters, dictionaries
from ffbind.byte_stream import AVIO_FLAG_READ, ByteStream, open_stream
from ffbind.chapters import Chapter
from ffbind.errors import AVERROR_EOF
from ffbind.exclusive import Exclusive
from ffbind.layout.formats import AVFormatContext
from ffbind.layout.probing import NO_TIMESTAMP
from ffbind.library import Library
from ffbind.loading import load
from ffbind.ownership import store_result
from ffbind.packet import Packet
from ffbind.stream import Stream
from ffbind.stream_packet import ReusedPacket, StreamPacket

AVFMT_FLAG_CUSTOM_IO = 0x80
AVSEEK_FLAG_BACKWARD = 1


class Container(Exclusive):
    """An open container. Made by open(); a context manager."""

    def __init__(self, byte_stream: ByteStream) -> None:
        self._byte_stream = byte_stream
        self._packet: ReusedPacket | None = None
        super().__init__()
        avformat = load().avformat
        self._read_frame = avformat.av_read_frame_keeping_gil if byte_stream.keeps_gil else avformat.av_read_frame
        self._seek_frame = avformat.av_seek_frame_keeping_gil if byte_stream.keeps_gil else avformat.av_seek_frame
        #: Indexes of streams to skip, including packets that FFmpeg read ahead when it examined the streams.
        self.discarded: set[int] = set()

    @classmethod
    def open(
        cls,
        source: str | os.PathLike[str] | BinaryIO,
        *,
        format: str | None = None,
        options: Mapping[str, str] = dictionaries.EMPTY,
    ) -> Self:
        """Open a container at a path, or in a binary file object from its current position on.

        `format` is the short name of a demuxer ("mov", "matroska"), which FFmpeg then uses without examining the data.
        `options` are those of FFmpeg's demuxers. This thread alone reads a file object, inside calls to the container,
        and exceptions of the file object's methods are raised from these calls. It need not be seekable if the format
        needs no seeking. The container does not close it. FFmpeg reads only this one file: it refuses a playlist and
        any other file that refers to further files.

        Raises OSError if the file cannot be read. Raises FFmpegError if its format is unknown, if it is damaged, or if
        it ends before FFmpeg knows its streams. Raises ValueError if the demuxer or an option is unknown.
        """
        library = load()
        demuxer = None
        if format is not None:
            demuxer = library.avformat.av_find_input_format(format.encode())
            if not demuxer:
                raise ValueError(f"this FFmpeg has no demuxer {format!r}")
        # The path's extension decides between formats that their content does not distinguish.
        name = os.fsencode(source) if isinstance(source, str | os.PathLike) else b""
        container = cls(open_stream(library, source, AVIO_FLAG_READ))
        try:
            container._open_input(library, name, demuxer, options)
        except BaseException:
            container.close()
            raise
        return container

    def _open_input(self, library: Library, name: bytes, demuxer: int | None, options: Mapping[str, str]) -> None:
        """Begin to read the byte stream."""
        byte_stream, pointer = self._byte_stream, self._pointer
        byte_stream.is_used = True
        store_result(partial(setattr, pointer, "value"), library.avformat.avformat_alloc_context)
        context = library.layout.formats.AVFormatContext.from_address(pointer.value or 0)
        # The flag comes first. Without it FFmpeg would close the byte stream if an interrupt came now.
        context.flags |= AVFMT_FLAG_CUSTOM_IO
        context.pb = byte_stream.address
        # With an empty list of protocols demuxers can open no further file.
        with dictionaries.options(library, {"protocol_whitelist": "", **options}) as taken:
            # If this fails, FFmpeg frees the context and sets the pointer to NULL.
            code = library.avformat.avformat_open_input(byref(pointer), name, demuxer, byref(taken))
            byte_stream.raise_failure()
            library.check(code, "avformat_open_input")
        code = library.avformat.avformat_find_stream_info(pointer, None)
        byte_stream.raise_failure()
        library.check(code, "avformat_find_stream_info")
        self.count()

    def _free(self) -> None:
        if self._pointer:
            load().avformat.avformat_close_input(byref(self._pointer))
        self._byte_stream.close()
        if self._packet is not None:
            self._packet.close()

    @property
    def fields(self) -> AVFormatContext:
        """The AVFormatContext as a structure. Raises ClosedError if the container is closed, as all members do."""
        return load().layout.formats.AVFormatContext.from_address(self.address)

    @property
    def format_name(self) -> str:
        """The short names of the format, separated by commas, such as "mov,mp4,m4a,3gp,3g2,mj2"."""
        demuxer = load().layout.formats.AVInputFormat.from_address(self.fields.iformat or 0)
        return demuxer.name.decode()

    @property
    def duration(self) -> int | None:
        """Microseconds, None if unknown."""
        duration = self.fields.duration
        return None if duration == NO_TIMESTAMP else duration

    @property
    def start_time(self) -> int | None:
        """Microseconds at which the first frame is presented, None if unknown."""
        start_time = self.fields.start_time
        return None if start_time == NO_TIMESTAMP else start_time

    @property
    def metadata(self) -> dict[str, str]:
        """Tags of the whole file."""
        return dictionaries.read(load(), self.fields.metadata)

    @property
    def chapters(self) -> list[Chapter]:
        """The chapters, in the order of the file."""
        return chapters.read(load(), self.address)

    @property
    def streams(self) -> list[Stream]:
        """The streams. In some formats (MPEG-TS, FLV) FFmpeg may find more of them while it reads packets."""
        return [Stream(self, index, self.discarded) for index in range(self.fields.nb_streams)]

    def packets(self, streams: Iterable[Stream | int] | None = None) -> Iterator[Packet]:
        """The packets that have not been read yet, of all streams or of those given as streams or indexes.

        Timestamps are in the time base of the packet's stream. The caller closes the packets.

        If the file may have only a part of a packet, the packet is ``corrupt``. Raises FFmpegError where the file is
        damaged. A new iteration continues after the error. Raises OSError, or the exception of the file object's
        method, if reading fails.
        """
        wanted = _indexes(streams)
        while True:
            packet = Packet()
            with self._turn:
                if not self._read(packet.address):
                    return
            index = packet.stream_index
            if index not in self.discarded and (wanted is None or index in wanted):
                yield packet

    def contents(self, streams: Iterable[Stream | int] | None = None) -> Iterator[StreamPacket]:
        """Copies of the packets that have not been read yet. Arguments and exceptions are those of packets().

        For speed: one AVPacket serves for all packets.
        """
        wanted = _indexes(streams)
        while True:
            with self._turn:
                packet = self._packet = self._packet or ReusedPacket()
                if not self._read(packet.address):
                    return
                content = packet.take(wanted, self.discarded)
            if content is not None:
                yield content

    def seek(self, stream: Stream | int, timestamp: int) -> None:
        """Continue reading at a key packet of the stream, the last one at or before `timestamp` in its time base.

        That is a request: where FFmpeg has no index, it may come to another place. In most formats `timestamp` is
        compared with decoding timestamps. The packets of other streams continue near that place.

        Raises FFmpegError if the source cannot seek, or if FFmpeg finds no such packet: the position is undefined then.
        Raises OSError, or the exception of the file object's method, if reading fails.
        """
        index = stream.index if isinstance(stream, Stream) else stream
        with self._turn:
            code: int = self._seek_frame(self.address, index, timestamp, AVSEEK_FLAG_BACKWARD)
            self._byte_stream.raise_failure()
            load().check(code, "av_seek_frame")

    def _read(self, packet: int) -> bool:
        """Read the next packet into an AVPacket. Returns False at the end of the file."""
        code: int = self._read_frame(self.address, packet)
        if code >= 0:
            return True
        self._byte_stream.raise_failure()
        if code == AVERROR_EOF:
            return False
        raise load().error(code, "av_read_frame")


def _indexes(streams: Iterable[Stream | int] | None) -> set[int] | None:
    return None if streams is None else {stream.index if isinstance(stream, Stream) else stream for stream in streams}

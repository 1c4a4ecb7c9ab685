"""Bitstream filters, which wrap the coded data of packets in another way."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from ctypes import byref
from typing import Self

from ffbind import dictionaries
from ffbind.codec_context import fill_extradata
from ffbind.errors import AVERROR_EAGAIN, AVERROR_EOF
from ffbind.exclusive import Exclusive
from ffbind.layout.formats import AVBSFContext
from ffbind.layout.structures import AVCodecDescriptor, AVRational
from ffbind.library import Library
from ffbind.loading import load
from ffbind.packet import Packet
from ffbind.stream import Stream

AV_OPT_SEARCH_CHILDREN = 1


class BitstreamFilter(Exclusive):
    """A filter by its FFmpeg name, such as "h264_mp4toannexb" or "vp9_superframe", for packets of a codec ("h264").

    `extradata` is the codec's configuration in the container, `time_base` the unit of the packets' timestamps, and
    `options` are the filter's own. Raises ValueError for an unknown filter, codec or option, FFmpegError if the filter
    is not for the codec or refuses the extradata.
    """

    def __init__(
        self,
        name: str,
        codec_name: str,
        *,
        extradata: bytes = b"",
        time_base: tuple[int, int] = (0, 1),
        options: Mapping[str, str] = dictionaries.EMPTY,
    ) -> None:
        library = load()
        descriptor = library.avcodec.avcodec_descriptor_get_by_name(codec_name.encode())
        if not descriptor:
            raise ValueError(f"this FFmpeg knows no codec {codec_name!r}")
        codec = AVCodecDescriptor.from_address(descriptor)
        super().__init__()
        try:
            self._begin(name)
            parameters = library.layout.AVCodecParameters.from_address(self.fields.par_in)
            parameters.codec_type, parameters.codec_id = codec.type, codec.id
            if extradata:
                fill_extradata(library, parameters, extradata)
            self._finish(time_base, options)
        except BaseException:
            self.close()
            raise

    @classmethod
    def for_stream(cls, name: str, stream: Stream, *, options: Mapping[str, str] = dictionaries.EMPTY) -> Self:
        """A filter for the packets of a container's stream. Raises as the constructor does."""
        library = load()
        instance = cls.__new__(cls)
        Exclusive.__init__(instance)
        try:
            instance._begin(name)
            code = library.avcodec.avcodec_parameters_copy(instance.fields.par_in, stream.fields.codecpar)
            library.check(code, "avcodec_parameters_copy")
            instance._finish(stream.time_base, options)
        except BaseException:
            instance.close()
            raise
        return instance

    def _begin(self, name: str) -> None:
        library = load()
        found = library.avcodec.av_bsf_get_by_name(name.encode())
        if not found:
            raise ValueError(f"this FFmpeg has no bitstream filter {name!r}")
        library.check(library.avcodec.av_bsf_alloc(found, byref(self._pointer)), "av_bsf_alloc")
        self.count()

    def _finish(self, time_base: tuple[int, int], options: Mapping[str, str]) -> None:
        library = load()
        self.fields.time_base_in = AVRational(*time_base)
        for key, value in options.items():
            if library.avutil.av_opt_set(self.address, key.encode(), value.encode(), AV_OPT_SEARCH_CHILDREN) < 0:
                raise ValueError(f"the filter does not take the option {key}={value}")
        library.check(library.avcodec.av_bsf_init(self.address), "av_bsf_init")

    def _free(self) -> None:
        load().avcodec.av_bsf_free(byref(self._pointer))

    @property
    def fields(self) -> AVBSFContext:
        """The AVBSFContext as a structure."""
        return load().layout.formats.AVBSFContext.from_address(self.address)

    @property
    def time_base(self) -> tuple[int, int]:
        """The time base of the packets that come out."""
        unit = self.fields.time_base_out
        return unit.num, unit.den

    @property
    def extradata(self) -> bytes:
        """The codec's configuration for the packets that come out."""
        parameters = load().layout.AVCodecParameters.from_address(self.fields.par_out)
        return ctypes.string_at(parameters.extradata, parameters.extradata_size) if parameters.extradata else b""

    def filter(self, packet: Packet) -> list[Packet]:
        """The packets that come out when `packet` goes in; there may be none yet. `packet` itself stays as it is.

        Raises FFmpegError if the filter cannot make sense of the packet.
        """
        library = load()
        with self._turn, Packet() as reference:
            library.check(library.avcodec.av_packet_ref(reference.address, packet.address), "av_packet_ref")
            self._send(library, reference.address)
            return self._receive(library)

    def drain(self) -> list[Packet]:
        """The packets that the filter has held back. It is then ready for another run of packets."""
        library = load()
        with self._turn:
            self._send(library, None)
            packets = self._receive(library)
            library.avcodec.av_bsf_flush(self.address)
        return packets

    def _send(self, library: Library, packet: int | None) -> None:
        library.check(library.avcodec.av_bsf_send_packet(self.address, packet), "av_bsf_send_packet")

    def _receive(self, library: Library) -> list[Packet]:
        packets: list[Packet] = []
        while True:
            packet = Packet()
            code = library.avcodec.av_bsf_receive_packet(self.address, packet.address)
            if code in (AVERROR_EAGAIN, AVERROR_EOF):
                return packets
            library.check(code, "av_bsf_receive_packet")
            packets.append(packet)

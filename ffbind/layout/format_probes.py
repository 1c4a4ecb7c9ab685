"""Proof of libavformat's layouts: a few bytes of WAV are opened, not from a file, and streams made to be written."""

from __future__ import annotations

import base64
import ctypes
import struct
from ctypes import byref, c_void_p
from typing import TYPE_CHECKING, Any

from ffbind.layout.probing import allocated, equal, heap, new_packet, offset, rational
from ffbind.layout.structures import AVDictionaryEntry, AVOption, AVRational

if TYPE_CHECKING:
    from ffbind.library import Library

NO_TIMESTAMP = -(2**63)
AVFMT_FLAG_BITEXACT = 0x400
AVFMT_TS_NONSTRICT = 0x20000
AV_CODEC_ID_PCM_S16LE = 0x10000
SAMPLE_RATE = 44_056
SAMPLES = 7


def confirm_formats(library: Library) -> None:
    """Confirm the layouts of libavformat. Raises UnsupportedLibraryError, naming the first field that is wrong."""
    _byte_stream(library)
    _demuxed(library)
    _muxed(library)
    _bitstream_filter(library)


def _byte_stream(library: Library) -> None:
    # To read, the stream calls a C function with the address given here first. This one answers -1 to a name that is
    # no sample format's, which the stream takes for an error, and remembers.
    name = ctypes.create_string_buffer(b"none")
    function: Any = library.avutil.av_get_sample_fmt
    fail = ctypes.cast(function, c_void_p)
    buffer = allocated(library.avutil.av_mallocz(64), "av_mallocz")
    address = allocated(
        library.avformat.avio_alloc_context(buffer, 64, 0, ctypes.addressof(name), fail, None, None),
        "avio_alloc_context",
    )
    stream = library.layout.formats.AVIOContext.from_address(address)
    equal("AVIOContext.buffer", buffer, stream.buffer)
    equal("AVIOContext.error", 0, stream.error)
    library.avformat.avio_r8(address)
    equal("AVIOContext.error", -1, stream.error)
    library.avutil.av_freep(address + offset(type(stream), "buffer"))
    library.avformat.avio_context_free(byref(c_void_p(address)))


def _wave() -> bytes:
    samples = bytes(4 * SAMPLES)
    title = struct.pack("<4sI4s", b"INAM", 4, b"lay\0")
    chunks = (
        (b"fmt ", struct.pack("<HHIIHH", 1, 2, SAMPLE_RATE, 4 * SAMPLE_RATE, 4, 16)),
        (b"fact", struct.pack("<I", SAMPLES)),
        (b"LIST", b"INFO" + title),
        (b"data", samples),
    )
    body = b"WAVE" + b"".join(struct.pack("<4sI", name, len(data)) + data for name, data in chunks)
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def _demuxed(library: Library) -> None:
    layout = library.layout.formats
    wave = library.avformat.av_find_input_format(b"wav")
    if not wave or not library.avformat.avio_find_protocol_name(b"data:"):
        return
    pointer = c_void_p()
    url = b"data:audio/wav;base64," + base64.b64encode(_wave())
    equal("avformat_open_input", 0, library.avformat.avformat_open_input(byref(pointer), url, wave, None))
    try:
        context = layout.AVFormatContext.from_address(allocated(pointer.value, "avformat_open_input"))
        equal("AVFormatContext.iformat", wave, context.iformat)
        equal("AVInputFormat.name", b"wav", layout.AVInputFormat.from_address(wave).name)
        stream_error = layout.AVIOContext.from_address(heap("AVFormatContext.pb", context.pb)).error
        equal("AVFormatContext.pb", 0, stream_error)
        equal("AVFormatContext.nb_streams", 1, context.nb_streams)
        equal("AVFormatContext.start_time, duration", (NO_TIMESTAMP,) * 2, (context.start_time, context.duration))
        title = AVDictionaryEntry.from_address(
            allocated(library.avutil.av_dict_get(context.metadata, b"title", None, 0), "AVFormatContext.metadata")
        )
        equal("AVFormatContext.metadata", b"lay", title.value)
        streams = heap("AVFormatContext.streams", context.streams)
        stream = layout.AVStream.from_address(c_void_p.from_address(streams).value or 0)
        equal("AVStream.time_base", (1, SAMPLE_RATE), rational(stream.time_base))
        equal("AVStream.start_time, duration", (NO_TIMESTAMP, SAMPLES), (stream.start_time, stream.duration))
        parameters = library.layout.AVCodecParameters.from_address(stream.codecpar)
        seen = parameters.codec_id, parameters.sample_rate
        equal("AVStream.codecpar", (AV_CODEC_ID_PCM_S16LE, SAMPLE_RATE), seen)
        equal("avformat_find_stream_info", 0, library.avformat.avformat_find_stream_info(pointer.value, None))
        with new_packet(library) as (packet_address, packet):
            equal("av_read_frame", 0, library.avformat.av_read_frame_keeping_gil(pointer.value, packet_address))
            equal("AVPacket.size", 4 * SAMPLES, packet.size)
        equal("AVFormatContext.duration", round(1_000_000 * SAMPLES / SAMPLE_RATE), context.duration)
    finally:
        library.avformat.avformat_close_input(byref(pointer))


def _muxed(library: Library) -> None:
    layout = library.layout.formats
    pointer = c_void_p()
    allocate = library.avformat.avformat_alloc_output_context2
    equal("avformat_alloc_output_context2", 0, allocate(byref(pointer), None, b"wav", None))
    address = allocated(pointer.value, "avformat_alloc_output_context2")
    try:
        context = layout.AVFormatContext.from_address(address)
        muxer = layout.AVOutputFormat.from_address(heap("AVFormatContext.oformat", context.oformat))
        equal("AVOutputFormat.name", b"wav", muxer.name)
        equal("AVOutputFormat.audio_codec", AV_CODEC_ID_PCM_S16LE, muxer.audio_codec)
        equal("AVOutputFormat.flags", AVFMT_TS_NONSTRICT, muxer.flags)
        library.avutil.av_opt_set(address, b"fflags", b"bitexact", 0)
        equal("AVFormatContext.flags", AVFMT_FLAG_BITEXACT, context.flags)
        equal("AVFormatContext.nb_streams", 0, context.nb_streams)
        for index in range(2):
            stream_address = allocated(library.avformat.avformat_new_stream(address, None), "avformat_new_stream")
            stream = layout.AVStream.from_address(stream_address)
            equal("AVFormatContext.nb_streams", index + 1, context.nb_streams)
            pointers = (c_void_p * (index + 1)).from_address(heap("AVFormatContext.streams", context.streams))
            equal("AVFormatContext.streams", stream_address, pointers[index])
            equal("AVStream.index", index, stream.index)
            equal("AVStream.sample_aspect_ratio", (0, 1), rational(stream.sample_aspect_ratio))
            seen = stream.id, stream.nb_frames, stream.disposition, stream.discard, stream.metadata
            equal("AVStream.id, nb_frames, disposition, discard, metadata", (0, 0, 0, 0, None), seen)
            equal("AVStream.avg_frame_rate", (0, 0), rational(stream.avg_frame_rate))
            parameters = library.layout.AVCodecParameters.from_address(stream.codecpar)
            equal("AVStream.codecpar", (-1, -1), (parameters.codec_type, parameters.format))
            _stream_options(library, stream_address)
    finally:
        library.avformat.avformat_free_context(address)


def _stream_options(library: Library, stream: int) -> None:
    """From FFmpeg 6 on a stream begins with a class, whose options tell their offsets."""
    structure = library.layout.formats.AVStream
    if offset(structure, "index") == 0:
        return
    for field in ("disposition", "discard"):
        option = library.avutil.av_opt_find(stream, field.encode(), None, 0, 0)
        if option:
            equal(f"AVStream.{field}", AVOption.from_address(option).offset, offset(structure, field))


def _bitstream_filter(library: Library) -> None:
    nothing = library.avcodec.av_bsf_get_by_name(b"null")
    if not nothing:
        return
    pointer = c_void_p()
    equal("av_bsf_alloc", 0, library.avcodec.av_bsf_alloc(nothing, byref(pointer)))
    try:
        context = library.layout.formats.AVBSFContext.from_address(allocated(pointer.value, "av_bsf_alloc"))
        parameters = library.layout.AVCodecParameters
        equal("AVBSFContext.par_in", -1, parameters.from_address(context.par_in).codec_type)
        parameters.from_address(context.par_in).sample_rate = SAMPLE_RATE
        context.time_base_in = AVRational(7, SAMPLE_RATE)
        equal("av_bsf_init", 0, library.avcodec.av_bsf_init(pointer.value))
        equal("AVBSFContext.par_out", SAMPLE_RATE, parameters.from_address(context.par_out).sample_rate)
        equal("AVBSFContext.time_base_out", (7, SAMPLE_RATE), rational(context.time_base_out))
    finally:
        library.avcodec.av_bsf_free(byref(pointer))

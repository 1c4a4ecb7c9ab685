"""Proof of libavformat's layouts: a few bytes of WAV are opened, from memory, and streams for writing are made."""

from __future__ import annotations

import base64
import ctypes
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import byref, c_void_p

from ffbind.layout.formats import AVFormatContext, AVStream
from ffbind.layout.probing import NO_TIMESTAMP, allocated, equal, heap, offset, rational
from ffbind.layout.structures import AVDictionaryEntry, AVOption, AVRational
from ffbind.library import Library

AV_DICT_IGNORE_SUFFIX = 2
AVFMT_FLAG_BITEXACT = 0x400
AVFMT_TS_NONSTRICT = 0x20000
AV_CODEC_ID_PCM_S16LE = 0x10000
SAMPLE_RATE = 44_056
SAMPLES = 7


def confirm_formats(library: Library) -> None:
    """Confirm the layouts of libavformat. Raises UnsupportedLibraryError, naming the first field that is wrong."""
    _byte_stream(library)
    # First a context whose pointers are NULL: then it is safe to follow pointers.
    _muxed(library)
    _samples(library)
    _pictures(library)
    _tags_and_chapters(library)
    _bitstream_filter(library)


def _byte_stream(library: Library) -> None:
    # To read, the stream calls a C function with the address that is given here. This function returns -1 for a name
    # that no sample format has. The stream takes that for an error, which it keeps.
    name = ctypes.create_string_buffer(b"none")
    fail = ctypes.cast(library.avutil.av_get_sample_fmt, c_void_p)
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


@contextmanager
def _opened(library: Library, demuxer: bytes, content: bytes) -> Iterator[tuple[int, AVFormatContext, AVStream] | None]:
    """A container with one stream, or None if the library is built without the demuxer or without data: addresses."""
    layout, avformat = library.layout.formats, library.avformat
    format = avformat.av_find_input_format(demuxer)
    if not format or not avformat.avio_find_protocol_name(b"data:"):
        yield None
        return
    pointer = c_void_p()
    url = b"data:probe/probe;base64," + base64.b64encode(content)
    equal("avformat_open_input", 0, avformat.avformat_open_input(byref(pointer), url, format, None))
    try:
        address = allocated(pointer.value, "avformat_open_input")
        context = layout.AVFormatContext.from_address(address)
        equal("AVFormatContext.iformat", format, context.iformat)
        equal("AVInputFormat.name", demuxer, layout.AVInputFormat.from_address(format).name)
        equal("AVFormatContext.nb_streams", 1, context.nb_streams)
        streams = heap("AVFormatContext.streams", context.streams)
        stream = heap("AVFormatContext.streams", c_void_p.from_address(streams).value)
        yield address, context, layout.AVStream.from_address(stream)
    finally:
        avformat.avformat_close_input(byref(pointer))


def _samples(library: Library) -> None:
    with _opened(library, b"wav", _wave()) as opened:
        if opened is None:
            return
        address, context, stream = opened
        error = library.layout.formats.AVIOContext.from_address(heap("AVFormatContext.pb", context.pb)).error
        equal("AVFormatContext.pb", 0, error)
        equal("AVFormatContext.start_time, duration", (NO_TIMESTAMP,) * 2, (context.start_time, context.duration))
        equal("AVFormatContext.metadata", {b"title": b"lay"}, _entries(library, "AVFormatContext", context.metadata))
        equal("AVStream.time_base", (1, SAMPLE_RATE), rational(stream.time_base))
        equal("AVStream.start_time, duration", (NO_TIMESTAMP, SAMPLES), (stream.start_time, stream.duration))
        parameters = library.layout.AVCodecParameters.from_address(heap("AVStream.codecpar", stream.codecpar))
        seen = parameters.codec_id, parameters.sample_rate
        equal("AVStream.codecpar", (AV_CODEC_ID_PCM_S16LE, SAMPLE_RATE), seen)
        equal("avformat_find_stream_info", 0, library.avformat.avformat_find_stream_info(address, None))
        equal("AVFormatContext.duration", round(1_000_000 * SAMPLES / SAMPLE_RATE), context.duration)


def _pictures(library: Library) -> None:
    with _opened(library, b"yuv4mpegpipe", b"YUV4MPEG2 W16 H16 F24000:1001 Ip A4:3 Cmono\n") as opened:
        if opened is not None:
            equal("AVStream.avg_frame_rate", (24_000, 1_001), rational(opened[2].avg_frame_rate))


def _tags_and_chapters(library: Library) -> None:
    text = (
        b";FFMETADATA1\n[STREAM]\nkey=value\n"
        b"[CHAPTER]\nTIMEBASE=3/7\nSTART=11\nEND=13\ntitle=lay\n"
        b"[CHAPTER]\nTIMEBASE=3/7\nSTART=13\nEND=17\ntitle=out\n"
    )
    with _opened(library, b"ffmetadata", text) as opened:
        if opened is None:
            return
        _, context, stream = opened
        equal("AVStream.metadata", {b"key": b"value"}, _entries(library, "AVStream", stream.metadata))
        equal("AVFormatContext.nb_chapters", 2, context.nb_chapters)
        places = (c_void_p * 2).from_address(heap("AVFormatContext.chapters", context.chapters))
        address = heap("AVFormatContext.chapters", places[1])
        chapter = library.layout.formats.AVChapter.from_address(address)
        equal("AVChapter.id", 1, chapter.id)
        equal("AVChapter.time_base", (3, 7), rational(chapter.time_base))
        equal("AVChapter.start, end", (13, 17), (chapter.start, chapter.end))
        # It follows a confirmed field. At another place there could be anything, and nothing that can be followed.
        distance = offset(type(chapter), "metadata") - offset(type(chapter), "end")
        equal("AVChapter.metadata", 8, distance)
        equal("AVChapter.metadata", {b"title": b"out"}, _entries(library, "AVChapter", chapter.metadata))


def _entries(library: Library, structure: str, dictionary: int | None) -> dict[bytes, bytes]:
    entry = library.avutil.av_dict_get(heap(f"{structure}.metadata", dictionary), b"", None, AV_DICT_IGNORE_SUFFIX)
    item = AVDictionaryEntry.from_address(heap(f"{structure}.metadata", entry))
    return {item.key: item.value}


def _muxed(library: Library) -> None:
    layout = library.layout.formats
    pointer = c_void_p()
    allocate = library.avformat.avformat_alloc_output_context2
    equal("avformat_alloc_output_context2", 0, allocate(byref(pointer), None, b"wav", None))
    address = allocated(pointer.value, "avformat_alloc_output_context2")
    try:
        context = layout.AVFormatContext.from_address(address)
        seen = context.iformat, context.pb, context.streams, context.metadata
        equal("AVFormatContext.iformat, pb, streams, metadata", (None,) * 4, seen)
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
            seen = stream.nb_frames, stream.disposition, stream.discard, stream.metadata
            equal("AVStream.nb_frames, disposition, discard, metadata", (0, 0, 0, None), seen)
            equal("AVStream.avg_frame_rate", (0, 0), rational(stream.avg_frame_rate))
            parameters = library.layout.AVCodecParameters.from_address(heap("AVStream.codecpar", stream.codecpar))
            equal("AVStream.codecpar", (-1, -1), (parameters.codec_type, parameters.format))
            _stream_options(library, stream_address)
    finally:
        library.avformat.avformat_free_context(address)


def _stream_options(library: Library, stream: int) -> None:
    """From FFmpeg 6 on a stream begins with a pointer to a class, and the options of the class tell their offsets."""
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
        before, after = heap("AVBSFContext.par_in", context.par_in), heap("AVBSFContext.par_out", context.par_out)
        equal("AVBSFContext.par_in", -1, parameters.from_address(before).codec_type)
        equal("AVBSFContext.par_out", -1, parameters.from_address(after).codec_type)
        parameters.from_address(before).sample_rate = SAMPLE_RATE
        context.time_base_in = AVRational(7, SAMPLE_RATE)
        equal("av_bsf_init", 0, library.avcodec.av_bsf_init(pointer.value))
        equal("AVBSFContext.par_out", SAMPLE_RATE, parameters.from_address(after).sample_rate)
        equal("AVBSFContext.time_base_out", (7, SAMPLE_RATE), rational(context.time_base_out))
    finally:
        library.avcodec.av_bsf_free(byref(pointer))

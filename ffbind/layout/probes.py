"""Proof of the layouts: what one side writes the other must read, before anything else is done with a library.

A wrong offset ends in UnsupportedLibraryError, which names the field.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import Structure, byref, c_int, c_void_p
from typing import TYPE_CHECKING

from ffbind.errors import UnsupportedLibraryError
from ffbind.layout.structures import AVCodecDescriptor, AVFrame, AVOption, AVPacket, AVRational

if TYPE_CHECKING:
    from ffbind.library import Library

NO_TIMESTAMP = -(2**63)
AV_OPT_SEARCH_FAKE_OBJ = 2
AV_FRAME_CROP_UNALIGNED = 1
AVMEDIA_TYPE_VIDEO, AVMEDIA_TYPE_AUDIO = 0, 1
AV_CODEC_CAP_DR1 = 2
AV_PIX_FMT_YUV420P = 0
AV_SAMPLE_FMT_S16, AV_SAMPLE_FMT_FLTP = 1, 8
FIELD_ORDER_TOP_FIRST = 2
FLAG_KEY, FLAG_INTERLACED, FLAG_TOP_FIELD_FIRST = 1 << 1, 1 << 3, 1 << 4

# Fields of AVCodecContext of which the library tells the offset itself, by the name of the option that sets them.
OPTIONS = {
    "bit_rate": "b",
    "flags": "flags",
    "flags2": "flags2",
    "global_quality": "global_quality",
    "time_base": "time_base",
    "pkt_timebase": "pkt_timebase",
    "gop_size": "g",
    "max_b_frames": "bf",
    "sample_aspect_ratio": "aspect",
    "color_primaries": "color_primaries",
    "color_trc": "color_trc",
    "colorspace": "colorspace",
    "color_range": "color_range",
    "chroma_sample_location": "chroma_sample_location",
    "field_order": "field_order",
    "sample_rate": "ar",
    "qmin": "qmin",
    "qmax": "qmax",
    "strict_std_compliance": "strict",
    "err_recognition": "err_detect",
    "bits_per_coded_sample": "bits_per_coded_sample",
    "bits_per_raw_sample": "bits_per_raw_sample",
    "thread_count": "threads",
    "thread_type": "thread_type",
    "profile": "profile",
    "level": "level",
    "apply_cropping": "apply_cropping",
    "delay": "delay",
    "has_b_frames": "has_b_frames",
    "frame_size": "frame_size",
    "block_align": "block_align",
    "ch_layout": "ch_layout",
    "channels": "ac",
    "pix_fmt": "pixel_format",
}

# What a container says, as the codec context repeats it: parameter, context field, a value like no other.
VIDEO_PARAMETERS = {
    "codec_tag": ("codec_tag", 0x31637661),
    "format": ("pix_fmt", 4),
    "bit_rate": ("bit_rate", 1_234_567),
    "bits_per_coded_sample": ("bits_per_coded_sample", 27),
    "bits_per_raw_sample": ("bits_per_raw_sample", 11),
    "profile": ("profile", 144),
    "level": ("level", 53),
    "width": ("width", 326),
    "height": ("height", 246),
    "field_order": ("field_order", 3),
    "color_range": ("color_range", 2),
    "color_primaries": ("color_primaries", 9),
    "color_trc": ("color_trc", 16),
    "color_space": ("colorspace", 10),
    "chroma_location": ("chroma_sample_location", 3),
    "video_delay": ("has_b_frames", 7),
}
AUDIO_PARAMETERS = {
    "format": ("sample_fmt", AV_SAMPLE_FMT_FLTP),
    "sample_rate": ("sample_rate", 44_056),
    "block_align": ("block_align", 19),
    "frame_size": ("frame_size", 1_153),
    "initial_padding": ("initial_padding", 313),
    "trailing_padding": ("trailing_padding", 77),
    "seek_preroll": ("seek_preroll", 3_841),
}


def confirm(library: Library) -> None:
    """Confirm the layout of a loaded library. Raises UnsupportedLibraryError, naming the first field that is wrong."""
    _options(library)
    _parameters(library)
    _packets(library)
    _fresh_frame(library)
    _frame_buffers(library)
    _frame_properties(library)
    _decoded_picture(library)
    _decoded_samples(library)
    _codec(library)
    _pixel_formats(library)


def _equal(name: str, expected: object, actual: object) -> None:
    if actual != expected:
        raise UnsupportedLibraryError(
            f"the layout of {name} is not as known: {expected!r} was expected there, {actual!r} found"
        )


def _rational(value: AVRational) -> tuple[int, int]:
    return value.num, value.den


def _allocated(address: int | None, function: str) -> int:
    if not address:
        raise UnsupportedLibraryError(f"{function} returned nothing")
    return address


@contextmanager
def _frame(library: Library) -> Iterator[tuple[int, AVFrame]]:
    address = _allocated(library.avutil.av_frame_alloc(), "av_frame_alloc")
    try:
        yield address, library.layout.AVFrame.from_address(address)
    finally:
        library.avutil.av_frame_free(byref(c_void_p(address)))


@contextmanager
def _packet(library: Library) -> Iterator[tuple[int, AVPacket]]:
    address = _allocated(library.avcodec.av_packet_alloc(), "av_packet_alloc")
    try:
        yield address, library.layout.AVPacket.from_address(address)
    finally:
        library.avcodec.av_packet_free(byref(c_void_p(address)))


@contextmanager
def _context(library: Library, codec: int | None = None) -> Iterator[int]:
    address = _allocated(library.avcodec.avcodec_alloc_context3(codec), "avcodec_alloc_context3")
    try:
        yield address
    finally:
        library.avcodec.avcodec_free_context(byref(c_void_p(address)))


@contextmanager
def _codec_parameters(library: Library) -> Iterator[int]:
    address = _allocated(library.avcodec.avcodec_parameters_alloc(), "avcodec_parameters_alloc")
    try:
        yield address
    finally:
        library.avcodec.avcodec_parameters_free(byref(c_void_p(address)))


def _offset(structure: type[Structure], field: str) -> int:
    offset: int = getattr(structure, field).offset
    return offset


def _options(library: Library) -> None:
    context = library.layout.AVCodecContext
    # av_opt_find takes a pointer to something that begins with a pointer to a class.
    avclass = c_void_p(library.avcodec.avcodec_get_class())
    for field, option in OPTIONS.items():
        if not hasattr(context, field):
            continue
        found = library.avutil.av_opt_find(byref(avclass), option.encode(), None, 0, AV_OPT_SEARCH_FAKE_OBJ)
        if found:
            _equal(f"AVCodecContext.{field}", AVOption.from_address(found).offset, _offset(context, field))


def _parameters(library: Library) -> None:
    for media_type, values in (
        (AVMEDIA_TYPE_VIDEO, VIDEO_PARAMETERS),
        (AVMEDIA_TYPE_AUDIO, AUDIO_PARAMETERS),
    ):
        with _codec_parameters(library) as address, _context(library) as context_address:
            parameters = library.layout.AVCodecParameters.from_address(address)
            context = library.layout.AVCodecContext.from_address(context_address)
            _equal("AVCodecParameters.codec_type", -1, parameters.codec_type)
            parameters.codec_type = media_type
            parameters.codec_id = 27
            for field, (_, value) in values.items():
                setattr(parameters, field, value)
            parameters.sample_aspect_ratio = AVRational(40, 33)
            rated = media_type == AVMEDIA_TYPE_VIDEO and hasattr(library.layout.AVCodecParameters, "framerate")
            if rated:
                parameters.framerate = AVRational(24_000, 1_001)
            if hasattr(library.layout.AVCodecParameters, "ch_layout"):
                library.avutil.av_channel_layout_default(
                    address + _offset(library.layout.AVCodecParameters, "ch_layout"), 6
                )
            else:
                parameters.channels = 6
                parameters.channel_layout = 0x3F
            extradata = library.avutil.av_mallocz(80)
            ctypes.memmove(extradata, b"probe", 5)
            parameters.extradata = extradata
            parameters.extradata_size = 5
            library.avcodec.avcodec_parameters_to_context(context_address, address)
            _equal("AVCodecContext.codec_type", media_type, context.codec_type)
            _equal("AVCodecContext.codec_id", 27, context.codec_id)
            for field, (context_field, value) in values.items():
                _equal(
                    f"AVCodecParameters.{field} or AVCodecContext.{context_field}",
                    value,
                    getattr(context, context_field),
                )
            _equal("AVCodecContext.extradata_size", 5, context.extradata_size)
            _equal("AVCodecContext.extradata", b"probe", ctypes.string_at(context.extradata or 0, 5))
            if media_type == AVMEDIA_TYPE_VIDEO:
                _equal("AVCodecContext.sample_aspect_ratio", (40, 33), _rational(context.sample_aspect_ratio))
                if rated:
                    _equal("AVCodecContext.framerate", (24_000, 1_001), _rational(context.framerate))
            elif hasattr(library.layout.AVCodecContext, "ch_layout"):
                _equal("AVCodecContext.ch_layout", 6, context.ch_layout.nb_channels)
            else:
                _equal("AVCodecContext.channels", 6, context.channels)
                _equal("AVCodecContext.channel_layout", 0x3F, context.channel_layout)


def _packets(library: Library) -> None:
    with _packet(library) as (address, packet), _packet(library) as (copy_address, copy):
        for field, expected in (("pts", NO_TIMESTAMP), ("dts", NO_TIMESTAMP), ("pos", -1), ("data", None)):
            _equal(f"AVPacket.{field}", expected, getattr(packet, field))
        library.avcodec.av_new_packet(address, 333)
        _equal("AVPacket.size", 333, packet.size)
        buffer = library.layout.AVBufferRef.from_address(_allocated(packet.buf, "av_new_packet"))
        _equal("AVPacket.data", buffer.data, packet.data)
        _equal("AVBufferRef.size", True, 333 <= buffer.size < 1000)
        side_data = _allocated(library.avcodec.av_packet_new_side_data(address, 1, 17), "av_packet_new_side_data")
        _equal("AVPacket.side_data_elems", 1, packet.side_data_elems)
        entry = library.layout.AVPacketSideData.from_address(_allocated(packet.side_data, "av_packet_new_side_data"))
        _equal("AVPacketSideData", (side_data, 17, 1), (entry.data, entry.size, entry.type))
        values = {"pts": 1001, "dts": 1002, "duration": 1003, "pos": 1004, "flags": 1, "stream_index": 5}
        for field, value in values.items():
            setattr(packet, field, value)
        library.avcodec.av_packet_ref(copy_address, address)
        for field, value in values.items():
            _equal(f"AVPacket.{field}", value, getattr(copy, field))
        library.avcodec.av_packet_unref(address)
        for field, expected in (("pts", NO_TIMESTAMP), ("duration", 0), ("flags", 0), ("stream_index", 0)):
            _equal(f"AVPacket.{field}", expected, getattr(packet, field))


FRESH_FRAME = {
    "pts": NO_TIMESTAMP,
    "pkt_dts": NO_TIMESTAMP,
    "best_effort_timestamp": NO_TIMESTAMP,
    "format": -1,
    "color_primaries": 2,
    "color_trc": 2,
    "colorspace": 2,
    "color_range": 0,
    "chroma_location": 0,
    "width": 0,
    "height": 0,
    "nb_samples": 0,
    "pict_type": 0,
    "interlaced_frame": 0,
    "top_field_first": 0,
    "sample_rate": 0,
    "side_data": None,
    "nb_side_data": 0,
    "flags": 0,
    "metadata": None,
    "decode_error_flags": 0,
    "channels": 0,
    "channel_layout": 0,
    "crop_left": 0,
    "crop_right": 0,
    "crop_top": 0,
    "crop_bottom": 0,
    "duration": 0,
    "pkt_duration": 0,
}


def _fresh_frame(library: Library) -> None:
    with _frame(library) as (address, frame):
        _equal("AVFrame.extended_data", address, frame.extended_data)
        _equal("AVFrame.sample_aspect_ratio", (0, 1), _rational(frame.sample_aspect_ratio))
        for field, expected in FRESH_FRAME.items():
            if hasattr(library.layout.AVFrame, field):
                _equal(f"AVFrame.{field}", expected, getattr(frame, field))


def _frame_buffers(library: Library) -> None:
    with _frame(library) as (address, frame):
        frame.width, frame.height, frame.format = 64, 48, AV_PIX_FMT_YUV420P
        _equal("av_frame_get_buffer", 0, library.avutil.av_frame_get_buffer(address, 32))
        _equal("AVFrame.linesize", (64, 32, 32, 0), tuple(frame.linesize[:4]))
        buffer = library.layout.AVBufferRef.from_address(_allocated(frame.buf[0], "av_frame_get_buffer"))
        top_left = _allocated(frame.data[0], "av_frame_get_buffer")
        _equal("AVFrame.buf", True, buffer.data <= top_left <= buffer.data + buffer.size - 64 * 48)
        entry_address = library.avutil.av_frame_new_side_data(address, 6, 36)
        _equal("AVFrame.nb_side_data", 1, frame.nb_side_data)
        first = c_void_p.from_address(_allocated(frame.side_data, "av_frame_new_side_data")).value
        _equal("AVFrame.side_data", entry_address, first)
        entry = library.layout.AVFrameSideData.from_address(_allocated(entry_address, "av_frame_new_side_data"))
        _equal("AVFrameSideData", (6, 36), (entry.type, entry.size))
        side_buffer = library.layout.AVBufferRef.from_address(entry.buf)
        _equal("AVFrameSideData.buf", side_buffer.data, entry.data)
        library.avutil.av_dict_set(address + _offset(library.layout.AVFrame, "metadata"), b"key", b"value", 0)
        frame.crop_left, frame.crop_right, frame.crop_top, frame.crop_bottom = 2, 4, 6, 8
        _equal("AVFrame.crop_*", 0, library.avutil.av_frame_apply_cropping(address, AV_FRAME_CROP_UNALIGNED))
        _equal("AVFrame.crop_left, crop_right", (58, 0, 0), (frame.width, frame.crop_left, frame.crop_right))
        _equal("AVFrame.crop_top, crop_bottom", (34, 0, 0), (frame.height, frame.crop_top, frame.crop_bottom))
        _equal("AVFrame.crop_top and crop_left", top_left + 6 * 64 + 2, frame.data[0])
        with _frame(library) as (reference_address, reference):
            _equal("av_frame_ref", 0, library.avutil.av_frame_ref(reference_address, address))
            _equal("AVFrame.data", frame.data[:3], reference.data[:3])
            _equal("AVBufferRef", 2, library.avutil.av_buffer_get_ref_count(frame.buf[0]))
            _equal("AVFrame.metadata", True, bool(reference.metadata))
            _equal("AVFrame.nb_side_data", 1, reference.nb_side_data)


def _frame_properties(library: Library) -> None:
    """Properties only decoders set: all are copied from frame to frame, none twice, and reset."""
    names = "pict_type", "flags", "decode_error_flags", "sample_rate", "duration", "pkt_duration", "chroma_location"
    fields = [name for name in names if hasattr(library.layout.AVFrame, name)]
    with _frame(library) as (address, frame), _frame(library) as (copy_address, copy):
        for value, field in enumerate(fields, 1):
            setattr(frame, field, value)
        library.avutil.av_frame_copy_props(copy_address, address)
        for value, field in enumerate(fields, 1):
            _equal(f"AVFrame.{field}", value, getattr(copy, field))
        library.avutil.av_frame_unref(copy_address)
        for field in fields:
            _equal(f"AVFrame.{field}", 0, getattr(copy, field))


@contextmanager
def _decoder(library: Library, name: bytes) -> Iterator[int]:
    codec = library.avcodec.avcodec_find_decoder_by_name(name)
    if not codec:
        raise UnsupportedLibraryError(f"built without the {name.decode()} decoder, which is needed to check the layout")
    with _context(library, codec) as address:
        _equal("AVCodecContext.codec", codec, library.layout.AVCodecContext.from_address(address).codec or codec)
        yield address


@contextmanager
def _decoded(library: Library, context: int, data: bytes) -> Iterator[AVFrame]:
    """The frame an uncompressed codec makes of one packet: its properties are the context's and the packet's."""
    if library.avcodec.avcodec_open2(context, None, None) < 0:
        raise UnsupportedLibraryError("an uncompressed decoder could not be opened to check the layout")
    with _packet(library) as (address, _), _frame(library) as (frame_address, frame):
        packet = library.layout.InputPacket.from_address(address)
        packet.data, packet.size, packet.pts, packet.flags = data, len(data), 4711, 1
        sent = library.avcodec.avcodec_send_packet(context, address)
        packet.data, packet.size = None, 0
        _equal("AVPacket or AVCodecContext", 0, sent)
        _equal("AVCodecContext", 0, library.avcodec.avcodec_receive_frame(context, frame_address))
        yield frame


def _is_key(frame: AVFrame) -> bool:
    return bool(frame.key_frame if hasattr(type(frame), "key_frame") else frame.flags & FLAG_KEY)


def _decoded_picture(library: Library) -> None:
    with _decoder(library, b"rawvideo") as address:
        context = library.layout.AVCodecContext.from_address(address)
        context.width, context.height, context.pix_fmt = 32, 16, AV_PIX_FMT_YUV420P
        context.color_range, context.color_primaries, context.color_trc, context.colorspace = 2, 9, 16, 10
        context.chroma_sample_location, context.field_order = 3, FIELD_ORDER_TOP_FIRST
        context.sample_aspect_ratio = AVRational(40, 33)
        with _decoded(library, address, bytes(32 * 16 * 3 // 2)) as frame:
            seen = (frame.width, frame.height, frame.format, frame.pts)
            _equal("AVFrame.width, height, format, pts", (32, 16, AV_PIX_FMT_YUV420P, 4711), seen)
            _equal("AVFrame.sample_aspect_ratio", (40, 33), _rational(frame.sample_aspect_ratio))
            for field, expected in (
                ("color_range", 2),
                ("color_primaries", 9),
                ("color_trc", 16),
                ("colorspace", 10),
                ("chroma_location", 3),
                ("best_effort_timestamp", 4711),
            ):
                _equal(f"AVFrame.{field}", expected, getattr(frame, field))
            _equal("AVFrame.key_frame or flags", True, _is_key(frame))
            if hasattr(library.layout.AVFrame, "interlaced_frame"):
                _equal("AVFrame.interlaced_frame", 1, frame.interlaced_frame)
                _equal("AVFrame.top_field_first", 1, frame.top_field_first)
            else:
                flags = FLAG_INTERLACED | FLAG_TOP_FIELD_FIRST
                _equal("AVFrame.flags", flags, frame.flags & flags)


def _decoded_samples(library: Library) -> None:
    with _decoder(library, b"pcm_s16le") as address:
        context = library.layout.AVCodecContext.from_address(address)
        context.sample_rate = 44_056
        if hasattr(library.layout.AVCodecContext, "ch_layout"):
            library.avutil.av_channel_layout_default(address + _offset(library.layout.AVCodecContext, "ch_layout"), 2)
        else:
            context.channels, context.channel_layout = 2, 3
        with _decoded(library, address, bytes(2 * 2 * 7)) as frame:
            _equal("AVCodecContext.sample_fmt", AV_SAMPLE_FMT_S16, context.sample_fmt)
            _equal("AVFrame.nb_samples, format", (7, AV_SAMPLE_FMT_S16), (frame.nb_samples, frame.format))
            _equal("AVFrame.sample_rate", 44_056, frame.sample_rate)
            if hasattr(library.layout.AVFrame, "ch_layout"):
                layout = frame.ch_layout
                _equal("AVFrame.ch_layout", (1, 2, 3), (layout.order, layout.nb_channels, layout.mask))
            else:
                _equal("AVFrame.channels, channel_layout", (2, 3), (frame.channels, frame.channel_layout))


def _codec(library: Library) -> None:
    address = _allocated(library.avcodec.avcodec_find_decoder_by_name(b"pcm_s16le"), "avcodec_find_decoder_by_name")
    codec = library.layout.AVCodec.from_address(address)
    _equal("AVCodec.name, type", (b"pcm_s16le", AVMEDIA_TYPE_AUDIO), (codec.name, codec.type))
    _equal("AVCodec.capabilities", AV_CODEC_CAP_DR1, codec.capabilities & AV_CODEC_CAP_DR1)
    descriptor = AVCodecDescriptor.from_address(
        _allocated(library.avcodec.avcodec_descriptor_get(codec.id), "avcodec_descriptor_get")
    )
    _equal("AVCodec.id or AVCodecDescriptor.name", b"pcm_s16le", descriptor.name)
    encoder = library.avcodec.avcodec_find_encoder_by_name(b"pcm_s16le")
    if encoder and hasattr(library.layout.AVCodec, "sample_fmts"):
        formats = library.layout.AVCodec.from_address(encoder).sample_fmts
        expected = (AV_SAMPLE_FMT_S16, -1)
        _equal("AVCodec.sample_fmts", expected, tuple((c_int * 2).from_address(formats or 0)) if formats else None)


def _pixel_formats(library: Library) -> None:
    for name, chroma_shifts, components in (
        ("yuv420p", (1, 1), ((0, 1, 0, 0, 8), (1, 1, 0, 0, 8), (2, 1, 0, 0, 8))),
        ("nv12", (1, 1), ((0, 1, 0, 0, 8), (1, 2, 0, 0, 8), (1, 2, 1, 0, 8))),
        ("p010le", (1, 1), ((0, 2, 0, 6, 10), (1, 4, 0, 6, 10), (1, 4, 2, 6, 10))),
    ):
        number = library.avutil.av_get_pix_fmt(name.encode())
        descriptor = library.layout.AVPixFmtDescriptor.from_address(
            _allocated(library.avutil.av_pix_fmt_desc_get(number), "av_pix_fmt_desc_get")
        )
        _equal("AVPixFmtDescriptor.name", name.encode(), descriptor.name)
        shifts = (descriptor.log2_chroma_w, descriptor.log2_chroma_h)
        _equal("AVPixFmtDescriptor.log2_chroma_w, log2_chroma_h", chroma_shifts, shifts)
        _equal("AVPixFmtDescriptor.nb_components", 3, descriptor.nb_components)
        seen = tuple((c.plane, c.step, c.offset, c.shift, c.depth) for c in descriptor.comp[:3])
        _equal("AVComponentDescriptor", components, seen)

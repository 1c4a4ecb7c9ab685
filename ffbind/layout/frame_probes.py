"""Proof of AVFrame's layout. Fields are read first, and written only at places that reading has confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import c_void_p

from ffbind.errors import UnsupportedLibraryError
from ffbind.layout.probing import (
    NO_TIMESTAMP,
    allocated,
    equal,
    heap,
    new_context,
    new_frame,
    new_packet,
    offset,
    rational,
)
from ffbind.layout.structures import AVCodecContext, AVFrame, AVRational
from ffbind.library import Library

AV_FRAME_CROP_UNALIGNED = 1
AV_PIX_FMT_YUV420P = 0
AV_SAMPLE_FMT_S16 = 1
AV_PICTURE_TYPE_I = 1
AV_FIELD_PROGRESSIVE, AV_FIELD_BB = 1, 3
FLAG_KEY, FLAG_INTERLACED = 1 << 1, 1 << 3

FRESH = {
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


def confirm(library: Library) -> None:
    """Confirm AVFrame and the structures it points to. AVPacket and AVCodecContext must be confirmed already."""
    _fresh(library)
    _decoded_picture(library, AV_FIELD_PROGRESSIVE)
    _decoded_picture(library, AV_FIELD_BB)
    _decoded_samples(library)
    _buffers_and_side_data(library)
    _cropping(library)
    _error_flags(library)


def _fresh(library: Library) -> None:
    with new_frame(library) as (address, frame):
        equal("AVFrame.extended_data", address, frame.extended_data)
        equal("AVFrame.sample_aspect_ratio", (0, 1), rational(frame.sample_aspect_ratio))
        for field, expected in FRESH.items():
            if hasattr(library.layout.AVFrame, field):
                equal(f"AVFrame.{field}", expected, getattr(frame, field))


@contextmanager
def _decoder(library: Library, name: bytes) -> Iterator[tuple[int, AVCodecContext]]:
    codec = library.avcodec.avcodec_find_decoder_by_name(name)
    if not codec:
        raise UnsupportedLibraryError(f"built without the {name.decode()} decoder, which is needed to check the layout")
    with new_context(library, codec) as (address, context):
        equal("AVCodecContext.codec", codec, context.codec)
        yield address, context


@contextmanager
def _decoded(library: Library, context: int, data: bytes) -> Iterator[AVFrame]:
    """The frame that an uncompressed codec makes of one packet, with the properties of the context and the packet."""
    if library.avcodec.avcodec_open2(context, None, None) < 0:
        raise UnsupportedLibraryError("an uncompressed decoder could not be opened to check the layout")
    with new_packet(library) as (address, packet), new_frame(library) as (frame_address, frame):
        equal("av_new_packet", 0, library.avcodec.av_new_packet(address, len(data)))
        packet.pts, packet.dts, packet.duration = 4711, 4700, 1201
        equal("AVPacket or AVCodecContext", 0, library.avcodec.avcodec_send_packet(context, address))
        equal("AVCodecContext", 0, library.avcodec.avcodec_receive_frame(context, frame_address))
        equal("AVFrame.pts", 4711, frame.pts)
        equal("AVFrame.pkt_dts", 4700, frame.pkt_dts)
        equal("AVFrame.best_effort_timestamp", 4711, frame.best_effort_timestamp)
        for field in ("duration", "pkt_duration"):
            if hasattr(library.layout.AVFrame, field):
                equal(f"AVFrame.{field}", 1201, getattr(frame, field))
        if hasattr(library.layout.AVFrame, "key_frame"):
            equal("AVFrame.key_frame", 1, frame.key_frame)
        else:
            equal("AVFrame.flags", FLAG_KEY, frame.flags & FLAG_KEY)
        yield frame


def _decoded_picture(library: Library, field_order: int) -> None:
    with _decoder(library, b"rawvideo") as (address, context):
        context.width, context.height, context.pix_fmt = 32, 16, AV_PIX_FMT_YUV420P
        context.color_range, context.color_primaries, context.color_trc, context.colorspace = 2, 9, 16, 10
        context.chroma_sample_location, context.field_order = 3, field_order
        context.sample_aspect_ratio = AVRational(40, 33)
        with _decoded(library, address, bytes(32 * 16 * 3 // 2)) as frame:
            seen = (frame.width, frame.height, frame.format)
            equal("AVFrame.width, height, format", (32, 16, AV_PIX_FMT_YUV420P), seen)
            equal("AVFrame.sample_aspect_ratio", (40, 33), rational(frame.sample_aspect_ratio))
            equal("AVFrame.pict_type", AV_PICTURE_TYPE_I, frame.pict_type)
            equal("AVFrame.color_range", 2, frame.color_range)
            equal("AVFrame.color_primaries", 9, frame.color_primaries)
            equal("AVFrame.color_trc", 16, frame.color_trc)
            equal("AVFrame.colorspace", 10, frame.colorspace)
            equal("AVFrame.chroma_location", 3, frame.chroma_location)
            if hasattr(library.layout.AVFrame, "interlaced_frame"):
                equal("AVFrame.interlaced_frame", field_order == AV_FIELD_BB, bool(frame.interlaced_frame))
            else:
                equal("AVFrame.flags", field_order == AV_FIELD_BB, bool(frame.flags & FLAG_INTERLACED))


def _decoded_samples(library: Library) -> None:
    with _decoder(library, b"pcm_s16le") as (address, context):
        context.sample_rate = 44_056
        if hasattr(library.layout.AVCodecContext, "ch_layout"):
            library.avutil.av_channel_layout_default(address + offset(library.layout.AVCodecContext, "ch_layout"), 2)
        else:
            context.channels, context.channel_layout = 2, 3
        with _decoded(library, address, bytes(2 * 2 * 7)) as frame:
            equal("AVCodecContext.sample_fmt", AV_SAMPLE_FMT_S16, context.sample_fmt)
            equal("AVFrame.nb_samples, format", (7, AV_SAMPLE_FMT_S16), (frame.nb_samples, frame.format))
            equal("AVFrame.sample_rate", 44_056, frame.sample_rate)
            if hasattr(library.layout.AVFrame, "ch_layout"):
                layout = frame.ch_layout
                equal("AVFrame.ch_layout", (1, 2, 3), (layout.order, layout.nb_channels, layout.mask))
            else:
                equal("AVFrame.channels, channel_layout", (2, 3), (frame.channels, frame.channel_layout))


@contextmanager
def _picture(library: Library) -> Iterator[tuple[int, AVFrame]]:
    with new_frame(library) as (address, frame):
        frame.width, frame.height, frame.format = 64, 48, AV_PIX_FMT_YUV420P
        equal("av_frame_get_buffer", 0, library.avutil.av_frame_get_buffer(address, 32))
        yield address, frame


def _buffers_and_side_data(library: Library) -> None:
    with _picture(library) as (address, frame), new_frame(library) as (reference_address, reference):
        equal("AVFrame.linesize", (64, 32, 32, 0), tuple(frame.linesize[:4]))
        first = library.avutil.av_frame_get_plane_buffer(address, 0)
        equal("AVFrame.buf", first, frame.buf[0])
        buffer = library.layout.AVBufferRef.from_address(allocated(first, "av_frame_get_buffer"))
        top_left = allocated(frame.data[0], "av_frame_get_buffer")
        equal("AVBufferRef", True, buffer.data <= top_left <= buffer.data + buffer.size - 64 * 48)

        entry_address = allocated(library.avutil.av_frame_new_side_data(address, 6, 36), "av_frame_new_side_data")
        equal("AVFrame.nb_side_data", 1, frame.nb_side_data)
        entries = c_void_p.from_address(heap("AVFrame.side_data", frame.side_data))
        equal("AVFrame.side_data", entry_address, entries.value)
        entry = library.layout.AVFrameSideData.from_address(entry_address)
        equal("AVFrameSideData.type, size", (6, 36), (entry.type, entry.size))
        heap("AVFrameSideData.data", entry.data)

        library.avutil.av_dict_set(address + offset(library.layout.AVFrame, "metadata"), b"key", b"value", 0)
        equal("av_frame_ref", 0, library.avutil.av_frame_ref(reference_address, address))
        equal("AVFrame.data", frame.data[:3], reference.data[:3])
        equal("AVFrame.buf", 2, library.avutil.av_buffer_get_ref_count(first))
        # Copied, not shared, and so at another address.
        equal("AVFrame.metadata", True, reference.metadata not in (None, frame.metadata))


def _cropping(library: Library) -> None:
    with _picture(library) as (address, frame):
        top_left = allocated(frame.data[0], "av_frame_get_buffer")
        # The four are neighbours: a wrong offset of one alone would be that of another, or shows here.
        start = offset(library.layout.AVFrame, "crop_top")
        places = [offset(library.layout.AVFrame, f"crop_{side}") - start for side in ("bottom", "left", "right")]
        equal("AVFrame.crop_bottom, crop_left, crop_right", [8, 16, 24], places)
        frame.crop_left, frame.crop_right, frame.crop_top, frame.crop_bottom = 2, 4, 6, 8
        equal("AVFrame.crop_*", 0, library.avutil.av_frame_apply_cropping(address, AV_FRAME_CROP_UNALIGNED))
        equal("AVFrame.crop_left, crop_right", (58, 0, 0), (frame.width, frame.crop_left, frame.crop_right))
        equal("AVFrame.crop_top, crop_bottom", (34, 0, 0), (frame.height, frame.crop_top, frame.crop_bottom))
        equal("AVFrame.crop_top, crop_left", top_left + 6 * 64 + 2, frame.data[0])


def _error_flags(library: Library) -> None:
    """Only broken streams set them. But each follows a confirmed field, is copied with a frame, and is reset."""
    structure = library.layout.AVFrame
    equal("AVFrame.flags", 4, offset(structure, "flags") - offset(structure, "nb_side_data"))
    equal("AVFrame.decode_error_flags", 8, offset(structure, "decode_error_flags") - offset(structure, "metadata"))
    with new_frame(library) as (address, frame), new_frame(library) as (copy_address, copy):
        frame.flags, frame.decode_error_flags = 1, 4
        library.avutil.av_frame_copy_props(copy_address, address)
        equal("AVFrame.flags", 1, copy.flags)
        equal("AVFrame.decode_error_flags", 4, copy.decode_error_flags)
        library.avutil.av_frame_unref(copy_address)
        equal("AVFrame.flags, decode_error_flags", (0, 0), (copy.flags, copy.decode_error_flags))

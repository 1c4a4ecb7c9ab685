"""Proof of the layouts: ffbind must read what FFmpeg writes, and the other way round, before anything else is done.

A wrong offset ends in UnsupportedLibraryError, which names the field.
"""

from __future__ import annotations

import ctypes
from ctypes import byref, c_int, c_void_p

from ffbind.layout import frame_probes
from ffbind.layout.probing import (
    NO_TIMESTAMP,
    allocated,
    equal,
    heap,
    new_context,
    new_packet,
    new_parameters,
    offset,
    rational,
)
from ffbind.layout.structures import (
    AVCodecContext,
    AVCodecDescriptor,
    AVCodecParameters,
    AVOption,
    AVProfile,
    AVRational,
)
from ffbind.library import Library

AV_OPT_SEARCH_FAKE_OBJ = 2
AVMEDIA_TYPE_VIDEO, AVMEDIA_TYPE_AUDIO = 0, 1
AV_CODEC_CAP_DR1 = 1 << 1
AV_CODEC_ID_H264 = 27
AV_PIX_FMT_FLAG_PLANAR = 1 << 4
AV_SAMPLE_FMT_S16, AV_SAMPLE_FMT_FLTP = 1, 8

# Fields of AVCodecContext whose offset the library itself tells: the name of the option that sets each.
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

FRESH_PARAMETERS = {
    "codec_type": -1,
    "codec_id": 0,
    "codec_tag": 0,
    "extradata": None,
    "extradata_size": 0,
    "coded_side_data": None,
    "nb_coded_side_data": 0,
    "format": -1,
    "bit_rate": 0,
    "profile": -99,
    "level": -99,
    "width": 0,
    "height": 0,
    "color_range": 0,
    "color_primaries": 2,
    "color_trc": 2,
    "color_space": 2,
    "chroma_location": 0,
    "channels": 0,
    "channel_layout": 0,
    "sample_rate": 0,
}

# Parameters of a container, the field of the codec context that has the same value, and a value that no other has.
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
    _codec(library)
    _pixel_formats(library)
    _options(library)
    _fresh_parameters(library)
    _parameters_side_data(library)
    _video_parameters(library)
    _audio_parameters(library)
    _frame_rate(library)
    _packets(library)
    frame_probes.confirm(library)


def _codec(library: Library) -> None:
    codec = library.layout.AVCodec.from_address(
        allocated(library.avcodec.avcodec_find_decoder_by_name(b"pcm_s16le"), "avcodec_find_decoder_by_name")
    )
    equal("AVCodec.name, type", (b"pcm_s16le", AVMEDIA_TYPE_AUDIO), (codec.name, codec.type))
    equal("AVCodec.capabilities", AV_CODEC_CAP_DR1, codec.capabilities & AV_CODEC_CAP_DR1)
    by_name = allocated(library.avcodec.avcodec_descriptor_get_by_name(b"pcm_s16le"), "avcodec_descriptor_get_by_name")
    descriptor = AVCodecDescriptor.from_address(by_name)
    equal("AVCodecDescriptor.name", b"pcm_s16le", descriptor.name)
    equal("AVCodec.id", descriptor.id, codec.id)
    equal("AVCodec.long_name", descriptor.long_name, codec.long_name)
    h264 = AVCodecDescriptor.from_address(
        allocated(library.avcodec.avcodec_descriptor_get(AV_CODEC_ID_H264), "avcodec_descriptor_get")
    )
    profile = AVProfile.from_address(heap("AVCodecDescriptor.profiles", h264.profiles))
    name = library.avcodec.avcodec_profile_name(AV_CODEC_ID_H264, profile.profile)
    equal("AVProfile", (b"h264", name), (h264.name, profile.name))
    encoder = library.avcodec.avcodec_find_encoder_by_name(b"pcm_s16le")
    if encoder and hasattr(library.layout.AVCodec, "sample_fmts"):
        formats = heap("AVCodec.sample_fmts", library.layout.AVCodec.from_address(encoder).sample_fmts)
        equal("AVCodec.sample_fmts", [AV_SAMPLE_FMT_S16, -1], (c_int * 2).from_address(formats)[:])


def _pixel_formats(library: Library) -> None:
    for name, chroma_shifts, components in (
        ("yuv420p", (1, 1), ((0, 1, 0, 0, 8), (1, 1, 0, 0, 8), (2, 1, 0, 0, 8))),
        ("nv16", (1, 0), ((0, 1, 0, 0, 8), (1, 2, 0, 0, 8), (1, 2, 1, 0, 8))),
        ("p010le", (1, 1), ((0, 2, 0, 6, 10), (1, 4, 0, 6, 10), (1, 4, 2, 6, 10))),
    ):
        number = library.avutil.av_get_pix_fmt(name.encode())
        descriptor = library.layout.AVPixFmtDescriptor.from_address(
            allocated(library.avutil.av_pix_fmt_desc_get(number), "av_pix_fmt_desc_get")
        )
        equal("AVPixFmtDescriptor.name", name.encode(), descriptor.name)
        shifts = (descriptor.log2_chroma_w, descriptor.log2_chroma_h)
        equal("AVPixFmtDescriptor.log2_chroma_w, log2_chroma_h", chroma_shifts, shifts)
        equal("AVPixFmtDescriptor.nb_components", 3, descriptor.nb_components)
        equal("AVPixFmtDescriptor.flags", AV_PIX_FMT_FLAG_PLANAR, descriptor.flags)
        seen = tuple((c.plane, c.step, c.offset, c.shift, c.depth) for c in descriptor.comp[:3])
        equal("AVComponentDescriptor", components, seen)


def _options(library: Library) -> None:
    context = library.layout.AVCodecContext
    # av_opt_find takes a pointer to something that begins with a pointer to a class.
    avclass = c_void_p(library.avcodec.avcodec_get_class())
    for field, option in OPTIONS.items():
        if hasattr(context, field):
            found = library.avutil.av_opt_find(byref(avclass), option.encode(), None, 0, AV_OPT_SEARCH_FAKE_OBJ)
            option_offset = AVOption.from_address(allocated(found, f"av_opt_find({option})")).offset
            equal(f"AVCodecContext.{field}", option_offset, offset(context, field))


def _fresh_parameters(library: Library) -> None:
    with new_parameters(library) as (_, parameters):
        for field, expected in FRESH_PARAMETERS.items():
            if hasattr(library.layout.AVCodecParameters, field):
                equal(f"AVCodecParameters.{field}", expected, getattr(parameters, field))
        equal("AVCodecParameters.sample_aspect_ratio", (0, 1), rational(parameters.sample_aspect_ratio))


def _video_parameters(library: Library) -> None:
    with new_parameters(library) as (address, parameters), new_context(library) as (context_address, context):
        parameters.codec_type, parameters.codec_id = AVMEDIA_TYPE_VIDEO, AV_CODEC_ID_H264
        parameters.sample_aspect_ratio = AVRational(40, 33)
        rated = hasattr(library.layout.AVCodecParameters, "framerate")
        if rated:
            parameters.framerate = AVRational(24_000, 1_001)
        extradata = allocated(library.avutil.av_mallocz(80), "av_mallocz")
        ctypes.memmove(extradata, b"probe", 5)
        parameters.extradata, parameters.extradata_size = extradata, 5
        _transfer(library, address, context_address, VIDEO_PARAMETERS)
        equal("AVCodecContext.codec_type, codec_id", (0, AV_CODEC_ID_H264), (context.codec_type, context.codec_id))
        equal("AVCodecContext.sample_aspect_ratio", (40, 33), rational(context.sample_aspect_ratio))
        if rated:
            equal("AVCodecContext.framerate", (24_000, 1_001), rational(context.framerate))
        equal("AVCodecContext.extradata_size", 5, context.extradata_size)
        copied = heap("AVCodecContext.extradata", context.extradata)
        equal("AVCodecContext.extradata", b"probe", ctypes.string_at(copied, 5))


def _audio_parameters(library: Library) -> None:
    with new_parameters(library) as (address, parameters), new_context(library) as (context_address, context):
        parameters.codec_type = AVMEDIA_TYPE_AUDIO
        if hasattr(library.layout.AVCodecParameters, "ch_layout"):
            layout = parameters.ch_layout
            layout.order, layout.nb_channels, layout.mask = 1, 6, 0x3F
        else:
            parameters.channels, parameters.channel_layout = 6, 0x3F
        equal("AVCodecContext.codec_type", -1, context.codec_type)
        _transfer(library, address, context_address, AUDIO_PARAMETERS)
        equal("AVCodecContext.codec_type", AVMEDIA_TYPE_AUDIO, context.codec_type)
        if hasattr(library.layout.AVCodecContext, "ch_layout"):
            layout = context.ch_layout
            equal("AVCodecContext.ch_layout", (1, 6, 0x3F), (layout.order, layout.nb_channels, layout.mask))
        else:
            equal("AVCodecContext.channels", 6, context.channels)
            equal("AVCodecContext.channel_layout", 0x3F, context.channel_layout)


def _frame_rate(library: Library) -> None:
    """In versions without a parameter that sets it, it is between two confirmed fields."""
    if not hasattr(library.layout.AVCodecParameters, "framerate"):
        start = offset(library.layout.AVCodecContext, "framerate")
        neighbours = ("initial_padding", "pkt_timebase")
        places = [offset(library.layout.AVCodecContext, field) - start for field in neighbours]
        equal("AVCodecContext.framerate", [-4, 12], places)


def _transfer(library: Library, parameters: int, context: int, values: dict[str, tuple[str, int]]) -> None:
    written: AVCodecParameters = library.layout.AVCodecParameters.from_address(parameters)
    read: AVCodecContext = library.layout.AVCodecContext.from_address(context)
    for field, (_, value) in values.items():
        setattr(written, field, value)
    equal("AVCodecParameters", 0, library.avcodec.avcodec_parameters_to_context(context, parameters))
    for field, (context_field, value) in values.items():
        name = f"AVCodecParameters.{field} or AVCodecContext.{context_field}"
        equal(name, value, getattr(read, context_field))


def _parameters_side_data(library: Library) -> None:
    if not hasattr(library.layout.AVCodecParameters, "coded_side_data"):
        return
    with new_parameters(library) as (address, parameters), new_parameters(library) as (copy_address, copy):
        start = offset(library.layout.AVCodecParameters, "coded_side_data")
        library.avcodec.av_packet_side_data_new(address + start, address + start + 8, 5, 36, 0)
        equal("AVCodecParameters.nb_coded_side_data", 1, parameters.nb_coded_side_data)
        library.avcodec.avcodec_parameters_copy(copy_address, address)
        equal("AVCodecParameters.nb_coded_side_data", 1, copy.nb_coded_side_data)
        # Copied, not shared, and so at another address.
        shared = copy.coded_side_data in (None, parameters.coded_side_data)
        equal("AVCodecParameters.coded_side_data", False, shared)
        entry = library.layout.AVPacketSideData.from_address(
            heap("AVCodecParameters.coded_side_data", copy.coded_side_data)
        )
        equal("AVPacketSideData", (5, 36), (entry.type, entry.size))


def _packets(library: Library) -> None:
    with new_packet(library) as (address, packet), new_packet(library) as (copy_address, copy):
        for field, expected in (("pts", NO_TIMESTAMP), ("dts", NO_TIMESTAMP), ("pos", -1), ("data", None)):
            equal(f"AVPacket.{field}", expected, getattr(packet, field))
        library.avcodec.av_new_packet(address, 333)
        equal("AVPacket.size", 333, packet.size)
        buffer = library.layout.AVBufferRef.from_address(heap("AVPacket.buf", packet.buf))
        equal("AVPacket.data", buffer.data, packet.data)
        equal("AVBufferRef.size", True, 333 <= buffer.size < 1000)
        side_data = allocated(library.avcodec.av_packet_new_side_data(address, 1, 17), "av_packet_new_side_data")
        equal("AVPacket.side_data_elems", 1, packet.side_data_elems)
        entry = library.layout.AVPacketSideData.from_address(heap("AVPacket.side_data", packet.side_data))
        equal("AVPacketSideData", (side_data, 17, 1), (entry.data, entry.size, entry.type))
        values = {"pts": 1001, "dts": 1002, "duration": 1003, "pos": 1004, "flags": 1, "stream_index": 5}
        for field, value in values.items():
            setattr(packet, field, value)
        equal("AVPacket.size, data", (333, buffer.data), (packet.size, packet.data))
        library.avcodec.av_packet_ref(copy_address, address)
        for field, value in values.items():
            equal(f"AVPacket.{field}", value, getattr(copy, field))
        library.avcodec.av_packet_unref(address)
        for field, expected in (("pts", NO_TIMESTAMP), ("duration", 0), ("flags", 0), ("stream_index", 0)):
            equal(f"AVPacket.{field}", expected, getattr(packet, field))

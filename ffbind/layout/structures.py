"""FFmpeg's structures for ctypes: the names and types of the fields in use, and the function that places them.

The class for a version of FFmpeg has only the fields of that version; reading another one is an AttributeError.
Structures are views: `AVFrame.from_address(address)` owns nothing.
"""

from __future__ import annotations

import ctypes
from collections.abc import Mapping
from ctypes import Array, Structure, c_byte, c_int, c_int64, c_size_t, c_uint, c_uint8, c_uint64, c_void_p
from typing import TYPE_CHECKING, ClassVar, TypeAlias, TypeVar

STRING = ctypes.c_char_p
POINTERS_8 = c_void_p * 8
INTS_8 = c_int * 8

if TYPE_CHECKING:
    from ctypes import _CDataType

    #: A ctypes class: the type of a field of a structure, of an argument or of a result.
    CType: TypeAlias = type[_CDataType]

_S = TypeVar("_S", bound=Structure)


class AVRational(Structure):
    """A fraction; 0/1 or 0/0 where FFmpeg means unknown."""

    _fields_ = (("num", c_int), ("den", c_int))
    num: int
    den: int


class AVChannelLayout(Structure):
    """The number of channels, and which they are (`mask`, which has a meaning for order 1, native)."""

    _fields_ = (("order", c_int), ("nb_channels", c_int), ("mask", c_uint64), ("opaque", c_void_p))
    order: int
    nb_channels: int
    mask: int


class AVPacket(Structure):
    """An encoded packet."""

    kinds: ClassVar = {
        "buf": c_void_p, "pts": c_int64, "dts": c_int64, "data": c_void_p, "side_data": c_void_p,
        "duration": c_int64, "pos": c_int64,
    }  # fmt: skip
    buf: int | None
    pts: int
    dts: int
    data: int | None
    size: int
    stream_index: int
    flags: int
    side_data: int | None
    side_data_elems: int
    duration: int
    pos: int


class InputPacket(Structure):
    """AVPacket with a Python bytes object as `data`; the structure keeps the object alive until another is assigned."""

    kinds: ClassVar = {"pts": c_int64, "dts": c_int64, "data": STRING}
    pts: int
    dts: int
    data: bytes | None
    size: int
    flags: int


class AVFrame(Structure):
    """A decoded picture or a stretch of samples."""

    kinds: ClassVar = {
        "data": POINTERS_8, "linesize": INTS_8, "extended_data": c_void_p, "sample_aspect_ratio": AVRational,
        "pts": c_int64, "pkt_dts": c_int64, "channel_layout": c_uint64, "buf": POINTERS_8, "side_data": c_void_p,
        "best_effort_timestamp": c_int64, "pkt_duration": c_int64, "metadata": c_void_p,
        "crop_top": c_size_t, "crop_bottom": c_size_t, "crop_left": c_size_t, "crop_right": c_size_t,
        "ch_layout": AVChannelLayout, "duration": c_int64,
    }  # fmt: skip
    data: Array[c_void_p]
    linesize: Array[c_int]
    extended_data: int
    width: int
    height: int
    nb_samples: int
    format: int
    pict_type: int
    sample_aspect_ratio: AVRational
    pts: int
    pkt_dts: int
    sample_rate: int
    buf: Array[c_void_p]
    side_data: int | None
    nb_side_data: int
    flags: int
    color_range: int
    color_primaries: int
    color_trc: int
    colorspace: int
    chroma_location: int
    best_effort_timestamp: int
    metadata: int | None
    decode_error_flags: int
    crop_top: int
    crop_bottom: int
    crop_left: int
    crop_right: int
    # Up to avutil 59, frame flags after.
    key_frame: int
    interlaced_frame: int
    # Up to avutil 58, `duration` from there on.
    pkt_duration: int
    duration: int
    # Up to avutil 57.28, `ch_layout` from there on.
    channels: int
    channel_layout: int
    ch_layout: AVChannelLayout


class AVCodecContext(Structure):
    """An opened decoder or encoder, or one being prepared."""

    kinds: ClassVar = {
        "codec": c_void_p, "codec_tag": c_uint, "bit_rate": c_int64, "extradata": c_void_p,
        "time_base": AVRational, "pkt_timebase": AVRational, "framerate": AVRational,
        "sample_aspect_ratio": AVRational, "channel_layout": c_uint64, "ch_layout": AVChannelLayout,
    }  # fmt: skip
    codec_type: int
    codec: int
    codec_id: int
    codec_tag: int
    bit_rate: int
    flags: int
    flags2: int
    global_quality: int
    extradata: int | None
    extradata_size: int
    time_base: AVRational
    pkt_timebase: AVRational
    framerate: AVRational
    # Up to avcodec 60.
    ticks_per_frame: int
    delay: int
    width: int
    height: int
    gop_size: int
    pix_fmt: int
    max_b_frames: int
    has_b_frames: int
    sample_aspect_ratio: AVRational
    color_primaries: int
    color_trc: int
    colorspace: int
    color_range: int
    chroma_sample_location: int
    field_order: int
    sample_rate: int
    channels: int
    channel_layout: int
    ch_layout: AVChannelLayout
    sample_fmt: int
    frame_size: int
    block_align: int
    initial_padding: int
    trailing_padding: int
    seek_preroll: int
    qmin: int
    qmax: int
    strict_std_compliance: int
    err_recognition: int
    bits_per_coded_sample: int
    bits_per_raw_sample: int
    thread_count: int
    thread_type: int
    profile: int
    level: int
    apply_cropping: int


class AVCodecParameters(Structure):
    """The description of a stream's codec in a container."""

    kinds: ClassVar = {
        "codec_tag": c_uint, "extradata": c_void_p, "coded_side_data": c_void_p, "bit_rate": c_int64,
        "sample_aspect_ratio": AVRational, "framerate": AVRational, "channel_layout": c_uint64,
        "ch_layout": AVChannelLayout,
    }  # fmt: skip
    codec_type: int
    codec_id: int
    codec_tag: int
    extradata: int | None
    extradata_size: int
    coded_side_data: int | None
    nb_coded_side_data: int
    format: int
    bit_rate: int
    bits_per_coded_sample: int
    bits_per_raw_sample: int
    profile: int
    level: int
    width: int
    height: int
    sample_aspect_ratio: AVRational
    framerate: AVRational
    field_order: int
    color_range: int
    color_primaries: int
    color_trc: int
    color_space: int
    chroma_location: int
    video_delay: int
    channel_layout: int
    channels: int
    ch_layout: AVChannelLayout
    sample_rate: int
    block_align: int
    frame_size: int
    initial_padding: int
    trailing_padding: int
    seek_preroll: int


class AVCodec(Structure):
    """A decoder or an encoder. The lists of supported formats are NULL for "any", and gone from libavcodec 63."""

    kinds: ClassVar = {
        "name": STRING, "long_name": STRING, "pix_fmts": c_void_p, "supported_samplerates": c_void_p,
        "sample_fmts": c_void_p,
    }  # fmt: skip
    name: bytes
    long_name: bytes | None
    type: int
    id: int
    capabilities: int
    pix_fmts: int | None
    supported_samplerates: int | None
    sample_fmts: int | None


class AVProfile(Structure):
    """A named profile of a codec."""

    _fields_ = (("profile", c_int), ("name", STRING))
    profile: int
    name: bytes


class AVCodecDescriptor(Structure):
    """A codec, apart from its decoders and encoders. `profiles` points to AVProfiles; the last one has profile -99."""

    _fields_ = (
        ("id", c_int), ("type", c_int), ("name", STRING), ("long_name", STRING), ("props", c_int),
        ("mime_types", c_void_p), ("profiles", c_void_p),
    )  # fmt: skip
    id: int
    type: int
    name: bytes
    long_name: bytes | None
    props: int
    profiles: int | None


class AVOption(Structure):
    """A named option. `offset` is the offset of the field that it sets."""

    _fields_ = (("name", STRING), ("help", STRING), ("offset", c_int), ("type", c_int))
    name: bytes
    offset: int
    type: int


class AVDictionaryEntry(Structure):
    """A key and its value."""

    _fields_ = (("key", STRING), ("value", STRING))
    key: bytes
    value: bytes


class AVComponentDescriptor(Structure):
    """The place of a component of a pixel format: plane, bytes from pixel to pixel, offset, shift and depth in bits."""

    kinds: ClassVar[Mapping[str, CType]] = {}
    plane: int
    step: int
    offset: int
    shift: int
    depth: int


class AVPixFmtDescriptor(Structure):
    """A pixel format. Chroma planes have dimensions shifted right by log2_chroma_w and log2_chroma_h."""

    kinds: ClassVar[Mapping[str, CType]] = {
        "name": STRING, "nb_components": c_uint8, "log2_chroma_w": c_uint8, "log2_chroma_h": c_uint8,
        "flags": c_uint64,
    }  # fmt: skip
    name: bytes
    nb_components: int
    log2_chroma_w: int
    log2_chroma_h: int
    flags: int
    comp: Array[AVComponentDescriptor]


class AVBufferRef(Structure):
    """A reference to a counted buffer."""

    kinds: ClassVar = {"data": c_void_p}
    data: int
    size: int


class AVFrameSideData(Structure):
    """A piece of side data of a frame."""

    kinds: ClassVar = {"data": c_void_p}
    type: int
    data: int
    size: int


class AVPacketSideData(Structure):
    """A piece of side data of a packet or of codec parameters."""

    kinds: ClassVar = {"data": c_void_p}
    data: int
    size: int
    type: int


def build(
    base: type[_S], offsets: Mapping[str, int], *, size: int = 0, kinds: Mapping[str, CType] | None = None
) -> type[_S]:
    """The subclass of `base` whose fields lie at `offsets` (bytes).

    A field's type is that in `kinds`, else in `base.kinds`, else int. `size` pads the end, as structures in arrays need
    it. Raises ValueError if fields overlap or are not aligned.
    """
    declared: Mapping[str, CType] = {**getattr(base, "kinds", {}), **(kinds or {})}
    fields: list[tuple[str, CType]] = []
    end = 0
    for name, offset in sorted(offsets.items(), key=lambda item: item[1]):
        if offset < end:
            raise ValueError(f"{base.__name__}.{name} at {offset} overlaps the field before it")
        if offset > end:
            fields.append((f"_before_{name}", c_byte * (offset - end)))
        kind = declared.get(name, c_int)
        fields.append((name, kind))
        end = offset + ctypes.sizeof(kind)
    if size > end:
        fields.append(("_rest", c_byte * (size - end)))
    built = type(base.__name__, (base,), {"_fields_": fields})
    for name, offset in offsets.items():
        if getattr(built, name).offset != offset:
            raise ValueError(f"{base.__name__}.{name} at {offset} is not aligned")
    return built

"""Struct layouts: a table of field offsets for each libavcodec major, and the structures of the loaded version.

The library confirms the tables (see `probes`) before ffbind does anything else with it.
"""

from __future__ import annotations

import ctypes
from types import ModuleType

from ffbind.errors import UnsupportedLibraryError
from ffbind.layout import av58, av59, av60, av61, av62, av63, common
from ffbind.layout.formats import FormatLayout
from ffbind.layout.structures import (
    AVBufferRef,
    AVCodec,
    AVCodecContext,
    AVCodecParameters,
    AVComponentDescriptor,
    AVFrame,
    AVFrameSideData,
    AVPacket,
    AVPacketSideData,
    AVPixFmtDescriptor,
    InputPacket,
    build,
)

Version = tuple[int, int, int]

TABLES: dict[int, ModuleType] = {58: av58, 59: av59, 60: av60, 61: av61, 62: av62, 63: av63}

# Fields that were added within a major version: the library, and its first version that has them.
APPENDED: dict[tuple[str, str], tuple[str, Version]] = {
    ("AVFrame", "ch_layout"): ("avutil", (57, 28, 100)),
    ("AVCodecContext", "ch_layout"): ("avcodec", (59, 37, 100)),
    ("AVCodecParameters", "ch_layout"): ("avcodec", (59, 37, 100)),
    ("AVCodecParameters", "framerate"): ("avcodec", (60, 31, 100)),
    ("AVCodecParameters", "coded_side_data"): ("avcodec", (60, 31, 100)),
    ("AVCodecParameters", "nb_coded_side_data"): ("avcodec", (60, 31, 100)),
}


class Layout:
    """The structures of one version of FFmpeg. `versions` maps library names ("avutil", …) to version triples.

    Raises UnsupportedLibraryError for a major version without a table.
    """

    def __init__(self, versions: dict[str, Version]) -> None:
        if ctypes.sizeof(ctypes.c_void_p) != 8:
            raise UnsupportedLibraryError("the struct layouts are known for 64-bit platforms only")
        major = versions["avcodec"][0]
        if major not in TABLES:
            raise UnsupportedLibraryError(
                f"libavcodec {major} is not known: majors {min(TABLES)} to {max(TABLES)} are (FFmpeg 4 to 9)"
            )
        table = TABLES[major]
        old = major == 58
        sizes = {"size": ctypes.c_int if old else ctypes.c_size_t}

        def present(structure: str, offsets: dict[str, int]) -> dict[str, int]:
            fields = {
                field: offset
                for field, offset in offsets.items()
                if (structure, field) not in APPENDED
                or versions[APPENDED[structure, field][0]] >= APPENDED[structure, field][1]
            }
            # Two versions of FFmpeg had both ways to give channels, and kept up only the newer one everywhere.
            superseded = ("channels", "channel_layout") if "ch_layout" in fields else ()
            return {field: offset for field, offset in fields.items() if field not in superseded}

        self.formats = FormatLayout(versions["avformat"][0])
        self.AVPacket = build(AVPacket, common.PACKET)
        self.InputPacket = build(InputPacket, common.INPUT_PACKET)
        self.AVFrame = build(AVFrame, present("AVFrame", common.FRAME | table.FRAME))
        self.AVCodecContext = build(
            AVCodecContext, present("AVCodecContext", common.CODEC_CONTEXT | table.CODEC_CONTEXT)
        )
        self.AVCodecParameters = build(
            AVCodecParameters, present("AVCodecParameters", common.CODEC_PARAMETERS | table.CODEC_PARAMETERS)
        )
        self.AVCodec = build(AVCodec, common.CODEC | (common.CODEC_SUPPORTED if major < 63 else {}))
        self.AVBufferRef = build(AVBufferRef, common.BUFFER_REF, kinds=sizes)
        self.AVFrameSideData = build(AVFrameSideData, common.FRAME_SIDE_DATA, kinds=sizes)
        self.AVPacketSideData = build(
            AVPacketSideData, common.PACKET_SIDE_DATA_58 if old else common.PACKET_SIDE_DATA, kinds=sizes
        )
        self.AVComponentDescriptor = build(
            AVComponentDescriptor,
            common.COMPONENT_DESCRIPTOR,
            size=common.COMPONENT_DESCRIPTOR_SIZE_58 if old else common.COMPONENT_DESCRIPTOR_SIZE,
        )
        self.AVPixFmtDescriptor = build(
            AVPixFmtDescriptor, common.PIX_FMT_DESCRIPTOR, kinds={"comp": self.AVComponentDescriptor * 4}
        )

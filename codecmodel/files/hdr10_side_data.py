"""The metadata of HDR10 in FFmpeg's form, for containers that describe their streams."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Final

from codecmodel.registry.av1 import parse_av1c
from codecmodel.registry.avc import parse_avcc
from codecmodel.registry.codec_string import InvalidDescription
from codecmodel.registry.hdr10 import (
    ContentLight,
    Hdr10Metadata,
    MasteringDisplay,
    hdr10_metadata,
    hdr10_metadata_of_units,
)
from codecmodel.registry.hevc import parse_hvcc

#: FFmpeg's AV_PKT_DATA_MASTERING_DISPLAY_METADATA and AV_PKT_DATA_CONTENT_LIGHT_LEVEL.
MASTERING_DISPLAY: Final = 20
CONTENT_LIGHT: Final = 22
#: FFmpeg's names of the codecs whose bitstreams can have the metadata → CodecString.codec.
_CODECS: Final[Mapping[str, str]] = {"h264": "avc", "hevc": "hevc", "av1": "av1"}


def can_have_hdr10_metadata(codec_name: str) -> bool:
    """Whether a bitstream of the codec, by FFmpeg's name, can have the metadata."""
    return codec_name in _CODECS


def hdr10_side_data(codec_name: str, extradata: bytes, first_packet: bytes) -> dict[int, bytes]:
    """The metadata in a bitstream as FFmpeg's side data of a stream, by its kind.

    ``codec_name`` and ``extradata`` are FFmpeg's. ``first_packet`` is the first one of the stream.
    """
    codec = _CODECS.get(codec_name)
    if codec is None:
        return {}
    try:
        metadata, length_size = _of_extradata(codec, extradata)
    except InvalidDescription:
        return {}
    metadata = hdr10_metadata(codec, first_packet, length_size).completed(metadata)
    side_data = {}
    if metadata.mastering_display is not None:
        side_data[MASTERING_DISPLAY] = _mastering_display(metadata.mastering_display)
    if metadata.content_light is not None:
        side_data[CONTENT_LIGHT] = _content_light(metadata.content_light)
    return side_data


def _of_extradata(codec: str, extradata: bytes) -> tuple[Hdr10Metadata, int]:
    """The metadata in the extradata, and the bytes of the length before NAL units of a packet.

    Raises InvalidDescription.
    """
    if codec == "av1":
        return hdr10_metadata(codec, parse_av1c(extradata) if extradata[:1] == b"\x81" else extradata, 0), 0
    if extradata[:1] != b"\x01":
        return hdr10_metadata(codec, extradata, 0), 0
    if codec == "avc":
        return Hdr10Metadata(), parse_avcc(extradata).length_size
    record = parse_hvcc(extradata)
    units = [unit for _, units in record.arrays for unit in units]
    return hdr10_metadata_of_units(codec, units), record.length_size


def _mastering_display(display: MasteringDisplay) -> bytes:
    """AVMasteringDisplayMetadata: ten AVRational, and whether there are primaries and luminances."""
    values = [
        *(value for point in display.primaries for value in point),
        *display.white_point,
        display.min_luminance,
        display.max_luminance,
    ]
    return struct.pack("=22i", *(part for value in values for part in _rational(value)), 1, 1)


def _rational(value: Fraction) -> Iterator[int]:
    # FFmpeg's numbers have 32 bits, with a sign.
    exact = value if value.numerator < 1 << 31 else Fraction((1 << 31) - 1)
    yield exact.numerator
    yield exact.denominator


def _content_light(light: ContentLight) -> bytes:
    """AVContentLightMetadata."""
    return struct.pack("=2I", light.maximum, light.maximum_average)

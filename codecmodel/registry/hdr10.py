"""The metadata of HDR10 in a bitstream: the mastering display (SMPTE ST 2086) and the content's light (CTA-861.3).

Sources: H.264 § D.1.29, § D.1.31; H.265 § D.2.28, § D.2.35; AV1 § 5.8.3, § 5.8.4.
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Final, NamedTuple

from codecmodel.registry.av1 import obus
from codecmodel.registry.codec_string import Data
from codecmodel.registry.nal_units import nal_units
from codecmodel.registry.sei import sei_messages

#: H.264 table 7-1, H.265 table 7-1: the types of NAL units with SEI messages before the picture.
_AVC_SEI: Final = 6
_HEVC_PREFIX_SEI: Final = 39
#: H.264 § D.1.1, H.265 § D.2.1: payloadType.
_MASTERING_DISPLAY, _CONTENT_LIGHT = 137, 144
#: AV1 § 6.2.2, § 6.7.1: obu_type and metadata_type.
_METADATA: Final = 5
_HDR_CLL, _HDR_MDCV = 1, 2
#: Parts of a unit of chromaticity, and of one cd/m² at the maximum and at the minimum.
_SEI_UNITS: Final = (50_000, 10_000, 10_000)
_OBU_UNITS: Final = (1 << 16, 1 << 8, 1 << 14)


class MasteringDisplay(NamedTuple):
    """The display on which the colours were chosen. ``primaries`` are (x, y) of red, green and blue, by CIE 1931.

    Luminances are in cd/m².
    """

    primaries: tuple[tuple[Fraction, Fraction], tuple[Fraction, Fraction], tuple[Fraction, Fraction]]
    white_point: tuple[Fraction, Fraction]
    min_luminance: Fraction
    max_luminance: Fraction


class ContentLight(NamedTuple):
    """The highest light level of a pixel, and the highest average of a picture, in cd/m²; 0 is unknown."""

    maximum: int
    maximum_average: int


class Hdr10Metadata(NamedTuple):
    """Both kinds of metadata, each None if it is not there."""

    mastering_display: MasteringDisplay | None = None
    content_light: ContentLight | None = None

    def completed(self, other: "Hdr10Metadata") -> "Hdr10Metadata":
        """This metadata, and ``other``'s where this has none."""
        return Hdr10Metadata(
            self.mastering_display or other.mastering_display, self.content_light or other.content_light
        )


def hdr10_metadata(codec: str, data: Data, length_size: int) -> Hdr10Metadata:
    """The metadata in a chunk, or in another sequence of NAL units or OBUs. ``codec`` is CodecString.codec.

    ``length_size`` is the number of bytes of the length before each NAL unit, and 0 in Annex B format.
    """
    if codec == "av1":
        return _first(_in_obus(data))
    if codec not in ("avc", "hevc"):
        return Hdr10Metadata()
    return hdr10_metadata_of_units(codec, nal_units(data, length_size))


def hdr10_metadata_of_units(codec: str, units: Iterable[Data]) -> Hdr10Metadata:
    """The metadata in NAL units of "avc" or "hevc"."""
    return _first(_in_units(codec, units))


def _first(found: Iterator[MasteringDisplay | ContentLight | None]) -> Hdr10Metadata:
    metadata = Hdr10Metadata()
    for each in found:
        match each:
            case MasteringDisplay():
                metadata = metadata.completed(Hdr10Metadata(mastering_display=each))
            case ContentLight():
                metadata = metadata.completed(Hdr10Metadata(content_light=each))
            case None:
                continue
        if None not in metadata:
            break
    return metadata


def _in_units(codec: str, units: Iterable[Data]) -> Iterator[MasteringDisplay | ContentLight | None]:
    for unit in units:
        if (unit[0] & 0x1F == _AVC_SEI) if codec == "avc" else (unit[0] >> 1 & 0x3F == _HEVC_PREFIX_SEI):
            for kind, payload in sei_messages(unit, 1 if codec == "avc" else 2):
                if kind == _MASTERING_DISPLAY:
                    # The primaries are in the order green, blue, red.
                    yield _mastering_display(payload, (2, 0, 1), _SEI_UNITS)
                elif kind == _CONTENT_LIGHT:
                    yield _content_light(payload)


def _in_obus(data: Data) -> Iterator[MasteringDisplay | ContentLight | None]:
    for obu_type, payload in obus(data):
        if obu_type == _METADATA and payload:
            # metadata_type is coded as leb128(). The two types have one byte.
            if payload[0] == _HDR_MDCV:
                yield _mastering_display(bytes(payload[1:]), (0, 1, 2), _OBU_UNITS)
            elif payload[0] == _HDR_CLL:
                yield _content_light(bytes(payload[1:]))


def _mastering_display(
    payload: bytes, order: tuple[int, int, int], units: tuple[int, int, int]
) -> MasteringDisplay | None:
    """``order`` has the places of red, green and blue. None if the payload is cut off, or does not name a display."""
    if len(payload) < 24:
        return None
    per_chromaticity, per_maximum, per_minimum = units
    points = [
        (
            Fraction(int.from_bytes(payload[place : place + 2], "big"), per_chromaticity),
            Fraction(int.from_bytes(payload[place + 2 : place + 4], "big"), per_chromaticity),
        )
        for place in range(0, 16, 4)
    ]
    maximum = Fraction(int.from_bytes(payload[16:20], "big"), per_maximum)
    minimum = Fraction(int.from_bytes(payload[20:24], "big"), per_minimum)
    if not maximum:
        return None
    red, green, blue = order
    return MasteringDisplay((points[red], points[green], points[blue]), points[3], minimum, maximum)


def _content_light(payload: bytes) -> ContentLight | None:
    """None if the payload is cut off, or says that both are unknown."""
    if len(payload) < 4 or not any(payload[:4]):
        return None
    return ContentLight(int.from_bytes(payload[:2], "big"), int.from_bytes(payload[2:4], "big"))

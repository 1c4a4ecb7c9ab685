"""The metadata of HDR10 in SEI messages and OBUs."""

import random
import struct
from fractions import Fraction

import pytest

from codecmodel.registry.hdr10 import ContentLight, Hdr10Metadata, MasteringDisplay, hdr10_metadata

#: BT.2020 primaries, D65, 0.0001 to 1000 cd/m². In SEI messages the primaries are green, blue, red.
_SEI_DISPLAY = struct.pack(">8H2I", 8500, 39850, 6550, 2300, 35400, 14600, 15635, 16450, 10_000_000, 1)
_LIGHT = struct.pack(">2H", 1000, 400)
_DISPLAY = MasteringDisplay(
    (
        (Fraction(35400, 50000), Fraction(14600, 50000)),
        (Fraction(8500, 50000), Fraction(39850, 50000)),
        (Fraction(6550, 50000), Fraction(2300, 50000)),
    ),
    (Fraction(15635, 50000), Fraction(16450, 50000)),
    Fraction(1, 10000),
    Fraction(1000),
)
_HEADERS = {"avc": b"\x06", "hevc": b"\x4e\x01"}
_SLICES = {"avc": b"\x65\x88", "hevc": b"\x26\x01\xaf"}


def _message(kind: int, payload: bytes) -> bytes:
    return bytes([kind, len(payload)]) + payload


def _escaped(unit: bytes) -> bytes:
    """The unit with emulation prevention bytes."""
    result = bytearray()
    for byte in unit:
        if result.endswith(b"\0\0") and byte <= 3:
            result.append(3)
        result.append(byte)
    return bytes(result)


def _unit(codec: str, *messages: bytes) -> bytes:
    return _escaped(_HEADERS[codec] + b"".join(messages) + b"\x80")


@pytest.mark.parametrize("length_size", [0, 2, 4])
@pytest.mark.parametrize("codec", ["avc", "hevc"])
def test_sei_messages(codec: str, length_size: int) -> None:
    def chunk(*units: bytes) -> bytes:
        return b"".join(
            (len(unit).to_bytes(length_size, "big") if length_size else b"\0\0\0\1") + unit for unit in units
        )

    display, light = _message(137, _SEI_DISPLAY), _message(144, _LIGHT)
    both = Hdr10Metadata(_DISPLAY, ContentLight(1000, 400))
    unregistered = _message(5, bytes(40))
    picture = _SLICES[codec]
    for units, expected in (
        ((_unit(codec, unregistered, display, light), picture), both),
        ((_unit(codec, light), _unit(codec, display), picture), both),
        ((_unit(codec, light), picture), Hdr10Metadata(None, ContentLight(1000, 400))),
        ((_unit(codec, display, _message(144, bytes(4))), picture), Hdr10Metadata(_DISPLAY, None)),
        ((_unit(codec, _message(137, bytes(24))), picture), Hdr10Metadata()),
        ((_unit(codec, _message(137, _SEI_DISPLAY[:23])), picture), Hdr10Metadata()),
        ((picture,), Hdr10Metadata()),
    ):
        assert hdr10_metadata(codec, chunk(*units), length_size) == expected


def test_obus() -> None:
    primaries = (0.708, 0.292), (0.17, 0.797), (0.131, 0.046), (0.3127, 0.329)
    points = [round(value * 65536) for point in primaries for value in point]
    display = b"\x02" + struct.pack(">8H2I", *points, 1000 << 8, 1) + b"\x80"
    light = b"\x01" + _LIGHT + b"\x80"
    data = b"\x12\x00" + b"".join(bytes([5 << 3 | 2, len(payload)]) + payload for payload in (light, display))
    metadata = hdr10_metadata("av1", data, 0)
    assert metadata.content_light == ContentLight(1000, 400)
    assert metadata.mastering_display is not None
    assert metadata.mastering_display.primaries[1] == (Fraction(points[2], 65536), Fraction(points[3], 65536))
    assert metadata.mastering_display.white_point == (Fraction(points[6], 65536), Fraction(points[7], 65536))
    assert metadata.mastering_display.max_luminance == 1000
    assert metadata.mastering_display.min_luminance == Fraction(1, 1 << 14)


def test_other_codecs_have_none() -> None:
    assert hdr10_metadata("vp9", b"\0\0\0\1" + _unit("avc", _message(144, _LIGHT)), 0) == Hdr10Metadata()


@pytest.mark.parametrize("codec", ["avc", "hevc", "av1"])
def test_any_bytes(codec: str) -> None:
    generator = random.Random(1)
    for _ in range(2000):
        head = generator.choice([b"", b"\0\0\1\x06\x89", b"\0\0\1\x4e\x01\x89", b"\x2a\x20\x02", b"\0\0\0\x09\x06\x90"])
        data = head + generator.randbytes(generator.randrange(40))
        metadata = hdr10_metadata(codec, data, generator.choice([0, 1, 2, 4]))
        assert isinstance(metadata, Hdr10Metadata)

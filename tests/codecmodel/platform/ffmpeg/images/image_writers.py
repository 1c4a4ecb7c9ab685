"""Image files written byte by byte: the oddities of real files, which no encoder writes on request."""

import struct
import zlib
from collections.abc import Sequence
from typing import NamedTuple

from tests.codecmodel.platform.ffmpeg.images.images import png_chunk

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Colours of the pictures of an APNG.
RED, GREEN, BLUE = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255)


def exif(orientation: int | None) -> bytes:
    """A TIFF structure with an orientation, or with another tag alone."""
    tag, value = (0x100, 7) if orientation is None else (0x112, orientation)
    return b"MM\0*\0\0\0\x08\0\x01" + struct.pack(">HHIHH", tag, 3, 1, value, 0) + bytes(4)


# PNG


def png(*chunks: bytes, width: int = 3, height: int = 2) -> bytes:
    """A PNG of RGBA with these chunks between IHDR and IEND."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    return PNG_SIGNATURE + png_chunk(b"IHDR", header) + b"".join(chunks) + png_chunk(b"IEND", b"")


def animation_control(frames: int) -> bytes:
    return png_chunk(b"acTL", struct.pack(">II", frames, 0))


def frame_control(number: int, width: int = 3, height: int = 2) -> bytes:
    return png_chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, width, height, 0, 0, 1, 10, 0, 0))


def image_data(color: Sequence[int], width: int = 3, height: int = 2) -> bytes:
    return png_chunk(b"IDAT", _rows(color, width, height))


def frame_data(number: int, color: Sequence[int], width: int = 3, height: int = 2) -> bytes:
    return png_chunk(b"fdAT", struct.pack(">I", number) + _rows(color, width, height))


def _rows(color: Sequence[int], width: int, height: int) -> bytes:
    return zlib.compress((b"\0" + bytes(color) * width) * height)


# GIF


class GifPicture(NamedTuple):
    """Pixels are indices from 0 to 3. ``place`` is left, top, width, height."""

    pixels: Sequence[int]
    place: tuple[int, int, int, int]
    disposal: int = 0
    transparent: int | None = None
    color_table: bytes = b""


def gif(pictures: Sequence[GifPicture], width: int, height: int, color_table: bytes = b"") -> bytes:
    """A GIF of four colours, or of none. Colour tables have twelve bytes."""
    parts = [b"GIF89a", struct.pack("<HHBBB", width, height, 0x81 if color_table else 0, 0, 0), color_table]
    for picture in pictures:
        flags = picture.disposal << 2 | (picture.transparent is not None)
        parts.append(b"\x21\xf9\x04" + struct.pack("<BHBB", flags, 10, picture.transparent or 0, 0))
        parts.append(b"," + struct.pack("<HHHHB", *picture.place, 0x81 if picture.color_table else 0))
        parts += [picture.color_table, b"\x02"]
        data = _lzw(picture.pixels)
        parts += [bytes([len(data[at : at + 255])]) + data[at : at + 255] for at in range(0, len(data), 255)]
        parts.append(b"\0")
    return b"".join(parts) + b";"


def _lzw(pixels: Sequence[int]) -> bytes:
    """Codes of three bits. A clear code (4) before every second one keeps them from becoming longer."""
    codes = [code for at in range(0, len(pixels), 2) for code in (4, *pixels[at : at + 2])]
    bits = sum(code << 3 * place for place, code in enumerate([*codes, 5]))
    return bits.to_bytes(-(-3 * (len(codes) + 1) // 8), "little")


# BMP


def bmp(
    header_size: int, bits: int, compression: int, masks: tuple[int, int, int, int], pixels: Sequence[int], width: int
) -> bytes:
    """A BMP of pixels of 16 or 32 bits, bottom row first. Masks are of red, green, blue and alpha."""
    kind = "<H" if bits == 16 else "<I"
    rows = [pixels[at : at + width] for at in range(0, len(pixels), width)]
    data = b"".join(_padded(b"".join(struct.pack(kind, pixel) for pixel in row)) for row in rows)
    header = struct.pack("<IiiHHIIiiII", header_size, width, len(rows), 1, bits, compression, len(data), 0, 0, 0, 0)
    all_masks = struct.pack("<4I", *masks)
    if header_size > 40:
        header += all_masks[: header_size - 40]
        header += bytes(header_size - len(header))
    else:
        header += {0: b"", 3: all_masks[:12], 6: all_masks}[compression]
    begin = 14 + len(header)
    return struct.pack("<2sIHHI", b"BM", begin + len(data), 0, 0, begin) + header + data


def _padded(row: bytes) -> bytes:
    return row + bytes(-len(row) % 4)


# JPEG


def jpeg_segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def jpeg_parts(file: bytes) -> list[tuple[int, bytes]]:
    """The marker and the content of each segment. The content of the last segment extends to the end of the file."""
    parts: list[tuple[int, bytes]] = []
    position = 2
    while True:
        marker = file[position + 1]
        end = position + 2 + int.from_bytes(file[position + 2 : position + 4], "big")
        if marker == 0xDA:
            return [*parts, (marker, file[position + 4 :])]
        parts.append((marker, file[position + 4 : end]))
        position = end


def jpeg_with_components(file: bytes, identifiers: bytes, *, jfif: bool, transform: int | None) -> bytes:
    """A JPEG with other identifiers of its components, with JFIF's marker or without, and with Adobe's or without."""
    result = [b"\xff\xd8"]
    if jfif:
        result.append(jpeg_segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"))
    if transform is not None:
        result.append(jpeg_segment(0xEE, b"Adobe\0d\0\0\0\0" + bytes([transform])))
    for marker, content in jpeg_parts(file):
        if marker in (0xC0, 0xC2):
            frame = bytearray(content)
            frame[6 : 6 + 3 * len(identifiers) : 3] = identifiers
            result.append(jpeg_segment(marker, bytes(frame)))
        elif marker == 0xDA:
            scan = bytearray(content)
            scan[1 : 1 + 2 * len(identifiers) : 2] = identifiers
            result.append(b"\xff\xda" + struct.pack(">H", 6 + 2 * len(identifiers)) + bytes(scan))
        elif marker not in (0xE0, 0xEE):
            result.append(jpeg_segment(marker, content))
    return b"".join(result)


# WebP


def webp(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2) for kind, content in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_chunks(file: bytes) -> list[tuple[bytes, bytes]]:
    chunks, position = [], 12
    while position < len(file):
        kind, size = struct.unpack_from("<4sI", file, position)
        chunks.append((kind, file[position + 8 : position + 8 + size]))
        position += 8 + size + size % 2
    return chunks

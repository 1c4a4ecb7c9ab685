"""The delay of sound that begins late in MP4, which FFmpeg does not tell.

FFmpeg writes an empty edit for the time before such a track, and an edit of all its media (ISO/IEC 14496-12 § 8.6.6).
The second edit has to begin after the samples that an encoder has put before the sound.
"""

import struct
from collections.abc import Iterator
from fractions import Fraction
from typing import BinaryIO, Final, NamedTuple

#: The duration in ticks of the movie and the media time in ticks of the media, by the version of the box.
_ENTRIES: Final = {0: struct.Struct(">Ii4x"), 1: struct.Struct(">Qq4x")}
_EMPTY_EDIT: Final = -1


class _Box(NamedTuple):
    """A box and the place of its content in the file, in bytes."""

    kind: bytes
    begin: int
    end: int


def tell_delay(path: str, track_number: int, delay: Fraction) -> None:
    """Have the edit list of a track say that its sound begins ``delay`` seconds after its media. Raises OSError.

    Nothing is changed unless the track begins late and its edit list tells no delay.
    """
    with open(path, "r+b") as file:
        movie = _find(file, _Box(b"", 0, file.seek(0, 2)), b"moov")
        if movie is None:
            return
        tracks = [box for box in _boxes(file, movie) if box.kind == b"trak"]
        header = _find(file, movie, b"mvhd")
        if header is None or track_number >= len(tracks):
            return
        edit_list = _find(file, tracks[track_number], b"edts", b"elst")
        media_header = _find(file, tracks[track_number], b"mdia", b"mdhd")
        if edit_list is not None and media_header is not None:
            _shift_edits(file, edit_list, delay * _timescale(file, header), delay * _timescale(file, media_header))


def _shift_edits(file: BinaryIO, edit_list: _Box, movie_ticks: Fraction, media_ticks: Fraction) -> None:
    file.seek(edit_list.begin)
    content = file.read(edit_list.end - edit_list.begin)
    entry = _ENTRIES[content[0]]
    (count,) = struct.unpack_from(">I", content, 4)
    if count != 2:
        return
    (before, empty), (duration, media_time) = entry.unpack_from(content, 8), entry.unpack_from(content, 8 + entry.size)
    if (empty, media_time) != (_EMPTY_EDIT, 0):
        return
    ticks = min(round(movie_ticks), duration)
    changed = bytearray(content)
    # The rate of the media, in the last four bytes of an entry, stays.
    struct.pack_into(entry.format.removesuffix("4x"), changed, 8, before + ticks, empty)
    struct.pack_into(entry.format.removesuffix("4x"), changed, 8 + entry.size, duration - ticks, round(media_ticks))
    file.seek(edit_list.begin)
    file.write(changed)


def _boxes(file: BinaryIO, parent: _Box) -> Iterator[_Box]:
    position = parent.begin
    while position + 8 <= parent.end:
        file.seek(position)
        header = file.read(16)
        size, begin = int.from_bytes(header[:4], "big"), position + 8
        if size == 1:
            size, begin = int.from_bytes(header[8:], "big"), position + 16
        if size < 8:
            return
        yield _Box(header[4:8], begin, position + size)
        position += size


def _find(file: BinaryIO, parent: _Box, *path: bytes) -> _Box | None:
    """The first box along a path of types."""
    for box in _boxes(file, parent):
        if box.kind == path[0]:
            return _find(file, box, *path[1:]) if len(path) > 1 else box
    return None


def _timescale(file: BinaryIO, header: _Box) -> int:
    """The ticks per second in a movie header or media header (§ 8.2.2, § 8.4.2)."""
    file.seek(header.begin)
    content = file.read(24)
    return int.from_bytes(content[20:24] if content[0] == 1 else content[12:16], "big")

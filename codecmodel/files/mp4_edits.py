"""Edit lists of MP4 and its relatives: the part of each track's media that is presented.

FFmpeg shifts the timestamps by the edit list, but does not tell where the presentation of a track begins and ends.
"""

import struct
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import BinaryIO, Final, NamedTuple

#: A movie box that is larger than this many bytes is not read.
_LARGEST_MOVIE_BOX: Final = 1 << 28


class Edit(NamedTuple):
    """The part of a track's media that is presented: from ``start`` to ``end``, in seconds of the media."""

    start: Fraction
    #: None if the file does not say, as in a fragmented file.
    end: Fraction | None


class MalformedBox(ValueError):
    """A box is shorter than its content."""


def edits_of_tracks(file: BinaryIO, size: int) -> Sequence[Edit]:
    """The presented part of each track, in the order of the track boxes. Empty if ``file`` has no movie box.

    Only the first media edit of a track counts. ``size`` is the number of bytes in ``file``.
    """
    movie = _movie_box(file, size)
    if movie is None:
        return ()
    try:
        header = _child(movie, b"mvhd")
        movie_timescale = _timescale(header)
        is_fragmented = any(kind == b"mvex" for kind, _ in _boxes(movie))
        return [_edit(track, movie_timescale, is_fragmented) for kind, track in _boxes(movie) if kind == b"trak"]
    except (MalformedBox, struct.error, IndexError):
        return ()


def _movie_box(file: BinaryIO, size: int) -> memoryview | None:
    """The content of the top-level box "moov" (ISO/IEC 14496-12 § 8.2.1)."""
    position = 0
    while position < size:
        file.seek(position)
        header = file.read(16)
        if len(header) < 8:
            return None
        length, begin = int.from_bytes(header[:4], "big"), 8
        if length == 1:
            length, begin = int.from_bytes(header[8:], "big"), 16
        elif length == 0:
            length = size - position
        if length < begin:
            return None
        if header[4:8] == b"moov":
            if length > _LARGEST_MOVIE_BOX:
                return None
            file.seek(position + begin)
            return memoryview(file.read(length - begin))
        position += length
    return None


def _boxes(content: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """The type and content of each box within a box. Raises MalformedBox."""
    position = 0
    while position + 8 <= len(content):
        length = int.from_bytes(content[position : position + 4], "big")
        if length < 8 or position + length > len(content):
            raise MalformedBox
        yield bytes(content[position + 4 : position + 8]), content[position + 8 : position + length]
        position += length


def _find(content: memoryview, *path: bytes) -> memoryview | None:
    """The content of the first box along a path of types."""
    for kind, child in _boxes(content):
        if kind == path[0]:
            return _find(child, *path[1:]) if len(path) > 1 else child
    return None


def _child(content: memoryview, *path: bytes) -> memoryview:
    child = _find(content, *path)
    if child is None:
        raise MalformedBox
    return child


def _timescale(header: memoryview) -> int:
    """The ticks per second in a movie header or media header (§ 8.2.2, § 8.4.2)."""
    (timescale,) = struct.unpack_from(">I", header, 20 if header[0] == 1 else 12)
    if not timescale:
        raise MalformedBox
    return int(timescale)


def _edit(track: memoryview, movie_timescale: int, is_fragmented: bool) -> Edit:
    timescale = _timescale(_child(track, b"mdia", b"mdhd"))
    media_end = None if is_fragmented else Fraction(_media_duration(track), timescale)
    edit_list = _find(track, b"edts", b"elst")
    segments = () if edit_list is None else [each for each in _segments(edit_list) if each[1] >= 0]
    if not segments:
        return Edit(Fraction(0), media_end)
    duration, media_time = segments[0]
    start = Fraction(media_time, timescale)
    if media_end is None or len(segments) > 1:
        return Edit(start, None)
    # The duration of a segment is rounded to ticks of the movie. It counts only if it clearly ends before the media.
    segment_end = start + Fraction(duration, movie_timescale)
    ends_early = duration > 0 and segment_end + Fraction(1, movie_timescale) < media_end
    return Edit(start, segment_end if ends_early else media_end)


def _media_duration(track: memoryview) -> int:
    """The sum of all durations in "stts" (§ 8.6.1.2), in ticks of the media.

    Some writers do not know the duration of the last sample, and write 0 or 1. It counts as long as the one before it.
    """
    table = _child(track, b"mdia", b"minf", b"stbl", b"stts")
    (count,) = struct.unpack_from(">I", table, 4)
    if 8 + 8 * count > len(table):
        raise MalformedBox
    runs = [(samples, delta) for samples, delta in struct.iter_unpack(">II", table[8 : 8 + 8 * count]) if samples]
    if len(runs) > 1 and runs[-1][1] <= 1:
        runs[-1] = runs[-1][0], runs[-2][1]
    return sum(samples * delta for samples, delta in runs)


def _segments(edit_list: memoryview) -> Iterator[tuple[int, int]]:
    """Duration (in ticks of the movie) and media time (in ticks of the media, -1 for none) of each edit (§ 8.6.6)."""
    entry = struct.Struct(">Qq4x" if edit_list[0] == 1 else ">Ii4x")
    (count,) = struct.unpack_from(">I", edit_list, 4)
    if 8 + entry.size * count > len(edit_list):
        raise MalformedBox
    yield from entry.iter_unpack(edit_list[8 : 8 + entry.size * count])

"""Finds the places at which a file has lost parts of its media, by the structure of its container.

FFmpeg's demuxers skip what they do not know, and go on with what comes next, as after a pause.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import BinaryIO, Final, NamedTuple

from codecmodel.files.truncation import looks_like_mp4

#: Identifiers of EBML elements (RFC 8794, RFC 9559).
_EBML_HEADER, _SEGMENT, _CLUSTER, _CUES, _VOID, _TIMESTAMP = (
    0x1A45DFA3, 0x18538067, 0x1F43B675, 0x1C53BB6B, 0xEC, 0xE7,
)  # fmt: skip
_CUE_POINT, _CUE_TIME, _CUE_TRACK_POSITIONS, _CUE_CLUSTER_POSITION = 0xBB, 0xB3, 0xB7, 0xF1
#: The elements of a segment: SeekHead, Info, Tracks, Chapters, Tags, Attachments, CRC-32 and those above.
_LEVEL_1: Final = frozenset(
    {0x114D9B74, 0x1549A966, 0x1654AE6B, 0x1043A770, 0x1254C367, 0x1941A469, 0xBF, _CLUSTER, _CUES, _VOID}
)
#: The elements of a cluster: Timestamp, SilentTracks, Position, PrevSize, SimpleBlock, BlockGroup, EncryptedBlock.
_IN_CLUSTER: Final = frozenset({_TIMESTAMP, 0x5854, 0xA7, 0xAB, 0xA3, 0xA0, 0xAF, 0xBF, _VOID})
_CLUSTER_OR_CUES: Final = re.compile(rb"\x1f\x43\xb6\x75|\x1c\x53\xbb\x6b")
#: The largest difference of a block's timestamp to that of its cluster, in ticks.
_LONGEST_CLUSTER: Final = 1 << 15
#: The largest element that is read as a whole.
_LARGEST_TABLE: Final = 1 << 26
#: Bytes that are read at a time in search of the next element: few first, as it is often near.
_LEAST_SEARCHED, _MOST_SEARCHED = 1 << 12, 1 << 20
#: Cues that name this many clusters which are not in their places tell nothing.
_MOST_MISPLACED: Final = 1000
#: Bytes of an FLV tag's header, and of the size that follows the tag.
_TAG_HEADER, _TAG_SIZE = 11, 4
_FLV_TAGS: Final = frozenset({8, 9, 18})
#: Bytes of an Ogg page's header up to the table of segments.
_PAGE_HEADER: Final = 27
_PAGE_START: Final = re.compile(b"OggS")
#: The type of the box that begins a fragment of an MP4 file.
_FRAGMENT: Final = re.compile(b"moof")


class LostParts(NamedTuple):
    """The places at which parts are missing.

    ``positions`` are the first bytes after each place, in order. At some of them nothing may be missing.
    """

    positions: Sequence[int] = ()
    is_end_lost: bool = False


def lost_parts(file: BinaryIO, size: int) -> LostParts:
    """The places in WebM and Matroska, fragmented MP4, FLV and Ogg. ``size`` is the number of bytes in ``file``.

    Not all losses can be found. Raises OSError.
    """
    file.seek(0)
    start = file.read(12)
    for is_format, find in _FORMATS.items():
        if is_format(start):
            return find(file, size)
    return LostParts()


def _next(file: BinaryIO, pattern: re.Pattern[bytes], position: int, end: int) -> int | None:
    """The next position of bytes that match, None if none come before ``end``. A match has four bytes."""
    searched = _LEAST_SEARCHED
    while position < end:
        file.seek(position)
        data = file.read(min(searched, end - position))
        searched = min(2 * searched, _MOST_SEARCHED)
        if not data:
            return None
        match = pattern.search(data)
        if match is not None:
            return position + match.start()
        position += max(1, len(data) - 3)
    return None


# WebM and Matroska


class _Element(NamedTuple):
    """An EBML element. ``end`` is None if its size is unknown."""

    identifier: int
    start: int
    content: int
    end: int | None


def _element(file: BinaryIO, position: int) -> _Element | None:
    """The element at a position, None if there is none."""
    file.seek(position)
    header = file.read(12)
    if not header or header[0] < 0x10:
        return None
    length = 9 - header[0].bit_length()
    if len(header) <= length or not header[length]:
        return None
    octets = 9 - header[length].bit_length()
    content = length + octets
    if len(header) < content:
        return None
    mask = (1 << 7 * octets) - 1
    size = int.from_bytes(header[length:content], "big") & mask
    end = None if size == mask else position + content + size
    return _Element(int.from_bytes(header[:length], "big"), position, position + content, end)


class _Cluster(NamedTuple):
    start: int
    timestamp: int


class _CuedCluster(NamedTuple):
    """A cluster that the Cues name: its position in the segment, and the first time in ticks that they have for it."""

    position: int
    time: int


def _in_segment(file: BinaryIO, size: int) -> LostParts:
    header = _element(file, 0)
    segment = _element(file, header.end) if header is not None and header.end is not None else None
    if segment is None or segment.identifier != _SEGMENT:
        return LostParts()
    clusters: list[_Cluster] = []
    positions: list[int] = []
    cues: Sequence[_CuedCluster] = ()
    position = segment.content
    end = size if segment.end is None else min(size, segment.end)
    is_interrupted = False
    while position < end:
        element = _element(file, position)
        if element is None or element.identifier not in _LEVEL_1:
            # Something else is in the place of an element.
            is_interrupted = bool(clusters)
            following = _next(file, _CLUSTER_OR_CUES, position + 1, end)
            if following is None:
                break
            position = following
            continue
        match element.identifier:
            case 0x1F43B675:
                if is_interrupted:
                    positions.append(position)
                    is_interrupted = False
                timestamp, position = _read_cluster(file, element, end)
                clusters.append(_Cluster(element.start, timestamp))
                continue
            case 0x1C53BB6B if element.end is not None and element.end - element.content <= _LARGEST_TABLE:
                file.seek(element.content)
                cues = _read_cues(file.read(element.end - element.content))
            case 0xEC:
                # A cluster may have been made void. After most of such elements nothing is missing.
                is_interrupted = bool(clusters)
            case _:
                pass
        if element.end is None:
            break
        position = element.end
    cued = _compare_with_cues(clusters, cues, segment.content)
    return LostParts(sorted({*positions, *cued.positions}), cued.is_end_lost)


def _read_cluster(file: BinaryIO, cluster: _Element, end: int) -> tuple[int, int]:
    """The timestamp of a cluster in ticks, and the position after the cluster."""
    timestamp, position = 0, cluster.content
    while position < (end if cluster.end is None else min(end, cluster.end)):
        element = _element(file, position)
        if element is None or (cluster.end is None and element.identifier not in _IN_CLUSTER):
            break
        if element.identifier == _TIMESTAMP and element.end is not None and element.end - element.content <= 8:
            file.seek(element.content)
            timestamp = int.from_bytes(file.read(element.end - element.content), "big")
            if cluster.end is not None:
                break
        if element.end is None:
            break
        position = element.end
    return timestamp, position if cluster.end is None else cluster.end


def _children(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The identifiers and contents of the elements in ``data``. It stops at broken data."""
    position = 0
    while position + 2 <= len(data):
        length = 9 - data[position].bit_length()
        if length > 4 or position + length >= len(data):
            return
        octets = 9 - data[position + length].bit_length()
        content = position + length + octets
        if octets > 8 or content > len(data):
            return
        size = int.from_bytes(data[position + length : content], "big") & ((1 << 7 * octets) - 1)
        yield int.from_bytes(data[position : position + length], "big"), data[content : content + size]
        position = content + size


def _read_cues(data: bytes) -> Sequence[_CuedCluster]:
    """The clusters that Cues name, in the order of their positions."""
    times: dict[int, int] = {}
    for identifier, point in _children(data):
        if identifier != _CUE_POINT:
            continue
        time, positions = 0, []
        for inner, value in _children(point):
            if inner == _CUE_TIME:
                time = int.from_bytes(value, "big")
            elif inner == _CUE_TRACK_POSITIONS:
                positions += [
                    int.from_bytes(number, "big") for name, number in _children(value) if name == _CUE_CLUSTER_POSITION
                ]
        for position in positions:
            times[position] = min(times.get(position, time), time)
    return [_CuedCluster(*entry) for entry in sorted(times.items())]


def _compare_with_cues(clusters: Sequence[_Cluster], cues: Sequence[_CuedCluster], content: int) -> LostParts:
    """The clusters that the Cues name and that are not there.

    If bytes are cut out, the Cues are wrong by their number from there on. Cues that are wrong about most clusters tell
    nothing.
    """
    places = {cluster.start: number for number, cluster in enumerate(clusters)}
    found, following, shift, misplaced = 0, 0, 0, 0
    positions: list[int] = []
    is_missing = False
    for cue in cues:
        number = places.get(cue.position + content - shift)
        is_shifted = number is None or number < following or not _has_time(clusters, number, cue.time)
        misplaced += is_shifted
        if misplaced > _MOST_MISPLACED:
            return LostParts()
        if is_shifted:
            number = next(
                (number for number in range(following, len(clusters)) if _has_time(clusters, number, cue.time)), None
            )
        if number is None:
            is_missing = True
            continue
        if is_shifted:
            shift = cue.position + content - clusters[number].start
        if is_shifted or is_missing:
            # Clusters without a cue may stand before this one.
            positions.append(clusters[following].start if not is_shifted else clusters[number].start)
        is_missing = False
        found, following = found + 1, number + 1
    return LostParts(positions, is_missing) if 2 * found > len(cues) else LostParts()


def _has_time(clusters: Sequence[_Cluster], number: int, time: int) -> bool:
    """Whether a block with this time can be in the cluster with this number."""
    following = clusters[number + 1].timestamp if number + 1 < len(clusters) else None
    start = clusters[number].timestamp
    return start <= time < start + _LONGEST_CLUSTER and (following is None or following <= start or time < following)


# Fragmented MP4


def _in_fragments(file: BinaryIO, size: int) -> LostParts:
    numbers: list[tuple[int, int]] = []
    position, last_offset, last_start = 0, 0, -1
    is_end_lost = False
    while position + 8 <= size:
        file.seek(position)
        header = file.read(16)
        length, kind = int.from_bytes(header[:4], "big"), header[4:8]
        if length == 1:
            length = int.from_bytes(header[8:], "big")
        if length < 8:
            # FFmpeg reads nothing after this.
            is_end_lost = bool(numbers) and _next(file, _FRAGMENT, position, size) is not None
            break
        if kind == b"moof":
            last_start = position
            file.seek(position + 8)
            # The header of the fragment comes first (ISO/IEC 14496-12 § 8.8.5).
            inner = file.read(16)
            if inner[4:8] == b"mfhd":
                numbers.append((int.from_bytes(inner[12:16], "big"), position))
        elif kind == b"mfra" and length <= _LARGEST_TABLE:
            file.seek(position + 8)
            last_offset = max([last_offset, *_fragment_offsets(file.read(length - 8))])
        position += length
    steps = [(later - earlier, place) for (earlier, _), (later, place) in pairwise(numbers)]
    # Some writers count otherwise.
    is_counted = 2 * sum(step == 1 for step, _ in steps) >= len(steps)
    positions = [place for step, place in steps if step > 1] if is_counted else []
    return LostParts(positions, is_end_lost or (bool(numbers) and not positions and last_offset > last_start))


def _fragment_offsets(data: bytes) -> Iterator[int]:
    """The positions of fragments in the tables of an "mfra" box (ISO/IEC 14496-12 § 8.8.10)."""
    position = 0
    while position + 24 <= len(data):
        length = int.from_bytes(data[position : position + 4], "big")
        if length < 8:
            return
        if data[position + 4 : position + 8] == b"tfra":
            version, sizes, count = (
                data[position + 8],
                data[position + 19],
                *struct.unpack_from(">I", data, position + 20),
            )
            field = 8 if version == 1 else 4
            entry = 2 * field + (sizes >> 4 & 3) + (sizes >> 2 & 3) + (sizes & 3) + 3
            for number in range(min(count, (length - 24) // entry)):
                place = position + 24 + number * entry + field
                yield int.from_bytes(data[place : place + field], "big")
        position += length


# FLV


def _in_tags(file: BinaryIO, size: int) -> LostParts:
    """Each tag is followed by its size. Some writers put other numbers there."""
    file.seek(5)
    position = int.from_bytes(file.read(4), "big") + _TAG_SIZE
    previous: int | None = None
    tags, positions = 0, []
    while position + _TAG_HEADER <= size:
        file.seek(position - _TAG_SIZE)
        header = file.read(_TAG_SIZE + 4)
        if header[4] & 0x1F not in _FLV_TAGS:
            # Nothing tells where the next tag begins.
            positions.append(position)
            break
        if previous is not None and int.from_bytes(header[:4], "big") != previous:
            positions.append(position)
        previous = _TAG_HEADER + int.from_bytes(header[5:], "big")
        position += previous + _TAG_SIZE
        tags += 1
    return LostParts(positions if 10 * len(positions) < tags else ())


# Ogg


def _in_pages(file: BinaryIO, size: int) -> LostParts:
    """The pages of each logical stream are numbered (RFC 3533 § 6)."""
    numbers: dict[bytes, int] = {}
    positions: list[int] = []
    position = 0
    while position + _PAGE_HEADER <= size:
        file.seek(position)
        header = file.read(_PAGE_HEADER)
        if not _PAGE_START.match(header):
            following = _next(file, _PAGE_START, position + 1, size)
            if following is None:
                break
            position = following
            continue
        serial, number = header[14:18], int.from_bytes(header[18:22], "little")
        if number > numbers.get(serial, number):
            positions.append(position)
        numbers[serial] = number + 1
        table = file.read(header[26])
        position += _PAGE_HEADER + len(table) + sum(table)
    return LostParts(positions)


_FORMATS: Final[Mapping[Callable[[bytes], bool], Callable[[BinaryIO, int], LostParts]]] = {
    lambda start: start[:4] == _EBML_HEADER.to_bytes(4, "big"): _in_segment,
    looks_like_mp4: _in_fragments,
    lambda start: start[:3] == b"FLV": _in_tags,
    lambda start: start[:4] == b"OggS": _in_pages,
}

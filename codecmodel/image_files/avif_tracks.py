"""The moov box: image sequences (ISO/IEC 14496-12 § 8, AVIF § 3)."""

from collections.abc import Iterator
from itertools import accumulate
from typing import NamedTuple

from codecmodel.image_files.av1_images import ImageProperties, image_properties
from codecmodel.image_files.boxes import Box, Fields, boxes_in, find_box, need_box
from codecmodel.image_files.reader import FOREVER, MICROSECONDS, FileData, MalformedImage

#: Bytes of a visual sample entry before its boxes.
_SAMPLE_ENTRY = 78
#: The most samples that a sequence may have. A small table could claim any number of them.
_MAXIMUM_SAMPLES = 1 << 20
#: Stands for the number of a track that doesn't exist: they begin at 1.
_NO_TRACK = -1


class Sample(NamedTuple):
    """A frame: (start, end) of its bytes, timestamp and duration in µs, and whether decoding can start at it."""

    parts: tuple[tuple[int, int], ...]
    timestamp: int
    duration: int
    is_key: bool


class ImageSequence(NamedTuple):
    """An image sequence. In AVIF its frames are decoded in the order in which they are shown.

    ``alpha_of`` and ``premultiplied_by`` are the numbers of other tracks, whose alpha it is, or which is its alpha and
    by which its colours have been multiplied.
    """

    id: int
    samples: tuple[Sample, ...]
    properties: ImageProperties
    repetition_count: float
    alpha_of: int | None
    premultiplied_by: int | None


class Sequences(NamedTuple):
    """The sequence that is shown, the one that is its alpha, and whether its colours have been multiplied by alpha."""

    main: ImageSequence
    alpha: ImageSequence | None
    is_premultiplied: bool


def read_sequences(data: FileData, moov: Box) -> Sequences | None:
    """Read a moov box. Returns None if it has no image sequence of AV1. Raises MalformedImage."""
    tracks = [
        track
        for box in boxes_in(data, moov.begin, moov.end)
        if box.kind == b"trak" and (track := _read_track(data, box)) is not None
    ]
    main = next((track for track in tracks if track.alpha_of is None), None)
    if main is None:
        return None
    alpha = next((track for track in tracks if track.alpha_of == main.id and track.properties.is_alpha), None)
    return Sequences(main, alpha, alpha is not None and main.premultiplied_by == alpha.id)


def _read_track(data: FileData, trak: Box) -> ImageSequence | None:
    handler = Fields(data, need_box(data, trak, b"mdia", b"hdlr"))
    handler.skip(8)
    kind = handler.bytes(4)
    if kind not in (b"pict", b"vide", b"auxv"):
        return None
    table = need_box(data, trak, b"mdia", b"minf", b"stbl")
    description = need_box(data, table, b"stsd")
    entry = find_box(data, description.begin + 8, description.end, b"av01")
    if entry is None:
        return None
    properties = image_properties(data, list(boxes_in(data, entry.begin + _SAMPLE_ENTRY, entry.end)))
    header = Fields(data, need_box(data, trak, b"tkhd"))
    version, _ = header.full_box()
    header.skip(16 if version else 8)
    id = header.unsigned(4)
    header.skip(4)
    duration = header.unsigned(8 if version else 4)
    is_endless = duration == (1 << (64 if version else 32)) - 1
    media = Fields(data, need_box(data, trak, b"mdia", b"mdhd"))
    version, _ = media.full_box()
    media.skip(16 if version else 8)
    time_scale = media.unsigned(4)
    if not time_scale:
        raise MalformedImage("a sequence has no time scale")
    samples = tuple(_samples(data, table, time_scale))
    if not samples:
        raise MalformedImage("a sequence has no frames")
    alpha_of = _reference(data, trak, b"auxl") or _NO_TRACK if kind == b"auxv" else None
    premultiplied_by = _reference(data, trak, b"prem")
    repetition_count = _repetition_count(data, trak, None if is_endless else duration)
    return ImageSequence(id, samples, properties, repetition_count, alpha_of, premultiplied_by)


def _reference(data: FileData, trak: Box, kind: bytes) -> int | None:
    """The number of the track to which a track has a reference of some kind."""
    reference = find_box(data, trak.begin, trak.end, b"tref", kind)
    return None if reference is None else Fields(data, reference).unsigned(4)


def _repetition_count(data: FileData, trak: Box, duration: int | None) -> float:
    """The number of times that the only edit is repeated to fill the track's duration (None: endless)."""
    box = find_box(data, trak.begin, trak.end, b"edts", b"elst")
    if box is None:
        return 0
    fields = Fields(data, box)
    version, flags = fields.full_box()
    if not flags & 1 or fields.unsigned(4) != 1:
        return 0
    if duration is None:
        return FOREVER
    segment = fields.unsigned(8 if version else 4)
    count = max(0, -(-duration // segment) - 1) if segment else 0
    # Some writers take 2³¹ - 1 for the largest number of a field of 32 bits.
    return count if count < 1 << 31 else FOREVER


def _samples(data: FileData, table: Box, time_scale: int) -> Iterator[Sample]:
    sizes = _sizes(data, need_box(data, table, b"stsz"))
    offsets = _offsets(data, table, sizes)
    deltas = _deltas(data, need_box(data, table, b"stts"), len(sizes))
    keys = _keys(data, table)
    times = [MICROSECONDS * time // time_scale for time in accumulate(deltas, initial=0)]
    for number, (size, offset) in enumerate(zip(sizes, offsets, strict=True)):
        is_key = keys is None or number + 1 in keys
        yield Sample(((offset, offset + size),), times[number], times[number + 1] - times[number], is_key)


def _sizes(data: FileData, stsz: Box) -> list[int]:
    fields = Fields(data, stsz)
    fields.full_box()
    size, count = fields.unsigned(4), fields.unsigned(4)
    if count > _MAXIMUM_SAMPLES:
        raise MalformedImage("a sequence has too many frames")
    return [size] * count if size else [fields.unsigned(4) for _ in range(count)]


def _deltas(data: FileData, stts: Box, count: int) -> list[int]:
    fields = Fields(data, stts)
    fields.full_box()
    deltas: list[int] = []
    for _ in range(fields.unsigned(4)):
        run, delta = fields.unsigned(4), fields.unsigned(4)
        deltas += [delta] * min(run, count - len(deltas))
    if len(deltas) != count:
        raise MalformedImage("some frames have no time")
    return deltas


def _keys(data: FileData, table: Box) -> frozenset[int] | None:
    """The numbers, from 1, of the samples at which decoding can start. None: of all samples."""
    box = find_box(data, table.begin, table.end, b"stss")
    if box is None:
        return None
    fields = Fields(data, box)
    fields.full_box()
    return frozenset(fields.unsigned(4) for _ in range(fields.unsigned(4)))


def _offsets(data: FileData, table: Box, sizes: list[int]) -> list[int]:
    """Where each sample begins. Samples of a chunk follow each other. A run of chunks has the same number in each."""
    box = find_box(data, table.begin, table.end, b"stco") or need_box(data, table, b"co64")
    fields = Fields(data, box)
    fields.full_box()
    chunks = [fields.unsigned(8 if box.kind == b"co64" else 4) for _ in range(fields.unsigned(4))]
    fields = Fields(data, need_box(data, table, b"stsc"))
    fields.full_box()
    runs = [(fields.unsigned(4), fields.unsigned(4), fields.unsigned(4)) for _ in range(fields.unsigned(4))]
    offsets: list[int] = []
    for (first, count, _), (next_first, _, _) in zip(runs, [*runs[1:], (len(chunks) + 1, 0, 0)], strict=True):
        for position in chunks[first - 1 : next_first - 1] if first else ():
            for size in sizes[len(offsets) : len(offsets) + count]:
                offsets.append(position)
                position += size
    if len(offsets) != len(sizes):
        raise MalformedImage("some frames have no place in the file")
    return offsets

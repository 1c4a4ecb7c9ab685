"""AVIF: AV1 images, and sequences of them, in ISO base media files."""

import struct
import sys
from typing import Final, NamedTuple

from codecmodel.image_files.av1_images import ImageProperties
from codecmodel.image_files.avif_items import ImageItem, Items, read_items
from codecmodel.image_files.avif_tracks import Sample, Sequences, read_sequences
from codecmodel.image_files.boxes import Fields, read_box
from codecmodel.image_files.reader import FileData, MalformedImage

#: Brands of files with an image item, and with an image sequence.
_ITEM_BRANDS: Final = frozenset({b"avif", b"mif1"})
_SEQUENCE_BRANDS: Final = frozenset({b"avis"})
#: What has to be there as a whole.
_READ: Final = frozenset({b"ftyp", b"meta", b"moov"})


class CodedImages(NamedTuple):
    """Frames, and what is said of all of them. The frame of a grid is made of tiles, each an image of its own."""

    samples: tuple[Sample, ...]
    properties: ImageProperties
    tiles: tuple[ImageItem, ...] = ()


class AvifTrack(NamedTuple):
    """The image of a file, or its sequence. Either is frames, and as many of their alpha, if there is any."""

    color: CodedImages
    alpha: CodedImages | None
    is_sequence: bool
    repetition_count: float


class AvifFile:
    """Reads an AVIF as it arrives. Its image comes first among its tracks, before its sequence."""

    def __init__(self) -> None:
        self._data: FileData = b""
        self._position = 0
        self._brands: frozenset[bytes] | None = None
        self._major_brand = b""
        self._items: Items | None = None
        self._sequences: Sequences | None = None
        self.is_complete = False
        self.is_malformed = False
        #: All tracks, once they are known; in a file that is malformed there are none.
        self.tracks: tuple[AvifTrack, ...] | None = None

    @property
    def primary(self) -> int | None:
        """The track that the file's brand says it is."""
        if self.tracks is None or len(self.tracks) < 2:
            return None
        return int(self._major_brand in _SEQUENCE_BRANDS)

    def read(self, data: FileData, *, is_complete: bool) -> None:
        """Read on in ``data``: all that has arrived, which begins as the data before."""
        self._data = data
        self.is_complete = is_complete
        try:
            while self.tracks is None and self._read_box():
                self._find_tracks()
        except (MalformedImage, struct.error):
            self.is_malformed = True
            self.tracks = ()

    def _read_box(self) -> bool:
        data = self._data
        box = read_box(data, self._position, len(data) if self.is_complete else sys.maxsize)
        if box is None:
            return False
        if self._brands is None and box.kind != b"ftyp":
            raise MalformedImage("the file does not say what it is")
        if box.kind in _READ and box.end > len(data):
            return False
        self._position = box.end
        match box.kind:
            case b"ftyp":
                fields = Fields(data, box)
                self._major_brand = fields.bytes(4)
                fields.skip(4)
                brands = [fields.bytes(4) for _ in range((box.end - box.begin - 8) // 4)]
                self._brands = frozenset([self._major_brand, *brands])
                if not self._brands & (_ITEM_BRANDS | _SEQUENCE_BRANDS):
                    raise MalformedImage("the file is something else")
            case b"meta" if self._items is None and self._brands and self._brands & _ITEM_BRANDS:
                self._items = read_items(data, box)
            case b"moov" if self._sequences is None and self._brands and self._brands & _SEQUENCE_BRANDS:
                self._sequences = read_sequences(data, box)
                if self._sequences is None:
                    raise MalformedImage("there is no image sequence")
        return True

    def _find_tracks(self) -> None:
        """The brands say what there is to wait for."""
        brands = self._brands or frozenset()
        is_missing_item = bool(brands & _ITEM_BRANDS) and self._items is None
        is_missing_sequence = bool(brands & _SEQUENCE_BRANDS) and self._sequences is None
        if is_missing_item or is_missing_sequence:
            return
        tracks = []
        if self._items is not None:
            item, alpha = self._items
            tracks.append(AvifTrack(_of_item(item), None if alpha is None else _of_item(alpha), False, 0))
        if self._sequences is not None:
            main, other = self._sequences
            color = CodedImages(main.samples, main.properties)
            alpha_images = None if other is None else CodedImages(other.samples, other.properties)
            tracks.append(AvifTrack(color, alpha_images, True, main.repetition_count))
        self.tracks = tuple(tracks)

    def has(self, images: CodedImages, index: int) -> bool:
        """Whether all that decoding a frame needs has arrived."""
        samples = images.samples
        parts = [part for sample in samples[first_needed(samples, index) : index + 1] for part in sample.parts]
        parts += [part for tile in images.tiles for part in tile.parts]
        return all(end <= len(self._data) for _, end in parts)

    def packet(self, sample: Sample) -> bytes:
        """The bytes of a sample."""
        with memoryview(self._data) as view:
            return b"".join(view[start:end] for start, end in sample.parts)


def _of_item(item: ImageItem) -> CodedImages:
    return CodedImages((Sample(item.parts, 0, 0, True),), item.properties, item.tiles)


def first_needed(samples: tuple[Sample, ...], index: int) -> int:
    """The sample from which decoding has to start to get to another."""
    while index and not samples[index].is_key:
        index -= 1
    return index

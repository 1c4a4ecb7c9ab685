"""AVIF: images and image sequences of AV1 in the ISO base media file format."""

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
#: The boxes that are read. All of a box has to be there for that.
_READ: Final = frozenset({b"ftyp", b"meta", b"moov"})


class CodedImages(NamedTuple):
    """The frames of an image or a sequence, and their properties. A grid has one frame, made of tiles.

    ``first_needed`` has, for each frame, the index of the one at which decoding has to start to get to it, and
    ``needed_bytes`` the number of the file's bytes that are needed for that.
    """

    samples: tuple[Sample, ...]
    properties: ImageProperties
    first_needed: tuple[int, ...]
    needed_bytes: tuple[int, ...]
    tiles: tuple[ImageItem, ...] = ()


class AvifTrack(NamedTuple):
    """The image of a file, or its sequence: frames, and as many frames of their alpha, if there is any.

    ``is_premultiplied``: the colours have been multiplied by alpha.
    """

    color: CodedImages
    alpha: CodedImages | None
    is_premultiplied: bool
    is_sequence: bool
    repetition_count: float


class AvifFile:
    """Reads an AVIF as it arrives. If it has both an image and a sequence, the image is its first track."""

    def __init__(self) -> None:
        self._data: FileData = b""
        self._position = 0
        self._brands: frozenset[bytes] | None = None
        self._major_brand = b""
        self._items: Items | None = None
        self._sequences: Sequences | None = None
        self.is_complete = False
        self.is_malformed = False
        #: All tracks, once they are known. A file that is malformed has none.
        self.tracks: tuple[AvifTrack, ...] | None = None

    @property
    def primary(self) -> int | None:
        """The index of the primary track: the file's brand says which it is."""
        if self.tracks is None or len(self.tracks) < 2:
            return None
        return int(self._major_brand in _SEQUENCE_BRANDS)

    def read(self, data: FileData, *, is_complete: bool) -> None:
        """Read on. ``data`` is everything that has arrived, from the file's first byte on."""
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
            raise MalformedImage("the file does not begin with ftyp")
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
                    raise MalformedImage("ftyp has no brand of AVIF")
            case b"meta" if self._items is None and self._brands and self._brands & _ITEM_BRANDS:
                self._items = read_items(data, box)
            case b"moov" if self._sequences is None and self._brands and self._brands & _SEQUENCE_BRANDS:
                self._sequences = read_sequences(data, box)
                if self._sequences is None:
                    raise MalformedImage("the file has no image sequence")
        return True

    def _find_tracks(self) -> None:
        """Find the tracks, if all the boxes have been read that the brands announce."""
        brands = self._brands or frozenset()
        is_missing_item = bool(brands & _ITEM_BRANDS) and self._items is None
        is_missing_sequence = bool(brands & _SEQUENCE_BRANDS) and self._sequences is None
        if is_missing_item or is_missing_sequence:
            return
        tracks = []
        if self._items is not None:
            item, alpha, is_premultiplied = self._items
            alpha_image = None if alpha is None else _of_item(alpha)
            tracks.append(AvifTrack(_of_item(item), alpha_image, is_premultiplied, False, 0))
        if self._sequences is not None:
            main, other, is_premultiplied = self._sequences
            alpha_images = None if other is None else _coded_images(other.samples, other.properties)
            color = _coded_images(main.samples, main.properties)
            tracks.append(AvifTrack(color, alpha_images, is_premultiplied, True, main.repetition_count))
        self.tracks = tuple(tracks)

    def has(self, images: CodedImages, index: int) -> bool:
        """Whether everything has arrived that is needed to decode a frame."""
        return images.needed_bytes[index] <= len(self._data)

    def packet(self, sample: Sample) -> bytes:
        """The bytes of a sample."""
        with memoryview(self._data) as view:
            return b"".join(view[start:end] for start, end in sample.parts)


def _of_item(item: ImageItem) -> CodedImages:
    return _coded_images((Sample(item.parts, 0, 0, True),), item.properties, item.tiles)


def _coded_images(
    samples: tuple[Sample, ...], properties: ImageProperties, tiles: tuple[ImageItem, ...] = ()
) -> CodedImages:
    """Coded images, with the data that each of them needs."""
    # For speed: both are tabulated once, as a single key frame may be far away from each frame.
    end_of_tiles = max((end for tile in tiles for _, end in tile.parts), default=0)
    starts, ends = [], []
    start = needed = 0
    for index, sample in enumerate(samples):
        if sample.is_key:
            start, needed = index, end_of_tiles
        needed = max(needed, *(end for _, end in sample.parts), 0)
        starts.append(start)
        ends.append(needed)
    return CodedImages(samples, properties, tuple(starts), tuple(ends), tiles)

"""The meta box: image items (ISO/IEC 23008-12, AVIF § 2)."""

from collections.abc import Iterator
from typing import NamedTuple

from codecmodel.image_files.av1_images import ImageProperties, image_properties
from codecmodel.image_files.boxes import Box, Fields, boxes_in, find_box, need_box
from codecmodel.image_files.reader import FileData, MalformedImage


class ImageItem(NamedTuple):
    """An image: (start, end) of its bytes, in order, and its properties.

    The bytes are coded with AV1. Those of a grid, which is made of tiles, describe the grid.
    """

    parts: tuple[tuple[int, int], ...]
    properties: ImageProperties
    tiles: tuple["ImageItem", ...] = ()


class Items(NamedTuple):
    """The primary item, the item that is its alpha, and whether its colours have been multiplied by alpha."""

    primary: ImageItem
    alpha: ImageItem | None
    is_premultiplied: bool


def read_items(data: FileData, meta: Box) -> Items:
    """Read a meta box. Raises MalformedImage, also if the primary item is neither coded with AV1 nor a grid of such."""
    meta = meta._replace(begin=meta.begin + 4)
    primary = Fields(data, need_box(data, meta, b"pitm"))
    version, _ = primary.full_box()
    primary_id = primary.unsigned(4 if version else 2)
    types = _types(data, need_box(data, meta, b"iinf"))
    idat = find_box(data, meta.begin, meta.end, b"idat")
    locations = _locations(data, need_box(data, meta, b"iloc"), idat)
    properties = _properties(data, need_box(data, meta, b"iprp"))
    items = {
        id: ImageItem(locations[id], image_properties(data, properties.get(id, [])))
        for id, kind in types.items()
        if kind in (b"av01", b"grid") and id in locations
    }
    box = find_box(data, meta.begin, meta.end, b"iref")
    references = [] if box is None else list(_references(data, box))
    for id in [id for id, kind in types.items() if kind == b"grid" and id in items]:
        tiles = [tile for kind, source, targets in references if (kind, source) == (b"dimg", id) for tile in targets]
        if not tiles or any(types.get(tile) != b"av01" or tile not in items for tile in tiles):
            raise MalformedImage("a tile of a grid is no AV1 image")
        items[id] = items[id]._replace(tiles=tuple(items[tile] for tile in tiles))
    if primary_id not in items:
        raise MalformedImage("the primary item is no AV1 image")
    auxiliary = [source for kind, source, targets in references if kind == b"auxl" and primary_id in targets]
    alpha_id = next((id for id in auxiliary if id in items and items[id].properties.is_alpha), None)
    if alpha_id is None:
        return Items(items[primary_id], None, False)
    is_premultiplied = any(
        (kind, source) == (b"prem", primary_id) and alpha_id in targets for kind, source, targets in references
    )
    return Items(items[primary_id], items[alpha_id], is_premultiplied)


def _types(data: FileData, iinf: Box) -> dict[int, bytes]:
    fields = Fields(data, iinf)
    version, _ = fields.full_box()
    begin = iinf.begin + (8 if version else 6)
    types = {}
    for box in boxes_in(data, begin, iinf.end):
        entry = Fields(data, box)
        version, _ = entry.full_box()
        if version >= 2:
            id = entry.unsigned(2 if version == 2 else 4)
            entry.skip(2)
            types[id] = entry.bytes(4)
    return types


def _locations(data: FileData, iloc: Box, idat: Box | None) -> dict[int, tuple[tuple[int, int], ...]]:
    """(start, end) of the extents of each item. Items outside of the file itself are left out."""
    fields = Fields(data, iloc)
    version, _ = fields.full_box()
    sizes = fields.unsigned(2)
    offset_size, length_size, base_size = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15
    index_size = sizes & 15 if version else 0
    id_size = 4 if version == 2 else 2
    locations = {}
    for _ in range(fields.unsigned(id_size)):
        id = fields.unsigned(id_size)
        method = fields.unsigned(2) & 15 if version else 0
        reference = fields.unsigned(2)
        base = fields.unsigned(base_size)
        extents = []
        for _ in range(fields.unsigned(2)):
            fields.skip(index_size)
            start = base + fields.unsigned(offset_size)
            extents.append((start, start + fields.unsigned(length_size)))
        if method == 1 and idat is not None:
            extents = [(idat.begin + start, idat.begin + end) for start, end in extents]
        elif method or reference:
            continue
        locations[id] = tuple(extents)
    return locations


def _properties(data: FileData, iprp: Box) -> dict[int, list[Box]]:
    """The properties of each item."""
    container = need_box(data, iprp, b"ipco")
    properties = list(boxes_in(data, container.begin, container.end))
    result: dict[int, list[Box]] = {}
    for box in boxes_in(data, iprp.begin, iprp.end):
        if box.kind != b"ipma":
            continue
        fields = Fields(data, box)
        version, flags = fields.full_box()
        index_size = 2 if flags & 1 else 1
        for _ in range(fields.unsigned(4)):
            of_item = result.setdefault(fields.unsigned(4 if version else 2), [])
            for _ in range(fields.unsigned(1)):
                # The highest bit says that the property is essential.
                index = fields.unsigned(index_size) & ((1 << 8 * index_size - 1) - 1)
                if index > len(properties):
                    raise MalformedImage("an item has a property that doesn't exist")
                if index:
                    of_item.append(properties[index - 1])
    return result


def _references(data: FileData, iref: Box) -> Iterator[tuple[bytes, int, list[int]]]:
    """The kind, the source and the targets of each reference."""
    fields = Fields(data, iref)
    version, _ = fields.full_box()
    size = 4 if version else 2
    for box in boxes_in(data, iref.begin + 4, iref.end):
        reference = Fields(data, box)
        source = reference.unsigned(size)
        yield box.kind, source, [reference.unsigned(size) for _ in range(reference.unsigned(2))]

"""The properties that AVIF gives AV1 images: how they are coded, their colours, and their orientation."""

from typing import NamedTuple

from codecmodel.image_files.boxes import Box, Fields
from codecmodel.image_files.orientation import ImageOrientation, heif_orientation
from codecmodel.image_files.reader import FileData

_ALPHA_TYPES = frozenset({b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha", b"urn:mpeg:hevc:2015:auxid:1"})


class Nclx(NamedTuple):
    """Colours as code points of H.273. They override those of the bitstream."""

    primaries: int
    transfer: int
    matrix: int
    is_full_range: bool


class ImageProperties(NamedTuple):
    """The properties of an item, or of a track's sample entry. Those that the file does not give are None."""

    configuration: bytes | None
    nclx: Nclx | None
    profile: bytes | None
    is_alpha: bool
    orientation: ImageOrientation
    size: tuple[int, int] | None


def image_properties(data: FileData, boxes: list[Box]) -> ImageProperties:
    """The properties in boxes of the kinds av1C, colr, auxC, irot, imir and ispe. Raises MalformedImage."""
    configuration = nclx = profile = size = mirror_axis = None
    is_alpha = False
    angle = 0
    for box in boxes:
        fields = Fields(data, box)
        match box.kind:
            case b"av1C":
                configuration = fields.bytes(box.end - box.begin)
            case b"colr":
                kind = fields.bytes(4)
                if kind == b"nclx":
                    nclx = Nclx(fields.unsigned(2), fields.unsigned(2), fields.unsigned(2), fields.unsigned(1) >= 0x80)
                elif kind in (b"prof", b"rICC"):
                    profile = fields.bytes(box.end - box.begin - 4)
            case b"auxC" | b"auxi":
                fields.full_box()
                is_alpha = fields.bytes(box.end - box.begin - 4).split(b"\0")[0] in _ALPHA_TYPES
            case b"irot":
                angle = fields.unsigned(1) & 3
            case b"imir":
                mirror_axis = fields.unsigned(1) & 1
            case b"ispe":
                fields.full_box()
                size = fields.unsigned(4), fields.unsigned(4)
    return ImageProperties(configuration, nclx, profile, is_alpha, heif_orientation(angle, mirror_axis), size)

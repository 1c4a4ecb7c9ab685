"""The parts of sequence parameter sets that H.264 and H.265 share."""

from dataclasses import dataclass

from codecmodel.registry.bit_reader import BitReader, EndOfData

#: H.264 table E-1 and H.265 table E.1: the sample aspect ratio for each aspect_ratio_idc.
ASPECT_RATIOS = (
    (0, 1), (1, 1), (12, 11), (10, 11), (16, 11), (40, 33), (24, 11), (20, 11), (32, 11),
    (80, 33), (18, 11), (15, 11), (64, 33), (160, 99), (4, 3), (3, 2), (2, 1),
)  # fmt: skip
_EXTENDED_ASPECT_RATIO = 255


@dataclass(frozen=True)
class ColourDescription:
    """H.273 code points; 2 means unspecified. ``full_range`` is None if it is not present."""

    primaries: int = 2
    transfer: int = 2
    matrix: int = 2
    full_range: bool | None = None


def read_aspect_ratio(bits: BitReader) -> tuple[int, int]:
    """Read the aspect ratio of the VUI: width and height of a sample, or (0, 1) if it is unspecified."""
    if not bits.flag():
        return 0, 1
    idc = bits.bits(8)
    if idc == _EXTENDED_ASPECT_RATIO:
        return bits.bits(16), bits.bits(16)
    return ASPECT_RATIOS[idc] if idc < len(ASPECT_RATIOS) else (0, 1)


def read_colour(bits: BitReader) -> ColourDescription:
    """Read overscan_info and video_signal_type of the VUI."""
    if bits.flag():  # overscan_info_present_flag
        bits.skip(1)
    if not bits.flag():  # video_signal_type_present_flag
        return ColourDescription()
    bits.skip(3)  # video_format
    full_range = bits.flag()
    if not bits.flag():  # colour_description_present_flag
        return ColourDescription(full_range=full_range)
    return ColourDescription(bits.bits(8), bits.bits(8), bits.bits(8), full_range)


def require_visible_size(width: int, height: int, crop: tuple[int, int, int, int]) -> None:
    """Raise EndOfData if cropping leaves nothing of a picture, or if its sides have more than 16 bits."""
    left, top, right, bottom = crop
    if not (left + right < width <= 0xFFFF and top + bottom < height <= 0xFFFF):
        raise EndOfData(f"a picture of {width}x{height}, cropped by {crop}")

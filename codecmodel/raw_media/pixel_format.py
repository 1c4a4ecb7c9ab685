"""The table of pixel formats, which arrange bytes in planes (§ 9.8)."""

from typing import Final, Literal, NamedTuple, TypeAlias

from codecmodel.web.webidl import Enumeration

VideoPixelFormat: TypeAlias = Literal[
    "I420",
    "I420P10",
    "I420P12",
    "I420A",
    "I420AP10",
    "I420AP12",
    "I422",
    "I422P10",
    "I422P12",
    "I422A",
    "I422AP10",
    "I422AP12",
    "I444",
    "I444P10",
    "I444P12",
    "I444A",
    "I444AP10",
    "I444AP12",
    "NV12",
    "RGBA",
    "RGBX",
    "BGRA",
    "BGRX",
]


# Spec: sub-sampling
class PlaneDescription(NamedTuple):
    """A plane of a format. As in the spec's arithmetic, a sample is all components at one position."""

    #: The components in their order: "Y", "UV", "RGBA", …
    components: str
    #: The bytes of a sample, with all its components.
    sample_bytes: int
    #: The sub-sampling factors: pixels of the image for each sample, horizontally and vertically.
    sample_width: int
    sample_height: int


# Spec: pixel-format
class PixelFormatDescription(NamedTuple):
    """A format: its planes in order, and the bits of a component, which is stored in 8 bits or in little-endian 16."""

    planes: tuple[PlaneDescription, ...]
    bit_depth: int
    # Spec: equivalent-opaque-format
    equivalent_opaque_format: VideoPixelFormat
    has_alpha: bool = False
    # Spec: rgb-format
    is_rgb: bool = False

    @property
    def component_bytes(self) -> int:
        """The bytes of one component: 1 or 2."""
        return 1 if self.bit_depth == 8 else 2


def _planar(
    sub_sampling: tuple[int, int], bit_depth: int, opaque: VideoPixelFormat, *, alpha: bool = False
) -> PixelFormatDescription:
    """A format with Y, U, V and perhaps A in planes of their own, where U and V are sub-sampled."""
    size = 1 if bit_depth == 8 else 2
    planes = [
        PlaneDescription("Y", size, 1, 1),
        PlaneDescription("U", size, *sub_sampling),
        PlaneDescription("V", size, *sub_sampling),
    ]
    if alpha:
        planes.append(PlaneDescription("A", size, 1, 1))
    return PixelFormatDescription(tuple(planes), bit_depth, opaque, has_alpha=alpha)


def _rgb(components: str, opaque: VideoPixelFormat) -> PixelFormatDescription:
    """A format with one plane, which has four bytes for each pixel."""
    planes = (PlaneDescription(components, 4, 1, 1),)
    return PixelFormatDescription(planes, 8, opaque, has_alpha="A" in components, is_rgb=True)


#: All formats. (The spec names I420P10 as the opaque equivalent of I422AP10 and I422AP12, and I444P10 as that of
#: I444AP12. The spec's own definition of the term decides here: it is the same format without alpha.)
PIXEL_FORMATS: Final[dict[VideoPixelFormat, PixelFormatDescription]] = {
    "I420": _planar((2, 2), 8, "I420"),
    "I420P10": _planar((2, 2), 10, "I420P10"),
    "I420P12": _planar((2, 2), 12, "I420P12"),
    "I420A": _planar((2, 2), 8, "I420", alpha=True),
    "I420AP10": _planar((2, 2), 10, "I420P10", alpha=True),
    "I420AP12": _planar((2, 2), 12, "I420P12", alpha=True),
    "I422": _planar((2, 1), 8, "I422"),
    "I422P10": _planar((2, 1), 10, "I422P10"),
    "I422P12": _planar((2, 1), 12, "I422P12"),
    "I422A": _planar((2, 1), 8, "I422", alpha=True),
    "I422AP10": _planar((2, 1), 10, "I422P10", alpha=True),
    "I422AP12": _planar((2, 1), 12, "I422P12", alpha=True),
    "I444": _planar((1, 1), 8, "I444"),
    "I444P10": _planar((1, 1), 10, "I444P10"),
    "I444P12": _planar((1, 1), 12, "I444P12"),
    "I444A": _planar((1, 1), 8, "I444", alpha=True),
    "I444AP10": _planar((1, 1), 10, "I444P10", alpha=True),
    "I444AP12": _planar((1, 1), 12, "I444P12", alpha=True),
    "NV12": PixelFormatDescription((PlaneDescription("Y", 1, 1, 1), PlaneDescription("UV", 2, 2, 2)), 8, "NV12"),
    "RGBA": _rgb("RGBA", "RGBX"),
    "RGBX": _rgb("RGBX", "RGBX"),
    "BGRA": _rgb("BGRA", "BGRX"),
    "BGRX": _rgb("BGRX", "BGRX"),
}

#: The formats that VideoFrame.copyTo() can convert to.
CONVERSION_FORMATS: Final[tuple[VideoPixelFormat, ...]] = ("RGBA", "RGBX", "BGRA", "BGRX")

video_pixel_format: Final = Enumeration[VideoPixelFormat]("VideoPixelFormat", list(PIXEL_FORMATS))

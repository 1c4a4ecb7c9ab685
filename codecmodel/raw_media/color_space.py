"""Video colour spaces (§ 9.9 to § 9.12), their predefined instances (§ 1) and their code points in ITU-T H.273."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, TypedDict, TypeVar

from codecmodel.algorithm import algorithm
from codecmodel.web.webidl import Dictionary, Enumeration, Member, boolean, nullable

VideoColorPrimaries: TypeAlias = Literal["bt709", "bt470bg", "smpte170m", "bt2020", "smpte432"]
VideoTransferCharacteristics: TypeAlias = Literal["bt709", "smpte170m", "iec61966-2-1", "linear", "pq", "hlg"]
VideoMatrixCoefficients: TypeAlias = Literal["rgb", "bt709", "bt470bg", "smpte170m", "bt2020-ncl"]
PredefinedColorSpace: TypeAlias = Literal["srgb", "display-p3"]

#: H.273 § 8.1, table 2: ColourPrimaries.
# Spec: videocolorprimaries
PRIMARIES_CODE_POINTS: Final[Mapping[VideoColorPrimaries, int]] = {
    "bt709": 1,
    "bt470bg": 5,
    "smpte170m": 6,
    "bt2020": 9,
    "smpte432": 12,
}
#: H.273 § 8.2, table 3: TransferCharacteristics.
# Spec: videotransfercharacteristics
TRANSFER_CODE_POINTS: Final[Mapping[VideoTransferCharacteristics, int]] = {
    "bt709": 1,
    "smpte170m": 6,
    "iec61966-2-1": 13,
    "linear": 8,
    "pq": 16,
    "hlg": 18,
}
#: H.273 § 8.3, table 4: MatrixCoefficients.
# Spec: videomatrixcoefficients
MATRIX_CODE_POINTS: Final[Mapping[VideoMatrixCoefficients, int]] = {
    "rgb": 0,
    "bt709": 1,
    "bt470bg": 5,
    "smpte170m": 6,
    "bt2020-ncl": 9,
}

NameT = TypeVar("NameT")


def _by_code_point(code_points: Mapping[NameT, int]) -> Mapping[int, NameT]:
    return {code_point: name for name, code_point in code_points.items()}


_PRIMARIES: Final = _by_code_point(PRIMARIES_CODE_POINTS)
_TRANSFER: Final = _by_code_point(TRANSFER_CODE_POINTS)
_MATRIX: Final = _by_code_point(MATRIX_CODE_POINTS)


class VideoColorSpaceInit(TypedDict, total=False):
    """A colour space (§ 9.9.4). A member that is null is not known; null is also the default."""

    primaries: VideoColorPrimaries | None
    transfer: VideoTransferCharacteristics | None
    matrix: VideoMatrixCoefficients | None
    fullRange: bool | None


video_color_space_init: Final = Dictionary[VideoColorSpaceInit](
    "VideoColorSpaceInit",
    Member(
        "primaries",
        nullable(Enumeration[VideoColorPrimaries]("VideoColorPrimaries", list(PRIMARIES_CODE_POINTS))),
        default=None,
    ),
    Member(
        "transfer",
        nullable(Enumeration[VideoTransferCharacteristics]("VideoTransferCharacteristics", list(TRANSFER_CODE_POINTS))),
        default=None,
    ),
    Member(
        "matrix",
        nullable(Enumeration[VideoMatrixCoefficients]("VideoMatrixCoefficients", list(MATRIX_CODE_POINTS))),
        default=None,
    ),
    Member("fullRange", nullable(boolean), default=None),
)

#: The values of HTML's enumeration that WebCodecs uses.
predefined_color_space: Final = Enumeration[PredefinedColorSpace]("PredefinedColorSpace", ["srgb", "display-p3"])


def primaries_from_h273(code_point: int) -> VideoColorPrimaries | None:
    """The primaries that H.273 table 2 numbers ``code_point``; None if the spec has no name for them."""
    return _PRIMARIES.get(code_point)


def transfer_characteristics_from_h273(code_point: int) -> VideoTransferCharacteristics | None:
    """The transfer that H.273 table 3 numbers ``code_point``; None if the spec has no name for it."""
    return _TRANSFER.get(code_point)


def matrix_coefficients_from_h273(code_point: int) -> VideoMatrixCoefficients | None:
    """The matrix that H.273 table 4 numbers ``code_point``; None if the spec has no name for it."""
    return _MATRIX.get(code_point)


class VideoColorSpace:
    """The colour space of a VideoFrame (§ 9.9). It is immutable, and equal to any other with the same values."""

    __slots__ = ("_full_range", "_matrix", "_primaries", "_transfer")

    #: [[primaries]]
    _primaries: VideoColorPrimaries | None
    #: [[transfer]]
    _transfer: VideoTransferCharacteristics | None
    #: [[matrix]]
    _matrix: VideoMatrixCoefficients | None
    #: [[full range]]
    _full_range: bool | None

    def __init__(self, init: "VideoColorSpaceInit | VideoColorSpace | None" = None) -> None:
        """VideoColorSpace(init). Raises TypeError if a member is not a value of its enumeration."""
        _initialize(self, video_color_space_init({} if init is None else init, "init"))

    @property
    def primaries(self) -> VideoColorPrimaries | None:
        """The chromaticities of red, green, blue and white, or None if they are not known."""
        return self._primaries

    @property
    def transfer(self) -> VideoTransferCharacteristics | None:
        """The relation of the signal to light, or None if it is not known."""
        return self._transfer

    @property
    def matrix(self) -> VideoMatrixCoefficients | None:
        """The equations from R'G'B' to luma and chroma, or None if they are not known."""
        return self._matrix

    @property
    def fullRange(self) -> bool | None:
        """Whether components use all code values, or None if that is not known."""
        return self._full_range

    def toJSON(self) -> VideoColorSpaceInit:
        """The four values as a dictionary."""
        return {
            "primaries": self._primaries,
            "transfer": self._transfer,
            "matrix": self._matrix,
            "fullRange": self._full_range,
        }

    # Not in the spec: equality.

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VideoColorSpace):
            return NotImplemented
        return self.toJSON() == other.toJSON()

    def __hash__(self) -> int:
        return hash((self._primaries, self._transfer, self._matrix, self._full_range))

    def __repr__(self) -> str:
        return f"VideoColorSpace({self.toJSON()})"


@algorithm("dom-videocolorspace-videocolorspace")
def _initialize(color_space: VideoColorSpace, init: VideoColorSpaceInit) -> None:
    """VideoColorSpace(init). ``init`` is a converted dictionary."""
    # 1. Initialize the slots of the new object:
    # 1.1. primaries,
    color_space._primaries = init.get("primaries")
    # 1.2. transfer characteristics,
    color_space._transfer = init.get("transfer")
    # 1.3. matrix coefficients,
    color_space._matrix = init.get("matrix")
    # 1.4. and range; those that init does not have are null.
    color_space._full_range = init.get("fullRange")
    # 2. n/a: the caller has the object.


def new_video_color_space(init: VideoColorSpaceInit) -> VideoColorSpace:
    """A VideoColorSpace with values that need no conversion."""
    color_space = VideoColorSpace.__new__(VideoColorSpace)
    _initialize(color_space, init)
    return color_space


@algorithm("srgb-color-space")
def srgb_color_space() -> VideoColorSpace:
    """A new sRGB Color Space."""
    return new_video_color_space(
        {
            # 1. the primaries of BT.709,
            "primaries": "bt709",
            # 2. the curve of sRGB,
            "transfer": "iec61966-2-1",
            # 3. no luma and chroma,
            "matrix": "rgb",
            # 4. and all code values.
            "fullRange": True,
        }
    )


@algorithm("display-p3-color-space")
def display_p3_color_space() -> VideoColorSpace:
    """A new Display P3 Color Space."""
    return new_video_color_space(
        {
            # 1. the primaries of Display P3,
            "primaries": "smpte432",
            # 2. the curve of sRGB,
            "transfer": "iec61966-2-1",
            # 3. no luma and chroma,
            "matrix": "rgb",
            # 4. and all code values.
            "fullRange": True,
        }
    )


@algorithm("rec709-color-space")
def rec709_color_space() -> VideoColorSpace:
    """A new REC709 Color Space."""
    return new_video_color_space(
        {
            # 1. the primaries,
            "primaries": "bt709",
            # 2. the transfer characteristics
            "transfer": "bt709",
            # 3. and the matrix of BT.709,
            "matrix": "bt709",
            # 4. and the code values of video.
            "fullRange": False,
        }
    )


@algorithm("convert-predefinedcolorspace-to-videocolorspace")
def convert_predefined_color_space_to_video_color_space(color_space: PredefinedColorSpace) -> VideoColorSpace:
    """Convert PredefinedColorSpace to VideoColorSpace."""
    # 1. n/a: the enumeration has no other values.
    # 2. Return a new sRGB Color Space,
    if color_space == "srgb":
        return srgb_color_space()
    # 3. or a new Display P3 Color Space.
    return display_p3_color_space()

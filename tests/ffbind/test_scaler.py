"""The output of the scaler is exact where the exact pixels are known."""

import ctypes

import pytest

import ffbind
from ffbind import ClosedError, Frame, PictureKind, Scaler, Scaling
from ffbind.frame import adopt
from ffbind.frame_memory import allocate
from ffbind.scaler import _padded

EXACT = (
    Scaling.BICUBIC
    | Scaling.ACCURATE_ROUNDING
    | Scaling.FULL_CHROMA_INTERPOLATION
    | Scaling.FULL_CHROMA_INPUT
    | Scaling.BITEXACT
)


def flat(format: str, *colour: int, width: int = 32, height: int = 16) -> Frame:
    """A picture of one colour: of a planar format a value a plane, of a packed one the bytes of a pixel."""
    frame = Frame.video(width, height, format)
    planes = frame.writable_planes()
    for plane, values in zip(planes, [colour] if len(planes) == 1 else [(value,) for value in colour], strict=True):
        for row in range(plane.height):
            start = row * plane.stride
            plane.data[start : start + plane.row_bytes] = bytes(values) * (plane.row_bytes // len(values))
    return frame


def rows(frame: Frame, index: int = 0) -> list[list[int]]:
    plane = frame.planes()[index]
    starts = [row * plane.stride for row in range(plane.height)]
    return [list(plane.data[start : start + plane.row_bytes]) for start in starts]


def colour_of(frame: Frame) -> tuple[int, ...]:
    """The colour of a picture that has only one."""
    planes = [rows(frame, index) for index in range(len(frame.planes()))]
    if len(planes) == 1:
        size = len(planes[0][0]) // frame.width
        pixels = {tuple(row[at : at + size]) for row in planes[0] for at in range(0, len(row), size)}
        assert len(pixels) == 1
        return pixels.pop()
    colours = [{value for row in plane for value in row} for plane in planes]
    assert [len(colour) for colour in colours] == [1] * len(planes)
    return tuple(colour.pop() for colour in colours)


RGB = PictureKind(32, 16, "rgb24")


def same_size(
    source: str,
    destination: str,
    *,
    src_matrix: int = 2,
    dst_matrix: int = 2,
    src_range: int = 1,
    dst_range: int = 1,
) -> Scaler:
    return Scaler(
        PictureKind(32, 16, source, src_matrix, src_range),
        PictureKind(32, 16, destination, dst_matrix, dst_range),
        EXACT,
    )


# MatrixCoefficients, range, and the RGB that (Y, Cb, Cr) = (120, 100, 170) stands for by the equations of H.273.
RGB_OF_YUV = [
    (1, 1, (196, 105, 62)),
    (1, 2, (186, 106, 68)),
    (6, 1, (188, 98, 65)),
    (6, 2, (179, 100, 70)),
    (9, 1, (192, 99, 61)),
    (9, 2, (182, 101, 67)),
    (4, 1, (188, 98, 64)),
    (4, 2, (179, 99, 70)),
    (7, 1, (196, 106, 63)),
    (7, 2, (186, 106, 69)),
]


@pytest.mark.parametrize(("matrix", "range", "rgb"), RGB_OF_YUV)
def test_yuv_to_rgb(matrix: int, range: int, rgb: tuple[int, ...]) -> None:
    with same_size("yuv444p", "rgb24", src_matrix=matrix, src_range=range) as scaler:
        assert colour_of(scaler.scale(flat("yuv444p", 120, 100, 170))) == rgb


# The same for (Y, Cb, Cr) of the RGB (200, 90, 40).
@pytest.mark.parametrize(
    ("matrix", "range", "yuv"),
    [(1, 1, (110, 95, 178)), (1, 2, (110, 90, 185)), (6, 1, (117, 90, 180)), (6, 2, (117, 84, 187))],
)
def test_rgb_to_yuv(matrix: int, range: int, yuv: tuple[int, ...]) -> None:
    with same_size("rgb24", "yuv444p", dst_matrix=matrix, dst_range=range) as scaler:
        result = scaler.scale(flat("rgb24", 200, 90, 40))
    assert colour_of(result) == yuv
    assert (result.colorspace, result.color_range) == (matrix, range)


def test_unspecified_matrix_is_that_of_bt_601() -> None:
    with same_size("yuv444p", "rgb24") as scaler:
        assert colour_of(scaler.scale(flat("yuv444p", 120, 100, 170))) == (188, 98, 65)


def test_one_matrix_to_another() -> None:
    with same_size("yuv444p", "yuv444p", src_matrix=6, dst_matrix=1) as scaler:
        assert colour_of(scaler.scale(flat("yuv444p", 120, 100, 170))) == (115, 104, 169)


@pytest.mark.parametrize(
    ("src_range", "dst_range", "given", "exact"),
    [(1, 2, (120, 100, 170), (121.1, 96.1, 175.8)), (2, 1, (120, 100, 170), (119.1, 103.4, 164.9))],
)
def test_one_range_to_another(src_range: int, dst_range: int, given: tuple[int, ...], exact: tuple[float, ...]) -> None:
    with same_size("yuv444p", "yuv444p", src_range=src_range, dst_range=dst_range) as scaler:
        result = scaler.scale(flat("yuv444p", *given))
    # Versions round one way or the other.
    assert all(abs(value - wanted) < 1 for value, wanted in zip(colour_of(result), exact, strict=True))
    assert result.color_range == dst_range


def test_gray_has_full_range() -> None:
    with same_size("yuv444p", "gray", src_range=1, dst_range=1) as scaler:
        for given, wanted in ((16, 0), (235, 255)):
            result = scaler.scale(flat("yuv444p", given, 128, 128))
            assert (colour_of(result), result.color_range) == ((wanted,), 2)


def test_jpeg_formats_have_full_range() -> None:
    with same_size("yuvj444p", "rgb24", src_matrix=1, src_range=1) as scaler:
        assert colour_of(scaler.scale(flat("yuvj444p", 120, 100, 170))) == (186, 106, 68)


def test_rgb_formats() -> None:
    with same_size("rgba", "bgra") as scaler:
        result = scaler.scale(flat("rgba", 1, 2, 3, 4))
    assert colour_of(result) == (3, 2, 1, 4)
    assert (result.colorspace, result.color_range) == (0, 2)


def test_alpha_stays() -> None:
    with same_size("yuva444p", "rgba", src_matrix=1) as scaler:
        assert colour_of(scaler.scale(flat("yuva444p", 120, 100, 170, 77))) == (196, 105, 62, 77)


def test_points_are_repeated() -> None:
    small = Frame.video(2, 2, "gray")
    (plane,) = small.writable_planes()
    plane.data[0:2], plane.data[plane.stride : plane.stride + 2] = b"\1\2", b"\3\4"
    with Scaler(PictureKind(2, 2, "gray"), PictureKind(4, 6, "gray"), Scaling.POINT) as scaler:
        assert rows(scaler.scale(small)) == [[1, 1, 2, 2]] * 3 + [[3, 3, 4, 4]] * 3


def test_area_is_averaged() -> None:
    large = Frame.video(32, 4, "gray")
    (plane,) = large.writable_planes()
    for row, value in enumerate((10, 30, 110, 130)):
        plane.data[row * plane.stride : row * plane.stride + 32] = bytes([value, value + 4] * 16)
    with Scaler(
        PictureKind(32, 4, "gray"), PictureKind(16, 2, "gray"), Scaling.AREA | Scaling.ACCURATE_ROUNDING
    ) as scaler:
        assert rows(scaler.scale(large)) == [[22] * 16, [122] * 16]


def test_chroma_is_made_smaller() -> None:
    with Scaler(PictureKind(32, 16, "yuv444p"), PictureKind(32, 16, "nv12"), EXACT) as scaler:
        result = scaler.scale(flat("yuv444p", 120, 100, 170))
    assert rows(result, 0) == [[120] * 32] * 16
    assert rows(result, 1) == [[100, 170] * 16] * 8


def test_ten_bits() -> None:
    with same_size("yuv444p", "yuv444p10le") as scaler:
        result = scaler.scale(flat("yuv444p", 120, 100, 170))
    assert [set(zip(row[::2], row[1::2], strict=True)) for row in rows(result)] == [{(480 & 255, 480 >> 8)}] * 16


def test_properties() -> None:
    frame = flat("yuv444p", 120, 100, 170)
    frame.pts, frame.duration, frame.sample_aspect_ratio = 7, 8, (4, 3)
    frame.color_primaries, frame.color_trc, frame.colorspace = 9, 16, 9
    frame.fields.crop_left = frame.fields.crop_bottom = 2
    with Scaler(PictureKind(32, 16, "yuv444p", matrix=9), PictureKind(16, 16, "yuv420p", matrix=9)) as scaler:
        result = scaler.scale(frame)
    assert (result.width, result.height, result.format) == (16, 16, "yuv420p")
    assert (result.pts, result.duration, result.crop) == (7, 8, (0, 0, 0, 0))
    assert (result.color_primaries, result.color_trc, result.colorspace, result.color_range) == (9, 16, 9, 1)
    # Half as many pixels in a row, each twice as wide.
    assert result.sample_aspect_ratio == (8, 3)
    assert frame.crop == (2, 0, 0, 2)


def test_frame_of_another_kind() -> None:
    with Scaler(PictureKind(32, 16, "yuv444p"), PictureKind(32, 16, "rgb24")) as scaler:
        for wrong in (flat("yuv444p", 1, 2, 3, width=16), flat("rgb24", 1, 2, 3)):
            with pytest.raises(ValueError, match="this scaler is for 32x16 yuv444p"):
                scaler.scale(wrong)


@pytest.mark.parametrize(
    ("source", "destination", "message"),
    [
        (PictureKind(32, 16, "nonsense"), RGB, "no pixel format is called 'nonsense'"),
        (RGB, PictureKind(32, 16, "pal8"), "cannot write pal8"),
        (PictureKind(32, 16, "vaapi"), RGB, "cannot read vaapi"),
        (PictureKind(0, 16, "rgb24"), RGB, "at least one pixel"),
        (RGB, PictureKind(1 << 28, 16, "rgb24"), "cannot convert 32x16 rgb24 to 268435456x16 rgb24"),
        (PictureKind(32, 16, "yuv444p", matrix=0), RGB, "matrix coefficients 0"),
        (PictureKind(32, 16, "yuv444p", range=0), RGB, "the range is 1"),
    ],
    ids=["format", "destination", "source", "empty", "huge", "matrix", "range"],
)
def test_impossible_conversions_are_refused(source: PictureKind, destination: PictureKind, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Scaler(source, destination)
    assert "Scaler" not in ffbind.live_objects()


def tight(format: str, width: int, height: int, rows_of_plane: int, row_bytes: int) -> Frame:
    """A frame of one plane in a buffer that ends with its last pixel."""
    library = ffbind.load()
    frame = adopt(allocate())
    fields = frame.fields
    fields.width, fields.height, fields.format = width, height, ffbind.pixel_format(format).number
    fields.buf[0] = library.avutil.av_buffer_alloc(rows_of_plane * row_bytes)
    buffer = library.layout.AVBufferRef.from_address(fields.buf[0] or 0)
    fields.data[0], fields.linesize[0] = buffer.data, row_bytes
    ctypes.memmove(buffer.data, bytes(range(rows_of_plane * row_bytes)), rows_of_plane * row_bytes)
    return frame


def test_memory_without_padding_is_copied_first() -> None:
    frame = tight("rgb24", 5, 3, 3, 15)
    library = ffbind.load()
    with _padded(library, frame) as copy:
        assert copy.fields.data[0] != frame.fields.data[0]
    with flat("rgb24", 1, 2, 3) as usual, _padded(library, usual) as same:
        assert same.fields.data[0] == usual.fields.data[0]
    with Scaler(PictureKind(5, 3, "rgb24"), PictureKind(5, 3, "bgr24")) as scaler:
        result = rows(scaler.scale(frame))
    assert [row[0:3] for row in result] == [[2, 1, 0], [17, 16, 15], [32, 31, 30]]
    assert result[2][12:] == [44, 43, 42]


def test_rows_from_bottom_to_top() -> None:
    frame = tight("gray", 16, 4, 4, 16)
    fields = frame.fields
    fields.data[0], fields.linesize[0] = (fields.data[0] or 0) + 3 * 16, -16
    with Scaler(PictureKind(16, 4, "gray"), PictureKind(16, 4, "gray")) as scaler:
        assert [row[0] for row in rows(scaler.scale(frame))] == [48, 32, 16, 0]


def test_closed_scaler_is_refused() -> None:
    scaler = Scaler(PictureKind(32, 16, "rgb24"), PictureKind(32, 16, "bgr24"))
    scaler.close()
    scaler.close()
    with pytest.raises(ClosedError, match="this Scaler is closed"):
        scaler.scale(flat("rgb24", 1, 2, 3))
    assert "Scaler" not in ffbind.live_objects()


def ramp(format: str, chroma_location: int, *, width: int = 32, height: int = 16) -> list[list[int]]:
    """Rows of Cb of a picture that gets bluer to the right, and downwards, by 4 each pixel of RGB."""
    source = Frame.video(width, height, "rgb24")
    (plane,) = source.writable_planes()
    for row in range(height):
        pixels = b"".join(bytes((0, 0, 4 * (column + row))) for column in range(width))
        plane.data[row * plane.stride : row * plane.stride + plane.row_bytes] = pixels
    with Scaler(
        PictureKind(width, height, "rgb24"),
        PictureKind(width, height, format, range=2, chroma_location=chroma_location),
        EXACT,
    ) as scaler:
        result = scaler.scale(source)
    assert result.chroma_location == chroma_location
    return rows(result, 1)


@pytest.mark.parametrize(
    ("location", "right", "below"),
    [(0, 0.5, 0.5), (1, 0, 0.5), (2, 0.5, 0.5), (3, 0, 0), (4, 0.5, 0), (5, 0, 1), (6, 0.5, 1)],
)
def test_chroma_is_where_it_is_to_be(location: int, right: float, below: float) -> None:
    cb = ramp("yuv420p", location)
    for row, column in ((3, 5), (4, 9)):
        blue = 4 * (2 * column + right + 2 * row + below)
        # The equation of H.273 for BT.601.
        assert abs(cb[row][column] - (128 + blue * 0.5)) <= 1


def test_chroma_locations_matter_along_sub_sampled_axes_only() -> None:
    assert ramp("yuv444p", 3) == ramp("yuv444p", 6) == ramp("yuv444p", 0)
    assert ramp("yuv422p", 3) == ramp("yuv422p", 1) != ramp("yuv422p", 2)
    with pytest.raises(ValueError, match="chroma locations are 0 to 6, not 7"):
        ramp("yuv420p", 7)

"""Frames: planes, properties and references."""

import numpy as np
import pytest

import ffbind
from ffbind import FFbindError, Frame
from tests.ffbind.codec_signals import flat_picture, noise_picture, pixels, tone


@pytest.mark.parametrize(
    ("format", "planes"),
    [
        ("yuv420p", [(33, 19), (17, 10), (17, 10)]),
        ("yuv422p", [(33, 19), (17, 19), (17, 19)]),
        ("yuv444p10le", [(66, 19), (66, 19), (66, 19)]),
        ("yuva420p", [(33, 19), (17, 10), (17, 10), (33, 19)]),
        ("nv12", [(33, 19), (34, 10)]),
        ("p010le", [(66, 19), (68, 10)]),
        ("rgb24", [(99, 19)]),
        ("rgba", [(132, 19)]),
        ("gbrp", [(33, 19), (33, 19), (33, 19)]),
        ("gray", [(33, 19)]),
        ("pal8", [(33, 19), (1024, 1)]),
        ("monob", [(5, 19)]),
    ],
)
def test_planes_of_pictures(format: str, planes: list[tuple[int, int]]) -> None:
    frame = Frame.video(33, 19, format)
    assert (frame.width, frame.height, frame.format, frame.nb_samples) == (33, 19, format, 0)
    assert [(plane.row_bytes, plane.height) for plane in frame.planes()] == planes
    for plane in frame.planes():
        assert plane.stride >= plane.row_bytes or plane.height == 1
        assert len(plane.data) == (plane.height - 1) * plane.stride + plane.row_bytes
        assert (plane.data.format, plane.data.ndim, plane.data.readonly) == ("B", 1, True)


@pytest.mark.parametrize(
    ("format", "channels", "planes"),
    [("fltp", 2, [40, 40]), ("flt", 2, [80]), ("s16", 6, [120]), ("u8p", 3, [10] * 3), ("dblp", 12, [80] * 12)],
)
def test_planes_of_samples(format: str, channels: int, planes: list[int]) -> None:
    frame = Frame.audio(10, format, channels, 44_100)
    assert (frame.nb_samples, frame.channels, frame.sample_rate, frame.format) == (10, channels, 44_100, format)
    assert [len(plane.data) for plane in frame.planes()] == planes
    assert [(plane.stride, plane.height, plane.row_bytes) for plane in frame.planes()] == [(n, 1, n) for n in planes]


def test_what_is_written_is_read_without_a_copy() -> None:
    frame = Frame.video(16, 4, "gray")
    seen = np.frombuffer(frame.planes()[0].data, "u1")
    plane = frame.writable_planes()[0]
    plane.data[:] = bytes(range(len(plane.data) % 256)) or bytes(len(plane.data))
    plane.data[0] = 77
    assert seen[0] == 77
    assert seen.ctypes.data == np.frombuffer(frame.planes()[0].data, "u1").ctypes.data


def test_channels_of_planar_samples_are_apart() -> None:
    frame = Frame.audio(4, "s16p", 12, 48_000)
    for index, plane in enumerate(frame.writable_planes()):
        plane.data[:] = bytes([index]) * 8
    assert [bytes(plane.data) for plane in frame.planes()] == [bytes([index]) * 8 for index in range(12)]


def test_formats_that_do_not_exist_are_refused() -> None:
    with pytest.raises(ValueError, match="no pixel format is called 'yuv123'"):
        Frame.video(16, 16, "yuv123")
    with pytest.raises(ValueError, match="no sample format is called 'yuv420p'"):
        Frame.audio(16, "yuv420p", 2, 48_000)
    with pytest.raises(ffbind.FFmpegError, match="av_frame_get_buffer: Invalid argument"):
        Frame.video(-1, 16, "gray")
    with pytest.raises(TypeError):
        Frame()


def test_properties() -> None:
    frame = Frame.video(16, 16, "yuv420p")
    assert (frame.pts, frame.duration, frame.sample_aspect_ratio, frame.crop) == (None, 0, (0, 1), (0, 0, 0, 0))
    assert (frame.color_range, frame.color_primaries, frame.color_trc, frame.colorspace) == (0, 2, 2, 2)
    assert (frame.chroma_location, frame.interlaced, frame.decode_error_flags, frame.corrupt) == (0, False, 0, False)
    frame.pts, frame.duration, frame.sample_aspect_ratio = -3, 40, (4, 3)
    frame.color_range, frame.color_primaries, frame.color_trc, frame.colorspace = 2, 9, 16, 10
    frame.chroma_location = 3
    assert (frame.pts, frame.duration, frame.sample_aspect_ratio) == (-3, 40, (4, 3))
    assert (frame.color_range, frame.color_primaries, frame.color_trc, frame.colorspace) == (2, 9, 16, 10)
    assert frame.chroma_location == 3
    frame.pts = None
    assert frame.pts is None


def test_pixel_format() -> None:
    p010 = ffbind.pixel_format("p010le")
    assert p010.components == (
        ffbind.Component(plane=0, step=2, offset=0, shift=6, depth=10),
        ffbind.Component(plane=1, step=4, offset=0, shift=6, depth=10),
        ffbind.Component(plane=1, step=4, offset=2, shift=6, depth=10),
    )
    assert (p010.planes, p010.log2_chroma, p010.is_planar, p010.is_rgb, p010.has_alpha) == (
        2,
        (1, 1),
        True,
        False,
        False,
    )
    rgba = ffbind.pixel_format("rgba")
    assert (rgba.planes, rgba.is_rgb, rgba.has_alpha, rgba.is_big_endian, rgba.is_float) == (
        1,
        True,
        True,
        False,
        False,
    )
    assert ffbind.pixel_format("pal8").has_palette
    assert ffbind.pixel_format("yuv420p16be").is_big_endian
    assert ffbind.pixel_format("vaapi").is_hardware
    assert (ffbind.sample_format("s16p").bytes_per_sample, ffbind.sample_format("s16p").is_planar) == (2, True)
    assert (ffbind.sample_format("dbl").bytes_per_sample, ffbind.sample_format("dbl").is_planar) == (8, False)


def test_reference_shares_pixels_but_not_properties() -> None:
    frame = flat_picture(3)
    other = frame.ref()
    other.pts = 99
    assert frame.pts == 3
    address = np.frombuffer(frame.planes()[0].data, "u1").ctypes.data
    assert np.frombuffer(other.planes()[0].data, "u1").ctypes.data == address
    frame.close()
    assert pixels(other) == pixels(flat_picture(3))


def test_a_shared_picture_is_a_part_of_the_memory_without_properties() -> None:
    frame = flat_picture(3)
    frame.sample_aspect_ratio, frame.color_range = (4, 3), 2
    whole = frame.share_picture(frame.width, frame.height, frame.format)
    part = frame.share_picture(50, 31, "yuvj420p")
    assert (part.width, part.height, part.format) == (50, 31, "yuvj420p")
    for other in (whole, part):
        assert (other.pts, other.sample_aspect_ratio, other.color_range) == (None, (0, 1), 0)
        for mine, its in zip(frame.planes(), other.planes(), strict=True):
            assert np.frombuffer(mine.data, "u1").ctypes.data == np.frombuffer(its.data, "u1").ctypes.data
            assert mine.stride == its.stride
    assert [(plane.row_bytes, plane.height) for plane in part.planes()] == [(50, 31), (25, 16), (25, 16)]
    expected = pixels(frame)
    frame.close()
    assert pixels(whole) == expected


def test_no_picture_is_shared_that_is_not_there() -> None:
    frame = flat_picture(0)
    for width, height in ((frame.width + 1, 1), (1, frame.height + 1), (0, 1)):
        with pytest.raises(ValueError, match=f"{width}x{height} is no part of"):
            frame.share_picture(width, height, "yuv420p")
    with pytest.raises(ValueError, match="rgb24 has 1 planes, unlike"):
        frame.share_picture(8, 8, "rgb24")
    frame.fields.linesize[1] = -64
    with pytest.raises(FFbindError, match="the rows of the frame go from bottom to top"):
        frame.share_picture(8, 8, "yuv420p")


def test_writing_to_a_shared_frame_copies_it_first() -> None:
    frame = noise_picture(1)
    before = pixels(frame)
    other = frame.ref()
    other.writable_planes()[0].data[0] ^= 0xFF
    assert pixels(frame) == before
    assert pixels(other)[0][0] == before[0][0] ^ 0xFF


def test_views_keep_the_pixels_after_close() -> None:
    frame = flat_picture(5)
    row = frame.planes()[0].data[:128]
    array = np.frombuffer(row, "u1")
    frame.close()
    frame.close()
    del row
    assert ffbind.live_objects() == {"Frame": 1}
    # These would use memory that had been given back.
    others = [noise_picture(index) for index in range(4)]
    assert array.tolist() == [20 + 13 * 5] * 128
    del array
    assert ffbind.live_objects() == {"Frame": 4}
    del others
    assert ffbind.live_objects() == {}


def test_memory_of_a_closed_frame_is_not_given_to_another_while_it_is_seen() -> None:
    views = []
    for index in range(16):
        with flat_picture(index) as frame:
            views.append(frame.planes()[0].data)
    assert [view[0] for view in views] == [20 + 13 * index for index in range(16)]
    assert ffbind.live_objects() == {"Frame": 16}


def test_memory_of_closed_frames_is_used_again() -> None:
    addresses = set()
    for _ in range(100):
        with Frame.video(16, 16, "gray") as frame:
            addresses.add(frame.address)
    assert len(addresses) == 1
    together = [Frame.video(16, 16, "gray") for _ in range(100)]
    assert len({frame.address for frame in together}) == 100


@pytest.mark.parametrize("use", ["width", "format", "pts", "key_frame", "crop", "planes", "writable_planes", "ref"])
def test_use_after_close_is_refused(use: str) -> None:
    with tone(0, 10, "fltp") as frame:
        pass
    with pytest.raises(ffbind.ClosedError, match="this Frame is closed"):
        getattr(frame, use)()
    assert repr(frame) == "<Frame (closed)>"


WHOLE = [(0, 128, 0, 96, 0, 128), (12288, 64, 0, 48, 0, 64), (15360, 64, 0, 48, 0, 64)]


def test_planes_are_copied_to_where_they_are_wanted() -> None:
    frame = noise_picture(1)
    destination = bytearray(128 * 96 * 3 // 2)
    frame.copy_planes(WHOLE, memoryview(destination))
    assert destination == b"".join(pixels(frame))
    luma, chroma, _ = (np.frombuffer(data, np.uint8) for data in pixels(frame))
    destination = bytearray(b"\x07" * 100)
    # Three rows of five bytes, 11 bytes apart; then one row of a chroma plane, up to the very end.
    frame.copy_planes([(1, 11, 93, 3, 123, 5), (96, 4, 47, 1, 60, 4)], memoryview(destination))
    expected = np.full(100, 7, np.uint8)
    for row in range(3):
        expected[1 + 11 * row :][:5] = luma.reshape(96, 128)[93 + row, 123:]
    expected[96:] = chroma.reshape(48, 64)[47, 60:]
    assert destination == expected.tobytes()


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ((0, 128, 0, 97, 0, 128), "no such part of plane 0"),
        ((0, 129, 0, 96, 0, 129), "no such part of plane 0"),
        ((0, 128, 1, 96, 0, 128), "no such part of plane 0"),
        ((0, 128, 0, 1, 1, 128), "no such part of plane 0"),
        ((0, 128, -1, 1, 0, 128), "no such part of plane 0"),
        ((0, 128, 0, 1, -1, 128), "no such part of plane 0"),
        ((6145, 128, 0, 96, 0, 128), "18432 bytes have no such place"),
        ((-1, 128, 0, 1, 0, 128), "18432 bytes have no such place"),
        ((0, 200, 0, 96, 0, 128), "18432 bytes have no such place"),
        ((0, 127, 0, 2, 0, 128), "18432 bytes have no such place"),
        ((0, 2**31, 0, 1, 0, 128), "18432 bytes have no such place"),
    ],
)
def test_nothing_is_copied_from_or_to_outside(part: tuple[int, int, int, int, int, int], reason: str) -> None:
    destination = bytearray(128 * 96 * 3 // 2)
    with pytest.raises(ValueError, match=reason):
        noise_picture(1).copy_planes([part], memoryview(destination))
    assert not any(destination)


def test_a_destination_is_free_once_the_planes_are_copied() -> None:
    destination = bytearray(128 * 96 * 3 // 2)
    with memoryview(destination) as view:
        noise_picture(1).copy_planes(WHOLE, view)
    destination.clear()


def test_bottom_up_pictures_are_refused() -> None:
    frame = flat_picture(0)
    frame.fields.linesize[0] = -128
    with pytest.raises(FFbindError, match="the rows of the frame go from bottom to top"):
        frame.copy_planes(WHOLE, memoryview(bytearray(20000)))
    with pytest.raises(FFbindError, match="the rows of the frame go from bottom to top"):
        frame.planes()


def test_hardware_frames_are_refused() -> None:
    frame = flat_picture(0)
    frame.fields.format = ffbind.pixel_format("vaapi").number
    with pytest.raises(FFbindError, match="the frame is not in main memory"):
        frame.planes()
    with pytest.raises(FFbindError, match="the frame is not in main memory"):
        frame.copy_planes(WHOLE, memoryview(bytearray(20000)))


def test_repr() -> None:
    assert repr(flat_picture(2)) == "<Frame 128x96 yuv420p pts=2>"
    assert repr(tone(480, 10, "s16")) == "<Frame 10 samples s16 2ch 48000 Hz pts=480>"

"""The memory of a pool's pictures is used again, and only after its last user has gone."""

import pytest

import ffbind
from ffbind import ClosedError, Frame, PictureKind, PicturePool, Scaler, Scaling

WIDTH, HEIGHT = 53, 7


def fill(frame: Frame, value: int) -> None:
    (plane,) = frame.writable_planes()
    plane.data[:] = bytes([value]) * len(plane.data)


def values(frame: Frame) -> set[int]:
    (plane,) = frame.planes()
    return set(plane.data)


def place(frame: Frame) -> int:
    address = frame.fields.data[0]
    assert address is not None
    return address


def test_memory_is_used_again_when_a_picture_and_its_views_are_gone() -> None:
    with PicturePool(WIDTH, HEIGHT, "rgb24") as pool:
        first, second = pool.take(), pool.take()
        places = {place(first), place(second)}
        assert len(places) == 2
        fill(first, 1)
        fill(second, 2)
        (view,) = first.planes()
        first.close()
        third = pool.take()
        assert place(third) not in places
        fill(third, 3)
        assert set(view.data) == {1}
        second.close()
        with pool.take() as fourth:
            assert place(fourth) in places
            fill(fourth, 4)
            assert set(view.data) == {1}
        third.close()
        assert pool.bytes_kept == 3 * pool.size
    del view


@pytest.mark.parametrize("format", ["rgb24", "bgr0", "gray", "rgba64le"])
def test_rows_are_aligned_and_in_the_memory(format: str) -> None:
    with PicturePool(WIDTH, HEIGHT, format) as pool, pool.take() as frame:
        assert (frame.width, frame.height, frame.format) == (WIDTH, HEIGHT, format)
        (plane,) = frame.planes()
        assert place(frame) % 64 == plane.stride % 64 == 0
        assert plane.row_bytes <= plane.stride
        assert plane.stride * HEIGHT + 64 <= pool.size


def test_pictures_outlive_their_pool() -> None:
    with PicturePool(WIDTH, HEIGHT, "rgb24") as pool:
        frame = pool.take()
    fill(frame, 9)
    assert values(frame) == {9}
    with pytest.raises(ClosedError):
        pool.take()
    assert ffbind.live_objects() == {"Frame": 1}
    frame.close()
    assert ffbind.live_objects() == {}


def test_a_scaler_writes_into_a_picture_that_it_is_given() -> None:
    source = PictureKind(32, 16, "yuv420p")
    target = PictureKind(WIDTH, HEIGHT, "rgb24")
    with Frame.video(32, 16, "yuv420p") as frame, Scaler(source, target, Scaling.BICUBIC) as scaler:
        for plane in frame.writable_planes():
            plane.data[:] = bytes(number % 251 for number in range(len(plane.data)))
        frame.pts = 5
        with scaler.scale(frame) as expected, PicturePool(WIDTH, HEIGHT, "rgb24") as pool:
            for _ in range(2):
                with scaler.scale(frame, pool.take()) as scaled:
                    assert scaled.pts == 5
                    for row in range(HEIGHT):
                        ours, theirs = scaled.planes()[0], expected.planes()[0]
                        pixels = ours.data[row * ours.stride : row * ours.stride + ours.row_bytes]
                        assert pixels == theirs.data[row * theirs.stride : row * theirs.stride + theirs.row_bytes]
            with Frame.video(8, 8, "rgb24") as other, pytest.raises(ValueError, match="this scaler makes 53x7 rgb24"):
                scaler.scale(frame, other)


def test_a_format_of_several_planes_is_refused() -> None:
    with pytest.raises(ValueError, match="yuv420p has 3 planes, and not one"):
        PicturePool(WIDTH, HEIGHT, "yuv420p")

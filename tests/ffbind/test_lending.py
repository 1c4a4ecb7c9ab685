"""Pictures lent to FFmpeg: nothing is copied, and their memory is kept as long as it is in use."""

import gc
import weakref
from collections.abc import Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
import pytest

import ffbind
from ffbind import Decoder, Encoder, EncoderSettings, Frame, PictureParameters, lend_picture, lending
from tests.ffbind.codec_signals import decode_all, noise_picture, pixels


class Memory(np.ndarray[tuple[int], np.dtype[np.uint8]]):
    """Bytes that a weak reference can watch."""


def lent(planes: Sequence[tuple[npt.NDArray[np.uint8], int]]) -> Frame:
    """A picture in these planes."""
    # NumPy declares that its arrays are buffers from Python 3.12 on.
    return lend_picture(128, 96, "yuv420p", cast("Sequence[tuple[bytearray, int]]", planes))


def planes_of(frame: Frame) -> list[tuple[Memory, int]]:
    """The planes of a frame, copied, without anything between or after their rows."""
    return [
        (np.frombuffer(data, np.uint8).copy().view(Memory), plane.row_bytes)
        for data, plane in zip(pixels(frame), frame.planes(), strict=True)
    ]


def planes_together(frame: Frame, padding: int) -> list[tuple[Memory, int]]:
    """The planes of a frame, copied into one stretch of memory, with this number of bytes between them."""
    copied = pixels(frame)
    memory = np.zeros(sum(map(len, copied)) + padding * len(copied), np.uint8).view(Memory)
    planes: list[tuple[Memory, int]] = []
    offset = 0
    for data, plane in zip(copied, frame.planes(), strict=True):
        place = memory[offset : offset + len(data)].view(Memory)
        place[:] = np.frombuffer(data, np.uint8)
        planes.append((place, plane.row_bytes))
        offset += len(data) + padding
    return planes


@pytest.mark.parametrize(("padding", "stretches"), [(0, 1), (4096, 1), (4097, 3)])
def test_planes_that_follow_each_other_are_one_loan(padding: int, stretches: int) -> None:
    planes = planes_together(noise_picture(4), padding)
    memory = weakref.ref(planes[0][0].base)
    frame = lent(planes)
    assert sum(buffer is not None for buffer in frame.fields.buf) == stretches
    assert pixels(frame) == pixels(noise_picture(4))
    another = frame.ref()
    del planes
    frame.close()
    gc.collect()
    assert pixels(another) == pixels(noise_picture(4))
    assert memory() is not None
    another.close()
    lending.reclaim()
    assert memory() is None


def test_a_lent_picture_is_the_memory_it_is_of() -> None:
    planes = planes_of(noise_picture(1))
    with lent(planes) as frame:
        assert pixels(frame) == pixels(noise_picture(1))
        planes[0][0][7] = 99
        assert frame.planes()[0].data[7] == 99


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("libx264", {}),
        ("libx265", {}),
        ("libvpx", {}),
        ("libvpx-vp9", {"cpu-used": "8"}),
        ("libaom-av1", {"cpu-used": "8"}),
        ("libsvtav1", {"preset": "10"}),
    ],
)
def test_encoders_give_lent_memory_back(name: str, options: dict[str, str]) -> None:
    info = ffbind.find_encoder(name)
    if info is None or info.name != name:
        pytest.skip(f"this FFmpeg has no encoder {name}")
    watched = []
    with Encoder(
        name, PictureParameters(width=128, height=96, format="yuv420p", framerate=(30, 1)), options=options
    ) as encoder:
        for index in range(4):
            planes = planes_of(noise_picture(index))
            watched += [weakref.ref(memory) for memory, _ in planes]
            with lent(planes) as frame:
                frame.pts = index
                encoder.encode(frame)
        del planes
        gc.collect()
        # The encoder has copied the pixels that it still needs.
        assert [reference() for reference in watched] == [None] * 12
        encoder.drain()
    assert not lending._outstanding


def test_a_reference_outlives_the_loan() -> None:
    planes = planes_of(noise_picture(2))
    watched = weakref.ref(planes[0][0])
    frame = lent(planes)
    another = frame.ref()
    del planes
    frame.close()
    gc.collect()
    assert pixels(another) == pixels(noise_picture(2))
    another.close()
    lending.reclaim()
    gc.collect()
    assert watched() is None


def test_lent_pictures_survive_being_written_to() -> None:
    planes = planes_of(noise_picture(3))
    with lent(planes) as frame:
        frame.writable_planes()[0].data[0] ^= 0xFF
    assert [bytes(memory) for memory, _ in planes] == pixels(noise_picture(3))


@pytest.mark.parametrize("rows", [(95, 128), (96, 127)])
def test_memory_that_is_too_small_is_refused(rows: tuple[int, int]) -> None:
    planes = [(np.zeros(rows, np.uint8).reshape(-1), rows[1]), *planes_of(noise_picture(0))[1:]]
    with pytest.raises(ValueError, match="do not hold 96 rows of 128"):
        lent(planes)
    with pytest.raises(ValueError, match="yuv420p has 3 planes, not 2"):
        lent(planes[1:])


def test_quantizer_offsets_reach_x265() -> None:
    """With a base of 26 and an offset to each picture the key frames are as coarse as asked for."""
    info = ffbind.find_encoder("libx265")
    if info is None:
        pytest.skip("this FFmpeg has no encoder libx265")
    parameters = "aq-mode=1:aq-strength=0.0001:qcomp=1:ipratio=1:pbratio=1:cutree=0:rc-lookahead=0:bframes=0"
    options = {"tune": "zerolatency", "crf": "26", "x265-params": parameters}
    errors = []
    with Encoder(
        "libx265",
        PictureParameters(width=128, height=96, format="yuv420p", framerate=(30, 1)),
        EncoderSettings(gop_size=1),
        options=options,
    ) as encoder:
        packets = []
        for index, quantizer in enumerate((10, 26, 40, 10)):
            with noise_picture(5) as frame:
                frame.pts = index
                frame.set_quantizer_offset(quantizer - 26, 51)
                packets += encoder.encode(frame)
        packets += encoder.drain()
    sizes = [packet.size for packet in packets]
    original = np.frombuffer(pixels(noise_picture(5))[0], np.uint8).astype(int)
    for decoded in decode_all(Decoder("hevc"), packets):
        difference = np.frombuffer(pixels(decoded)[0], np.uint8) - original
        errors.append(float(np.sqrt((difference**2).mean())))
    assert sizes[0] > 1.3 * sizes[1] > 1.7 * sizes[2]
    assert abs(sizes[3] - sizes[0]) < sizes[0] // 50
    # A quantizer's step is 2 ** ((quantizer - 4) / 6), and noise is off by a third of it on average.
    assert errors[0] == pytest.approx(2 ** (6 / 6) / 12**0.5, rel=0.25)
    assert errors[1] == pytest.approx(2 ** (22 / 6) / 12**0.5, rel=0.25)

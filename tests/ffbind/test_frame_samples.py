"""The samples of a frame as one array, and their properties read at once."""

import numpy as np
import pytest

import ffbind
from ffbind import ClosedError, Frame
from ffbind.frame_memory import _spares

#: NumPy's type of a sample.
KINDS = {"u8": "u1", "s16": "i2", "s32": "i4", "flt": "f4", "dbl": "f8"}


def numbered(format: str, channels: int, count: int = 5) -> Frame:
    """Samples whose value is 10 times the channel plus the number of the sample."""
    frame = Frame.audio(count, format, channels, 44_100)
    kind = KINDS[format.removesuffix("p")]
    values = 10 * np.arange(channels)[:, np.newaxis] + np.arange(count)
    planes = [*values] if format.endswith("p") else [values.T.reshape(-1)]
    for plane, samples in zip(frame.writable_planes(), planes, strict=True):
        plane.data[: samples.size * np.dtype(kind).itemsize] = samples.astype(kind).tobytes()
    return frame


# Each plane has memory of its own; only the planes of two channels lie at equal distances in any case.
CASES = [(name, channels) for name in KINDS for channels in (1, 2, 3, 8)]
CASES += [(f"{name}p", channels) for name in KINDS for channels in (1, 2)]


@pytest.mark.parametrize(("format", "channels"), CASES)
def test_the_array_has_the_samples(format: str, channels: int) -> None:
    expected = [[10 * channel + sample for sample in range(5)] for channel in range(channels)]
    with numbered(format, channels) as frame:
        array = np.asarray(frame.sample_array())
        assert array.dtype == np.dtype(KINDS[format.removesuffix("p")])
        assert (array if format.endswith("p") else array.T).tolist() == expected
        assert not array.flags.writeable
        assert np.shares_memory(array, np.frombuffer(frame.planes()[0].data, np.uint8))


def test_planes_at_equal_distances_are_an_array() -> None:
    with numbered("s16p", 8) as frame:
        # One buffer for all.
        memory = np.arange(8 * 5, dtype=np.int16).reshape(8, 5)
        kept = list(frame.fields.data)
        for channel in range(8):
            frame.fields.data[channel] = memory[channel].ctypes.data
        array = np.asarray(frame.sample_array())
        assert array.tolist() == memory.tolist()
        assert np.shares_memory(array, memory)
        memory_of_one = memory[1].ctypes.data + 2
        frame.fields.data[1] = memory_of_one
        assert frame.sample_array() is None
        for channel in range(8):
            frame.fields.data[channel] = kept[channel]


def test_the_array_keeps_the_memory() -> None:
    frame = numbered("fltp", 2)
    row = np.asarray(frame.sample_array())[1]
    frame.close()
    assert ffbind.live_objects() == {"Frame": 1}
    assert row.tolist() == [10, 11, 12, 13, 14]
    del row
    assert ffbind.live_objects() == {}


def test_more_channels_than_the_frame_has_pointers() -> None:
    with numbered("fltp", 9) as frame:
        assert frame.sample_array() is None
        assert len(frame.planes()) == 9
    with numbered("flt", 8) as frame:
        assert np.asarray(frame.sample_array()).shape == (5, 8)


def test_properties_are_those_of_the_frame() -> None:
    for format, channels, rate in (("fltp", 2, 48_000), ("s16", 1, 8_000)):
        with Frame.audio(7, format, channels, rate) as frame:
            assert frame.sample_properties() == (7, ffbind.sample_format(format).number, rate, channels)


def test_an_avframe_that_is_used_again_has_the_new_properties() -> None:
    with numbered("fltp", 2) as frame:
        address = frame.address
        assert frame.sample_properties()[3] == 2
    assert _spares[-1].address == address
    with numbered("s16", 1, 3) as frame:
        assert frame.address == address
        assert frame.sample_properties() == (3, ffbind.sample_format("s16").number, 44_100, 1)


def test_closed_frames_have_none() -> None:
    frame = numbered("flt", 1)
    frame.close()
    for use in (frame.sample_array, frame.sample_properties):
        with pytest.raises(ClosedError, match="this Frame is closed"):
            use()

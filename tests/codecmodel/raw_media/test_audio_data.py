"""AudioData (§ 9.2)."""

import gc
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from codecmodel.raw_media.audio_data import AudioData, create_audio_data
from codecmodel.raw_media.audio_data_copy import AudioDataCopyToOptions
from codecmodel.raw_media.audio_sample_format import (
    AUDIO_SAMPLE_FORMATS,
    AudioSampleFormat,
    AudioSampleType,
    convert_samples,
)
from codecmodel.web.errors import RangeError
from tests.codecmodel.raw_media.raw_media_resources import RecordedAudio, raises

INTERLEAVED = ("u8", "s16", "s32", "f32")
EXTREMES: dict[AudioSampleType, list[float]] = {
    "u8": [0, 255, 127, 128, 129, 64, 191, 1, 254, 200],
    "s16": [-32768, 32767, -1, 0, 1, -16384, 16383, 255, 256, -257],
    "s32": [-(2**31), 2**31 - 1, -1, 0, 1, -(2**30), 2**30 - 1, 65535, 65536, -65537],
    "f32": [-1.0, 1.0, -0.5, 0.0, 0.5, 2.0, -2.0, 1 / 3, 1e-8, 0.999],
}


def samples_of(format: AudioSampleFormat) -> npt.NDArray[Any]:
    """5 frames of 2 channels."""
    sample_type = AUDIO_SAMPLE_FORMATS[format].sample_type
    return np.array(EXTREMES[sample_type], AUDIO_SAMPLE_FORMATS[format].dtype).reshape(5, 2)


def audio_data(format: AudioSampleFormat = "f32", /, **members: Any) -> AudioData:
    frames = samples_of(format)
    init: Any = {
        "format": format,
        "sampleRate": 48000,
        "numberOfFrames": 5,
        "numberOfChannels": 2,
        "timestamp": 1234,
        "data": (frames.T if format.endswith("-planar") else frames).tobytes(),
    }
    return AudioData(init | members)


# Constructor


def test_attributes() -> None:
    data = audio_data("s16-planar", timestamp=-10, sampleRate=44100)
    assert data.format == "s16-planar"
    assert data.sampleRate == 44100.0
    assert data.numberOfFrames == 5
    assert data.numberOfChannels == 2
    assert data.timestamp == -10
    assert data.duration == 5 * 1_000_000 // 44100


def test_duration_is_exact() -> None:
    for rate in (8000, 11025, 16000, 22050, 44100, 48000, 96000):
        for frames in (1, 3, 128, 960, 1001, 1024, 1152, 44100, 1_000_003):
            data = create_audio_data(RecordedAudio("u8", [], frames, 1, float(rate)), 0)
            assert data.duration == Fraction(frames * 1_000_000, rate) // 1


def test_the_sample_rate_is_a_float_of_32_bits() -> None:
    assert audio_data(sampleRate=44100.1).sampleRate == float(np.float32(44100.1))


@pytest.mark.parametrize("member", ["format", "sampleRate", "numberOfFrames", "numberOfChannels", "timestamp", "data"])
def test_members_are_required(member: str) -> None:
    with pytest.raises(TypeError, match=rf"AudioDataInit\.{member} is required"):
        audio_data(**{member: None})


@pytest.mark.parametrize(
    "members",
    [
        {"numberOfFrames": 0},
        {"numberOfChannels": 0},
        {"sampleRate": 0},
        {"sampleRate": -1},
        {"data": bytes(39)},
        {"data": b""},
        {"numberOfFrames": 6},
    ],
)
def test_invalid_init(members: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="not a valid AudioDataInit"):
        audio_data("f32", **members)


@pytest.mark.parametrize(
    "members",
    [
        {"numberOfFrames": -1},
        {"numberOfFrames": 2**32},
        {"timestamp": 2**53},
        {"sampleRate": float("nan")},
        {"format": "s24"},
        {"data": "samples"},
        {"transfer": [bytes(40)]},
    ],
)
def test_members_that_do_not_convert(members: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="AudioDataInit"):
        audio_data("f32", **members)


def test_data_is_copied() -> None:
    source = bytearray(samples_of("u8").tobytes())
    data = audio_data("u8", data=source)
    source[:] = bytes(10)
    assert data.planes()[0].tobytes() == samples_of("u8").tobytes()


def test_data_may_be_longer_and_is_not_kept_then() -> None:
    data = audio_data("u8", data=samples_of("u8").tobytes() + b"more")
    assert data.planes()[0].tobytes() == samples_of("u8").tobytes()
    assert [bytes(plane) for plane in audio_data("u8-planar", data=bytes(17)).planes()] == [bytes(5), bytes(5)]


def test_a_transferred_bytearray_is_emptied() -> None:
    source = bytearray(samples_of("u8").tobytes())
    other = bytearray(b"other")
    data = audio_data("u8", data=source, transfer=[source, other])
    assert (len(source), len(other)) == (0, 0)
    assert data.planes()[0].tobytes() == samples_of("u8").tobytes()


def test_a_transferred_memoryview_is_released_and_not_copied() -> None:
    array = samples_of("f32")
    view: memoryview = array.data
    data = audio_data("f32", data=view, transfer=[view])
    with pytest.raises(ValueError, match="released"):
        view.nbytes  # noqa: B018
    assert np.shares_memory(data.to_numpy(), array)


def test_the_buffer_under_a_view_may_be_transferred() -> None:
    source = bytearray(samples_of("u8").tobytes())
    data = audio_data("u8", data=memoryview(source), transfer=[source])
    assert len(source) == 0
    assert data.planes()[0].tobytes() == samples_of("u8").tobytes()


def test_a_buffer_in_use_cannot_be_transferred() -> None:
    source = bytearray(samples_of("u8").tobytes())
    holder = np.frombuffer(source, np.uint8)
    with pytest.raises(TypeError, match="cannot be detached"):
        audio_data("u8", data=source, transfer=[source])
    assert holder.tobytes() == samples_of("u8").tobytes()


def test_a_buffer_cannot_be_transferred_twice() -> None:
    source = bytearray(40)
    with raises("DataCloneError"):
        audio_data("f32", data=source, transfer=[source, source])
    assert len(source) == 40


def test_a_detached_buffer_cannot_be_transferred() -> None:
    released = memoryview(bytearray(4))
    released.release()
    with raises("DataCloneError"):
        audio_data("f32", transfer=[released])
    with pytest.raises(TypeError, match="not a valid AudioDataInit"):
        audio_data("f32", data=released)


# close() and clone()


def test_closing() -> None:
    data = audio_data()
    data.close()
    assert (data.format, data.sampleRate, data.numberOfFrames, data.numberOfChannels) == (None, 0.0, 0, 0)
    assert (data.timestamp, data.duration) == (1234, 0)
    assert repr(data) == "AudioData(closed, timestamp=1234)"
    data.close()


@pytest.mark.parametrize(
    "use",
    [
        lambda data: data.clone(),
        lambda data: data.allocationSize({"planeIndex": 0}),
        lambda data: data.copyTo(bytearray(100), {"planeIndex": 0}),
        lambda data: data.planes(),
        lambda data: data.plane_arrays(),
        lambda data: data.to_numpy(),
        lambda data: data.to_float32(),
        lambda data: np.asarray(data),
    ],
)
def test_a_closed_one_is_of_no_use(use: Callable[[AudioData], object]) -> None:
    data = audio_data()
    data.close()
    with raises("InvalidStateError"):
        use(data)


def test_a_clone_has_the_same_slots_and_samples() -> None:
    data = audio_data("s32-planar")
    clone = data.clone()
    for name in ("format", "sampleRate", "numberOfFrames", "numberOfChannels", "timestamp", "duration"):
        assert getattr(clone, name) == getattr(data, name)
    assert np.shares_memory(clone.to_numpy(), data.to_numpy())
    data.close()
    assert clone.to_numpy().tolist() == samples_of("s32").T.tolist()


# allocationSize() and copyTo()


@pytest.mark.parametrize(
    ("format", "options", "size"),
    [
        ("f32", {}, 40),
        ("f32", {"format": "u8"}, 10),
        ("f32", {"format": "s16-planar"}, 10),
        ("f32-planar", {}, 20),
        ("f32-planar", {"planeIndex": 1, "frameOffset": 2}, 12),
        ("f32-planar", {"frameOffset": 2, "frameCount": 1}, 4),
        ("f32-planar", {"frameCount": 0}, 0),
        ("u8-planar", {"format": "s32", "frameCount": 3}, 24),
    ],
)
def test_allocation_size(format: AudioSampleFormat, options: Any, size: int) -> None:
    data = audio_data(format)
    options = {"planeIndex": 0} | options
    assert data.allocationSize(options) == size
    destination = bytearray(b"\xaa" * (size + 4))
    data.copyTo(destination, options)
    assert destination[size:] == b"\xaa" * 4


def test_destinations_that_are_too_small() -> None:
    with pytest.raises(RangeError, match="destination has 39 bytes, but the samples need 40"):
        audio_data("f32").copyTo(bytearray(39), {"planeIndex": 0})
    with pytest.raises(RangeError, match="destination has 9 bytes, but the samples need 10"):
        audio_data("f32").copyTo(bytearray(9), {"planeIndex": 1, "format": "s16-planar"})


@pytest.mark.parametrize(
    ("format", "options"),
    [
        ("f32", {"planeIndex": 1}),
        ("f32-planar", {"planeIndex": 2}),
        ("f32-planar", {"planeIndex": 1, "format": "f32"}),
        ("f32", {"planeIndex": 2, "format": "f32-planar"}),
        ("f32", {"planeIndex": 0, "frameOffset": 5}),
        ("f32", {"planeIndex": 0, "frameOffset": 4, "frameCount": 2}),
        ("f32", {"planeIndex": 0, "frameCount": 6}),
    ],
)
def test_options_that_reach_outside(format: AudioSampleFormat, options: AudioDataCopyToOptions) -> None:
    data = audio_data(format)
    with pytest.raises(RangeError):
        data.allocationSize(options)
    with pytest.raises(RangeError):
        data.copyTo(bytearray(1000), options)


@pytest.mark.parametrize("options", [{}, {"planeIndex": -1}, {"planeIndex": 0, "format": "s24"}])
def test_options_that_do_not_convert(options: Any) -> None:
    with pytest.raises(TypeError, match="AudioDataCopyToOptions"):
        audio_data().allocationSize(options)


def test_destinations_that_cannot_be_written() -> None:
    with pytest.raises(TypeError, match="destination is read-only"):
        audio_data().copyTo(bytes(40), {"planeIndex": 0})
    with pytest.raises(TypeError, match="not contiguous"):
        audio_data().copyTo(np.zeros(80, np.uint8)[::2], {"planeIndex": 0})


@pytest.mark.parametrize("offset", [0, 2])
@pytest.mark.parametrize("count", [None, 1, 3])
@pytest.mark.parametrize("destination", AUDIO_SAMPLE_FORMATS)
@pytest.mark.parametrize("source", AUDIO_SAMPLE_FORMATS)
def test_copies_are_converted_and_rearranged(
    source: AudioSampleFormat, destination: AudioSampleFormat, count: int | None, offset: int
) -> None:
    frames = samples_of(source)[offset:][:count]
    expected = convert_samples(frames, AUDIO_SAMPLE_FORMATS[destination].sample_type)
    planes = list(expected.T) if destination.endswith("-planar") else [expected]
    data = audio_data(source)
    for index, plane in enumerate(planes):
        options: AudioDataCopyToOptions = {"planeIndex": index, "frameOffset": offset, "format": destination}
        if count is not None:
            options["frameCount"] = count
        copied = np.zeros(plane.size, AUDIO_SAMPLE_FORMATS[destination].dtype)
        assert data.allocationSize(options) == copied.nbytes
        data.copyTo(copied, options)
        assert copied.tobytes() == plane.tobytes()


def test_copies_to_any_place_in_memory() -> None:
    memory = bytearray(50)
    audio_data("s16").copyTo(memoryview(memory)[3:], {"planeIndex": 0, "format": "f32"})
    assert memory[3:43] == convert_samples(samples_of("s16"), "f32").tobytes()


def test_unknown_formats() -> None:
    data = create_audio_data(RecordedAudio(None, [memoryview(b"raw bytes")], 3, 1), 5)
    assert (data.format, data.numberOfFrames) == (None, 3)
    for use in (
        lambda: data.allocationSize({"planeIndex": 0}),
        lambda: data.copyTo(bytearray(12), {"planeIndex": 0, "format": "f32-planar"}),
        data.plane_arrays,
        data.to_numpy,
        data.to_float32,
    ):
        with raises("NotSupportedError"):
            use()
    assert [bytes(plane) for plane in data.planes()] == [b"raw bytes"]


# For Python


def test_output_of_a_decoder() -> None:
    left, right = np.arange(8, dtype=np.int16), np.arange(8, 16, dtype=np.int16)
    # Planes may be longer than the samples.
    resource = RecordedAudio("s16-planar", [left.data.cast("B"), right.data.cast("B")], 5, 2, 44100.0)
    data = create_audio_data(resource, -77)
    assert (data.format, data.sampleRate, data.numberOfFrames, data.numberOfChannels, data.timestamp) == (
        *("s16-planar", 44100.0, 5, 2, -77),
    )
    assert [array.tolist() for array in data.plane_arrays()] == [[0, 1, 2, 3, 4], [8, 9, 10, 11, 12]]
    assert data.to_numpy().tolist() == [[0, 1, 2, 3, 4], [8, 9, 10, 11, 12]]


def test_interleaved_samples_are_viewed_as_frames_by_channels() -> None:
    data = audio_data("s16")
    array = np.asarray(data)
    assert array.shape == (5, 2)
    assert array.dtype == np.int16
    assert array.tolist() == samples_of("s16").tolist()
    assert np.shares_memory(array, np.frombuffer(data.planes()[0], np.int16))
    assert not array.flags.writeable


def test_planar_samples_are_viewed_as_channels_by_frames() -> None:
    data = audio_data("f32-planar")
    array = np.asarray(data)
    assert array.shape == (2, 5)
    assert array.tolist() == samples_of("f32").T.tolist()
    assert np.shares_memory(array, np.frombuffer(data.planes()[1], np.float32))
    assert not array.flags.writeable


def test_one_planar_channel_is_viewed() -> None:
    data = create_audio_data(RecordedAudio("u8-planar", [memoryview(b"\x01\x02\x03")], 3, 1), 0)
    assert np.asarray(data).tolist() == [[1, 2, 3]]
    assert data.__array__(copy=False).base is not None


def test_planes_at_equal_distances_are_viewed_together_in_either_direction() -> None:
    memory = np.arange(64, dtype=np.uint8)
    rows = [memory.data[start : start + 4] for start in (40, 20, 0)]
    array = create_audio_data(RecordedAudio("u8-planar", rows, 4, 3), 0).to_numpy()
    assert array.tolist() == [[40, 41, 42, 43], [20, 21, 22, 23], [0, 1, 2, 3]]
    assert np.shares_memory(array, memory)


def test_planes_at_unequal_distances_are_copied() -> None:
    memory = np.arange(64, dtype=np.uint8)
    rows = [memory.data[start : start + 4] for start in (0, 10, 40)]
    data = create_audio_data(RecordedAudio("u8-planar", rows, 4, 3), 0)
    assert data.to_numpy().tolist() == [[0, 1, 2, 3], [10, 11, 12, 13], [40, 41, 42, 43]]
    assert not np.shares_memory(data.to_numpy(), memory)
    with pytest.raises(ValueError, match="without a copy"):
        data.__array__(copy=False)


@pytest.mark.parametrize("format", AUDIO_SAMPLE_FORMATS)
def test_float_samples_have_one_shape_and_type_for_all_formats(format: AudioSampleFormat) -> None:
    data = audio_data(format)
    samples = data.to_float32()
    assert samples.shape == (2, 5)
    assert samples.dtype == np.float32
    for channel in range(2):
        copied = np.zeros(5, np.float32)
        data.copyTo(copied, {"planeIndex": channel, "format": "f32-planar"})
        assert samples[channel].tolist() == copied.tolist()
    # The array is a copy.
    samples[:] = 7
    assert not (data.to_float32() == 7).any()


class OldDLPack:
    """Hands out the samples as to a caller that knows no version of DLPack."""

    def __init__(self, data: AudioData) -> None:
        self._data = data
        self.__dlpack_device__ = data.__dlpack_device__

    def __dlpack__(self, *, stream: None = None) -> Any:
        return self._data.__dlpack__(stream=stream)


def test_samples_are_exchanged_by_dlpack() -> None:
    data = audio_data("s16-planar")
    array = np.from_dlpack(data)
    assert array.tolist() == samples_of("s16").T.tolist()
    assert np.shares_memory(array, data.to_numpy())
    assert data.__dlpack_device__() == (1, 0)
    # An old version of DLPack cannot say that an array is read-only.
    copied = np.from_dlpack(OldDLPack(data))
    assert copied.tolist() == array.tolist()
    assert not np.shares_memory(copied, array)
    with pytest.raises(BufferError, match="without a copy"):
        data.__dlpack__(copy=False)
    with pytest.raises(BufferError, match="memory of the CPU"):
        data.__dlpack__(max_version=(1, 0), dl_device=(2, 0))
    data.close()
    assert array.tolist() == samples_of("s16").T.tolist()
    with raises("InvalidStateError"):
        np.from_dlpack(data)


def test_numpy_s_conversions() -> None:
    data = audio_data("s16")
    assert np.asarray(data, np.float64).tolist() == samples_of("s16").tolist()
    with pytest.raises(ValueError, match="without a copy"):
        data.__array__(np.float64, copy=False)
    copied = np.array(data)
    copied[:] = 0
    assert data.to_numpy().tolist() == samples_of("s16").tolist()


@pytest.mark.parametrize("format", ["s16", "s16-planar"])
def test_views_outlive_everything(format: AudioSampleFormat) -> None:
    data = audio_data(format)
    expected = data.to_numpy().tolist()
    planes, arrays, array = data.planes(), data.plane_arrays(), data.to_numpy()
    bytes_of_planes = [bytes(plane) for plane in planes]
    data.close()
    del data
    gc.collect()
    assert [bytes(plane) for plane in planes] == bytes_of_planes
    assert [plane.tobytes() for plane in arrays] == bytes_of_planes
    assert array.tolist() == expected
    with pytest.raises(TypeError, match="read-only"):
        planes[0][0] = 1

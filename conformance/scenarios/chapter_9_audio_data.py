"""Chapter 9: AudioData, without its copying."""

from functools import partial

import numpy as np

from conformance.fixtures.frames_and_samples import (
    S16,
    S16_INIT,
    CountedResources,
    closed,
    counted_audio_data,
    new_audio_data,
    samples_of,
)
from conformance.interfaces import is_another_implementation
from conformance.suite.harness import (
    Test,
    assert_array_equals,
    assert_equals,
    assert_false,
    assert_not_equals,
    assert_throws_dom,
    assert_throws_js,
    assert_true,
    promise_test,
)


@promise_test(
    "an AudioData has the properties that it was made with",
    shows=[
        *[f"dom-audiodata-audiodata#4.{step}" for step in range(1, 7)],
        "dom-audiodata-format",
        "dom-audiodata-samplerate",
        "dom-audiodata-numberofframes",
        "dom-audiodata-numberofchannels",
        "dom-audiodata-timestamp",
    ],
)
async def attributes(t: Test) -> None:
    data = new_audio_data()
    closed(t, data)
    assert_equals((data.format, data.sampleRate, data.timestamp), ("s16", 48000.0, 1234))
    assert_equals((data.numberOfFrames, data.numberOfChannels), (3, 2))
    assert_equals(samples_of(data), S16)


@promise_test(
    "the sample rate is a float of 32 bits, the timestamp may be negative",
    shows=["dom-audiodata-audiodata#4.3", "dom-audiodata-audiodata#4.6", "dom-audiodata-samplerate"],
)
async def numbers(t: Test) -> None:
    data = new_audio_data(sampleRate=44100.1, timestamp=-10)
    closed(t, data)
    assert_equals((data.sampleRate, data.timestamp), (float(np.float32(44100.1)), -10))


@promise_test(
    "the duration is in microseconds, and is exact to the last of them",
    shows=["dom-audiodata-duration#1", "dom-audiodata-duration#2", "dom-audiodata-duration#3"],
)
async def duration(t: Test) -> None:
    for rate, frames, expected in [
        (48000, 3, 62),
        (8000, 100, 12_500),
        (44100, 44100, 1_000_000),
        (44100, 441, 10_000),
        # Implementations may have limits of their own.
        *([] if is_another_implementation() else [(1_000_000, 7, 7), (3, 1, 333_333)]),
    ]:
        init = {"format": "u8", "numberOfChannels": 1, "sampleRate": rate, "numberOfFrames": frames}
        data = new_audio_data(**init, data=bytes(frames))
        assert_equals(data.duration, expected, f"{frames} frames at {rate} Hz")
        data.close()
        assert_equals(data.duration, 0, "closed")


@promise_test("attributes are read-only", shows=["audiodata-attributes"])
async def read_only(t: Test) -> None:
    data = new_audio_data()
    closed(t, data)
    for name in ("format", "sampleRate", "numberOfFrames", "numberOfChannels", "duration", "timestamp"):
        assert_throws_js(AttributeError, partial(setattr, data, name, 1), name)


@promise_test("every member but transfer is required", shows=["audiodata-interface"])
async def required_members(t: Test) -> None:
    for missing in S16_INIT:
        assert_throws_js(TypeError, partial(new_audio_data, **{missing: None}), f"without {missing}")


@promise_test("members of other types are refused", shows=["audiodata-interface", "audio-sample-formats"])
async def types_of_members(t: Test) -> None:
    for name, value in [
        ("format", "s24"),
        ("format", "S16"),
        ("sampleRate", float("nan")),
        ("sampleRate", float("inf")),
        ("sampleRate", 1e39),
        ("numberOfFrames", -1),
        ("numberOfFrames", 2**32),
        ("numberOfChannels", -1),
        ("numberOfChannels", 2**32),
        ("timestamp", 2**53),
        ("data", "samples"),
        ("data", [1, 2]),
        # JavaScript's buffers can all be transferred.
        *([] if is_another_implementation() else [("transfer", [bytes(12)])]),
    ]:
        assert_throws_js(TypeError, partial(new_audio_data, **{name: value}), f"{name}: {value!r}")


@promise_test(
    "no samples, no channels and no rate are refused",
    shows=[
        "dom-audiodata-audiodata#1",
        "valid-audiodatainit#1",
        "valid-audiodatainit#2",
        "valid-audiodatainit#3",
    ],
)
async def empty(t: Test) -> None:
    for name, value in [("sampleRate", 0), ("sampleRate", -1), ("numberOfFrames", 0), ("numberOfChannels", 0)]:
        assert_throws_js(TypeError, partial(new_audio_data, **{name: value}), f"{name}: {value}")


@promise_test(
    "data must be enough for the format, and may be more",
    shows=[f"valid-audiodatainit#{step}" for step in ("4", "4.1", "4.2", "4.3", "4.4", "4.5", "5")],
)
async def enough_data(t: Test) -> None:
    for sample_type, size in [("u8", 1), ("s16", 2), ("s32", 4), ("f32", 4)]:
        for format in (sample_type, f"{sample_type}-planar"):
            enough = 3 * 2 * size
            assert_throws_js(TypeError, partial(new_audio_data, format=format, data=bytes(enough - 1)), format)
            for extra in (0, 3):
                data = new_audio_data(format=format, data=bytes(range(enough + extra)))
                planes = 2 if format.endswith("planar") else 1
                copied = b"".join(samples_of(data, plane) for plane in range(planes))
                assert_equals(copied, bytes(range(enough)), format)
                data.close()


@promise_test(
    "the samples are a copy",
    shows=["dom-audiodata-audiodata#4.8", "dom-audiodata-audiodata#4.8.1", "dom-audiodata-audiodata#4.10"],
)
async def data_is_copied(t: Test) -> None:
    source = bytearray(S16)
    data = new_audio_data(data=source)
    closed(t, data)
    source[:] = bytes(12)
    assert_equals(samples_of(data), S16)
    source.clear()
    assert_equals(samples_of(data), S16)


@promise_test("data may be any buffer, or a part of one", shows=["audiodata-interface"])
async def buffers(t: Test) -> None:
    backing = b"\xff\xff" + S16 + b"\xff"
    for source in (bytearray(S16), memoryview(backing)[2:14], np.frombuffer(S16, "<i2").reshape(3, 2)):
        data = new_audio_data(data=source)
        assert_equals(samples_of(data), S16)
        data.close()


@promise_test(
    "buffers in transfer are detached, whether they are the data or not",
    shows=[f"dom-audiodata-audiodata#{step}" for step in ("4.7", "4.7.1", "4.8", "5", "5.1")],
)
async def transfer(t: Test) -> None:
    view, array, other = memoryview(bytearray(S16)), bytearray(S16), bytearray(b"other")
    for source, transferred in [(view, [view]), (array, [array, other])]:
        data = new_audio_data(data=source, transfer=transferred)
        assert_equals(samples_of(data), S16)
        data.close()
    assert_throws_js(ValueError, lambda: view.nbytes, "the memoryview is released")
    assert_equals((array, other), (bytearray(), bytearray()))


@promise_test(
    "a buffer that is in transfer twice throws DataCloneError, and nothing is detached",
    shows=["dom-audiodata-audiodata#2"],
)
async def transfer_twice(t: Test) -> None:
    buffer = bytearray(S16)
    assert_throws_dom("DataCloneError", partial(new_audio_data, data=buffer, transfer=[buffer, buffer]))
    assert_equals(buffer, bytearray(S16))


@promise_test(
    "a detached buffer in transfer throws DataCloneError, and nothing else is detached",
    shows=["dom-audiodata-audiodata#3", "dom-audiodata-audiodata#3.1"],
)
async def transfer_of_a_detached_buffer(t: Test) -> None:
    buffer, detached = bytearray(S16), memoryview(bytearray(12))
    detached.release()
    assert_throws_dom("DataCloneError", partial(new_audio_data, data=buffer, transfer=[buffer, detached]))
    assert_equals(buffer, bytearray(S16))
    assert_throws_js(TypeError, partial(new_audio_data, data=detached), "a detached buffer has no samples")


@promise_test(
    "a clone is another AudioData of the same samples, and closed by itself",
    shows=[
        "dom-audiodata-clone#2",
        *[f"clone-audiodata#{step}" for step in ("1", "1.1", "1.2", "1.3", "1.4", "2")],
    ],
)
async def clone(t: Test) -> None:
    data = new_audio_data()
    other = data.clone()
    closed(t, data, other)
    assert_not_equals(other, data)
    for name in ("format", "sampleRate", "numberOfFrames", "numberOfChannels", "timestamp", "duration"):
        assert_equals(getattr(other, name), getattr(data, name), name)
    if not is_another_implementation():
        assert_true(np.shares_memory(np.asarray(other), np.asarray(data)), "nothing is copied")
    data.close()
    assert_equals((data.numberOfFrames, other.numberOfFrames), (0, 3))
    assert_equals(samples_of(other), S16)


@promise_test(
    "a closed AudioData has nothing but its timestamp; closing again does nothing",
    shows=["dom-audiodata-close", *[f"close-audiodata#{step}" for step in range(1, 7)]],
)
async def close(t: Test) -> None:
    data = new_audio_data()
    for _ in range(2):
        data.close()
        assert_equals((data.format, data.sampleRate), (None, 0.0))
        assert_equals((data.numberOfFrames, data.numberOfChannels), (0, 0))
        assert_equals((data.timestamp, data.duration), (1234, 0))


@promise_test(
    "every method of a closed AudioData throws InvalidStateError",
    shows=["dom-audiodata-allocationsize#1", "dom-audiodata-copyto#1", "dom-audiodata-clone#1"],
)
async def use_after_close(t: Test) -> None:
    data = new_audio_data()
    data.close()
    assert_throws_dom("InvalidStateError", data.clone)
    assert_throws_dom("InvalidStateError", lambda: data.allocationSize({"planeIndex": 0}))
    destination = bytearray(12)
    assert_throws_dom("InvalidStateError", lambda: data.copyTo(destination, {"planeIndex": 0}))
    # Arguments are converted before the state is checked, and their values are checked after that.
    assert_throws_dom("InvalidStateError", lambda: data.copyTo(destination, {"planeIndex": 9}))
    assert_equals(destination, bytearray(12))


@promise_test(
    "the resource lives as long as a reference to it, and not longer",
    shows=[
        "raw-media-memory-model-reference-counting",
        "media-resource",
        "dom-audiodata-resource-reference-slot",
        "close-audiodata#2",
        "clone-audiodata#1.2",
    ],
)
async def references(t: Test) -> None:
    resources = CountedResources()
    data = counted_audio_data(resources)
    clones = [data.clone() for _ in range(3)]
    resources.check(1, 0)
    data.close()
    data.close()
    clones[2].close()
    clones[0].close()
    resources.check(1, 0)
    assert_array_equals(np.frombuffer(samples_of(clones[1]), np.float32), [7.0] * 4)
    clones[1].close()
    resources.check(1, 1, "released by the last close(), at once")


@promise_test(
    "views of samples stay valid when the samples are closed; new views are refused",
    shows=["media-resource", "close-audiodata#2"],
)
async def views(t: Test) -> None:
    data = new_audio_data()
    (plane,) = data.planes()
    array = np.asarray(data)
    data.close()
    assert_equals(bytes(plane), S16)
    assert_array_equals(array, np.array([[1, 2], [3, 4], [5, 6]], np.int16))
    assert_false(array.flags.writeable)
    assert_throws_dom("InvalidStateError", data.planes)
    assert_throws_dom("InvalidStateError", lambda: np.asarray(data))


@promise_test(
    "samples in a format without a name say so, and are not copied",
    shows=["dom-audiodata-format", "compute-copy-element-count#5"],
)
async def unnamed_format(t: Test) -> None:
    data = counted_audio_data(CountedResources(), named=False)
    closed(t, data)
    assert_equals((data.format, data.numberOfFrames), (None, 4))
    assert_throws_dom("NotSupportedError", partial(samples_of, data))
    assert_throws_dom("NotSupportedError", partial(samples_of, data, format="f32-planar"))

"""Chapter 9: AudioData.allocationSize() and copyTo(), and the values of samples in other formats."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple, cast

import numpy as np

from codecmodel.web.buffers import BufferSource
from codecmodel.web.errors import RangeError
from conformance.fixtures.frames_and_samples import allocation_size, closed, copy_options, new_audio_data, samples_of
from conformance.interfaces import is_another_implementation
from conformance.suite.harness import Test, Variant, assert_array_equals, assert_equals, assert_throws_js, promise_test

#: The types of samples: numpy's name, and the minimum, bias and maximum value.
TYPES: Final = {
    "u8": ("u1", 0, 128, 255),
    "s16": ("i2", -(2**15), 0, 2**15 - 1),
    "s32": ("i4", -(2**31), 0, 2**31 - 1),
    "f32": ("f4", -1, 0, 1),
}


class _Conversion(NamedTuple):
    """Values of one type, and the same values in another."""

    source: str
    destination: str
    values: Sequence[float]
    expected: Sequence[float]


#: From each integer type to each other: the extremes, silence, half of each extreme, the levels next to silence.
CONVERSIONS: Final = (
    _Conversion("u8", "s16", (0, 255, 128, 64, 192, 127, 129), (-32768, 32512, 0, -16384, 16384, -256, 256)),
    _Conversion("u8", "s32", (0, 255, 128, 64, 127), (-(2**31), 127 << 24, 0, -(2**30), -(2**24))),
    _Conversion("s16", "s32", (-32768, 32767, 0, 16384, -1), (-(2**31), 32767 << 16, 0, 2**30, -65536)),
    _Conversion("s16", "u8", (-32768, 32767, 0, 255, 256, -1, -256, -257), (0, 255, 128, 128, 129, 127, 127, 126)),
    _Conversion("s32", "u8", (-(2**31), 2**31 - 1, 0, 2**24 - 1, 2**24, -1), (0, 255, 128, 128, 129, 127)),
    _Conversion("s32", "s16", (-(2**31), 2**31 - 1, 0, 65535, 65536, -1), (-32768, 32767, 0, 0, 1, -1)),
    _Conversion("u8", "f32", (0, 255, 128, 192), (-1.0, 127 / 128, 0.0, 0.5)),
    _Conversion("s16", "f32", (-32768, 32767, 0, 16384, 1), (-1.0, 32767 / 32768, 0.0, 0.5, 2.0**-15)),
    _Conversion("s32", "f32", (-(2**31), 2**31 - 1, 0, 2**30, 2**24 + 1), (-1.0, 1.0, 0.0, 0.5, 2.0**-7)),
    _Conversion(
        "f32", "u8", (-1, 1, 0, 0.5, -0.5, 2, -2, 1.5 / 128, 2.5 / 128), (0, 255, 128, 192, 64, 255, 0, 130, 130)
    ),
    _Conversion("f32", "s16", (-1, 1, 0, 0.5, 9, -9, 32766.6 / 32768), (-32768, 32767, 0, 16384, 32767, -32768, 32767)),
    _Conversion("f32", "s32", (-1, 1, 0, -0.5, 9, -9), (-(2**31), 2**31 - 1, 0, -(2**30), 2**31 - 1, -(2**31))),
    # A sample keeps its value in the same type, without clipping.
    _Conversion("u8", "u8", (0, 255, 128), (0, 255, 128)),
    _Conversion("s16", "s16", (-32768, 32767, 0), (-32768, 32767, 0)),
    _Conversion("s32", "s32", (-(2**31), 2**31 - 1, 1), (-(2**31), 2**31 - 1, 1)),
    _Conversion("f32", "f32", (-1, 1, 0.25, 9, -9), (-1, 1, 0.25, 9, -9)),
)

ARRANGEMENTS: Final = ("interleaved", "planar")


def _name(sample_type: str, arrangement: str) -> str:
    return f"{sample_type}-planar" if arrangement == "planar" else sample_type


def _variant(conversion: _Conversion) -> Variant[_Conversion]:
    return Variant(f"{conversion.source}_to_{conversion.destination}", lambda: conversion)


@promise_test(
    "each type converted to each other, in every arrangement, has the same magnitude",
    shows=[
        "dom-audiodata-copyto#9",
        "audio-samples-magnitude",
        "minimum-value",
        "bias-value",
        "interleaved",
        "planar",
        "dom-audiodatacopytooptions-format",
        "compute-copy-element-count#11",
    ],
    variants=[_variant(conversion) for conversion in CONVERSIONS],
)
async def conversion(t: Test, values: _Conversion) -> None:
    source, destination, given, expected = values
    # The first channel has the values, the second has them in reversed order.
    frames = np.array([given, given[::-1]], TYPES[source][0]).T
    converted = np.array([expected, expected[::-1]], TYPES[destination][0]).T
    for of in ARRANGEMENTS:
        data = new_audio_data(
            format=_name(source, of), numberOfFrames=len(given), data=(frames.T if of == "planar" else frames).tobytes()
        )
        for to in ARRANGEMENTS:
            format = _name(destination, to)
            planes = 2 if to == "planar" else 1
            copies = [np.frombuffer(samples_of(data, plane, format=format), converted.dtype) for plane in range(planes)]
            found = np.stack(copies, axis=1) if to == "planar" else copies[0].reshape(-1, 2)
            assert_array_equals(found, converted, f"{_name(source, of)} to {format}")
        data.close()


@promise_test(
    "silence, minimum and maximum are those of the type",
    shows=["audio-samples-magnitude", "audio-sample-type", "dom-audiosampleformat-f32", "dom-audiosampleformat-u8"],
)
async def magnitudes(t: Test) -> None:
    for source, (source_type, *source_values) in TYPES.items():
        for destination, (destination_type, *destination_values) in TYPES.items():
            samples = np.array(source_values, source_type).tobytes()
            data = new_audio_data(format=source, numberOfChannels=1, data=samples)
            found = np.frombuffer(samples_of(data, format=destination), destination_type)
            assert_array_equals(
                found[:2], np.array(destination_values[:2], destination_type), f"{source}: {destination}"
            )
            if source == "f32":
                assert_array_equals(found[2:], np.array(destination_values[2:], destination_type), destination)
            data.close()


@promise_test(
    "a float that is not a number is silent, infinities are clipped",
    shows=["audio-samples-magnitude", "dom-audiodata-copyto#9"],
)
async def not_a_number(t: Test) -> None:
    samples = np.array([np.nan, np.inf, -np.inf], np.float32).tobytes()
    data = new_audio_data(format="f32", numberOfChannels=1, data=samples)
    closed(t, data)
    assert_array_equals(np.frombuffer(samples_of(data, format="s16"), np.int16), [0, 32767, -32768])
    assert_array_equals(np.frombuffer(samples_of(data, format="u8"), np.uint8), [128, 255, 0])


@promise_test(
    "the allocation size is bytes a sample, times frames, times channels if interleaved",
    shows=[
        *[f"dom-audiodata-allocationsize#{step}" for step in range(2, 7)],
        *[f"compute-copy-element-count#{step}" for step in ("1", "2", "6", "8", "9", "9.2", "10", "11", "12")],
        "dom-audiodatacopytooptions-frameoffset",
        "dom-audiodatacopytooptions-framecount",
    ],
)
async def sizes(t: Test) -> None:
    cases: list[tuple[str, dict[str, object], int]] = [
        ("f32", {}, 24),
        ("f32-planar", {}, 12),
        ("f32", {"format": "u8"}, 6),
        ("u8", {"format": "f32-planar"}, 12),
        ("s16-planar", {"frameOffset": 1}, 4),
        ("s16", {"frameOffset": 2}, 4),
        ("s16", {"frameOffset": 1, "frameCount": 1}, 4),
        ("s16", {"frameCount": 0}, 0),
        ("u8-planar", {"format": "s32", "frameCount": 2}, 16),
    ]
    for format, options, expected in cases:
        data = new_audio_data(format=format, data=bytes(24))
        assert_equals(allocation_size(data, planeIndex=0, **options), expected, f"{format}, {options}")
        data.close()


@promise_test(
    "copyTo() writes what allocationSize() says to the start of the destination",
    shows=[f"dom-audiodata-copyto#{step}" for step in (2, 3, 4, 5, 7, 8, 9)],
)
async def copy(t: Test) -> None:
    data = new_audio_data(format="u8-planar", data=b"\x01\x02\x03\x04\x05\x06")
    closed(t, data)
    cases: list[tuple[int, dict[str, object], bytes]] = [
        (0, {}, b"\x01\x02\x03"),
        (1, {}, b"\x04\x05\x06"),
        (1, {"frameOffset": 1}, b"\x05\x06"),
        (0, {"frameOffset": 1, "frameCount": 1}, b"\x02"),
        (0, {"frameCount": 0}, b""),
        (0, {"format": "u8"}, b"\x01\x04\x02\x05\x03\x06"),
        (0, {"format": "u8", "frameOffset": 1, "frameCount": 1}, b"\x02\x05"),
        (1, {"format": "s16-planar", "frameOffset": 2}, b"\x00\x86"),
    ]
    for plane, options, expected in cases:
        destination = bytearray(b"\xee" * 8)
        data.copyTo(destination, copy_options(plane, **options))
        assert_equals(destination, bytearray(expected.ljust(8, b"\xee")), f"plane {plane}, {options}")


@promise_test(
    "frames are counted in the samples, for every arrangement",
    shows=["dom-audiodata-copyto#9", "dom-audiodatacopytooptions-frameoffset", "dom-audiodatacopytooptions-planeindex"],
)
async def interleaved_to_planar(t: Test) -> None:
    data = new_audio_data(format="u8", data=b"\x01\x04\x02\x05\x03\x06")
    closed(t, data)
    assert_equals(samples_of(data, frameOffset=1), b"\x02\x05\x03\x06")
    assert_equals(samples_of(data, format="u8-planar"), b"\x01\x02\x03")
    assert_equals(samples_of(data, 1, format="u8-planar"), b"\x04\x05\x06")
    assert_equals(samples_of(data, 1, format="u8-planar", frameOffset=1, frameCount=1), b"\x05")


@promise_test(
    "a plane that is not there throws RangeError",
    shows=["compute-copy-element-count#3", "compute-copy-element-count#4", "dom-audiodatacopytooptions-planeindex"],
)
async def planes(t: Test) -> None:
    cases: list[tuple[str, int, dict[str, object]]] = [
        ("u8", 1, {}),
        ("u8-planar", 2, {}),
        ("u8-planar", 1, {"format": "u8"}),
        ("u8", 2, {"format": "u8-planar"}),
        ("u8", 2**32 - 1, {}),
    ]
    for format, plane, options in cases:
        data = new_audio_data(format=format, data=bytes(6))
        assert_throws_js(RangeError, partial(allocation_size, data, planeIndex=plane, **options), f"{format}: {plane}")
        assert_throws_js(RangeError, partial(samples_of, data, plane, **options), f"{format}: {plane}")
        data.close()


@promise_test(
    "frames that are not there throw RangeError",
    shows=["compute-copy-element-count#7", "compute-copy-element-count#9.1"],
)
async def frames(t: Test) -> None:
    data = new_audio_data()
    closed(t, data)
    for options in (
        {"frameOffset": 3},
        {"frameOffset": 3, "frameCount": 0},
        {"frameCount": 4},
        {"frameOffset": 1, "frameCount": 3},
        {"frameOffset": 2**32 - 1, "frameCount": 2**32 - 1},
    ):
        assert_throws_js(RangeError, partial(allocation_size, data, planeIndex=0, **options), str(options))
        assert_throws_js(RangeError, partial(samples_of, data, **options), str(options))


@promise_test(
    "a destination that is too small throws RangeError and is left as it is",
    shows=["dom-audiodata-copyto#6"],
)
async def small_destination(t: Test) -> None:
    data = new_audio_data()
    closed(t, data)
    destination = bytearray(b"\xee" * 11)
    assert_throws_js(RangeError, lambda: data.copyTo(destination, {"planeIndex": 0}))
    assert_throws_js(RangeError, lambda: data.copyTo(destination, {"planeIndex": 0, "format": "s32"}))
    assert_equals(destination, bytearray(b"\xee" * 11))
    data.copyTo(destination, {"planeIndex": 0, "format": "u8"})
    assert_equals(destination, bytearray(b"\x80" * 6 + b"\xee" * 5))


@promise_test(
    "options need a plane; their members are whole numbers of 32 bits",
    shows=["audiodata-copy-to-options", "dom-audiodatacopytooptions-planeindex"],
)
async def options_of_other_types(t: Test) -> None:
    data = new_audio_data()
    closed(t, data)
    # JavaScript makes numbers of strings.
    other_types: list[Mapping[str, object]] = [] if is_another_implementation() else [{"planeIndex": "0"}]
    for options in (
        *other_types,
        {},
        {"planeIndex": -1},
        {"planeIndex": 2**32},
        {"planeIndex": 0, "frameOffset": -1},
        {"planeIndex": 0, "frameCount": float("inf")},
        {"planeIndex": 0, "format": "f64"},
    ):
        assert_throws_js(TypeError, partial(allocation_size, data, **options), str(options))
    for destination in (*(() if is_another_implementation() else (bytes(12),)), "text", None, [0] * 12):
        to = partial(data.copyTo, cast("BufferSource", destination), copy_options(0))
        assert_throws_js(TypeError, to, f"a destination that can't be written: {destination!r}")
    assert_equals(allocation_size(data, planeIndex=0.9, frameOffset=1.9), 8, "fractions are dropped")

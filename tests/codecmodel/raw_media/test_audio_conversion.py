"""AudioData.copyTo() from every format to every format, against arithmetic with exact fractions."""

import math
import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecmodel.raw_media.audio_data import AudioData, create_audio_data
from codecmodel.raw_media.audio_data_copy import AudioDataCopyToOptions
from codecmodel.raw_media.audio_sample_format import AUDIO_SAMPLE_FORMATS, AudioSampleFormat
from tests.codecmodel.raw_media.raw_media_resources import RecordedAudio

BITS = {"u8": 8, "s16": 16, "s32": 32}
CODES = {"u8": "B", "s16": "h", "s32": "i", "f32": "f"}
FORMATS: list[AudioSampleFormat] = list(AUDIO_SAMPLE_FORMATS)


def magnitude(value: float, sample_type: str) -> Fraction:
    """The value of a sample: -1 is the minimum of an integer type, and +1 is one step above its maximum."""
    if sample_type == "f32":
        return Fraction(value)
    bits = BITS[sample_type]
    return Fraction(int(value) - (128 if sample_type == "u8" else 0), 2 ** (bits - 1))


def nearest_float(value: Fraction) -> float:
    """The float of 32 bits nearest to a fraction, ties to even. (Those here are exact in 64 bits.)"""
    as_double = float(value)
    assert Fraction(as_double) == value
    (single,) = struct.unpack("f", struct.pack("f", as_double))
    return float(single)


def reference(value: float, source: str, destination: str) -> float:
    """``value`` of one sample type in another, by the rules that ``convert_samples`` states."""
    if source == destination:
        return value
    if destination == "f32":
        return nearest_float(magnitude(value, source))
    bits: int = BITS[destination]
    bias = 128 if destination == "u8" else 0
    if source == "f32" and not math.isfinite(value):
        if math.isnan(value):
            return bias
        return bias + ((1 << bits - 1) - 1 if value > 0 else -(1 << bits - 1))
    levels = magnitude(value, source) * 2 ** (bits - 1)
    # Python rounds halves to even; between integers it is rounded down.
    level: int = round(levels) if source == "f32" else math.floor(levels)
    return bias + max(-(1 << bits - 1), min((1 << bits - 1) - 1, level))


class Case(NamedTuple):
    """Samples as frames, and the part of them that is copied."""

    source: AudioSampleFormat
    frames: Sequence[Sequence[float]]
    destination: AudioSampleFormat
    plane: int
    offset: int
    frame_count: int | None

    @property
    def expected(self) -> bytes:
        source, destination = (name.removesuffix("-planar") for name in (self.source, self.destination))
        end = None if self.frame_count is None else self.offset + self.frame_count
        copied = self.frames[self.offset : end]
        if self.destination.endswith("-planar"):
            values = [frame[self.plane] for frame in copied]
        else:
            values = [value for frame in copied for value in frame]
        converted = [reference(value, source, destination) for value in values]
        return struct.pack(f"{len(converted)}{CODES[destination]}", *converted)


def samples(sample_type: str) -> st.SearchStrategy[float]:
    """Any sample. The extremes, and the neighbours of levels of narrower types, come more often."""
    if sample_type == "f32":
        near_levels = st.tuples(st.integers(-(2**15) - 1, 2**15 + 1), st.sampled_from([0.0, 0.25, 0.5, 0.75]))
        return (
            st.floats(width=32)
            | st.floats(-1, 1, width=32)
            | near_levels.map(lambda pair: (pair[0] + pair[1]) / 2**15)
            | near_levels.map(lambda pair: (pair[0] % 258 - 129 + pair[1]) / 2**7)
        )
    bits = BITS[sample_type]
    lowest = 0 if sample_type == "u8" else -(2 ** (bits - 1))
    edges = [lowest, lowest + 1, lowest + 2 ** (bits - 1), lowest + 2**bits - 1]
    if bits > 8:
        edges += [step * 2 ** (bits - 8) + near for step in (-2, -1, 0, 1, 2) for near in (-1, 0, 1)]
    return st.integers(lowest, lowest + 2**bits - 1) | st.sampled_from(edges)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    source, destination = draw(st.sampled_from(FORMATS)), draw(st.sampled_from(FORMATS))
    channels, length = draw(st.integers(1, 3)), draw(st.integers(1, 6))
    frame = st.lists(samples(source.removesuffix("-planar")), min_size=channels, max_size=channels)
    frames = draw(st.lists(frame, min_size=length, max_size=length))
    plane = draw(st.integers(0, channels - 1)) if destination.endswith("-planar") else 0
    offset = draw(st.integers(0, length - 1))
    count = draw(st.none() | st.integers(0, length - offset))
    return Case(source, frames, destination, plane, offset, count)


def planes_of(case: Case) -> list[bytes]:
    code = CODES[case.source.removesuffix("-planar")]
    rows = [*zip(*case.frames, strict=True)] if case.source.endswith("-planar") else [sum(map(tuple, case.frames), ())]
    return [struct.pack(f"{len(row)}{code}", *row) for row in rows]


def of_bytes(case: Case) -> AudioData:
    init: Any = {"format": case.source, "sampleRate": 8000, "timestamp": 0, "data": b"".join(planes_of(case))}
    return AudioData(init | {"numberOfFrames": len(case.frames), "numberOfChannels": len(case.frames[0])})


def of_decoder(case: Case) -> AudioData:
    """Whose planes are apart from each other, and longer than the samples."""
    planes = [memoryview(plane + bytes(12)) for plane in planes_of(case)]
    return create_audio_data(RecordedAudio(case.source, planes, len(case.frames), len(case.frames[0])), 0)


@given(cases(), st.sampled_from([of_bytes, of_decoder]))
def test_every_conversion_is_exact(case: Case, made: object) -> None:
    assert callable(made)
    data = made(case)
    options: AudioDataCopyToOptions = {"planeIndex": case.plane, "frameOffset": case.offset, "format": case.destination}
    if case.frame_count is not None:
        options["frameCount"] = case.frame_count
    expected = case.expected
    assert data.allocationSize(options) == len(expected)
    memory = bytearray(b"\xee" * (len(expected) + 9))
    # At an odd address.
    data.copyTo(memoryview(memory)[1:], options)
    assert memory[1 + len(expected) :] == b"\xee" * 8
    copied = memory[1 : 1 + len(expected)]
    if case.destination.startswith("f32"):
        # Not a number has more than one form.
        np.testing.assert_array_equal(np.frombuffer(copied, "f"), np.frombuffer(expected, "f"))
    else:
        assert copied == expected


@pytest.mark.parametrize("destination", CODES)
@pytest.mark.parametrize(("source", "step"), [("u8", 1), ("s16", 63)])
def test_samples_over_the_whole_range(source: AudioSampleFormat, step: int, destination: AudioSampleFormat) -> None:
    lowest = 0 if source == "u8" else -(2**15)
    every = range(lowest, lowest + 2 ** BITS[source], step)
    case = Case(source, [[value] for value in every], destination, 0, 0, None)
    expected = case.expected
    copied = bytearray(len(expected))
    of_bytes(case).copyTo(copied, {"planeIndex": 0, "format": destination})
    assert copied == expected

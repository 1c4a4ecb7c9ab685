"""Audio sample formats and the conversions between them (§ 9.3), with exact values."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from codecmodel.raw_media.audio_sample_format import (
    AUDIO_SAMPLE_FORMATS,
    AudioSampleType,
    audio_sample_format,
    convert_samples,
)

BITS: dict[AudioSampleType, int] = {"u8": 8, "s16": 16, "s32": 32}
BIAS: dict[AudioSampleType, int] = {"u8": 128, "s16": 0, "s32": 0}
DTYPE: dict[AudioSampleType, type[Any]] = {"u8": np.uint8, "s16": np.int16, "s32": np.int32, "f32": np.float32}

# Levels of every integer type: the extremes, their neighbours, those around the bias, and some in between.
VALUES: dict[AudioSampleType, list[int]] = {
    "u8": [0, 1, 63, 64, 127, 128, 129, 191, 192, 254, 255],
    "s16": [-32768, -32767, -16385, -16384, -257, -256, -255, -1, 0, 1, 255, 256, 16383, 16384, 32766, 32767],
    "s32": [
        *(-(2**31), -(2**31) + 1, -(2**30), -(2**24) - 1, -65537, -65536, -65535, -1, 0, 1),
        *(65535, 65536, 2**24 + 1, 2**24 + 3, 2**30 - 1, 2**30, 2**31 - 129, 2**31 - 64, 2**31 - 1),
    ],
}


def convert(values: Sequence[float], source: AudioSampleType, destination: AudioSampleType) -> list[float]:
    converted = convert_samples(np.array(values, DTYPE[source]), destination)
    assert converted.dtype == DTYPE[destination]
    return [float(value) for value in converted.tolist()]


def test_the_table() -> None:
    assert {
        name: (d.sample_type, d.is_planar, d.bytes_per_sample, d.dtype.name, d.minimum, d.bias, d.maximum)
        for name, d in AUDIO_SAMPLE_FORMATS.items()
    } == {
        "u8": ("u8", False, 1, "uint8", 0, 128, 255),
        "s16": ("s16", False, 2, "int16", -32768, 0, 32767),
        "s32": ("s32", False, 4, "int32", -2147483648, 0, 2147483647),
        "f32": ("f32", False, 4, "float32", -1.0, 0.0, 1.0),
        "u8-planar": ("u8", True, 1, "uint8", 0, 128, 255),
        "s16-planar": ("s16", True, 2, "int16", -32768, 0, 32767),
        "s32-planar": ("s32", True, 4, "int32", -2147483648, 0, 2147483647),
        "f32-planar": ("f32", True, 4, "float32", -1.0, 0.0, 1.0),
    }
    with pytest.raises(TypeError, match="is not an AudioSampleFormat: 's24'"):
        audio_sample_format("s24", "format")


@pytest.mark.parametrize("source", BITS)
@pytest.mark.parametrize("destination", BITS)
def test_integers_are_shifted_about_the_bias(source: AudioSampleType, destination: AudioSampleType) -> None:
    scale = Fraction(2) ** (BITS[destination] - BITS[source])
    expected = [(value - BIAS[source]) * scale // 1 + BIAS[destination] for value in VALUES[source]]
    assert convert(VALUES[source], source, destination) == expected


@pytest.mark.parametrize("source", ["u8", "s16"])
def test_narrow_integers_are_exact_as_floats(source: AudioSampleType) -> None:
    step = 2.0 ** (1 - BITS[source])
    assert convert(VALUES[source], source, "f32") == [(value - BIAS[source]) * step for value in VALUES[source]]


def test_wide_integers_are_rounded_once_to_floats() -> None:
    nearest = [float(np.float32(np.longdouble(value) / 2**31)) for value in VALUES["s32"]]
    assert convert(VALUES["s32"], "s32", "f32") == nearest
    # Ties go to even: 24 bits are kept of 25.
    assert convert([2**24 + 1, 2**24 + 3], "s32", "f32") == [2**24 / 2**31, (2**24 + 4) / 2**31]
    assert convert([2**31 - 1, -(2**31)], "s32", "f32") == [1.0, -1.0]


@pytest.mark.parametrize("destination", BITS)
def test_floats_are_rounded_to_the_nearest_level_ties_to_even(destination: AudioSampleType) -> None:
    if destination == "s32":
        # Except near zero, no float lies between two neighbouring levels of 32 bits.
        values = [level / 2**31 for level in (0.25, 0.5, 0.75, 1.5, 2.5, -0.5, -1.5, -2.5, 1000.5)]
        levels = [0, 0, 1, 2, 2, 0, -2, -2, 1000]
    else:
        one = 2 ** (BITS[destination] - 1)
        values = [level / one for level in (0.25, 0.5, 0.75, 1.5, 2.5, -0.5, -1.5, -2.5, 100.5, 101.5)]
        levels = [0, 0, 1, 2, 2, 0, -2, -2, 100, 102]
    assert convert(values, "f32", destination) == [level + BIAS[destination] for level in levels]


@pytest.mark.parametrize("destination", BITS)
def test_floats_are_clipped(destination: AudioSampleType) -> None:
    lowest, highest = np.iinfo(DTYPE[destination]).min, np.iinfo(DTYPE[destination]).max
    values = [-1.0, -1.0000001, -2.0, -3e38, -np.inf, 1.0, 1.0000001, 2.0, 3e38, np.inf]
    assert convert(values, "f32", destination) == [lowest] * 5 + [highest] * 5
    assert convert([np.nan, 0.0, -0.0], "f32", destination) == [BIAS[destination]] * 3
    assert convert([0.5, -0.5], "f32", destination) == [
        BIAS[destination] + 2 ** (BITS[destination] - 2),
        BIAS[destination] - 2 ** (BITS[destination] - 2),
    ]


def test_the_level_next_to_the_maximum_is_not_clipped() -> None:
    assert convert([32767 / 32768, 32766.6 / 32768, 32766.4 / 32768], "f32", "s16") == [32767, 32767, 32766]
    assert convert([127 / 128, 126.6 / 128, 126.4 / 128], "f32", "u8") == [255, 255, 254]
    # The greatest float below 1.
    assert convert([1 - 2**-24], "f32", "s32") == [2**31 - 128]


def test_floats_stay_as_they_are() -> None:
    values = [-2.5, 1e-40, 3e38, np.inf]
    assert convert(values, "f32", "f32") == [float(np.float32(value)) for value in values]
    assert np.isnan(convert([np.nan], "f32", "f32")[0])


@pytest.mark.parametrize("source", ["u8", "s16"])
def test_floats_hold_narrow_integers_without_loss(source: AudioSampleType) -> None:
    every = list(range(np.iinfo(DTYPE[source]).min, np.iinfo(DTYPE[source]).max + 1))
    assert convert(convert(every, source, "f32"), "f32", source) == every


def test_the_result_is_an_array_of_its_own() -> None:
    for name in DTYPE:
        samples = np.zeros(3, DTYPE[name])
        converted = convert_samples(samples, name)
        converted[:] = 1
        assert samples.tolist() == [0, 0, 0]

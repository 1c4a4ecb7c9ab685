"""The output of the resampler is exact where the exact samples are known."""

import struct
from collections.abc import Sequence

import pytest

import ffbind
from ffbind import ClosedError, Frame, Resampler, SampleParameters

CODES = {"u8": "B", "s16": "h", "s32": "i", "flt": "f", "dbl": "d"}


def code(format: str) -> str:
    return CODES[format.removesuffix("p")]


def frame(format: str, channels: int, rate: int, *planes: Sequence[float]) -> Frame:
    """Samples by plane, alternating between channels if the format is packed."""
    count = len(planes[0]) // (1 if format.endswith("p") else channels)
    made = Frame.audio(count, format, channels, rate)
    for plane, values in zip(made.writable_planes(), planes, strict=True):
        plane.data[:] = struct.pack(f"{len(values)}{code(format)}", *values)
    return made


def values(made: Frame) -> list[list[float]]:
    width = struct.calcsize(code(made.format))
    return [
        list(struct.unpack(f"{len(plane.data) // width}{code(made.format)}", plane.data)) for plane in made.planes()
    ]


def converted(resampler: Resampler, samples: Frame) -> list[list[float]]:
    result = resampler.convert(samples)
    assert result is not None
    return values(result)


@pytest.mark.parametrize(
    ("format", "expected"),
    [
        ("s16", [-32768, -32768, -16384, 8192, 32767, 32767, 32767]),
        ("u8", [0, 0, 64, 160, 255, 255, 255]),
        ("s32", [-(2**31), -(2**31), -(2**30), 2**29, 2147462144, 2**31 - 1, 2**31 - 1]),
        ("flt", [-1.5, -1.0, -0.5, 0.25, 0.9999899864196777, 1.0, 2.0]),
        ("dbl", [-1.5, -1.0, -0.5, 0.25, 0.9999899864196777, 1.0, 2.0]),
    ],
)
def test_from_float(format: str, expected: list[float]) -> None:
    samples = frame("flt", 1, 48_000, [-1.5, -1.0, -0.5, 0.25, 0.99999, 1.0, 2.0])
    with Resampler(SampleParameters("flt", 48_000, 1), SampleParameters(format, 48_000, 1)) as resampler:
        assert converted(resampler, samples) == [expected]


@pytest.mark.parametrize(
    ("format", "given", "expected"),
    [
        ("u8", [0, 64, 128, 255], [-1.0, -0.5, 0.0, 127 / 128]),
        ("s16", [-32768, -1, 0, 32767], [-1.0, -1 / 32768, 0.0, 32767 / 32768]),
        ("s32", [-(2**31), -(2**16), 0, 2**30], [-1.0, -(2.0**-15), 0.0, 0.5]),
    ],
)
def test_to_float(format: str, given: list[float], expected: list[float]) -> None:
    with Resampler(SampleParameters(format, 48_000, 1), SampleParameters("flt", 48_000, 1)) as resampler:
        assert converted(resampler, frame(format, 1, 48_000, given)) == [expected]


def test_packed_to_planar_and_back() -> None:
    packed = [1, -1, 2, -2, 3, -3]
    with Resampler(SampleParameters("s16", 44_100, 2), SampleParameters("s16p", 44_100, 2)) as resampler:
        assert converted(resampler, frame("s16", 2, 44_100, packed)) == [[1, 2, 3], [-1, -2, -3]]
    with Resampler(SampleParameters("s16p", 44_100, 2), SampleParameters("s16", 44_100, 2)) as resampler:
        assert converted(resampler, frame("s16p", 2, 44_100, [1, 2, 3], [-1, -2, -3])) == [packed]


def test_stereo_from_mono_and_back() -> None:
    # The power is equal: each side has 1/√2 of the one channel, and the same factor keeps the sum from clipping.
    half = 0.5 * 0.5**0.5
    with Resampler(SampleParameters("fltp", 48_000, 1), SampleParameters("fltp", 48_000, 2)) as resampler:
        left, right = converted(resampler, frame("fltp", 1, 48_000, [0.5, -0.5]))
    assert left == right == [pytest.approx(half, abs=2**-24), pytest.approx(-half, abs=2**-24)]
    with Resampler(SampleParameters("s16p", 48_000, 2), SampleParameters("s16p", 48_000, 1)) as resampler:
        assert converted(resampler, frame("s16p", 2, 48_000, [100, 200], [300, -200])) == [[200, 0]]


def test_channel_masks_of_old_versions(monkeypatch: pytest.MonkeyPatch) -> None:
    swresample, avutil = ffbind.load().swresample, ffbind.load().avutil
    if not (swresample.has("swr_alloc_set_opts") and avutil.has("av_get_default_channel_layout")):
        pytest.skip("this version has none any more")
    monkeypatch.setattr(swresample, "has", lambda name: name != "swr_alloc_set_opts2")
    with Resampler(SampleParameters("s16p", 48_000, 2), SampleParameters("s16p", 48_000, 1)) as resampler:
        assert converted(resampler, frame("s16p", 2, 48_000, [100, 200], [300, -200])) == [[200, 0]]


def test_more_channels_than_have_names() -> None:
    planes = [[float(channel)] for channel in range(9)]
    with Resampler(SampleParameters("fltp", 48_000, 9), SampleParameters("flt", 48_000, 9)) as resampler:
        assert converted(resampler, frame("fltp", 9, 48_000, *planes)) == [[float(channel) for channel in range(9)]]
    with pytest.raises(ValueError, match="swr_init"):
        Resampler(SampleParameters("fltp", 48_000, 9), SampleParameters("fltp", 48_000, 2))


def test_same_rate_keeps_timestamps() -> None:
    samples = frame("s16", 1, 48_000, [1, 2, 3])
    samples.pts, samples.duration = 77, 3
    with Resampler(SampleParameters("s16", 48_000, 1), SampleParameters("flt", 48_000, 1)) as resampler:
        result = resampler.convert(samples)
        assert result is not None
        assert (result.pts, result.duration, result.nb_samples, result.sample_rate) == (77, 3, 3, 48_000)
        assert resampler.convert(None) is None


def test_other_rate_has_as_long_a_signal() -> None:
    with Resampler(SampleParameters("flt", 44_100, 1), SampleParameters("flt", 48_000, 1)) as resampler:
        # Twice, since it is ready for another signal after the first has ended.
        for _ in range(2):
            counts = []
            for size in [1024] * 43 + [68]:
                result = resampler.convert(frame("flt", 1, 44_100, [0.25] * size))
                assert result is not None
                assert result.pts is None
                counts.append(result.nb_samples)
            # The filter looks 16 samples ahead.
            assert sum(counts) == 47_983
            rest = resampler.convert(None)
            assert rest is not None
            assert rest.nb_samples == 17
            assert resampler.convert(None) is None


def test_constant_stays_constant_at_another_rate() -> None:
    with Resampler(SampleParameters("s16", 24_000, 1), SampleParameters("s16", 48_000, 1)) as resampler:
        (result,) = converted(resampler, frame("s16", 1, 24_000, [1000] * 400))
    assert set(result[100:600]) == {1000}


def test_frame_of_another_kind() -> None:
    with Resampler(SampleParameters("s16", 48_000, 1), SampleParameters("flt", 48_000, 1)) as resampler:
        for wrong in (frame("s16", 1, 44_100, [1]), frame("s16", 2, 48_000, [1, 2]), frame("u8", 1, 48_000, [1])):
            with pytest.raises(ValueError, match="this resampler is for"):
                resampler.convert(wrong)


def test_impossible_parameters_are_refused() -> None:
    with pytest.raises(ValueError, match="no sample format is called 'nonsense'"):
        Resampler(SampleParameters("nonsense", 48_000, 1), SampleParameters("flt", 48_000, 1))
    with pytest.raises(ValueError, match="at least one"):
        Resampler(SampleParameters("flt", 0, 1), SampleParameters("flt", 48_000, 1))


def test_closed_resampler_is_refused() -> None:
    resampler = Resampler(SampleParameters("s16", 48_000, 1), SampleParameters("flt", 48_000, 1))
    resampler.close()
    resampler.close()
    with pytest.raises(ClosedError, match="this Resampler is closed"):
        resampler.convert(frame("s16", 1, 48_000, [1]))
    assert "Resampler" not in ffbind.live_objects()


@pytest.mark.parametrize("format", ["flt", "fltp", "s16", "dbl"])
@pytest.mark.parametrize(("channels", "mask"), [(3, 0x7), (4, 0x107), (4, 0x33), (6, 0x3F), (8, 0x63F), (8, 0)])
@pytest.mark.parametrize("mixed", [1, 2])
def test_a_mix_of_full_scale_is_at_most_full_scale(format: str, channels: int, mask: int, mixed: int) -> None:
    source = SampleParameters("flt", 48_000, channels, mask)
    with Resampler(source, SampleParameters(format, 48_000, mixed)) as resampler:
        for sample in (1.0, -1.0):
            full = 32768 if format == "s16" else 1.0
            (peak, *_) = converted(resampler, frame("flt", channels, 48_000, [sample] * channels))[0]
            assert 0.9 * full <= abs(peak) <= 1.000001 * full


def test_the_centre_is_in_both_channels_of_a_mix() -> None:
    """ITU-R BS.775: at 0.707 of the others."""
    with Resampler(SampleParameters("flt", 48_000, 3, 0x7), SampleParameters("flt", 48_000, 2)) as resampler:
        left = converted(resampler, frame("flt", 3, 48_000, [1.0, 0.0, 0.0]))[0]
        centre = converted(resampler, frame("flt", 3, 48_000, [0.0, 0.0, 1.0]))[0]
    assert left[1] == 0
    assert centre[0] == centre[1] == pytest.approx(left[0] * 0.5**0.5, rel=1e-5)


def test_a_mask_of_another_number_of_channels() -> None:
    wrong = SampleParameters("flt", 48_000, 3, 0x3)
    with pytest.raises(ValueError, match="the channel mask 0x3 does not have 3 channels"):
        Resampler(wrong, SampleParameters("flt", 48_000, 2))
    with pytest.raises(ValueError, match="the channel mask 0x3 does not have 3 channels"):
        ffbind.Encoder("flac", SampleParameters("s16", 48_000, 3, 0x3))
    with pytest.raises(ValueError, match="the channel mask 0x3 does not have 3 channels"):
        Frame.audio(100, "s16", 3, 48_000, 0x3)

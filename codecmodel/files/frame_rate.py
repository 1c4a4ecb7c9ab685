"""Finds the constant frame rate, if there is one, in timestamps that a container has rounded."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from math import ceil, floor
from typing import Final

_MICROSECONDS: Final = 1_000_000
#: The factor of NTSC: a rate of 29.97 is 30 · 1000/1001.
_NTSC: Final = Fraction(1000, 1001)


def constant_frame_rate(
    timestamps: Iterable[int], duration: int | None, resolution: int = 1, hint: Fraction | None = None
) -> Fraction | None:
    """Frames per second, or None if no single rate explains all ``timestamps`` (µs, in any order).

    The container's clock ticks every ``resolution`` µs, so each distance may be wrong by that much. Often several rates
    fit. Preferred are, in this order: a whole number, a whole number times 1000/1001, ``hint`` (the rate that the
    container states), and the rate with the smallest denominator. A ``hint`` of one of the first two kinds that fits
    comes before all others. A single frame has the rate that its ``duration`` (µs) implies.
    """
    ordered = sorted(timestamps)
    shortest, longest = _bounds_of_period(ordered, duration, resolution)
    if longest <= 0 or shortest > longest:
        return None
    slowest = _MICROSECONDS / longest
    fastest = _MICROSECONDS / shortest if shortest > 0 else None
    return _plainest_rate(slowest, fastest, hint)


def _bounds_of_period(ordered: Sequence[int], duration: int | None, resolution: int) -> tuple[Fraction, Fraction]:
    """The shortest and the longest period (µs) that fits. If no period fits, the first number is the larger one."""
    if len(ordered) < 2:
        if not duration:
            return Fraction(0), Fraction(0)
        return Fraction(duration - resolution), Fraction(duration + resolution)
    first = ordered[0]
    # For speed: numerators and denominators are compared by cross multiplication. Fractions take seconds for a film.
    low, low_count = ordered[1] - first - resolution, 1
    high, high_count = ordered[1] - first + resolution, 1
    for count in range(2, len(ordered)):
        elapsed = ordered[count] - first
        if (elapsed - resolution) * low_count > low * count:
            low, low_count = elapsed - resolution, count
        if (elapsed + resolution) * high_count < high * count:
            high, high_count = elapsed + resolution, count
    return Fraction(low, low_count), Fraction(high, high_count)


def _plainest_rate(slowest: Fraction, fastest: Fraction | None, hint: Fraction | None) -> Fraction | None:
    def fits(rate: Fraction) -> bool:
        return slowest <= rate and (fastest is None or rate <= fastest)

    fitting_hint = hint if hint is not None and hint > 0 and fits(hint) else None
    if fitting_hint is not None and (fitting_hint.denominator == 1 or (fitting_hint / _NTSC).denominator == 1):
        return fitting_hint
    if fastest is None:
        # The clock is too coarse: frames that are one tick apart may have any higher rate.
        return fitting_hint
    for unit in (Fraction(1), _NTSC):
        count = _whole_number_between(slowest / unit, fastest / unit)
        if count:
            return count * unit
    return fitting_hint or _simplest_between(slowest, fastest)


def _whole_number_between(low: Fraction, high: Fraction) -> int | None:
    """The whole number in the interval that is nearest to its middle, None if there is none."""
    nearest = round((low + high) / 2)
    return nearest if ceil(low) <= nearest <= floor(high) else None


def _simplest_between(low: Fraction, high: Fraction) -> Fraction:
    """The fraction with the smallest denominator in a closed interval of positive numbers, by continued fractions."""
    whole = ceil(low)
    if whole <= high:
        return Fraction(whole)
    below = floor(low)
    return below + 1 / _simplest_between(1 / (high - below), 1 / (low - below))

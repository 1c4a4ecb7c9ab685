"""Times that programs give."""

from operator import index


def whole_time(time: int) -> int:
    """A time in µs. Raises TypeError if it is not a whole number, as seconds would be."""
    try:
        return index(time)
    except TypeError:
        raise TypeError(f"a time is a whole number of microseconds, not {time!r}") from None


def whole_or_none(time: int | None) -> int | None:
    """As ``whole_time``, for a time that may be left out."""
    return None if time is None else whole_time(time)

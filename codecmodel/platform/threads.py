"""The number of threads of a codec."""

import os
from typing import Final

_MOST: Final = 16
_limit: int | None = None


def set_thread_limit(limit: int | None) -> None:
    """Let each codec that is constructed from now on, anywhere in the process, have ``limit`` threads at most.

    With None, which is the default, the processors that the process may use are the limit. Raises ValueError if
    ``limit`` is not positive.
    """
    global _limit
    if limit is not None and limit < 1:
        raise ValueError(f"a codec needs at least one thread, not {limit}")
    _limit = limit


def usable_processors() -> int:
    """The number of processors that this process may run on: its affinity, where the system has that."""
    affinity = getattr(os, "sched_getaffinity", None)
    return (os.cpu_count() or 1) if affinity is None else len(affinity(0))


def decoder_threads() -> int:
    """The threads of a video decoder: one more than there are processors, so that no processor idles when one waits."""
    return min(_MOST, usable_processors() + 1, _limit or _MOST)


def picture_threads() -> int:
    """The most threads that share the work on one picture, when it is encoded or a still image is decoded."""
    return min(_MOST, usable_processors(), _limit or _MOST)

"""The possessions of this process that an execution must give back: native objects, threads, descriptors, memory."""

import ctypes
import gc
import os
from collections.abc import Mapping
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from conformance.media.encoding import live_objects

#: Bytes of memory by which a process may grow in one execution: allocators keep memory for later.
MEMORY_SLACK: Final = 32 << 20
#: glibc's number of the parameter of mallopt() that limits the number of arenas.
_M_ARENA_MAX: Final = -8
#: The names of the possessions that are not native objects.
THREADS, DESCRIPTORS, MEMORY = "threads", "descriptors", "memory"

#: Numbers by name; of bytes, for the memory.
Possessions = Mapping[str, int]


def possessions() -> dict[str, int]:
    """All of this process, after a collection of garbage. Where there is no /proc, native objects alone."""
    gc.collect()
    counts = dict(live_objects())
    process = Path("/proc/self")
    if process.is_dir():
        counts[THREADS] = len(os.listdir(process / "task"))
        # The directory that is being listed has a descriptor, too.
        counts[DESCRIPTORS] = len(os.listdir(process / "fd")) - 1
        counts[MEMORY] = int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return counts


def return_free_memory() -> None:
    """Give memory that is free back to the system, where the C library can. Its arenas, one for each of some threads,
    keep it otherwise.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def use_one_arena() -> None:
    """Have all threads allocate memory from one arena, where the C library is glibc.

    Otherwise each thread may have an arena of its own, up to eight for each core. ``malloc_trim()`` returns the free
    memory at the end of the first arena alone, so each of the others keeps what its largest codec has needed. Memory
    would grow until each arena has served such a codec.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def growth(before: Possessions, after: Possessions, memory_slack: int = MEMORY_SLACK) -> dict[str, int]:
    """The possessions that are more than before, and by how much."""
    slack = {MEMORY: memory_slack}
    grown = {name: count - before.get(name, 0) for name, count in after.items()}
    return {name: more for name, more in grown.items() if more > slack.get(name, 0)}


def settled_growth(before: Possessions, seconds: float) -> tuple[Possessions, dict[str, int]]:
    """The possessions now, and their growth, as soon as nothing has grown, or after so many seconds."""
    end = monotonic() + seconds
    while True:
        after = possessions()
        grown = growth(before, after)
        if not grown or monotonic() > end:
            return after, grown
        sleep(0.01)

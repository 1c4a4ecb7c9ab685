"""Programs that do what valgrind has to report: ``python -m tests.native.faulty_programs wrong_read``."""

import ctypes
import os
import sys
import threading
from collections.abc import Callable
from typing import Final


def wrong_read() -> None:
    """Read memory that was released."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    address = libc.malloc(64)
    libc.free(ctypes.c_void_p(address))
    ctypes.string_at(address, 64)


def wrong_output() -> None:
    """Write out memory that nobody set."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p
    address = libc.malloc(64)
    data = ctypes.string_at(address, 64)
    with open(os.devnull, "wb", buffering=0) as null:
        null.write(data)
    libc.free(ctypes.c_void_p(address))


def wrong_threads() -> None:
    """Write to the same memory from two threads, with CPython's lock released."""
    libc = ctypes.CDLL(None)
    memory = ctypes.create_string_buffer(1 << 20)
    barrier = threading.Barrier(2)

    def write() -> None:
        barrier.wait()
        for _ in range(20):
            libc.memset(memory, 1, len(memory))

    threads = [threading.Thread(target=write) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


PROGRAMS: Final[dict[str, Callable[[], None]]] = {
    "wrong_read": wrong_read,
    "wrong_output": wrong_output,
    "wrong_threads": wrong_threads,
}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]]()

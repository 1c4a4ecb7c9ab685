"""Kinds of inputs whose executions have faults: each fails at a byte that is 7."""

import asyncio
import ctypes
import os
import signal
import threading
import time
from collections.abc import Sequence
from random import Random
from typing import Final

from conformance.campaigns.case import Case, Part
from conformance.campaigns.kinds import Kind
from conformance.campaigns.refusals import refusals

#: Objects that a leaking execution keeps.
_KEPT: Final[list[object]] = []


def draw(random: Random) -> Case:
    """Four strings of four numbers. One of the first two has the fault."""
    strings = [bytearray(random.randrange(8, 40) for _ in range(4)) for _ in range(4)]
    strings[random.randrange(2)][random.randrange(4)] = 7
    return Case("any", tuple(Part("data", bytes(string)) for string in strings))


def has_fault(parts: Sequence[Part]) -> bool:
    return any(isinstance(part.value, bytes) and 7 in part.value for part in parts)


async def crash(parts: Sequence[Part]) -> None:
    if has_fault(parts):
        ctypes.string_at(0)


async def abort(parts: Sequence[Part]) -> None:
    if has_fault(parts):
        os.kill(os.getpid(), signal.SIGABRT)


async def hang(parts: Sequence[Part]) -> None:
    if has_fault(parts):
        time.sleep(600)


async def wait_for_nothing(parts: Sequence[Part]) -> None:
    if has_fault(parts):
        await asyncio.get_running_loop().create_future()


async def wrong_exception(parts: Sequence[Part]) -> None:
    with refusals():
        if has_fault(parts):
            raise ZeroDivisionError("a fault")
        raise TypeError("a refusal")


async def exception_in_a_task(parts: Sequence[Part]) -> None:
    if has_fault(parts):
        asyncio.get_running_loop().call_soon(lambda: [][1])


async def exception_in_a_thread(parts: Sequence[Part]) -> None:
    if has_fault(parts):
        thread = threading.Thread(target=lambda: [][1])
        thread.start()
        thread.join()


async def descriptor_left(parts: Sequence[Part]) -> None:
    if has_fault(parts):
        os.open(os.devnull, os.O_RDONLY)


async def thread_left(parts: Sequence[Part]) -> None:
    if has_fault(parts):
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()


async def frame_left(parts: Sequence[Part]) -> None:
    if has_fault(parts):
        import ffbind

        _KEPT.append(ffbind.Frame.video(16, 16, "yuv420p"))


async def memory_left(parts: Sequence[Part]) -> None:
    if has_fault(parts):
        _KEPT.append(bytearray(b"\1") * (40 << 20))


async def cache_filled(parts: Sequence[Part]) -> None:
    """This is no fault: the second execution leaves nothing more."""
    if not _KEPT:
        import ffbind

        _KEPT.append(ffbind.Frame.video(16, 16, "yuv420p"))


KINDS: Final = {
    execute.__name__: Kind(draw, execute, "seeded faults")
    for execute in (
        crash,
        abort,
        hang,
        wait_for_nothing,
        wrong_exception,
        exception_in_a_task,
        exception_in_a_thread,
        descriptor_left,
        thread_left,
        frame_left,
        memory_left,
        cache_filled,
    )
}

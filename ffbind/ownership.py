"""Ownership: an Owner has exactly one FFmpeg object, frees it once, and is counted while it has it.

KeyboardInterrupt may come between any two instructions. So the pointer to an object is in the owner's hands from the
call of C that makes the object to the call of C that frees it: FFmpeg's functions that free an object also clear the
pointer to it. Whatever an interrupt leaves undone, close() or ``__del__`` does the next time, and does nothing twice.

After a fork the child has copies of contexts whose threads do not exist in it, and of locks that those threads may
hold. So the child neither frees nor uses anything that was made before the fork.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections import Counter
from collections.abc import Callable
from ctypes import c_void_p
from functools import lru_cache, partial
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Final, Self, cast

from ffbind.errors import ClosedError

# The live objects, by id, or by what they must not lose before they go. Single operations on a dictionary are atomic.
_live: dict[object, str] = {}

#: The number of forks between the process that imported this module and the present one.
generation = 0


def _after_fork_in_child() -> None:
    global generation
    generation += 1
    _live.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)


def live_objects() -> dict[str, int]:
    """The number of objects of each class that hold memory of FFmpeg's. Classes without any are left out.

    A frame or a packet counts as long as a view of its memory is alive, even after its close().
    """
    return dict(Counter(list(_live.values())))


def store_result(store: Callable[[int], object], make: ctypes._NamedFuncPointer, *arguments: object) -> None:
    """Store the address that a function of FFmpeg returns. Raises MemoryError if it returns NULL.

    It is stored by the same call of C, so that no interrupt can come between.
    """
    for _ in map(store, iter(partial(make, *arguments), None)):
        return
    raise MemoryError


class Owner:
    """The owner of an FFmpeg object. A subclass makes it, with acquire() or otherwise, and says how to free it."""

    __slots__ = ("__weakref__", "_address", "_generation", "_pointer")

    #: ``__del__`` may be run again after any part of it, for instance because KeyboardInterrupt has ended it.
    _can_finish_again: Final = True
    #: The name under which live_objects() counts instances; the class's own unless given.
    _counted_as: ClassVar[str]

    def __init_subclass__(cls, counted_as: str | None = None) -> None:
        cls._counted_as = counted_as or cls.__name__

    def __init__(self) -> None:
        self._generation = generation
        self._address = 0
        #: The pointer to the object. A function that takes it by reference fills it.
        self._pointer = c_void_p()

    def acquire(self, make: ctypes._NamedFuncPointer, *arguments: object) -> None:
        """Own the object whose address a function of FFmpeg returns. Raises MemoryError if it returns NULL."""
        store_result(partial(setattr, self._pointer, "value"), make, *arguments)
        self.count()

    def count(self) -> None:
        """Begin to use the object to which the pointer points, and to count it."""
        self._address = self._pointer.value or 0
        _live[id(self)] = self._counted_as

    def _free(self) -> None:
        """Free what the owner has, which may be nothing or a part of it if an interrupt has ended an earlier call."""
        raise NotImplementedError

    @property
    def address(self) -> int:
        """The FFmpeg object. Raises ClosedError after close(), and in the child of a later fork."""
        if self._generation != generation or not self._address:
            raise refusal(self, self._generation)
        return self._address

    def close(self) -> None:
        """Free the FFmpeg object; every later use raises ClosedError. Closing again does nothing."""
        self._address = 0
        if self._generation == generation:
            try:
                self._free()
            finally:
                if not self._pointer:
                    _live.pop(id(self), None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # When the interpreter exits, modules may be empty already, and the process's memory goes with the process.
    def __del__(self, _finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        # For speed: without close(), because no call can be using the object now. There is no pointer if the
        # constructor has failed early.
        if not _finalizing() and hasattr(self, "_pointer") and self._generation == generation:
            self._free()
            _live.pop(id(self), None)


class Handle:
    """A user's share in memory that views may share. close() gives it up; the last share that goes frees the memory."""

    __slots__ = ("__weakref__", "_memory")

    _memory: Owner | None

    @property
    def address(self) -> int:
        """The FFmpeg object. Raises ClosedError, as everything else here does, if the object is closed."""
        if self._memory is None:
            raise refusal(self, generation)
        if self._memory._generation != generation:
            raise refusal(self, self._memory._generation)
        return self._memory._address

    def close(self) -> None:
        """Give up the object; every later use raises ClosedError. Closing again does nothing.

        Its memory stays until the views of it are gone as well.
        """
        self._memory = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def view(address: int, size: int, owner: Owner | None) -> memoryview:
    """`size` bytes of memory, read-only and without a copy. The view, and every slice of it, keeps the owner alive."""
    array = (ctypes.c_uint8 * size).from_address(address)
    array.owner = owner  # type: ignore[attr-defined]  # arrays take attributes, but are not declared to
    return memoryview(array).cast("B").toreadonly()


if TYPE_CHECKING:

    class _OwningArray(ctypes.Array[ctypes.c_uint8]):
        owner: Owner | None


@lru_cache(maxsize=128)
def owning_array(size: int) -> Callable[[int], _OwningArray]:
    """A function that makes an array of `size` bytes at an address; the array keeps its `owner` alive.

    For speed: the class of each size is kept, and has a slot, which takes less time than an instance's dictionary.
    """
    kind = type("OwningArray", (ctypes.c_uint8 * size,), {"__slots__": ("owner",)})
    return cast("type[_OwningArray]", kind).from_address


def refusal(owner: object, made_in: int) -> ClosedError:
    """The error for using an object that is closed, or that was made (in generation `made_in`) before a fork."""
    name = type(owner).__name__
    if made_in != generation:
        return ClosedError(f"this {name} was made before the process forked and cannot be used in the child")
    return ClosedError(f"this {name} is closed")

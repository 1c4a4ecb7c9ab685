"""The AVFrames under frames, which are used again when a frame is gone."""

from __future__ import annotations

import sys
from collections.abc import Callable
from ctypes import byref, c_void_p
from functools import partial
from typing import Final

from ffbind import ownership
from ffbind.frame_samples import sample_reader
from ffbind.layout.structures import AVFrame
from ffbind.loading import load
from ffbind.ownership import Owner, _live, store_result

_SPARES = 128


class FrameShell:
    """An AVFrame, which has different content from time to time, and the access to its fields, which stays the same."""

    __slots__ = ("_generation", "_pointer", "address", "fields", "sample_fields", "unreference")

    #: As Owner's.
    _can_finish_again: Final = True

    #: The AVFrame.
    address: int
    #: The AVFrame as a structure.
    fields: AVFrame

    def __init__(self) -> None:
        self._generation = ownership.generation
        self._pointer = c_void_p()
        library = load()
        store_result(partial(setattr, self._pointer, "value"), library.avutil.av_frame_alloc)
        self.address = address = self._pointer.value or 0
        self.fields = library.layout.AVFrame.from_address(address)
        self.unreference = library.avutil.av_frame_unref
        #: For speed: one call reads all fields about samples.
        self.sample_fields: Callable[[], tuple[int, ...]] = sample_reader(address)

    # As Owner's: it may be run again, and not after a fork.
    def __del__(self, _finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        if not _finalizing() and hasattr(self, "_pointer") and self._generation == ownership.generation:
            load().avutil.av_frame_free(byref(self._pointer))


# For speed: empty shells for use again. An audio decoder would spend a tenth of its time on making new ones.
_spares: list[FrameShell] = []


def allocate() -> FrameShell:
    """An empty shell, for FrameMemory. It frees its AVFrame when it goes. Raises MemoryError."""
    try:
        return _spares.pop()
    except IndexError:
        return FrameShell()


class FrameMemory(Owner, counted_as="Frame"):
    """The AVFrame of a Frame and of the views of its planes."""

    __slots__ = ("shell",)

    def __init__(self, shell: FrameShell) -> None:
        # For speed: without Owner.__init__(), and without a pointer, because the shell owns the AVFrame. An audio
        # decoder makes one for each packet.
        self._generation = ownership.generation
        self._address = shell.address
        self.shell = shell
        # In a cycle the shell could be collected before this object. The table keeps it.
        _live[shell] = self._counted_as

    def __del__(self, _finalizing: Callable[[], bool] = sys.is_finalizing) -> None:
        try:
            shell = self.shell
        except AttributeError:
            # An interrupt has ended the constructor.
            return
        if not _finalizing() and self._generation == ownership.generation:
            shell.unreference(shell.address)
            # Only one call gets the entry. If an interrupt comes now, the shell goes, and frees the AVFrame.
            if _live.pop(shell, None) is not None and len(_spares) < _SPARES:
                _spares.append(shell)

"""The AVFrames under frames, which are used again when a frame is gone."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import byref, c_void_p

from ffbind import ownership
from ffbind.frame_samples import sample_reader
from ffbind.layout.structures import AVFrame
from ffbind.loading import load
from ffbind.ownership import Owner, _live

_SPARES = 128


class FrameShell:
    """An AVFrame, which has different content from time to time, and the access to its fields, which stays the same."""

    __slots__ = ("address", "fields", "sample_fields", "unreference")

    #: The AVFrame.
    address: int
    #: The AVFrame as a structure.
    fields: AVFrame

    def __init__(self, address: int) -> None:
        self.address = address
        library = load()
        self.fields = library.layout.AVFrame.from_address(address)
        self.unreference = library.avutil.av_frame_unref
        #: For speed: one call reads all fields about samples.
        self.sample_fields: Callable[[], tuple[int, ...]] = sample_reader(address)


# For speed: empty shells for use again. An audio decoder would spend a tenth of its time on making new ones.
_spares: list[FrameShell] = []


def allocate() -> FrameShell:
    """An empty shell, for FrameMemory or recycle(). Raises MemoryError."""
    try:
        return _spares.pop()
    except IndexError:
        address = load().avutil.av_frame_alloc()
        if not address:
            raise MemoryError from None
        return FrameShell(address)


def recycle(shell: FrameShell) -> None:
    """Take back a shell. The references of its AVFrame are dropped."""
    if len(_spares) < _SPARES:
        shell.unreference(shell.address)
        _spares.append(shell)
    else:
        load().avutil.av_frame_free(byref(c_void_p(shell.address)))


class FrameMemory(Owner, counted_as="Frame"):
    """The AVFrame of a Frame and of the views of its planes."""

    __slots__ = ("shell",)

    def __init__(self, shell: FrameShell) -> None:
        self.shell = shell
        # For speed: what Owner.__init__() does, without another call. An audio decoder makes one for each packet.
        self._address = shell.address
        self._generation = ownership.generation
        _live[id(self)] = self._counted_as

    def _free(self, address: int) -> None:
        shell = self.shell
        if len(_spares) < _SPARES:
            # For speed: what recycle() does, without another call.
            shell.unreference(address)
            _spares.append(shell)
        else:
            recycle(shell)

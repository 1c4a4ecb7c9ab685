"""The common part of the probes: comparing values, and FFmpeg objects that are freed at the end of a block."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import Structure, byref, c_void_p

from ffbind.errors import UnsupportedLibraryError
from ffbind.layout.structures import AVCodecContext, AVCodecParameters, AVFrame, AVPacket, AVRational
from ffbind.library import Library

#: AV_NOPTS_VALUE, an unset timestamp.
NO_TIMESTAMP = -(2**63)


def equal(name: str, expected: object, actual: object) -> None:
    """Raise UnsupportedLibraryError, saying that the layout of `name` is not as known, unless the two are equal."""
    if actual != expected:
        raise UnsupportedLibraryError(
            f"the layout of {name} is not as known: {expected!r} was expected there, {actual!r} found"
        )


def heap(name: str, address: int | None) -> int:
    """The address, if it can be one of allocated memory: halves of pointers and small numbers are not aligned."""
    equal(name, (True, 0), (bool(address), (address or 0) % 8))
    return address or 0


def allocated(address: int | None, function: str) -> int:
    """The address that an allocating function returned."""
    if not address:
        raise UnsupportedLibraryError(f"{function} returned nothing")
    return address


def offset(structure: type[Structure], field: str) -> int:
    """The offset of a field in a structure, in bytes."""
    found: int = getattr(structure, field).offset
    return found


def rational(value: AVRational) -> tuple[int, int]:
    """A fraction as a tuple, which can be compared."""
    return value.num, value.den


@contextmanager
def new_frame(library: Library) -> Iterator[tuple[int, AVFrame]]:
    """A frame and its address, freed at the end."""
    address = allocated(library.avutil.av_frame_alloc(), "av_frame_alloc")
    try:
        yield address, library.layout.AVFrame.from_address(address)
    finally:
        library.avutil.av_frame_free(byref(c_void_p(address)))


@contextmanager
def new_packet(library: Library) -> Iterator[tuple[int, AVPacket]]:
    """A packet and its address, freed at the end."""
    address = allocated(library.avcodec.av_packet_alloc(), "av_packet_alloc")
    try:
        yield address, library.layout.AVPacket.from_address(address)
    finally:
        library.avcodec.av_packet_free(byref(c_void_p(address)))


@contextmanager
def new_parameters(library: Library) -> Iterator[tuple[int, AVCodecParameters]]:
    """Codec parameters and their address, freed at the end."""
    address = allocated(library.avcodec.avcodec_parameters_alloc(), "avcodec_parameters_alloc")
    try:
        yield address, library.layout.AVCodecParameters.from_address(address)
    finally:
        library.avcodec.avcodec_parameters_free(byref(c_void_p(address)))


@contextmanager
def new_context(library: Library, codec: int | None = None) -> Iterator[tuple[int, AVCodecContext]]:
    """A codec context and its address, freed at the end."""
    address = allocated(library.avcodec.avcodec_alloc_context3(codec), "avcodec_alloc_context3")
    try:
        yield address, library.layout.AVCodecContext.from_address(address)
    finally:
        library.avcodec.avcodec_free_context(byref(c_void_p(address)))

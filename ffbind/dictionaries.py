"""AVDictionary: options for FFmpeg's functions, and metadata."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from ctypes import byref, c_void_p
from types import MappingProxyType

from ffbind.layout.structures import AVDictionaryEntry
from ffbind.library import Library
from ffbind.ownership import Owner

AV_DICT_IGNORE_SUFFIX = 2

EMPTY: Mapping[str, str] = MappingProxyType({})


def read(library: Library, dictionary: int | None) -> dict[str, str]:
    """A copy of an AVDictionary. Replacement characters stand for bytes that are not UTF-8."""
    result: dict[str, str] = {}
    entry = library.avutil.av_dict_get(dictionary, b"", None, AV_DICT_IGNORE_SUFFIX)
    while entry:
        item = AVDictionaryEntry.from_address(entry)
        result[item.key.decode("utf-8", "replace")] = item.value.decode("utf-8", "replace")
        entry = library.avutil.av_dict_get(dictionary, b"", entry, AV_DICT_IGNORE_SUFFIX)
    return result


def fill(library: Library, place: int | c_void_p, entries: Mapping[str, str]) -> None:
    """Add entries to the AVDictionary to which the pointer at `place` points. A NULL pointer gets a new one."""
    pointer = place if isinstance(place, int) else byref(place)
    for key, value in entries.items():
        library.check(library.avutil.av_dict_set(pointer, key.encode(), str(value).encode(), 0), "av_dict_set")


class _Dictionary(Owner):
    """An AVDictionary, which is not counted."""

    def __init__(self, library: Library) -> None:
        self._library = library
        super().__init__()

    def _free(self) -> None:
        self._library.avutil.av_dict_free(byref(self._pointer))


@contextmanager
def options(library: Library, entries: Mapping[str, str]) -> Iterator[c_void_p]:
    """A pointer to a dictionary of options, to be passed by reference to the function that takes its options from it.

    Raises ValueError at the end of the block if options are left that the function does not know.
    """
    with _Dictionary(library) as dictionary:
        pointer = dictionary._pointer
        fill(library, pointer, entries)
        yield pointer
        unknown = read(library, pointer.value)
        if unknown:
            raise ValueError(f"unknown options: {', '.join(sorted(unknown))}")

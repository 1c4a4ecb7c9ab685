"""Chapters of a container: stretches of its time with a title each, read from an AVFormatContext and put into one."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from ctypes import c_void_p, sizeof
from functools import partial
from operator import setitem
from typing import NamedTuple

from ffbind import dictionaries
from ffbind.layout.formats import AVChapter
from ffbind.layout.probing import offset
from ffbind.layout.structures import AVRational
from ffbind.library import Library
from ffbind.ownership import store_result


class Chapter(NamedTuple):
    """A stretch of a container's time. `start` and `end` are in `time_base`, seconds as a fraction."""

    time_base: tuple[int, int]
    start: int
    end: int
    #: Tags of the chapter, such as "title".
    metadata: Mapping[str, str] = dictionaries.EMPTY


def read(library: Library, context: int) -> list[Chapter]:
    """The chapters of an AVFormatContext."""
    fields = library.layout.formats.AVFormatContext.from_address(context)
    if not fields.nb_chapters or not fields.chapters:
        return []
    found: list[Chapter] = []
    for address in (c_void_p * fields.nb_chapters).from_address(fields.chapters):
        chapter = library.layout.formats.AVChapter.from_address(address or 0)
        time_base = chapter.time_base.num, chapter.time_base.den
        metadata = dictionaries.read(library, chapter.metadata)
        found.append(Chapter(time_base, chapter.start, chapter.end, metadata))
    return found


def fill(library: Library, context: int, chapters: Sequence[Chapter]) -> None:
    """Give an AVFormatContext that has no chapters these; they are freed with it. Raises MemoryError."""
    if not chapters:
        return
    fields = library.layout.formats.AVFormatContext.from_address(context)
    make = library.avutil.av_mallocz
    store_result(partial(setattr, fields, "chapters"), make, len(chapters) * sizeof(c_void_p))
    places = (c_void_p * len(chapters)).from_address(fields.chapters or 0)
    structure: type[AVChapter] = library.layout.formats.AVChapter
    for number, chapter in enumerate(chapters):
        store_result(partial(setitem, places, number), make, ctypes.sizeof(structure))
        address = places[number] or 0
        # The context owns only as many chapters as this says.
        fields.nb_chapters = number + 1
        entry = structure.from_address(address)
        entry.id, entry.time_base = number, AVRational(*chapter.time_base)
        entry.start, entry.end = chapter.start, chapter.end
        dictionaries.fill(library, address + offset(structure, "metadata"), chapter.metadata)

"""Struct layouts: structures are made from tables, and probes confirm them."""

import copy
import ctypes
from ctypes import Structure, c_int, c_int64
from itertools import pairwise
from typing import ClassVar

import pytest

import ffbind
from ffbind.layout import APPENDED, TABLES, Layout, frame_probes, probes
from ffbind.layout.structures import build
from ffbind.library import Library

LOADED = ffbind.load()

# The neighbours among each table's int fields.
NEIGHBOURS = [
    (name, *pair)
    for name, structure in (
        ("FRAME", LOADED.layout.AVFrame),
        ("CODEC_CONTEXT", LOADED.layout.AVCodecContext),
        ("CODEC_PARAMETERS", LOADED.layout.AVCodecParameters),
    )
    for pair in pairwise(
        field
        for field in getattr(TABLES[LOADED.codec_major], name)
        if hasattr(structure, field) and structure.kinds.get(field, c_int) is c_int
    )
]


def with_layout(layout: Layout) -> Library:
    library = copy.copy(ffbind.load())
    library.layout = layout
    return library


class Sample(Structure):
    kinds: ClassVar = {"wide": c_int64}


def test_fields_lie_where_the_table_says() -> None:
    built = build(Sample, {"wide": 16, "narrow": 4}, size=40)
    assert (built.narrow.offset, built.wide.offset, ctypes.sizeof(built)) == (4, 16, 40)
    memory = bytearray(40)
    view = built.from_buffer(memory)
    view.narrow, view.wide = -2, 3
    assert memory == bytes(4) + b"\xfe\xff\xff\xff" + bytes(8) + b"\x03" + bytes(23)


@pytest.mark.parametrize("offsets", [{"wide": 8, "narrow": 12}, {"narrow": 0, "wide": 4}])
def test_impossible_tables_are_refused(offsets: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"Sample\.\w+ at \d+ (overlaps the field before it|is not aligned)"):
        build(Sample, offsets)


@pytest.mark.parametrize("major", TABLES)
def test_each_major_has_a_layout(major: int) -> None:
    versions = {"avutil": (major - 2, 99, 100), "avcodec": (major, 99, 100), "avformat": (major, 99, 100)}
    layout = Layout(versions)
    assert hasattr(layout.AVFrame, "key_frame") == (major < 62)
    assert hasattr(layout.AVFrame, "duration") == (major >= 60)
    assert hasattr(layout.AVFrame, "pkt_duration") == (major < 61)
    assert hasattr(layout.AVCodec, "pix_fmts") == (major < 63)
    for structure in (layout.AVFrame, layout.AVCodecContext, layout.AVCodecParameters):
        assert hasattr(structure, "ch_layout") == (major > 58)
        assert hasattr(structure, "channels") == (major == 58)


@pytest.mark.parametrize(("structure", "field"), APPENDED)
def test_fields_appended_later_are_absent_before(structure: str, field: str) -> None:
    name, (major, minor, micro) = APPENDED[structure, field]
    codec = major if name == "avcodec" else major + 2
    for step, present in ((0, True), (-1, False)):
        versions = {"avutil": (codec - 2, 99, 100), "avcodec": (codec, 99, 100), "avformat": (codec, 99, 100)}
        versions[name] = (major, minor + step, micro)
        assert hasattr(getattr(Layout(versions), structure), field) == present


def test_loaded_layout_is_confirmed() -> None:
    probes.confirm(ffbind.load())


@pytest.mark.parametrize(("table", "first", "second"), NEIGHBOURS)
def test_swapped_fields_are_caught_and_named(
    table: str, first: str, second: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = ffbind.load()
    offsets = getattr(TABLES[library.codec_major], table)
    swapped = offsets | {first: offsets[second], second: offsets[first]}
    monkeypatch.setattr(TABLES[library.codec_major], table, swapped)
    with pytest.raises(ffbind.UnsupportedLibraryError, match=rf"the layout of .*\b({first}|{second})\b"):
        probes.confirm(with_layout(Layout(library.versions)))


@pytest.mark.parametrize("field", ["sample_rate", "buf", "side_data", "flags", "color_range", "ch_layout", "duration"])
def test_an_inserted_field_is_caught(field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    library = ffbind.load()
    table = TABLES[library.codec_major].FRAME
    if field not in table:
        pytest.skip("not a field of this version")
    moved = {name: offset + 8 * (offset >= table[field]) for name, offset in table.items()}
    monkeypatch.setattr(TABLES[library.codec_major], "FRAME", moved)
    with pytest.raises(ffbind.UnsupportedLibraryError, match=r"the layout of AVFrame\."):
        probes.confirm(with_layout(Layout(library.versions)))


def test_a_library_without_what_the_probes_need_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    library = copy.copy(ffbind.load())
    library.avcodec = copy.copy(library.avcodec)
    monkeypatch.setattr(library.avcodec, "avcodec_find_decoder_by_name", lambda name: None)
    message = "built without the rawvideo decoder, which is needed to check the layout"
    with pytest.raises(ffbind.UnsupportedLibraryError, match=message):
        frame_probes.confirm(library)


def test_undeclared_functions_cannot_be_called() -> None:
    with pytest.raises(AttributeError):
        ffbind.load().avcodec.avcodec_close()

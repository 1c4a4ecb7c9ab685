"""The probes of libavformat's structures accept the tables of the loaded version, and no others."""

import copy

import pytest

import ffbind
from ffbind.layout import format_probes, formats
from ffbind.layout.formats import FormatLayout
from ffbind.layout.probing import offset
from ffbind.library import Library

MAJOR = ffbind.load().versions["avformat"][0]

# The tables a field stands in begin with the structure's name.
PREFIXES = {
    "AVFormatContext": "FORMAT_CONTEXT",
    "AVStream": "STREAM",
    "AVChapter": "CHAPTER",
    "AVIOContext": "IO_CONTEXT",
    "AVOutputFormat": "OUTPUT_FORMAT",
    "AVInputFormat": "INPUT_FORMAT",
    "AVBSFContext": "BSF_CONTEXT",
}


def table(layout: FormatLayout, structure: str) -> dict[str, int]:
    built = getattr(layout, structure)
    return {name: offset(built, name) for name in getattr(formats, structure).__annotations__ if name != "kinds"}


def with_layout(layout: FormatLayout) -> Library:
    library = copy.copy(ffbind.load())
    library.layout = copy.copy(library.layout)
    library.layout.formats = layout
    return library


FIELDS = [(structure, field) for structure in PREFIXES for field in table(FormatLayout(MAJOR), structure)]


def test_loaded_layout_is_confirmed() -> None:
    format_probes.confirm_formats(ffbind.load())


@pytest.mark.parametrize("major", range(58, 64))
def test_each_major_has_a_layout(major: int) -> None:
    layout = FormatLayout(major)
    assert table(layout, "AVStream").keys() == table(FormatLayout(63), "AVStream").keys()
    assert table(layout, "AVFormatContext").keys() == table(FormatLayout(63), "AVFormatContext").keys()
    # A stream begins with its class from 60 on.
    assert (offset(layout.AVStream, "index") == 8) == (major >= 60)


@pytest.mark.parametrize(("structure", "field"), FIELDS)
def test_an_inserted_field_is_caught(structure: str, field: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from_here = table(FormatLayout(MAJOR), structure)[field]
    for name, value in vars(formats).items():
        if name.startswith(PREFIXES[structure]):
            moved = {key: place + 8 * (place >= from_here) for key, place in value.items()}
            monkeypatch.setattr(formats, name, moved)
    with pytest.raises(ffbind.UnsupportedLibraryError, match=f"the layout of {structure}"):
        format_probes.confirm_formats(with_layout(FormatLayout(MAJOR)))


@pytest.mark.parametrize("major", [major for major in range(58, 64) if major != MAJOR])
def test_tables_of_other_majors(major: int) -> None:
    # Some majors have the same fields in the same places.
    same = all(table(FormatLayout(major), name) == table(FormatLayout(MAJOR), name) for name in PREFIXES)
    library = with_layout(FormatLayout(major))
    if same:
        format_probes.confirm_formats(library)
    else:
        with pytest.raises(ffbind.UnsupportedLibraryError):
            format_probes.confirm_formats(library)

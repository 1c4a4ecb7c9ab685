"""The documentation site has all pages and all public names, and its links lead somewhere."""

import importlib
import inspect
import re
import unicodedata
from pathlib import Path

import pytest

import ffbind
from codecmodel.tracing import Timeline
from conformance.steps.index_file import load_index
from docs.site.contents import trees, with_downloads
from docs.site.made_pages import copy_made_pages, with_links_to_made_pages
from docs.site.spec_links import members_of, places_of
from tests.codecmodel.test_public_surface import PUBLIC_NAMES

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_MARKDOWN = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def test_the_readme_leads_to_the_site_in_one_click() -> None:
    assert "(docs/index.md)" in (ROOT / "README.md").read_text(encoding="utf-8")[:500]


def test_the_index_has_all_pages() -> None:
    linked = re.findall(r"^([\w/-]+)$", trees((DOCS / "index.md").read_text(encoding="utf-8")), re.MULTILINE)
    pages = {path.relative_to(DOCS).with_suffix("").as_posix() for path in DOCS.rglob("*.md")} - {"index"}
    assert sorted(linked) == sorted(pages)


@pytest.mark.parametrize("module", [*PUBLIC_NAMES, "ffbind"])
def test_a_public_module_has_a_page_with_all_its_names(module: str) -> None:
    text = (DOCS / "reference" / f"{module.rpartition('.')[2]}.md").read_text(encoding="utf-8")
    assert f".. automodule:: {module}\n" in text
    # Sphinx finds classes and functions itself.
    named = set(re.findall(r"autodata:: (?:codecmodel\.\w+\.)?(\w+)", text))
    named |= {name for line in re.findall(r":exclude-members: (.*)", text) for name in line.split(", ")}
    public = importlib.import_module(module)
    others = {name for name in public.__all__ if not _is_found(getattr(public, name))}
    assert others - named == set()
    assert named <= set(public.__all__)


def _is_found(documented: object) -> bool:
    return inspect.isclass(documented) or (
        callable(documented) and inspect.isfunction(inspect.unwrap(documented))  # of a cached function
    )


def test_the_rule_for_public_names_tells_aliases_from_classes() -> None:
    types = importlib.import_module("codecmodel.types")
    assert _is_found(Timeline)
    assert _is_found(types.VideoDecoderConfig)
    assert _is_found(ffbind.load)
    assert not _is_found(types.CodecState)


@pytest.mark.parametrize(
    ("name", "places"),
    [
        ("codecmodel.VideoDecoder", ["videodecoder"]),
        ("codecmodel.VideoDecoder.decode", ["dom-videodecoder-decode"]),
        ("codecmodel.AudioEncoder.ondequeue", ["eventdef-audioencoder-dequeue"]),
        ("codecmodel.types.VideoDecoderConfig", ["dictdef-videodecoderconfig"]),
        ("codecmodel.types.OpusSignal", ["webcodecs-opus-codec-registration/enumdef-opussignal"]),
        ("codecmodel.VideoFrame.plane_arrays", []),
        ("codecmodel.files.Demuxer.close", []),
        ("codecmodel.files.VideoTrack.config", []),
        ("ffbind.Frame.close", []),
        ("codecmodel", []),
    ],
)
def test_names_of_the_specification_have_links(name: str, places: list[str]) -> None:
    assert places_of(name) == places


def test_all_links_to_the_specification_lead_somewhere() -> None:
    index = load_index()
    names = [f"{module}.{name}" for module, names in PUBLIC_NAMES.items() for name in names.split()]
    places = [place for name in names for place in (*places_of(name), *members_of(name).values())]
    assert [place for place in places if not index.has(place)] == []
    interfaces = set(PUBLIC_NAMES["codecmodel"].split()) - {"DOMException", "QuotaExceededError"}
    assert [name for name in sorted(interfaces) if not places_of(f"codecmodel.{name}")] == []
    assert members_of("codecmodel.types.VideoDecoderSupport") == {
        "supported": "dom-videodecodersupport-supported",
        "config": "dom-videodecodersupport-config",
    }


def test_trees_are_made_of_lists_of_links() -> None:
    text = (
        "# T\n\n- [No section](a.md)\n\n## One\n\nWords [here](b.md).\n\n- [C](c/d.md): words\n- [E](e.md)\n\n## Two\n"
    )
    assert trees(text) == "```{toctree}\n:hidden:\n:caption: One\n\nc/d\ne\n```\n"


def test_markdown_outside_of_the_site_is_a_download() -> None:
    assert with_downloads("[r](../README.md) [p](python.md)") == "[r](path:../README.md) [p](python.md)"


def test_pages_that_tools_have_made_are_linked_as_they_are() -> None:
    text = "[![One](runs/one.svg)](runs/one.html), [two](runs/two.html#step=5), [three](three.md)"
    assert with_links_to_made_pages(text) == (
        '<a href="runs/one.html">![One](runs/one.svg)</a>, <a href="runs/two.html#step=5">two</a>, [three](three.md)'
    )


def test_pages_that_tools_have_made_are_copied(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "runs").mkdir(parents=True)
    (source / "runs" / "one.html").write_text("one")
    (source / "runs" / "one.svg").write_text("picture")
    copy_made_pages(source, target)
    assert [path.relative_to(target).as_posix() for path in target.rglob("*.*")] == ["runs/one.html"]


@pytest.mark.parametrize("document", _MARKDOWN, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    text = re.sub(r"^```.*?^```", "", document.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:", link)]
    assert [link for link in links if not _is_there(document, link)] == []


def test_the_rule_for_links_finds_dead_ones() -> None:
    page = DOCS / "python.md"
    assert _is_there(page, "processing-model.md#how-far-decoders-hold-back")
    assert not _is_there(page, "processing-model.md#nowhere")
    assert not _is_there(page, "nowhere.md")


def _is_there(document: Path, link: str) -> bool:
    path, _, anchor = link.partition("#")
    target = document.parent / path if path else document
    if not target.exists():
        return False
    return not anchor or anchor in {_slug(line) for line in target.read_text(encoding="utf-8").splitlines()}


def _slug(line: str) -> str:
    """The anchor that repository browsers and MyST give to a heading."""
    heading = re.fullmatch(r"#{1,6} (.*)", line)
    if heading is None:
        return ""
    kept = [c for c in heading[1].lower() if c in " -_" or unicodedata.category(c)[0] in "LN"]
    return "".join(kept).replace(" ", "-")

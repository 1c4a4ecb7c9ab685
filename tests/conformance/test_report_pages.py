"""Reports as pages: what they say is what the results are, in one design, and each page needs no other file."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance import cli
from conformance.pages import JinjaMissingError, part
from conformance.steps.html_tree import Element, parse_html
from tests.conformance.reports import write_reports

pytest.importorskip("jinja2", reason="Jinja, which fills in the pages, is not installed")


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("reports")
    write_reports(directory)
    return directory


def page(directory: Path, name: str) -> Element:
    return parse_html((directory / name).read_text(encoding="utf-8"))


def texts(element: Element) -> str:
    return re.sub(r"\s+", " ", element.text()).strip()


def table_rows(root: Element) -> Iterator[list[str]]:
    """The cells of each row."""
    for element in root.descendants():
        if element.tag == "tr":
            yield [texts(cell) for cell in element.elements if cell.tag in ("td", "th")]


def test_all_pages_have_the_design_and_need_no_other_file(directory: Path) -> None:
    pages = [*directory.glob("*.html"), *directory.glob("wpt/*.html"), *directory.glob("coverage/*.html")]
    assert len(pages) == 2 + 3 + 3
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert part("design.css") in text
        assert re.findall(r"<(?:link|img|iframe)\b|\bsrc=|@import|url\(|fetch\(", text) == []
        tags = [element.tag for element in parse_html(text).descendants()]
        assert (tags.count("h1"), tags.count("main"), tags.count("title")) == (1, 1, 1)


def test_every_link_between_the_pages_leads_somewhere(directory: Path) -> None:
    for path in (*directory.glob("*.html"), *directory.glob("*/*.html")):
        for element in page(directory, str(path.relative_to(directory))).descendants():
            address = element.attributes.get("href", "")
            if address and not address.startswith("http"):
                file, _, anchor = address.partition("#")
                target = path.parent / file if file else path
                ids = {each.id for each in page(directory, str(target.relative_to(directory))).descendants()}
                assert not anchor or anchor in ids, f"{path.name}: {address}"


def test_web_platform_tests(directory: Path) -> None:
    rows = list(table_rows(page(directory, "wpt/index.html")))
    assert rows[1:] == [
        ["/webcodecs/bad.any.worker.html", "OK", "1", "1", "", "", "", "1"],
        ["/webcodecs/good.any.worker.html", "OK", "2", "", "", "", "", ""],
    ]
    test = page(directory, "wpt/test-1.html")
    assert list(table_rows(test))[1:] == [["PASS", "passes"], ["FAIL", "<b>expected PASSa \\ud800 message"]]
    assert [texts(cell) for cell in test.descendants() if "unexpected" in cell.classes] == ["FAIL"]


def test_speed(directory: Path) -> None:
    root = page(directory, "bench.html")
    rows = list(table_rows(root))
    assert [row[:5] for row in rows[1:3]] == [
        ["one", "CPU", "1.0 µs", "2.0 µs", "2.00 (1.00–4.00)"],
        ["<many>", "CPU", "4.0 µs", "2.0 µs", "0.50 (0.25–0.50)"],
    ]
    # The scale is logarithmic, and reaches from 1/4 to 4.
    marks = [
        each.attributes["style"] for each in root.descendants() if each.tag in ("i", "b") and "style" in each.attributes
    ]
    assert marks == ["left:50.0%;width:50.0%", "left:75.0%", "left:0.0%;width:25.0%", "left:25.0%"]
    assert rows[4:] == [["Nothing to compare with is installed."]]
    assert "other programs used 25% of the processors" in texts(root)


def test_costs_are_plotted_by_a_number(directory: Path) -> None:
    (plot,) = (each for each in page(directory, "bench.html").descendants() if each.tag == "svg")
    assert plot.attributes["aria-label"] == "CPU time of a chunk, by the number of decoders at once"
    # Both scales are logarithmic: from 1 decoder to 1,000, and from 1 µs to 5 µs. Less time is further down.
    ours = [(each.attributes["cx"], each.attributes["cy"]) for each in plot.descendants() if each.tag == "circle"]
    assert ours == [("104.0", "216.0"), ("616.0", "43.7")]
    words = [texts(each) for each in plot.descendants() if each.tag == "text"]
    assert words == ["1 µs", "2 µs", "5 µs", "1", "1,000", "decoders at once"]


def test_commands_that_lack_jinja_say_so_before_they_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    monkeypatch.setattr("conformance.pages._environment", _without_cache())
    for number, command in enumerate((["wpt", str(tmp_path)], ["bench"], ["steps", "coverage"])):
        assert cli.main([*command, "--html", str(tmp_path / str(number))]) in (1, 2)
        output = capsys.readouterr()
        message = re.sub(r"\s+", " ", output.out + output.err).strip()
        assert message == str(JinjaMissingError())


def _without_cache() -> object:
    from conformance.pages import _environment

    return _environment.__wrapped__

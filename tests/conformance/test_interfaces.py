"""One place decides which implementation a scenario gets."""

import ast
import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncGenerator, Iterator
from pathlib import Path
from typing import cast

import pytest

import codecmodel
from conformance import fixtures, interfaces, media, scenarios, shared_scenarios
from conformance.suite.assertions import OptionalFeatureUnsupportedError
from tests.conformance.browsers import installed_browser

_PACKAGES = (scenarios, shared_scenarios, fixtures, media)


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "codecmodel":
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name == "codecmodel")


def test_scenarios_get_the_interfaces_from_one_place() -> None:
    files = [file for package in _PACKAGES for folder in package.__path__ for file in Path(folder).rglob("*.py")]
    assert len(files) > 40
    assert {file.name: list(_imports(file)) for file in files if list(_imports(file))} == {}


def test_interfaces_are_those_of_codecmodel_unless_others_are_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    assert interfaces.VideoDecoder is codecmodel.VideoDecoder
    assert not hasattr(interfaces, "Muxer")
    interfaces.require_this_implementation("nothing")
    monkeypatch.setattr(interfaces, "_Choice", type("_Choice", (), {"provider": None}))
    interfaces.use_interfaces(lambda name: type(name, (), {}))
    assert interfaces.VideoDecoder is not codecmodel.VideoDecoder
    with pytest.raises(OptionalFeatureUnsupportedError, match=r"^needs a script of codecmodel$"):
        interfaces.require_this_implementation("a script")


def test_a_stream_that_is_filled() -> None:
    async def body() -> None:
        stream = interfaces.FilledStream()
        stream.enqueue(b"ab")
        stream.enqueue(7)
        stream.close()
        assert [chunk async for chunk in cast("AsyncGenerator[object]", stream.readable)] == [b"ab", 7]
        assert not stream.is_canceled
        failing = interfaces.FilledStream()
        failing.fail()
        with pytest.raises(OSError, match="as the scenario says"):
            await anext(cast("AsyncGenerator[object]", failing.readable))
        canceled = interfaces.FilledStream()
        canceled.enqueue(b"ab")
        chunks = cast("AsyncGenerator[object]", canceled.readable)
        assert await anext(chunks) == b"ab"
        await chunks.aclose()
        assert canceled.is_canceled

    asyncio.run(body())


def test_some_scenarios_on_chromium(tmp_path: Path) -> None:
    installed_browser("chromium")
    report = tmp_path / "report.json"
    pattern = (
        r"chapter_8_encoded_chunks.(attributes|copy_to|transfer)\?video|chapter_2_scripted_close.closed\?video,work"
    )
    command = ["-m", "conformance", "--target", "chromium", "--json", str(report), "--filter", pattern]
    subprocess.run([sys.executable, *command], capture_output=True, check=True)
    contents = json.loads(report.read_text(encoding="utf-8"))
    assert contents["run_info"]["product"] == "chromium"
    statuses = {s["name"]: (s["status"], s["message"]) for test in contents["results"] for s in test["subtests"]}
    need = statuses.pop(
        "close() is final: every method then throws InvalidStateError, and flush() rejects with it", None
    )
    assert need == ("PRECONDITION_FAILED", "needs scripted codecs of codecmodel")
    assert set(statuses.values()) == {("PASS", None)}
    assert len(statuses) == 3

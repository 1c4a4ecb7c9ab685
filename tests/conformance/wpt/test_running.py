"""Every test has a result, and the exit status of a run says whether all results were as expected."""

import gc
import json
from pathlib import Path

import pytest

from conformance.cli import main
from conformance.targets.node import VARIABLE, NodeNotFoundError, find_node
from conformance.wpt.discovery import find_tests
from conformance.wpt.host.realm import Realm
from conformance.wpt.results import FileResult
from conformance.wpt.session import run_test
from tests.conformance.wpt.checkout import make_checkout

_FIRST = "test(() => {}, 'first');\n"


def _result(directory: Path, node: Path, source: str, timeout_multiplier: float = 3.0) -> FileResult:
    checkout = make_checkout(directory, {"t.any.js": source})
    (test,) = find_tests(checkout)
    return run_test(test, checkout, node, timeout_multiplier=timeout_multiplier)


def test_a_test_that_waits_for_ever(tmp_path: Path, node: Path) -> None:
    source = _FIRST + "async_test((t) => {}, 'second');"
    result = _result(tmp_path, node, source, timeout_multiplier=0.02)
    assert result.status == "TIMEOUT"
    assert [(s.name, s.status) for s in result.subtests] == [("first", "PASS"), ("second", "TIMEOUT")]


def test_a_script_that_does_not_come_to_an_end(tmp_path: Path, node: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.wpt.session._GRACE", 0.5)
    result = _result(tmp_path, node, _FIRST + "for (;;);", timeout_multiplier=0.1)
    assert (result.status, result.message) == ("TIMEOUT", "a script did not come to an end")
    assert [s.name for s in result.subtests] == ["first"]


def test_a_script_that_cannot_be_parsed(tmp_path: Path, node: Path) -> None:
    result = _result(tmp_path, node, "this is no JavaScript")
    assert result.status == "ERROR"
    assert result.message is not None
    assert "SyntaxError" in result.message


def test_a_script_that_is_missing(tmp_path: Path, node: Path) -> None:
    result = _result(tmp_path, node, "// META: script=none.js\n")
    assert result.status == "ERROR"
    assert result.message is not None
    assert result.message.startswith("/webcodecs/none.js cannot be read")


def test_nothing_is_left_of_a_realm(tmp_path: Path, node: Path) -> None:
    source = """
test(() => {
  const target = new EventTarget();
  target.addEventListener('x', () => target);
  new VideoFrame(new Uint8Array(4), { format: 'RGBA', codedWidth: 1, codedHeight: 1, timestamp: 0 });
}, 'objects that refer to each other');
"""
    assert _result(tmp_path, node, source).status == "OK"
    gc.collect()
    assert not any(isinstance(thing, Realm) for thing in gc.get_objects())


def test_node_that_dies(tmp_path: Path, node: Path) -> None:
    frugal = tmp_path / "frugal"
    frugal.write_text(f'#!/bin/sh\nexec {node} --max-old-space-size=20 "$@"\n', encoding="utf-8")
    frugal.chmod(0o755)
    source = _FIRST + "const hoard = []; for (;;) hoard.push(new Array(1e5).fill(hoard.length));"
    result = _result(tmp_path / "checkout", frugal, source)
    assert result.status == "CRASH"
    assert result.message is not None
    assert "out of memory" in result.message


def test_exit_status_report_pages_and_baseline(tmp_path: Path, node: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("jinja2", reason="Jinja, which fills in the pages, is not installed")
    files = {
        "good.any.js": _FIRST,
        "bad.any.js": "// META: variant=?a\n// META: variant=?b\ntest(() => assert_true(0), '<b>');",
    }
    checkout = str(make_checkout(tmp_path / "checkout", files))
    report, pages = tmp_path / "report.json", tmp_path / "pages"
    assert main(["wpt", checkout, "--filter", "good", "--jobs", "1"]) == 0
    assert main(["wpt", checkout, "--jobs", "2", "--json", str(report), "--html", str(pages)]) == 1
    assert "FAIL /webcodecs/bad.any.worker.html?b | <b>" in capsys.readouterr().out
    results = json.loads(report.read_text(encoding="utf-8"))["results"]
    assert [(test["test"], test["status"], [s["status"] for s in test["subtests"]]) for test in results] == [
        ("/webcodecs/bad.any.worker.html?a", "OK", ["FAIL"]),
        ("/webcodecs/bad.any.worker.html?b", "OK", ["FAIL"]),
        ("/webcodecs/good.any.worker.html", "OK", ["PASS"]),
    ]
    assert "bad.any.worker.html?a" in (pages / "index.html").read_text(encoding="utf-8")
    assert "<td>&lt;b&gt;" in (pages / "test-1.html").read_text(encoding="utf-8")
    assert main(["wpt", checkout, "--variant", "b", "--baseline", str(report)]) == 0
    assert main(["wpt", checkout, "--filter", "nothing like it"]) == 2
    assert main(["wpt", str(tmp_path)]) == 2


def test_another_implementation_in_plain_node(
    tmp_path: Path, node: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a package that is an ES module only, with a prelude that completes it."""
    package = tmp_path / "node_modules" / "other"
    package.mkdir(parents=True)
    (package / "package.json").write_text(
        '{"version": "1.2.3", "type": "module", "exports": {"import": "./index.js"}}', encoding="utf-8"
    )
    (package / "index.js").write_text(
        "export class AudioData { get isOther() { return true; } }\n"
        "export class VideoFrame { constructor() { process.abort(); } }\n"
        "console.log('imported');\n",
        encoding="utf-8",
    )
    prelude = tmp_path / "prelude.mjs"
    prelude.write_text("globalThis.OffscreenCanvas = class { other = new AudioData(); };", encoding="utf-8")
    files = {
        "audio.any.js": "// META: script=/webcodecs/help.js\n"
        "test(() => { assert_true(help().isOther); console.log('helped'); }, 'other');\n"
        "promise_test(async () => {\n"
        "  assert_true((await (await fetch('help.js')).text()).includes('AudioData'));\n"
        "  await new Promise((resolve) => setTimeout(resolve));\n"
        "}, 'fetch');\n"
        "test(() => { assert_true(new OffscreenCanvas().other.isOther); }, 'prelude');",
        "help.js": "function help() { return new AudioData(); }",
        "video.any.js": _FIRST + "test(() => { new VideoFrame(); }, 'crash');",
    }
    checkout = make_checkout(tmp_path / "checkout", files)
    monkeypatch.chdir(tmp_path)
    report = tmp_path / "report.json"
    arguments = ["wpt", str(checkout), "--target", "node:other", "--prelude", str(prelude), "--json", str(report)]
    assert main(arguments) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "other 1.2.3 in Node" in lines[0]
    assert {"/webcodecs/audio.any.worker.html: imported", "/webcodecs/audio.any.worker.html: helped"} <= set(lines)
    contents = json.loads(report.read_text(encoding="utf-8"))
    assert contents["run_info"]["product"] == "other"
    assert [(test["status"], [s["status"] for s in test["subtests"]]) for test in contents["results"]] == [
        ("OK", ["PASS", "PASS", "PASS"]),
        ("CRASH", ["PASS"]),
    ]
    prelude.write_text("throw new Error('no canvas');", encoding="utf-8")
    assert main([*arguments, "--filter", "audio"]) == 1
    result = json.loads(report.read_text(encoding="utf-8"))["results"][0]
    assert (result["status"], result["message"]) == ("ERROR", f"{prelude} cannot be run: Error: no canvas")


def test_targets_that_cannot_be_used(
    tmp_path: Path, node: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = str(make_checkout(tmp_path, {"a.any.js": _FIRST}))
    (tmp_path / "ends.cjs").write_text("process.abort();", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for target, message in {
        "browser:other": "a target is chromium, firefox (a path may follow a colon) or node:MODULE, not browser:other",
        "node:missing": f"node:missing cannot be imported: Cannot find package 'missing' imported from {tmp_path}",
        "node:./ends.cjs": "node:./ends.cjs ends Node with status -6 when it is imported",
    }.items():
        assert main(["wpt", checkout, "--target", target]) == 2
        (line,) = capsys.readouterr().out.splitlines()
        assert line.startswith(message)
    assert main(["wpt", checkout, "--prelude", "prelude.mjs"]) == 2
    assert capsys.readouterr().out == "a prelude is for a target node:MODULE\n"


def test_the_console_of_this_implementation_is_shown(
    tmp_path: Path, node: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = "test(() => { console.log('a %d', 1); console.error('[b]'); }, 'console');"
    assert main(["wpt", str(make_checkout(tmp_path, {"a.any.js": source}))]) == 0
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("/webcodecs/")]
    assert shown == ["/webcodecs/a.any.worker.html: a 1", "/webcodecs/a.any.worker.html: [b]"]


def test_node_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v18.1.0\n", encoding="utf-8")
    old.chmod(0o755)
    monkeypatch.setenv(VARIABLE, str(old))
    with pytest.raises(NodeNotFoundError, match=r"version 18.*\[wpt\]"):
        find_node()
    old.write_text("#!/bin/sh\necho v22.3.0\n", encoding="utf-8")
    assert find_node() == old

"""Pages of tests are read, and each target runs the tests that it can."""

from pathlib import Path

import pytest

from conformance.targets.node_module import NodeModule
from conformance.wpt.page import InlineScript, ScriptFile, parse_page
from conformance.wpt.targets import NodeTarget
from tests.conformance.wpt.checkout import make_checkout

_HARNESS = '<script src="/resources/testharness.js"></script>'


def test_scripts_come_in_the_order_of_the_page() -> None:
    markup = """<!doctype html><SCRIPT src='/a.js'></SCRIPT>
<script src=sub/b.js type="text/javascript">// not run</script><script>1 < 2 && "</p>";</script>
<script type="javascript/worker">data</script><script type=module>data</script>text"""
    assert parse_page(markup, "/webcodecs/x.html").scripts == [
        ScriptFile("/a.js"),
        ScriptFile("/webcodecs/sub/b.js"),
        InlineScript('1 < 2 && "</p>";'),
    ]


def test_canvas_elements_have_their_attributes() -> None:
    markup = "<canvas></canvas><div><CANVAS Width=3 hidden style='a: b'></div><script>'<canvas>'</script>"
    assert parse_page(markup, "/x.html").canvases == [{}, {"width": "3", "hidden": "", "style": "a: b"}]


def test_pages_and_scripts_for_windows_are_run_here_and_not_in_plain_node(
    tmp_path: Path, node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"a.any.js": "", "b.window.js": "", "c.https.html": _HARNESS, "crash.html": ""}
    checkout = make_checkout(tmp_path, files)
    tests = NodeTarget(node, None).find_tests(checkout)
    assert sorted((test.url, test.needs_document) for test in tests) == [
        ("http://web-platform.test:8000/webcodecs/a.any.worker.js", False),
        ("http://web-platform.test:8000/webcodecs/b.window.html", True),
        ("https://web-platform.test:8443/webcodecs/c.https.html", True),
    ]
    package = tmp_path / "node_modules" / "a-module"
    package.mkdir(parents=True)
    (package / "index.js").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    module = NodeModule("a-module")
    assert [test.path for test in NodeTarget(node, module).find_tests(checkout)] == ["webcodecs/a.any.js"]

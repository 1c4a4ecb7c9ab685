"""The server's answers for the URL of a test: the pages and scripts that wptserve would make of a file."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from conformance.wpt.discovery import Test

_REPORT: Final = (Path(__file__).parent / "report.js").read_text(encoding="utf-8")
_SCOPE: Final = "self.GLOBAL = {{ isWindow: () => {window}, isWorker: () => {worker}, isShadowRealm: () => false }};\n"
_SUBSTITUTION: Final = re.compile(r"\{\{([^{}]+)\}\}")
#: Seconds past the time limit of a test within which its page reports.
GRACE: Final = 5.0


def page_of(test: Test) -> str:
    """The page of a test that is a script."""
    scripts = ["/resources/testharness.js", "/resources/testharnessreport.js"]
    if test.kind == "worker":
        title = "" if test.title is None else f"<title>{_escaped(test.title)}</title>"
        start = f"fetch_tests_from_worker(new Worker({json.dumps(_worker_path(test) + test.variant)}));"
        body = f"<script>{start}</script>"
    else:
        title = "" if test.title is None else f"<script>META_TITLE = {json.dumps(test.title)}</script>"
        scope = _SCOPE.format(window="true", worker="false")
        body = f"<script>{scope}</script>" + "".join(_script(path) for path in (*test.scripts, f"/{test.path}"))
    head = "".join(_script(path) for path in scripts)
    return f"<!doctype html>\n<meta charset=utf-8>\n{title}{head}\n<div id=log></div>\n{body}\n"


def worker_script_of(test: Test) -> str:
    """The script of a dedicated worker that runs a test written for any global."""
    lines = [_SCOPE.format(window="false", worker="true"), 'importScripts("/resources/testharness.js");\n']
    if test.title is not None:
        lines.append(f"self.META_TITLE = {json.dumps(test.title)};\n")
    lines += [f"importScripts({json.dumps(path)});\n" for path in (*test.scripts, f"/{test.path}")]
    return "".join([*lines, "done();\n"])


def worker_path(test: Test) -> str | None:
    """The path of the script that the server makes for a test, if it makes one."""
    return _worker_path(test) if test.kind == "worker" and test.path.endswith(".any.js") else None


def report_script(limit: float, timeout_multiplier: float) -> str:
    """The script that reports; ``limit`` in seconds."""
    settings = {"limit": limit, "timeoutMultiplier": timeout_multiplier}
    return _REPORT.replace("__SETTINGS__", json.dumps(settings))


def substituted(text: str, port: int) -> str:
    """A file whose name has ``.sub.``, with the names replaced that wptserve knows.

    There is one server, without TLS. Its pages are secure contexts because they come from the loopback interface. The
    other host and the other site are both 127.0.0.1.
    """
    names: Mapping[str, str] = {"host": "localhost", "hosts[alt][]": "127.0.0.1"}

    def replacement(match: re.Match[str]) -> str:
        name = match[1].strip()
        if name.startswith("ports["):
            return str(port)
        return names.get(name, "127.0.0.1" if name.startswith(("hosts[", "domains[")) else match[0])

    return _SUBSTITUTION.sub(replacement, text).replace("'https://'", "'http://'")


def _worker_path(test: Test) -> str:
    return f"/{test.path.removesuffix('.js')}.worker.js" if test.path.endswith(".any.js") else f"/{test.path}"


def _script(path: str) -> str:
    return f'<script src="{_escaped(path)}"></script>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")

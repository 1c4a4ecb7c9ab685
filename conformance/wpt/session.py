"""Runs one test in a realm of its own."""

import json
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Final

from codecmodel.web.event_loop import TaskSource
from conformance.wpt.discovery import CheckoutError, Test, file_of
from conformance.wpt.host import dom, messaging, webcodecs
from conformance.wpt.host.browser import MODULES
from conformance.wpt.host.browser.document import install_document
from conformance.wpt.host.channel import Channel, RealmLostError
from conformance.wpt.host.description import Function
from conformance.wpt.host.node_process import NodeProcess
from conformance.wpt.host.realm import Realm, Settings
from conformance.wpt.host.values import JsError, JsValue
from conformance.wpt.host.workers import OpenRealm, Workers
from conformance.wpt.page import InlineScript, Page, ScriptFile, parse_page
from conformance.wpt.results import FileResult, Progress

_JS: Final = Path(__file__).parent / "host" / "js"
_SCRIPTS: Final = ("events.js", "messaging.js", "streams.js", "fetch.js", "workers.js")
#: Scripts of pages that have been run before, or that the host has its own of.
_HARNESS: Final = ("/resources/testharness.js", "/resources/testharnessreport.js")
#: Seconds that testharness.js has left when it is told that the time is over.
_GRACE: Final = 5.0

_dom_manipulation: Final = TaskSource("DOM manipulation")
_networking: Final = TaskSource("networking")
_posted_message: Final = TaskSource("posted message")


def run_test(test: Test, checkout: Path, node: Path, *, timeout_multiplier: float = 1.0) -> FileResult:
    """Run a test to its end, or to the end of its time. A failure of the host is a result, too."""
    start = monotonic()
    timeout = test.timeout * timeout_multiplier
    progress = Progress()
    try:
        settings = Settings(test.url, test.secure, test.isolated, test.kind)
        with _open_realm(node, checkout, settings) as realm:
            realm.limit_scripts(timeout + _GRACE)
            try:
                status, message = _run(realm, test, checkout, progress, monotonic() + timeout)
            finally:
                progress.console = realm.printed()
    except RealmLostError as error:
        status, message = ("TIMEOUT" if monotonic() - start >= timeout else "CRASH"), str(error)
    except CheckoutError as error:
        status, message = "ERROR", str(error)
    return progress.result(test.id, monotonic() - start, status, message)


def _open_realm(node: Path, checkout: Path, settings: Settings) -> Realm:
    realm = Realm(Channel(NodeProcess(node)), settings)
    prepare(
        realm,
        lambda url_path: _content_of(checkout, url_path),
        lambda of_worker: _open_realm(node, checkout, of_worker),
    )
    return realm


def prepare(realm: Realm, content_of: Callable[[str], bytes | None], open_realm: OpenRealm) -> None:
    """Give the realm its global scope, WebCodecs and the rest of the platform. ``content_of`` gives the content of the
    path of a URL of its origin, or None if there is none. ``open_realm`` makes a realm for a worker.
    """
    realm.install((*dom.INTERFACES, *messaging.INTERFACES))
    realm.provide(_services(realm, content_of))
    realm.provide(Workers(realm, open_realm).services)
    for script in _SCRIPTS:
        realm.run_host_script(_JS / script)
    realm.perform("installScope", realm.handle(dom.GlobalScope(realm.event_loop)))
    for module in MODULES:
        realm.install(module.INTERFACES)
        realm.provide(getattr(module, "SERVICES", {}))
        for script in getattr(module, "SCRIPTS", ()):
            realm.run_host_script(Path(str(module.__file__)).parent / script)
    realm.install(webcodecs.INTERFACES)


def _run(
    realm: Realm, test: Test, checkout: Path, progress: Progress, deadline: float
) -> tuple[str | None, str | None]:
    def is_over() -> bool:
        return progress.harness_status is not None

    realm.provide(
        {
            "subtest": progress.subtest,
            "complete": progress.complete,
        }
    )
    _run_file(realm, checkout, "/resources/testharness.js")
    realm.run_host_script(_JS / "reporter.js")
    if test.title is not None:
        realm.run_script(f"self.META_TITLE = {json.dumps(test.title)};", "title")
    if test.needs_document:
        _run_page(realm, checkout, _page_of(test, checkout), f"/{test.path}")
    else:
        for script in (*test.scripts, f"/{test.path}"):
            _run_file(realm, checkout, script)
    realm.run_script("done();", "done")
    if realm.event_loop.run(is_over, deadline):
        return None, None
    # testharness.js has no timeout of its own in a worker.
    realm.run_script("timeout();", "timeout")
    if realm.event_loop.run(is_over, monotonic() + _GRACE):
        return None, None
    return "TIMEOUT", "the test did not end"


def _page_of(test: Test, checkout: Path) -> Page:
    """The page itself, or the one that the server makes for a script for windows."""
    path = f"/{test.path}"
    if not path.endswith(".html"):
        return Page([ScriptFile(script) for script in (*test.scripts, path)])
    return parse_page(file_of(checkout, path).read_text(encoding="utf-8"), path)


def _run_page(realm: Realm, checkout: Path, page: Page, path: str) -> None:
    """Run the scripts of a page, and queue the load event. A script that is missing is passed over, as in HTML."""
    install_document(realm, page.canvases)
    for script in page.scripts:
        if isinstance(script, InlineScript):
            realm.run_script(script.source, path)
        elif script.path not in _HARNESS and file_of(checkout, script.path).exists():
            _run_file(realm, checkout, script.path)
    realm.queue_task(_dom_manipulation, "load")


def _run_file(realm: Realm, checkout: Path, url_path: str) -> None:
    file = file_of(checkout, url_path)
    try:
        source = file.read_text(encoding="utf-8")
    except OSError as error:
        raise CheckoutError(f"{url_path} cannot be read: {error}") from None
    realm.run_script(source, url_path)


def _content_of(checkout: Path, url_path: str) -> bytes | None:
    try:
        return file_of(checkout, url_path).read_bytes()
    except (OSError, CheckoutError):
        return None


def _services(realm: Realm, content_of: Callable[[str], bytes | None]) -> dict[str, Function]:
    loop = realm.event_loop

    def fire_timer(number: int) -> None:
        try:
            realm.perform("timer", number)
        except JsError as error:
            realm.report_exception(error)

    def unhandled_rejection(reason: JsValue, promise: JsValue) -> None:
        realm.queue_task(_dom_manipulation, "reportRejection", reason, promise)

    return {
        "setTimer": lambda milliseconds, repeat: loop.set_timer(fire_timer, milliseconds, repeat),
        "clearTimer": loop.clear_timer,
        "fire": dom.dispatch_as_user_agent,
        "reportException": lambda error: realm.report_exception(JsError(error)),
        "uncaughtException": lambda error: realm.report_exception(JsError(error)),
        "unhandledRejection": unhandled_rejection,
        "readFile": content_of,
        "queueNetworkTask": lambda number: realm.queue_task(_networking, "networkTask", number),
        "queueMessageTask": lambda number: realm.queue_task(_posted_message, "messageTask", number),
        **messaging.SERVICES,
    }

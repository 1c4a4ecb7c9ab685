"""Tests are found, with the metadata in their files."""

from pathlib import Path

import pytest

from conformance.wpt.discovery import CheckoutError, file_of, find_tests
from tests.conformance.wpt.checkout import make_checkout


def test_files_that_need_no_document_are_found(tmp_path: Path) -> None:
    files = dict.fromkeys(
        ("b.any.js", "a.https.any.js", "c.worker.js", "d.window.js", "e.html", "utils.js", "sub/f.any.js"), ""
    )
    tests = find_tests(make_checkout(tmp_path, files))
    assert [(test.id, test.secure) for test in tests] == [
        ("/webcodecs/a.https.any.worker.html", True),
        ("/webcodecs/b.any.worker.html", False),
        ("/webcodecs/c.worker.html", False),
        ("/webcodecs/sub/f.any.worker.html", False),
    ]


def test_meta_lines_are_heeded_at_the_top_only(tmp_path: Path) -> None:
    source = """// META: title=Of all kinds
// META: script=/common/media.js
// META:script=./utils.js
// META: script=more/utils.js
// META: timeout=long
// META: variant=?one
// META: variant=?two&b=1
// META: global=window,dedicatedworker
'use strict';
// META: variant=?three
"""
    tests = find_tests(make_checkout(tmp_path, {"all.any.js": source}))
    assert [test.id for test in tests] == [
        "/webcodecs/all.any.worker.html?one",
        "/webcodecs/all.any.worker.html?two&b=1",
    ]
    assert {(test.title, test.scripts, test.timeout, test.kind) for test in tests} == {
        ("Of all kinds", ("/common/media.js", "/webcodecs/utils.js", "/webcodecs/more/utils.js"), 60.0, "worker")
    }
    assert tests[1].url == "http://web-platform.test:8000/webcodecs/all.any.worker.js?two&b=1"


def test_files_for_windows_are_run_as_such(tmp_path: Path) -> None:
    (test,) = find_tests(make_checkout(tmp_path, {"w.any.js": "// META: global=window\n"}))
    assert (test.id, test.kind, test.timeout) == ("/webcodecs/w.any.html", "window", 10.0)


def test_headers_isolate(tmp_path: Path) -> None:
    opener, embedder = "Cross-Origin-Opener-Policy: same-origin\n", "Cross-Origin-Embedder-Policy: require-corp\n"
    files = {
        "both.any.js": "",
        "both.any.js.headers": opener + embedder,
        "one.any.js": "",
        "one.any.js.headers": opener,
    }
    tests = find_tests(make_checkout(tmp_path, files))
    assert [(test.path, test.isolated) for test in tests] == [
        ("webcodecs/both.any.js", True),
        ("webcodecs/one.any.js", False),
    ]


def test_what_is_no_checkout(tmp_path: Path) -> None:
    with pytest.raises(CheckoutError, match=r"testharness\.js is missing"):
        find_tests(tmp_path)


def test_files_outside_are_not_served(tmp_path: Path) -> None:
    assert file_of(tmp_path, "/resources/WebIDLParser.js") == tmp_path / "resources/webidl2/lib/webidl2.js"
    with pytest.raises(CheckoutError, match="outside"):
        file_of(tmp_path, "/../secret")


def test_links_of_a_checkout_are_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "clip.mp4").write_bytes(b"1")
    checkout = make_checkout(tmp_path / "checkout", {"a.any.js": ""})
    (checkout / "webcodecs" / "clip.mp4").symlink_to(elsewhere / "clip.mp4")
    (checkout / "media").symlink_to(elsewhere)
    assert file_of(checkout, "/webcodecs/clip.mp4").read_bytes() == b"1"
    assert file_of(checkout, "/media/clip.mp4").read_bytes() == b"1"
    with pytest.raises(CheckoutError, match="outside"):
        file_of(checkout, "/media/../../elsewhere/clip.mp4")

"""memcheck and DRD on programs over every family of codecs: ``tox run -e valgrind``.

It takes minutes, so pytest collects this file only if it is named.
"""

from pathlib import Path
from typing import Final

import pytest

from tests.native import valgrind
from tests.native.programs import FAMILIES

pytestmark = pytest.mark.skipif(not valgrind.is_installed(), reason="valgrind is not installed")

#: x265's vector code computes with bytes that nobody set. memcheck then takes its chunks for unset, and the frames that
#: are decoded from them.
_WITHOUT_UNSET_MEMORY: Final = "--undef-value-errors=no"
#: valgrind runs out of memory for the translation of dav1d's longest vector code, unless it translates it in parts.
_IN_PARTS: Final = "--vex-guest-max-insns=25"
_MEMCHECK_OPTIONS: Final = {
    "hevc": [_WITHOUT_UNSET_MEMORY],
    "hevc_backlog": [_WITHOUT_UNSET_MEMORY],
    "av1_backlog": [_IN_PARTS],
}
_FRAME_THREADS: Final = f"--suppressions={valgrind.SUPPRESSIONS.with_name('frame_threads.supp')}"


@pytest.mark.parametrize("family", FAMILIES)
def test_no_memory_error(family: str, tmp_path: Path) -> None:
    options = _MEMCHECK_OPTIONS.get(family, [])
    report = valgrind.run("memcheck", "tests.native.programs", family, tmp_path, options=options)
    assert report.status == 0, report.text


@pytest.mark.parametrize("family", FAMILIES)
def test_no_data_race(family: str, tmp_path: Path) -> None:
    options = [_FRAME_THREADS] if family.endswith("_backlog") else []
    report = valgrind.run("drd", "tests.native.programs", family, tmp_path, options=options)
    assert report.status == 0, report.text


def test_an_output_that_nobody_set_is_found(tmp_path: Path) -> None:
    report = valgrind.run("memcheck", "tests.native.faulty_programs", "wrong_output", tmp_path)
    assert report.found_errors
    assert "points to uninitialised byte(s)" in report.text


def test_writes_without_an_order_are_found(tmp_path: Path) -> None:
    report = valgrind.run("drd", "tests.native.faulty_programs", "wrong_threads", tmp_path)
    assert report.found_errors
    assert "Conflicting store" in report.text

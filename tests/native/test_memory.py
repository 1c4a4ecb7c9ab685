"""The small form of every_program.py: memcheck on one short decode, and on errors that it has to find."""

from pathlib import Path

import pytest

import ffbind
from tests.native import valgrind

pytestmark = [
    pytest.mark.skipif(not valgrind.is_installed(), reason="valgrind is not installed"),
    pytest.mark.skipif(ffbind.load().origin != "system", reason="the runs under valgrind are for the system's FFmpeg"),
]


def test_a_short_decode_has_no_memory_error(tmp_path: Path) -> None:
    report = valgrind.run("memcheck", "tests.native.programs", "short_decode", tmp_path)
    assert report.status == 0, report.text


def test_released_memory_that_is_read_is_found(tmp_path: Path) -> None:
    report = valgrind.run("memcheck", "tests.native.faulty_programs", "wrong_read", tmp_path)
    assert report.found_errors
    assert "Invalid read" in report.text

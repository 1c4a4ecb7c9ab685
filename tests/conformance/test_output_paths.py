"""A wrong path of a report is noticed before the run."""

import argparse
import os
from pathlib import Path

import pytest

from conformance import cli
from conformance.suite.report.output_paths import output_directory, output_file


def test_a_file_that_can_be_written_is_left_as_it_is(tmp_path: Path) -> None:
    new, old = tmp_path / "new.json", tmp_path / "old.json"
    old.write_text("old")
    assert (output_file(str(new)), output_file(str(old))) == (new, old)
    assert (new.exists(), old.read_text()) == (False, "old")


def test_a_directory_is_made(tmp_path: Path) -> None:
    assert output_directory(str(tmp_path / "a" / "b")) == tmp_path / "a" / "b"
    assert list((tmp_path / "a" / "b").iterdir()) == []


@pytest.mark.parametrize("name", ["nowhere/report.json", ".", "file/report.json"])
def test_a_file_that_cannot_be_written(name: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = f"{tmp_path}/{name}"
    with pytest.raises(argparse.ArgumentTypeError) as raised:
        output_file(path)
    reason = {"nowhere/report.json": "No such file or directory", ".": "Is a directory"}.get(name, "Not a directory")
    assert str(raised.value) == f"{path}: {reason}"


def test_a_directory_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(argparse.ArgumentTypeError, match="Not a directory"):
        output_directory(f"{tmp_path}/file/pages")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write to a read-only directory")
def test_a_directory_without_the_right_to_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(argparse.ArgumentTypeError, match="Permission denied"):
        output_directory(str(tmp_path))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--json"],
        ["wpt", "checkout", "--json"],
        ["wpt", "checkout", "--html"],
        ["bench", "--json"],
        ["bench", "--html"],
        ["steps", "coverage", "--json"],
        ["steps", "coverage", "--html"],
    ],
    ids=" ".join,
)
def test_a_wrong_path_ends_the_command_at_once(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "report"
    with pytest.raises(SystemExit) as raised:
        cli.main([*arguments, str(path)])
    assert raised.value.code == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.endswith(f"error: argument {arguments[-1]}: {path}: Not a directory")

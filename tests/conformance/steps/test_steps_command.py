"""The command line: index, check, diff."""

import subprocess
import sys
from pathlib import Path

import pytest

from conformance import cli
from conformance.steps import command
from conformance.steps.index_file import load_index
from tests.conformance.steps.synthetic_spec import SPEC

ROOT = Path(__file__).parents[3]


def test_index_writes_what_it_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "index.html").write_text(SPEC, encoding="utf-8")
    (tmp_path / "tea_codec_registration.html").write_text("<h2 data-level=1 id=a>1.</h2><p>Tea.", encoding="utf-8")
    output = tmp_path / "index.json"
    specs = [str(tmp_path / "index.html"), str(tmp_path / "tea_codec_registration.html")]
    assert cli.main(["steps", "index", *specs, "--output", str(output)]) == 0
    assert load_index(output).editions == {"webcodecs": "edition-1", "webcodecs-tea-codec-registration": ""}
    assert capsys.readouterr().out.startswith(f"{output}: 7 entries, 1 algorithms, 2 lists of steps, 7 steps, ")


def test_check_needs_nothing_but_the_standard_library() -> None:
    """The check runs without site-packages, and without importing the code that it checks."""
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", _CHECK, str(ROOT)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("0 problems\n[]\n")


_CHECK = """
import sys
sys.path.insert(0, sys.argv[1])
from conformance.steps.command import add_arguments, main
import argparse
parser = argparse.ArgumentParser()
add_arguments(parser)
status = main(parser.parse_args(["check"]))
print([name for name in sys.modules if name.partition(".")[0] in ("codecmodel", "ffbind")])
sys.exit(status)
"""


def test_check_fails_for_source_that_lacks_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty.py").write_text("", encoding="utf-8")
    assert cli.main(["steps", "check", "--source", str(tmp_path)]) == 1
    assert "process-the-control-message-queue (section 2.2) has no function" in capsys.readouterr().out


def test_diff_of_another_edition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = tmp_path / "index.html"
    spec.write_text(SPEC, encoding="utf-8")
    index_file = tmp_path / "index.json"
    assert cli.main(["steps", "index", str(spec), "--output", str(index_file)]) == 0
    monkeypatch.setattr(command, "load_index", lambda: load_index(index_file))
    assert cli.main(["steps", "diff", str(spec), "--source", str(tmp_path)]) == 0
    spec.write_text(SPEC.replace("Pours tea.", "Pours hot tea."), encoding="utf-8")
    capsys.readouterr()
    assert cli.main(["steps", "diff", str(spec), "--source", str(tmp_path)]) == 1
    assert capsys.readouterr().out == "changed: dom-teapot-pour (prose)\n1 difference\n"

"""The README's examples work when they are pasted."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.codecmodel.files.media import video, wave, write

README = Path(__file__).parents[2] / "README.md"


def test_the_example_decodes_a_file(tmp_path: Path) -> None:
    path = write(tmp_path / "video.mkv", video("libvpx", count=3))
    completed = _run_example(tmp_path, str(path))
    assert (completed.returncode, completed.stderr) == (0, "")
    lines = [line.split() for line in completed.stdout.splitlines()]
    assert [int(timestamp) for timestamp, *_ in lines] == [0, 40_000, 80_000]
    assert {format for _, format, *_ in lines} == {"I420"}


def test_the_example_names_the_tracks_of_a_file_without_video(tmp_path: Path) -> None:
    path = wave(tmp_path / "sound.wav", bytes(1600))
    completed = _run_example(tmp_path, str(path))
    assert completed.returncode == 1
    assert completed.stderr.splitlines()[-1].endswith(
        f"MediaFileError: {path}: it has no video track, only audio (pcm_s16le)"
    )


def test_the_example_is_short() -> None:
    assert sum(bool(line.strip()) for line in _example().splitlines()) < 20


def test_the_example_has_no_type_errors(tmp_path: Path) -> None:
    mypy = pytest.importorskip("mypy.api", reason="mypy is not installed")
    program = tmp_path / "example.py"
    program.write_text(_example())
    cache = Path(__file__).parents[2] / ".mypy_cache"
    output, errors, status = mypy.run(["--strict", "--cache-dir", str(cache), str(program)])
    assert (output, errors, status) == ("Success: no issues found in 1 source file\n", "", 0)


def test_the_pipeline_gives_arrays(tmp_path: Path) -> None:
    write(tmp_path / "video.mp4", video("libx264", count=5))
    completed = _run(tmp_path, _examples()[1])
    assert (completed.returncode, completed.stderr) == (0, "")
    assert [line.rpartition(" ")[0] for line in completed.stdout.splitlines()] == ["(48, 64, 3)"] * 5


def _examples() -> list[str]:
    """The first one takes a path. The second one is for those who want arrays."""
    examples: list[str] = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.DOTALL | re.MULTILINE)
    assert len(examples) == 2
    return examples


def _example() -> str:
    return _examples()[0]


def _run_example(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return _run(directory, _example(), *arguments)


def _run(directory: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = directory / "example.py"
    program.write_text(text)
    return subprocess.run(
        [sys.executable, "-W", "error", str(program), *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=directory,
    )

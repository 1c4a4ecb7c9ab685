"""On a full file system a command prints one line, leaves no output, and keeps existing files."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import codecmodel
from tests.codecmodel.files.media import audio, noise, video, write

#: The extensions of all formats that transcode has usual codecs for.
_EXTENSIONS = ["mp4", "m4v", "mov", "mkv", "webm", "ogg", "opus", "m4a", "mp3", "flac", "wav"]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of noise, which stays large in any format."""
    path = tmp_path_factory.mktemp("source") / "a.mkv"
    return write(path, video("libvpx", count=10, is_noise=True), audio("flac", format="s16", fill=noise, count=6))


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A directory of a file system with 8 kB."""
    place = tmp_path / "full"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", place], stderr=subprocess.DEVNULL, check=False
    )
    if mounted.returncode:
        pytest.skip("a file system can be mounted by the superuser only")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def _run(*arguments: str | Path, limit: int | None = None) -> tuple[int, list[str]]:
    """The exit status and the lines on standard error; ``limit`` is the largest size of a file, in kB."""
    environment = dict(os.environ, PYTHONPATH=str(Path(codecmodel.__file__).parents[1]))
    command = [sys.executable, "-W", "error", "-m", "codecmodel", *map(str, arguments)]
    if limit is not None:
        command = ["bash", "-c", f'ulimit -f {limit}; exec "$@"', "-", *command]
    process = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert process.stdout == ""
    return process.returncode, process.stderr.splitlines()


@pytest.mark.parametrize("extension", _EXTENSIONS)
def test_transcode(source: Path, full: Path, extension: str) -> None:
    target = full / f"b.{extension}"
    target.write_text("precious")
    status, lines = _run("transcode", source, target, "--overwrite")
    assert (status, lines) == (1, [f"error: {source}: {target}: No space left on device"])
    assert [path.name for path in full.iterdir()] == [target.name]
    assert target.read_text() == "precious"


#: Formats that no codecs are usual in.
_OTHERS = {
    "ts": ("avc", "aac"),
    "flv": ("avc", "aac"),
    "avi": ("vp8", "mp3"),
    "3gp": ("avc", "aac"),
    "mka": ("none", "flac"),
    "aac": ("none", "aac"),
    "ivf": ("vp8", "none"),
}


@pytest.mark.parametrize("extension", _OTHERS)
def test_transcode_to_other_formats(source: Path, full: Path, extension: str) -> None:
    video, audio = _OTHERS[extension]
    target = full / f"b.{extension}"
    status, lines = _run("transcode", source, target, "--video", video, "--audio", audio, "--video-bitrate", "5000000")
    assert (status, len(lines)) == (1, 1)
    assert lines[0].startswith(f"error: {source}: ")
    assert lines[0].endswith(f"{target}: No space left on device")
    assert list(full.iterdir()) == []


def test_transcode_with_the_index_first(source: Path, full: Path) -> None:
    target = full / "b.mp4"
    status, lines = _run("transcode", source, target, "--moov-first")
    assert (status, lines) == (1, [f"error: {source}: {target}: No space left on device"])
    assert list(full.iterdir()) == []


def test_thumbnails(source: Path, full: Path) -> None:
    status, lines = _run("thumbnails", source, "--out", full)
    assert status == 1
    assert len(lines) == 1
    assert lines[0].endswith(".png: No space left on device")
    assert list(full.iterdir()) == []


@pytest.mark.parametrize("command", ["transcode", "decode", "thumbnails", "probe"])
def test_a_batch(source: Path, full: Path, command: str) -> None:
    """Nothing can be written at all, not even the results."""
    (full / "everything").write_bytes(bytes(8192))
    extension = ["--extension", "mp4"] if command == "transcode" else []
    status, lines = _run("batch", command, source, "--out", full, "--quiet", *extension)
    assert (status, lines) == (1, [f"error: {full}: No space left on device"])
    assert {path.name for path in full.iterdir()} <= {"everything", "results.jsonl", ".batch.lock"}


def test_decode(source: Path, full: Path) -> None:
    status, lines = _run("decode", source, "--out", full)
    assert status == 1
    assert len(lines) == 1
    assert lines[0].endswith(": No space left on device; outputs removed")
    assert list(full.iterdir()) == []


def test_a_trace(source: Path, full: Path, tmp_path: Path) -> None:
    trace = full / "trace.json"
    status, lines = _run("decode", source, "--out", tmp_path / "out", "--quiet", "--trace", trace)
    assert (status, lines) == (1, [f"error: {trace}: No space left on device"])
    assert list(full.iterdir()) == []


@pytest.mark.parametrize("extension", ["mp4", "webm", "flac"])
def test_a_largest_size_of_files(source: Path, tmp_path: Path, extension: str) -> None:
    target = tmp_path / f"b.{extension}"
    status, lines = _run("transcode", source, target, limit=4)
    assert (status, lines) == (1, [f"error: {source}: {target}: File too large"])
    assert list(tmp_path.iterdir()) == []

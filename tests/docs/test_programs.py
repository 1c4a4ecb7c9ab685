"""The programs in examples/ do what the pages say, are short, and agree with those for PyAV."""

import json
import os
import runpy
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pytest

import ffbind
from codecmodel.files import open as open_media
from codecmodel.hosting import FFmpegPlatform
from codecmodel.rgb import exact_rgb
from conformance.targets.node import NodeNotFoundError, find_node
from tests.codecmodel.files.media import audio, video, write
from tests.codecmodel.platform.ffmpeg.images.image_writers import GifPicture, gif
from tests.docs.programs import EXAMPLES, ROOT, Row, lines_of, programs_in, rows, updated

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")

#: Runs a program with arguments and standard input; returns its standard output.
Run: TypeAlias = Callable[..., bytes]
_PAGES = sorted((ROOT / "docs").glob("*.md"))
_ROWS = rows((ROOT / "docs" / "how-to.md").read_text(encoding="utf-8"))
#: A program, which runs the programs that standard input tells, and tells what they print.
_RUNNER = """
import contextlib, faulthandler, io, json, runpy, sys
# A program that hangs ends with its stack.
faulthandler.dump_traceback_later(120, exit=True)
printed = []
for path, arguments, source in json.load(sys.stdin):
    sys.argv = [path, *arguments]
    sys.stdin = open(source) if source else None
    output = io.TextIOWrapper(io.BytesIO())
    with contextlib.redirect_stdout(output):
        runpy.run_path(path, run_name="__main__")
    output.flush()
    printed.append(output.buffer.getvalue().hex())
json.dump(printed, sys.stdout)
"""
#: A program, which runs another one, given by its path, on a cluster of one worker with two threads.
_ON_A_CLUSTER = """
import runpy, sys
from distributed import LocalCluster
program, *files = sys.argv[1:]
if __name__ == "__main__":
    with LocalCluster(n_workers=1, threads_per_worker=2, processes=False, protocol="tcp", dashboard_address=None) as it:
        sys.argv = [program, it.scheduler_address, *files]
        runpy.run_path(program, run_name="__main__")
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Run:
    def run_program(program: str, *arguments: object, data: bytes = b"") -> bytes:
        monkeypatch.setattr(sys, "argv", [program, *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(data)))
        runpy.run_path(str(EXAMPLES / program), run_name="__main__")
        sys.stdout.flush()
        return capsysbinary.readouterr().out

    return run_program


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    """Twenty-five pictures of 64 by 48 pixels, 40 ms each, a key frame each 0.2 s, and half a second of noise."""
    return write(tmp_path / "movie.mkv", video("libvpx", count=25, gop_size=5), audio("flac", format="s16", count=6))


@pytest.fixture
def animation(tmp_path: Path) -> Path:
    """Three pictures of 10 by 8 pixels, in three grays."""
    path = tmp_path / "animation.gif"
    grays = bytes(85 * level for level in range(4) for _ in range(3))
    path.write_bytes(gif([GifPicture([level] * 80, (0, 0, 10, 8)) for level in (1, 2, 3)], 10, 8, grays))
    return path


# The pages.


@pytest.mark.parametrize("page", _PAGES, ids=lambda page: page.name)
def test_pages_show_the_programs_as_they_are(page: Path) -> None:
    """If this fails, run ``python -m tests.docs.programs``."""
    text = page.read_text(encoding="utf-8")
    assert updated(text) == text


def test_all_programs_are_shown() -> None:
    shown = {program for page in _PAGES for program in programs_in(page.read_text(encoding="utf-8"))}
    programs = {path.relative_to(EXAMPLES).as_posix() for path in EXAMPLES.iterdir() if path.is_file()}
    assert programs - shown == {"animation.py"}
    assert shown >= {row.program for row in _ROWS}


@pytest.mark.parametrize("row", _ROWS, ids=lambda row: row.program)
def test_programs_are_short(row: Row) -> None:
    assert row.lines <= 20
    assert row.pyav is None or row.lines <= 2 * row.pyav


def test_lines_are_counted(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text('"""Two\n\nlines."""\n\nimport sys  # why\n\n# A comment.\nprint(\n    "\\n# none",\n)\n')
    assert lines_of(program) == 4


# The programs.


def test_first_frame(run: Run, movie: Path, tmp_path: Path) -> None:
    run("first_frame.py", movie, tmp_path / "first.png")
    assert np.array_equal(_picture(tmp_path / "first.png"), _pictures(movie)[:1])


def test_frame_at_time(run: Run, movie: Path, tmp_path: Path) -> None:
    run("frame_at_time.py", movie, "0.41", tmp_path / "frame.png")
    assert np.array_equal(_picture(tmp_path / "frame.png"), _pictures(movie)[10:11])


def test_trim(run: Run, movie: Path, tmp_path: Path) -> None:
    run("trim.py", movie, "0.4", "0.6", tmp_path / "part.mkv")
    assert np.array_equal(_pictures(tmp_path / "part.mkv"), _pictures(movie)[10:15])


def test_every_tenth_frame(run: Run, movie: Path) -> None:
    assert run("every_tenth_frame.py", movie) == b"(3, 224, 224, 3) uint8\n"


def test_waveform(run: Run, tmp_path: Path) -> None:
    def fill(frame: ffbind.Frame) -> None:
        for plane in frame.writable_planes():
            np.frombuffer(plane.data, np.int16)[:] = 16384

    path = write(tmp_path / "sound.flac", audio("flac", format="s16", count=3, fill=fill))
    assert run("waveform.py", path).decode().splitlines() == [f"{s / 10:6.1f} s  {'#' * 30}" for s in range(3)]


def test_transcode_in_memory(run: Run, movie: Path, tmp_path: Path) -> None:
    target = tmp_path / "target.webm"
    target.write_bytes(run("transcode_in_memory.py", data=movie.read_bytes()))
    assert _distance(_pictures(target), _pictures(movie)) < 2


def test_live_socket(run: Run, movie: Path) -> None:
    with _sender(movie.read_bytes()) as port:
        lines = run("live_socket.py", "127.0.0.1", port).split(b"\n")
    assert [line.split()[0] for line in lines if line] == [b"%d" % (number * 40_000) for number in range(25)]


def test_encode_arrays(run: Run, tmp_path: Path) -> None:
    run("encode_arrays.py", tmp_path / "drawn.webm")
    expected = [np.full((180, 320, 3), (5 * number, 80, 160), np.uint8) for number in range(50)]
    assert _distance(_pictures(tmp_path / "drawn.webm"), expected) < 3


def test_animated_image(run: Run, animation: Path, tmp_path: Path) -> None:
    run("animated_image.py", animation, tmp_path)
    grays = [np.unique(_picture(tmp_path / f"{number}.png")).tolist() for number in range(3)]
    assert grays == [[85], [170], [255]]


def test_thumbnails(run: Run, movie: Path, tmp_path: Path) -> None:
    folder = tmp_path / "thumbnails"
    folder.mkdir()
    (tmp_path / "none.txt").write_text("no video")
    run("thumbnails.py", tmp_path, folder)
    assert {path.name for path in folder.iterdir()} == {"movie.mkv.png"}
    assert _picture(folder / "movie.mkv.png")[0].shape == (120, 160, 3)


def test_supported_codecs(run: Run) -> None:
    *lines, reason = run("supported_codecs.py").decode().splitlines()
    assert "pcm-s16 Linear PCM 16 bits decode encode" in lines
    assert reason == "3840×2160 pixels are beyond the level of 'avc1.42001e'"


@pytest.mark.parametrize("program", ["cluster.py", "pyav/cluster.py"])
def test_cluster(program: str, movie: Path) -> None:
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    if program.startswith("pyav"):
        pytest.importorskip("av", reason="PyAV is not installed")
    files = [str(movie), "none.mp4", str(movie)]
    command = [sys.executable, "-c", _ON_A_CLUSTER, str(EXAMPLES / program), *files]
    completed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    good, bad, again = completed.stdout.splitlines()
    assert good == again == f"{movie} 120.0"
    assert "No such file or directory" in bad


def test_port_javascript(run: Run) -> None:
    assert run("port_javascript.py") == b"".join(b"%d\n" % (number * 40_000) for number in range(10))


def test_port_pyav(run: Run, movie: Path, tmp_path: Path) -> None:
    run("port_pyav.py", movie, tmp_path / "negative.webm")
    assert _distance(_pictures(tmp_path / "negative.webm"), [255 - picture for picture in _pictures(movie)]) < 4


def test_judge(run: Run) -> None:
    assert run("judge.py", "chapter_10_image_files.track?jpeg") == b"1 scenarios, 0 failures\n"


def test_judge_finds_faults(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(platform: FFmpegPlatform) -> None:
        raise ArithmeticError("no decoder")

    monkeypatch.setattr(FFmpegPlatform, "new_image_decoder", fail)
    assert run("judge.py", "chapter_10_image_files.track?jpeg").decode().splitlines() == [
        "1 scenarios, 1 failures",
        "FAIL chapter_10_image_files.track?jpeg Uncaught exception: ArithmeticError: no decoder",
    ]


def test_the_script_prints_the_same_as_its_port() -> None:
    _require_node()
    script = [sys.executable, "-m", "conformance", "run", str(EXAMPLES / "port_javascript.mjs")]
    completed = subprocess.run(script, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (completed.returncode, completed.stderr) == (0, "")
    assert completed.stdout == "".join(f"{number * 40_000}\n" for number in range(10))


def test_programs_for_pyav_do_the_same(run: Run, movie: Path, animation: Path, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="PyAV is not installed")
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    videos = tmp_path / "videos"
    for folder in (ours, theirs, videos):
        folder.mkdir()
    (videos / movie.name).write_bytes(movie.read_bytes())
    with _sender(movie.read_bytes(), times=2) as port:

        def calls(folder: Path) -> dict[str, list[object]]:
            return {
                "first_frame.py": [movie, folder / "first.png"],
                "frame_at_time.py": [movie, "0.41", folder / "frame.png"],
                "every_tenth_frame.py": [movie],
                "trim.py": [movie, "0.4", "0.6", folder / "part.mkv"],
                "waveform.py": [movie],
                "transcode_in_memory.py": [],
                "live_socket.py": ["127.0.0.1", port],
                "encode_arrays.py": [folder / "drawn.webm"],
                "animated_image.py": [animation, folder],
                "thumbnails.py": [videos, folder],
                "supported_codecs.py": [],
                "port_pyav.py": [movie, folder / "negative.webm"],
            }

        printed_here = {
            program: run(program, *arguments, data=movie.read_bytes()) for program, arguments in calls(ours).items()
        }
        printed_there = _run_for_pyav(calls(theirs), movie)
    assert {path.name for path in (EXAMPLES / "pyav").iterdir()} == {"cluster.py", *printed_there}
    assert {row.program for row in _ROWS if row.pyav} == {"cluster.py", *printed_there}
    for folder, printed in ((ours, printed_here), (theirs, printed_there)):
        (folder / "target.webm").write_bytes(printed["transcode_in_memory.py"])
    for program in ("every_tenth_frame.py", "waveform.py", "live_socket.py"):
        assert printed_here[program] == printed_there[program]
    names = {path.name for path in ours.iterdir()}
    assert names == {path.name for path in theirs.iterdir()}
    for name in names:
        for_pictures = _picture if name.endswith(".png") else _pictures
        assert _distance(for_pictures(ours / name), for_pictures(theirs / name)) < 4


def _run_for_pyav(calls: dict[str, list[object]], source: Path) -> dict[str, bytes]:
    """What PyAV's programs print. They run in one process of their own, for PyAV changes FFmpeg's log."""
    programs = [(str(EXAMPLES / "pyav" / name), [str(each) for each in calls[name]], str(source)) for name in calls]
    completed = subprocess.run(
        [sys.executable, "-c", _RUNNER], input=json.dumps(programs), capture_output=True, text=True, check=False
    )
    assert completed.returncode == 0, completed.stderr
    printed = json.loads(completed.stdout)
    return {name: bytes.fromhex(each) for name, each in zip(calls, printed, strict=True)}


def _require_node() -> None:
    try:
        find_node()
    except NodeNotFoundError as error:
        if os.environ.get("CODECMODEL_REQUIRE_NODE"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@contextmanager
def _sender(data: bytes, times: int = 1) -> Iterator[int]:
    """The port of a server that sends ``data`` to so many clients, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for _ in range(times):
                connection, _address = server.accept()
                with connection:
                    connection.sendall(data)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join()


def _pictures(path: Path) -> list[npt.NDArray[np.uint8]]:
    """The RGB pixels of all frames."""
    pictures = []
    with open_media(path) as media:
        for frame in media.video:
            with frame:
                pictures.append(exact_rgb(frame))
    return pictures


def _picture(path: Path) -> list[npt.NDArray[np.uint8]]:
    """The RGB pixels of an image, in a list of one."""
    with Image.open(path) as image:
        return [np.asarray(image.convert("RGB"))]


def _distance(some: Sequence[npt.NDArray[np.uint8]], others: Sequence[npt.NDArray[np.uint8]]) -> float:
    """The mean difference of pixels, of as many pictures of the same sizes."""
    differences = [np.abs(a.astype(int) - b.astype(int)).mean() for a, b in zip(some, others, strict=True)]
    return float(np.mean(differences))

"""``codecmodel batch``: rows, outputs, files that end their process, and batches that go on."""

import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest

from codecmodel.cluster import ClusterError, connected
from codecmodel.command_line.batch.inputs import output_path
from codecmodel.command_line.batch.job import Job, Status
from codecmodel.command_line.batch.results import Results, Row
from codecmodel.command_line.batch.runner import Runner, run_here, run_on_cluster
from codecmodel.command_line.main import main
from codecmodel.extras import install_command
from tests.codecmodel.files.media import video, wave, write

#: Makes files with some names end, or keep busy, the process that opens them.
_POISON = """
import ctypes, os, time
from codecmodel.files.demuxer import Demuxer
opened = Demuxer.__init__
def poisoned(self, path, *rest):
    if "segfault" in str(path):
        ctypes.string_at(0)
    if "exit" in str(path):
        os.write(2, b"last words")
        os._exit(3)
    if "hang" in str(path):
        time.sleep(600)
    opened(self, path, *rest)
Demuxer.__init__ = poisoned
"""


@pytest.fixture
def sounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with two sounds, which is the current one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    for name, length in (("a.wav", 64), ("b.wav", 128)):
        wave(tmp_path / "in" / name, bytes(length))
    return tmp_path


@pytest.fixture
def poison(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of files have effects in the processes that this one starts."""
    (tmp_path / "poison").mkdir()
    (tmp_path / "poison" / "sitecustomize.py").write_text(_POISON)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join((str(tmp_path / "poison"), *sys.path)))


def _run(*arguments: str) -> int:
    are_said = {"--scheduler", "--workers"} & {*arguments}
    return main(["batch", *arguments, *(() if are_said else ("--workers", "1"))])


def _rows(directory: Path | str) -> list[Row]:
    return [json.loads(line) for line in (Path(directory) / "results.jsonl").read_text().splitlines()]


def _statuses(directory: Path | str) -> list[tuple[str, str]]:
    return [(row["file"], row["status"]) for row in _rows(directory)]


@pytest.mark.usefixtures("sounds")
def test_decode_files_some_of_which_fail(capsys: pytest.CaptureFixture[str]) -> None:
    Path("in/broken.wav").write_bytes(b"nonsense")
    assert _run("decode", "in/*.wav", "absent.wav", "--out", "out") == 1
    assert _statuses("out") == [
        ("in/a.wav", "done"),
        ("in/b.wav", "done"),
        ("in/broken.wav", "failed"),
        ("absent.wav", "failed"),
    ]
    done, _, broken, absent = _rows("out")
    assert done["outputs"] == [{"path": "in/a.wav.track0.wav", "bytes": 92 + 64}]
    assert Path("out/in/a.wav.track0.wav").stat().st_size == 92 + 64
    assert "not a media file" in broken["reason"]
    assert "No such file" in absent["reason"]
    assert sorted(path.name for path in Path("out").iterdir()) == [".batch.lock", "in", "results.jsonl"]
    printed = capsys.readouterr()
    assert "4 files: 2 done, 2 failed" in printed.out
    assert printed.err == "error: 2 of 4 files failed or are damaged: out/results.jsonl\n"


@pytest.mark.usefixtures("sounds", "poison")
def test_a_file_that_ends_its_process_costs_no_other() -> None:
    for name in ("exit.wav", "hang.wav", "segfault.wav"):
        wave(Path("in") / name, bytes(64))
    assert _run("decode", "in/*.wav", "--out", "out", "--quiet", "--time-limit", "10") == 1
    rows = {Path(row["file"]).name: row for row in _rows("out")}
    assert [name for name, row in rows.items() if row["status"] == "done"] == ["a.wav", "b.wav"]
    assert rows["segfault.wav"]["reason"] == "SIGSEGV ended the process"
    assert "poisoned" in rows["segfault.wav"]["log"]
    assert rows["exit.wav"]["reason"] == "the process exited with status 3"
    assert rows["exit.wav"]["log"] == "last words"
    assert rows["hang.wav"]["reason"] == "it took longer than 10 s"
    assert not Path("out/.batch").exists()


@pytest.mark.usefixtures("sounds", "poison")
def test_work_ends_when_nobody_waits_for_it(tmp_path: Path) -> None:
    def job(name: str) -> Job:
        return Job(name, None, None, ["probe", name], str(tmp_path / Path(name).name), 0.0, 1)

    outcomes = run_here([job("in/a.wav"), job("in/hang.wav"), job("in/hang2.wav")], 2)
    first, outcome = next(outcomes)
    assert (first.file, outcome.status) == ("in/a.wav", Status.DONE)
    outcomes.close()


@pytest.mark.usefixtures("sounds")
def test_a_batch_goes_on_where_the_last_one_was() -> None:
    assert _run("decode", "in/*.wav", "--out", "out", "--quiet") == 0
    first = _rows("out")
    # A row that was not written to its end, and an output that is not there.
    with open("out/results.jsonl", "a") as results:
        results.write('{"file": "in/b.w')
    Path("out/in/a.wav.track0.wav").unlink()
    wave(Path("in/c.wav"), bytes(32))
    kept = Path("out/in/b.wav.track0.wav").stat()
    assert _run("decode", "in/*.wav", "--out", "out", "--quiet") == 0
    assert _statuses("out") == [("in/a.wav", "done"), ("in/b.wav", "done"), ("in/c.wav", "done")]
    assert _rows("out")[1] == first[1]
    assert Path("out/in/b.wav.track0.wav").stat() == kept
    assert Path("out/in/a.wav.track0.wav").exists()
    # A file that has changed, and one whose row has another option.
    wave(Path("in/b.wav"), bytes(16))
    assert _run("decode", "in/b.wav", "--out", "out", "--quiet") == 0
    assert Path("out/in/b.wav.track0.wav").stat().st_size == 92 + 16
    assert len(_rows("out")) == 3


@pytest.mark.usefixtures("sounds")
def test_files_of_others_stay(capsys: pytest.CaptureFixture[str]) -> None:
    Path("out/in").mkdir(parents=True)
    precious = Path("out/in/a.wav.track0.wav")
    precious.write_text("precious")
    assert _run("decode", "in/a.wav", "--out", "out", "--quiet") == 1
    assert _rows("out")[0]["reason"] == f"{precious}: file exists; --overwrite replaces it"
    assert precious.read_text() == "precious"
    assert _run("decode", "in/a.wav", "--out", "out", "--quiet", "--overwrite") == 0
    assert precious.stat().st_size == 92 + 64
    Path("out/results.jsonl").write_text('{"mine": 1}\n')
    assert _run("decode", "in/a.wav", "--out", "out") == 1
    assert "no results of a batch" in capsys.readouterr().err
    assert Path("out/results.jsonl").read_text() == '{"mine": 1}\n'
    Path("out/results.jsonl").unlink()
    with Results(Path("out")):
        assert _run("decode", "in/a.wav", "--out", "out") == 1
    assert capsys.readouterr().err == "error: out: another batch is at work there\n"


@pytest.mark.usefixtures("sounds")
def test_probe_transcode_and_thumbnails() -> None:
    write(Path("film.webm"), video("libvpx", count=3))
    assert _run("probe", "film.webm", "--out", "probed", "--quiet") == 0
    probe = cast("dict[str, list[dict[str, dict[str, object]]]]", _rows("probed")[0].get("probe"))
    assert probe["tracks"][0]["config"]["codec"] == "vp8"
    arguments = ["in/a.wav", "film.webm", "--extension", "mkv", "--audio", "flac", "--video", "vp8"]
    assert _run("transcode", *arguments, "--out", "transcoded", "--quiet") == 0
    assert [row["outputs"][0]["path"] for row in _rows("transcoded")] == ["in/a.mkv", "film.mkv"]
    assert _rows("transcoded")[0]["options"] == ["--video=vp8", "--audio=flac"]
    assert _run("thumbnails", "film.webm", "--count", "1", "--out", "thumbnails", "--quiet") == 0
    assert Path("thumbnails/film.webm.thumbnail1.png").exists()
    # It is known before the work that the file is in the way.
    Path("there").mkdir()
    Path("there/film.mkv").touch()
    assert _run("transcode", "film.webm", "--extension", "mkv", "--out", "there", "--quiet") == 1
    assert (_rows("there")[0]["seconds"], _rows("there")[0]["status"]) == (0.0, "failed")


@pytest.mark.usefixtures("sounds")
def test_inputs(capsys: pytest.CaptureFixture[str]) -> None:
    Path("list.txt").write_text("in/a.wav\n\nin/../in/b.wav\nin/a.wav\n")
    assert _run("probe", "--manifest", "list.txt", "--out", "out", "--quiet") == 0
    assert _statuses("out") == [("in/a.wav", "done"), ("in/b.wav", "done")]
    assert _run("probe", "nothing*.wav", "--out", "out") == 1
    assert _run("probe", "--out", "out") == 1
    assert _run("transcode", "in/a.wav", "in/a.mp4", "--extension", ".mkv", "--out", "out") == 1
    errors = capsys.readouterr().err.splitlines()
    assert errors[0] == "error: nothing*.wav: no file matches"
    assert errors[1].startswith("error: there is no input")
    assert errors[2].startswith("error: in/a.wav and in/a.mp4 would both become in/a.mkv")
    with pytest.raises(SystemExit):
        _run("thumbnails", "in/a.wav", "--count", "0", "--out", "out")


@pytest.mark.usefixtures("sounds")
def test_options_that_no_file_can_have_are_refused_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    for words, message in (
        (("transcode", "--video", "h264"), "h264 cannot be encoded here: video is avc,"),
        (("transcode", "--audio", "vp8"), "vp8 cannot be encoded here: audio is aac,"),
        (("transcode", "--video", "copy", "--fps", "5"), "a copy of video keeps its size and its frame rate"),
        (("decode", "--from", "2", "--to", "1"), "--to is not after --from"),
    ):
        assert _run(*words, "in/a.wav", "--out", "out") == 2
        assert capsys.readouterr().err.startswith(f"error: {message}")
        assert not Path("out").exists()


@pytest.mark.usefixtures("sounds")
def test_one_file_is_not_called_files(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("probe", "in/a.wav", "--out", "out") == 0
    assert "1 file: 1 done" in capsys.readouterr().out


def test_places_of_outputs() -> None:
    assert output_path("a/b.mp4", None) == "a/b.mp4"
    assert output_path("/a/b.mp4", "webm") == "a/b.webm"
    assert output_path("../b", None) == os.path.abspath("../b")[1:]


def test_a_process_that_cannot_begin(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FFBIND_LIBRARY_DIR", str(tmp_path))
    with Runner() as runner:
        outcome = runner.run(Job("a", None, None, ["probe", "a"], str(tmp_path / "work"), 0.0, 1))
    assert (outcome.status, outcome.reason) == (Status.FAILED, "the process that starts the work ended: status 1")
    assert "LibraryNotFoundError" in outcome.log


@pytest.mark.usefixtures("sounds")
def test_parquet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "pyarrow", None)
        assert _run("probe", "in/a.wav", "--out", "out", "--parquet", "out.parquet") == 1
    assert capsys.readouterr().err == f"error: --parquet needs pyarrow: {install_command('parquet')}\n"
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    assert _run("probe", "in/*.wav", "--out", "out", "--quiet", "--parquet", "out.parquet") == 0
    rows = parquet.read_table("out.parquet").to_pylist()
    assert [(row["file"], row["status"]) for row in rows] == _statuses("out")
    assert json.loads(rows[0]["probe"]) == _rows("out")[0].get("probe")
    modified = _rows("out")[0]["modified"]
    assert modified is not None
    assert rows[0]["modified"] == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=modified // 1000)


class _Future:
    def __init__(self, function: Callable[[object], object], part: object) -> None:
        self._function, self._part = function, part

    def exception(self) -> BaseException | None:
        return RuntimeError("lost") if "b.wav" in str(self._part) else None

    def result(self) -> object:
        return self._function(self._part)

    def release(self) -> None: ...


class _Client:
    def __init__(self, address: str) -> None:
        if address != "tcp://there":
            raise OSError("timed out")

    def ncores(self) -> dict[str, int]:
        return {}

    def map(self, function: Callable[[object], object], parts: Iterable[object], *, pure: bool) -> Sequence[_Future]:
        return [_Future(function, part) for part in parts]

    def cancel(self, futures: Sequence[_Future]) -> None: ...
    def close(self) -> None: ...


@pytest.mark.usefixtures("sounds")
def test_a_cluster_that_loses_a_task(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    distributed = ModuleType("distributed")
    monkeypatch.setitem(sys.modules, "distributed", distributed)
    monkeypatch.setattr(distributed, "Client", _Client, raising=False)
    monkeypatch.setattr(distributed, "as_completed", list, raising=False)
    jobs = [Job(name, None, None, ["probe", f"in/{name}"], str(tmp_path / name), 0.0, 1) for name in ("a.wav", "b.wav")]
    with connected("tcp://there", "a test") as cluster:
        outcomes = {job.file: outcome for job, outcome in run_on_cluster(jobs, cluster)}
    assert outcomes["a.wav"].status is Status.DONE
    assert outcomes["b.wav"].reason == "the cluster could not do it: RuntimeError: lost"
    with pytest.raises(ClusterError, match="there is no scheduler at tcp://nowhere: timed out"):
        connected("tcp://nowhere", "a test").__enter__()
    assert _run("probe", "in/a.wav", "--out", "out", "--scheduler", "tcp://nowhere") == 1


def test_workers_belong_to_this_machine(sounds: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("probe", "in/a.wav", "--out", "out", "--scheduler", "localhost:1", "--workers", "1") == 2
    assert "--workers is for this machine" in capsys.readouterr().err
    assert not (sounds / "out").exists()

"""``python -m codecmodel``: its output, its files and its exit status."""

import io
import json
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from itertools import accumulate
from pathlib import Path

import pytest

import codecmodel
from codecmodel.command_line.main import main
from codecmodel.files import Demuxer
from codecmodel.registry.nal_units import annex_b_units
from tests.codecmodel.files.media import audio, video, wave, write, x264


def _start(*arguments: str | Path, **variables: str) -> subprocess.Popen[str]:
    environment = dict(os.environ, PYTHONPATH=str(Path(codecmodel.__file__).parents[1]), PYTHONWARNINGS="error")
    environment |= variables
    return subprocess.Popen(
        [sys.executable, "-m", "codecmodel", *map(str, arguments)],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Programs that a shell runs in the background ignore interrupts, and so do their children.
        preexec_fn=_heed_interrupts,
    )


def _heed_interrupts() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _run_process(*arguments: str | Path, **variables: str) -> tuple[int, str, str]:
    """Exit status, standard output, standard error; ``variables`` are the environment's."""
    process = _start(*arguments, **variables)
    output, errors = process.communicate(timeout=120)
    return process.returncode, output, errors


def _run(*arguments: str | Path) -> tuple[int, str, str]:
    """The same without a process of its own. To start a process takes longer than most commands take."""
    written = io.BytesIO(), io.BytesIO()
    output, errors = (io.TextIOWrapper(buffer, "utf-8", write_through=True) for buffer in written)
    with redirect_stdout(output), redirect_stderr(errors):
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as exit:
            status = int(exit.code or 0)
    return status, written[0].getvalue().decode(), written[1].getvalue().decode()


def _names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def _cells(table: str) -> list[list[str]]:
    """The rows of a printed table; lines of one cell are joined by spaces."""
    rows: list[list[str]] = []
    for line in table.splitlines():
        if not line.startswith("│"):
            continue
        cells = [cell.strip() for cell in line.strip("│").split("│")]
        if cells[0]:
            rows.append(cells)
        else:
            rows[-1] = [f"{above} {cell}".strip() for above, cell in zip(rows[-1], cells, strict=True)]
    return rows


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    """Six pictures and 6 · 1024 samples, in MP4. The encoder's delay makes seven chunks of the samples."""
    return write(tmp_path / "movie.mp4", x264(), audio("aac", format="fltp"))


def test_decode_a_movie(movie: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "out"
    status, output, errors = _run_process("decode", movie, "--out", out)
    assert (status, errors) == (0, "")
    assert _names(out) == ["movie.mp4.track0.y4m", "movie.mp4.track1.wav"]
    pictures = (out / "movie.mp4.track0.y4m").read_bytes()
    head, _, rest = pictures.partition(b"\n")
    assert head == b"YUV4MPEG2 W64 H48 F25:1 I? A1:1 C420jpeg XCOLORRANGE=LIMITED X_________________"
    frames = [rest[start : start + 6 + 64 * 48 * 3 // 2] for start in range(0, len(rest), 6 + 64 * 48 * 3 // 2)]
    assert [frame[:6] for frame in frames] == [b"FRAME\n"] * 6
    # Each picture has one level, apart from the errors of the encoder.
    assert [round(sum(frame[6:]) / (64 * 48 * 3 // 2)) for frame in frames] == [20, 30, 40, 50, 60, 70]
    sound = (out / "movie.mp4.track1.wav").read_bytes()
    assert struct.unpack_from("<HHI", sound, 56) == (3, 2, 48_000)
    assert len(sound) == 94 + 6 * 1024 * 8
    first, second = _cells(output)
    assert first[:4] == ["0", "avc1.42c00a", "6", "0.240 s"]
    assert second[:4] == ["1", "mp4a.40.2", "6,144", "0.128 s"]
    for row, name in ((first, "movie.mp4.track0.y4m"), (second, "movie.mp4.track1.wav")):
        assert "× real time" in row[4]
        assert row[4].endswith("frames/s")
        assert row[5].replace(" ", "").endswith(name)


def test_decode_chosen_tracks_quietly(movie: Path, tmp_path: Path) -> None:
    assert _run("decode", movie, "--out", tmp_path / "out", "--tracks", "1", "--quiet") == (0, "", "")
    assert _names(tmp_path / "out") == ["movie.mp4.track1.wav"]


def test_decode_audio_only(tmp_path: Path) -> None:
    samples = struct.pack("<6h", 1, -1, 2, -2, 32767, -32768)
    path = wave(tmp_path / "[bold]sound.wav", samples, channels=2)
    status, output, errors = _run("decode", path, "--out", tmp_path)
    assert (status, errors) == (0, "")
    assert (tmp_path / "[bold]sound.wav.track0.wav").read_bytes().endswith(b"data\x0c\0\0\0" + samples)
    (row,) = _cells(output)
    assert row[:3] == ["0", "pcm-s16", "3"]
    assert row[5].replace(" ", "").endswith("[bold]sound.wav.track0.wav")


def test_characters_that_the_terminal_lacks_do_no_harm(movie: Path, tmp_path: Path) -> None:
    path = movie.rename(tmp_path / os.fsdecode(b"\xff\xc3\xa9.mp4"))
    status, output, errors = _run_process("decode", path, "--out", tmp_path / "out", PYTHONIOENCODING="ascii")
    assert (status, errors) == (0, "")
    assert "? real time" in output
    assert output.replace(" ", "").replace("?", "").count(".mp4.track") == 2
    assert len(_names(tmp_path / "out")) == 2


def test_decode_what_y4m_cannot_hold(tmp_path: Path) -> None:
    stream = video("libx264rgb", format="bgr0", options={"preset": "ultrafast", "qp": "0"})
    status, _, errors = _run("decode", write(tmp_path / "a.mp4", stream), "--out", tmp_path / "out")
    assert (status, errors) == (0, "")
    assert _names(tmp_path / "out") == ["a.mp4.track0.json", "a.mp4.track0.raw"]
    description = json.loads((tmp_path / "out" / "a.mp4.track0.json").read_text())
    assert (description["format"], description["colorSpace"]["matrix"]) == ("I444", "rgb")
    assert [frame["timestamp"] for frame in description["frames"]] == [index * 40_000 for index in range(6)]
    planes = (out := tmp_path / "out" / "a.mp4.track0.raw").read_bytes()
    assert len(planes) == 6 * description["frameSize"] == 6 * 64 * 48 * 3, out
    # Lossless: every picture is of one level.
    assert [set(planes[start : start + 64 * 48 * 3]) for start in range(0, len(planes), 64 * 48 * 3)] == [
        {20}, {30}, {40}, {50}, {60}, {70}
    ]  # fmt: skip


def test_a_change_of_size_begins_another_file(tmp_path: Path) -> None:
    path = tmp_path / "a.h264"
    path.write_bytes(
        write(tmp_path / "1.h264", x264(global_header=False)).read_bytes()
        + write(tmp_path / "2.h264", x264(global_header=False, width=96, height=64, count=3)).read_bytes()
    )
    status, output, errors = _run("decode", path, "--out", tmp_path / "out")
    assert (status, errors) == (0, "")
    assert _names(tmp_path / "out") == ["a.h264.track0.part2.y4m", "a.h264.track0.y4m"]
    first = (tmp_path / "out" / "a.h264.track0.y4m").read_bytes()
    second = (tmp_path / "out" / "a.h264.track0.part2.y4m").read_bytes()
    assert (first[:18], first.count(b"FRAME\n")) == (b"YUV4MPEG2 W64 H48 ", 6)
    assert (second[:18], second.count(b"FRAME\n")) == (b"YUV4MPEG2 W96 H64 ", 3)
    assert _cells(output)[0][2] == "9"


def test_a_new_configuration_is_decoded_by(tmp_path: Path) -> None:
    first = write(tmp_path / "1.flv", x264()).read_bytes()
    second = write(tmp_path / "2.flv", x264(width=96, height=64)).read_bytes()
    path = tmp_path / "a.flv"
    path.write_bytes(first + second[13:])
    assert _run("decode", path, "--out", tmp_path / "out", "--quiet") == (0, "", "")
    sizes = {name: (tmp_path / "out" / name).read_bytes()[:18] for name in _names(tmp_path / "out")}
    assert sizes == {
        "a.flv.track0.y4m": b"YUV4MPEG2 W64 H48 ",
        "a.flv.track0.part2.y4m": b"YUV4MPEG2 W96 H64 ",
    }


def test_chunks_before_the_first_key_frame_are_left_out(tmp_path: Path) -> None:
    stream = x264(global_header=False, gop_size=3, options={"preset": "ultrafast", "x264-params": "scenecut=0"})
    whole = write(tmp_path / "whole.h264", stream).read_bytes()
    path = tmp_path / "a.h264"
    # The stream begins with its second picture, but the demuxer needs the parameter sets.
    units = [bytes(unit) for unit in annex_b_units(whole)]
    kinds = [unit[0] & 0x1F for unit in units]
    parameter_sets = [units[kinds.index(7)], units[kinds.index(8)]]
    path.write_bytes(b"".join(b"\0\0\0\1" + unit for unit in parameter_sets + units[kinds.index(1) :]))
    status, output, errors = _run("decode", path, "--out", tmp_path / "out")
    assert (status, errors) == (0, "")
    (row,) = _cells(output)
    assert row[2] == "3"
    assert row[5].endswith("2 chunks before the first key frame left out")


def test_probe_as_a_table(movie: Path) -> None:
    status, output, errors = _run("probe", movie)
    assert (status, errors) == (0, "")
    assert output.startswith(f"{movie} (mov,mp4,m4a,3gp,3g2,mj2, ")
    first, second = _cells(output)
    assert first[:3] == ["0", "video", "yes"]
    assert first[3].startswith("codec: avc1.42c00a description: ")
    assert first[3].endswith("codedWidth: 64 codedHeight: 48")
    assert second[:3] == ["1", "audio", "yes"]
    assert second[3].startswith("codec: mp4a.40.2 sampleRate: 48000 numberOfChannels: 2 description: 5 bytes, 11 90 ")


def test_probe_as_json(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", video("libvpx-vp9"), audio("ac3", format="fltp"))
    status, output, errors = _run("probe", path, "--json")
    assert (status, errors) == (0, "")
    document = json.loads(output)
    first, second = document.pop("tracks")
    duration = document.pop("duration")
    assert document == {"file": str(path), "format": "matroska,webm"}
    assert 240_000 <= duration <= 280_000
    assert first["config"].pop("colorSpace", {"fullRange": False}) == {"fullRange": False}
    assert first == {
        "index": 0,
        "type": "video",
        "codecName": "vp9",
        "duration": None,
        "supported": True,
        "config": {"codec": "vp09.00.10.08", "codedWidth": 64, "codedHeight": 48},
    }
    assert second == {
        "index": 1,
        "type": "audio",
        "codecName": "ac3",
        "duration": None,
        "supported": False,
        "config": None,
        "reason": "WebCodecs has no registration for ac3",
    }


def test_descriptions_are_hexadecimal_in_json(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ogg", audio("libopus", format="flt"))
    _, output, _ = _run("probe", path, "--json")
    description = bytes.fromhex(json.loads(output)["tracks"][0]["config"]["description"])
    assert description[:10] == b"OpusHead\x01\x02"


def test_unsupported_tracks_are_named_beside_those_decoded(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", x264(), audio("ac3", format="fltp"))
    status, output, errors = _run("decode", path, "--out", tmp_path / "out")
    assert (status, errors) == (0, "")
    assert _names(tmp_path / "out") == ["a.mkv.track0.y4m"]
    assert _cells(output)[1] == ["1", "ac3", "", "", "", "not decoded: WebCodecs has no registration for ac3"]


# Failures: they are one line and status 1, without a traceback.


def _fail(*arguments: str | Path) -> str:
    status, output, errors = _run(*arguments)
    assert (status, output) == (1, "")
    assert errors.startswith("error: ")
    assert errors.endswith("\n")
    assert errors.count("\n") == 1
    return errors.removeprefix("error: ").removesuffix("\n")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _garbage(path: Path) -> None:
    path.write_bytes(bytes((index * index * 7 + 13) % 251 for index in range(5000)))


def _cut_off(path: Path) -> None:
    write(path, x264(), audio("aac", format="fltp"))
    path.write_bytes(path.read_bytes()[:2000])


_UNREADABLE: Sequence[tuple[str, Callable[[Path], None], str]] = [
    ("missing", lambda path: None, "No such file or directory"),
    ("directory", Path.mkdir, "Is a directory"),
    ("empty", _empty, "the file is empty"),
    ("garbage", _garbage, "not a media file that FFmpeg can read (Invalid data found when processing input)"),
]


@pytest.mark.parametrize(("make", "problem"), [case[1:] for case in _UNREADABLE], ids=[case[0] for case in _UNREADABLE])
@pytest.mark.parametrize("command", ["probe", "decode"])
def test_unreadable_files(tmp_path: Path, command: str, make: Callable[[Path], None], problem: str) -> None:
    path = tmp_path / "a.mp4"
    make(path)
    out = tmp_path / "out"
    options = ["--out", str(out)] if command == "decode" else []
    assert _fail(command, path, *options) == f"{path}: {problem}"
    assert not out.exists()


@pytest.mark.parametrize("command", ["probe", "decode"])
def test_a_movie_whose_end_is_missing_cannot_be_opened(tmp_path: Path, command: str) -> None:
    # FFmpeg's muxer writes the box that describes the tracks last.
    path = tmp_path / "a.mp4"
    write(path, x264(), audio("aac", format="fltp"))
    whole = path.read_bytes()
    path.write_bytes(whole[: whole.index(b"moov") + 20])
    options = ["--out", str(tmp_path / "out")] if command == "decode" else []
    message = _fail(command, path, *options)
    assert message.startswith(f"{path}: cut off: at least ")
    assert message.endswith(" bytes are missing at its end")


def test_a_cut_off_file_is_decoded_as_far_as_it_goes(tmp_path: Path) -> None:
    samples = bytes(range(200)) * 100
    path = wave(tmp_path / "a.wav", samples, bits=8)
    with Demuxer(path) as demuxer:
        ends = list(accumulate(demuxed.chunk.byteLength for demuxed in demuxer.chunks({0})))
    path.write_bytes(path.read_bytes()[: 44 + 10_000])
    out = tmp_path / "out" / "a.wav.track0.wav"
    message = _fail("decode", path, "--out", tmp_path / "out")
    assert message.startswith(f"{path}: cut off: at least 10,000 bytes are missing at its end; ")
    assert message.endswith(f"; decoded until then: {out}")
    # The packets that are there as a whole.
    size = max(end for end in ends if end <= 10_000)
    assert size > 5000
    assert out.read_bytes().endswith(b"data" + struct.pack("<I", size) + samples[:size])


def test_a_file_that_misses_nothing_but_its_end_is_cut_off_all_the_same(tmp_path: Path) -> None:
    # The missing byte is of no consequence, but the program cannot know that.
    path = write(tmp_path / "a.mp4", x264())
    path.write_bytes(path.read_bytes()[:-1])
    assert _fail("decode", path, "--out", tmp_path / "out") == (
        f"{path}: cut off: at least 1 byte is missing at its end; "
        f"decoded until then: {tmp_path / 'out' / 'a.mp4.track0.y4m'}"
    )
    assert (tmp_path / "out" / "a.mp4.track0.y4m").read_bytes().count(b"FRAME\n") == 6


def test_probe_shows_the_tracks_of_a_cut_off_file_and_fails(tmp_path: Path) -> None:
    path = wave(tmp_path / "a.wav", bytes(20_000), bits=8)
    path.write_bytes(path.read_bytes()[:10_000])
    status, output, errors = _run("probe", path)
    assert status == 1
    assert _cells(output)[0][:3] == ["0", "audio", "yes"]
    assert errors == f"error: {path}: cut off: at least 10,044 bytes are missing at its end\n"


def test_no_supported_track(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", video("mpeg4"), audio("ac3", format="fltp"))
    assert _fail("decode", path, "--out", tmp_path / "out") == (
        f"{path}: no supported track (track 0: WebCodecs has no registration for mpeg4; "
        "track 1: WebCodecs has no registration for ac3)"
    )
    assert not (tmp_path / "out").exists()


def test_tracks_that_are_not_there_or_not_supported(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mkv", x264(), audio("ac3", format="fltp"))
    out = tmp_path / "out"
    assert _fail("decode", path, "--out", out, "--tracks", "5") == f"{path}: there is no track 5; it has 0, 1"
    assert _fail("decode", path, "--out", out, "--tracks", "0,1") == (
        f"{path}: track 1: WebCodecs has no registration for ac3"
    )


def test_outputs_that_cannot_be_written_are_removed(movie: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "movie.mp4.track1.wav").mkdir(parents=True)
    assert _fail("decode", movie, "--out", out) == f"{out}/movie.mp4.track1.wav: Is a directory; outputs removed"
    assert _names(out) == ["movie.mp4.track1.wav"]
    assert _fail("decode", movie, "--out", movie) == f"{movie}: File exists"


def test_a_file_that_was_there_stays_if_decoding_is_not_completed(tmp_path: Path) -> None:
    path = wave(tmp_path / "a.wav", bytes(8000))
    out = tmp_path / "out"
    out.mkdir()
    output = out / "a.wav.track0.wav"
    output.write_text("precious")
    limited = f"ulimit -f 1; exec {sys.executable} -m codecmodel decode {path} --out {out} --overwrite"
    process = subprocess.run(["bash", "-c", limited], capture_output=True, text=True, timeout=120)
    assert process.stderr == f"error: {output}: File too large; outputs removed\n"
    assert (_names(out), output.read_text()) == ([output.name], "precious")
    assert _run("decode", path, "--out", out, "--overwrite")[0] == 0
    assert output.read_bytes()[:4] == b"RIFF"


def test_an_interrupt_is_no_traceback(tmp_path: Path) -> None:
    path = wave(tmp_path / "a.wav", b"", bits=16, channels=2)
    # Two gigabytes of silence that take no space on the disk.
    size = 2_000_000_000
    data = bytearray(path.read_bytes())
    data[4:8], data[40:44] = (36 + size).to_bytes(4, "little"), size.to_bytes(4, "little")
    path.write_bytes(data)
    os.truncate(path, 44 + size)
    process = _start("decode", path, "--out", tmp_path / "out")
    # The file has another name until it is complete.
    while not any(path.stat().st_size > 100_000 for path in (tmp_path / "out").glob(".*")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=120) == ("", "interrupted; outputs removed\n")
    assert process.returncode == 130
    assert _names(tmp_path / "out") == []


def test_a_missing_ffmpeg_is_told_in_lines_that_can_be_read(movie: Path, tmp_path: Path) -> None:
    status, output, errors = _run_process("probe", movie, FFBIND_LIBRARY_DIR=str(tmp_path / "nowhere"))
    assert (status, output) == (1, "")
    lines = errors.splitlines()
    assert lines[0].startswith("error: No usable set of FFmpeg libraries (libavutil,")
    assert f"  - {tmp_path / 'nowhere'}: No such file or directory" in lines
    assert len(lines) >= 6
    assert max(map(len, lines)) <= 120


def test_usage_errors_end_with_status_2(movie: Path) -> None:
    status, _, errors = _run("decode", movie, "--out", ".", "--tracks", "one")
    assert status == 2
    assert errors.endswith("argument --tracks: 'one' are not numbers separated by commas\n")
    assert _run()[0] == _run("decode", movie)[0] == 2

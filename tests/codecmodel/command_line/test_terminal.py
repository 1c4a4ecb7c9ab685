"""Commands do nothing to the terminal, or to files that exist, unless they are told to."""

import io
import json
import struct
from pathlib import Path

import pytest

import codecmodel
from codecmodel.command_line import probe_command
from codecmodel.command_line.main import main
from codecmodel.files import MediaFileError
from codecmodel.files.printable import printable
from conformance.cli import main as conformance_main
from tests.codecmodel.files.media import video, wave, write, x264

_ESCAPE = "\x1b]0;title\x07\x1b[31m\u202e\x9b"
_ESCAPED = r"\x1b]0;title\x07\x1b[31m\u202e\x9b"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Füße 映画 [bold] x.mp4", "Füße 映画 [bold] x.mp4"),
        (_ESCAPE, _ESCAPED),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\udcff", "\udcff"),
        ("\x7f\u2028\xa0", r"\x7f\u2028\xa0"),
    ],
)
def test_control_characters_are_escaped(text: str, expected: str) -> None:
    assert printable(text) == expected
    assert str(MediaFileError(text)) == expected


def _is_safe(text: str) -> bool:
    return all(character.isprintable() for line in text.split("\n") for character in line)


def test_names_are_shown_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / f"{_ESCAPE}.webm", video("libvpx"))
    out = tmp_path / "out"
    assert main(["probe", str(path)]) == 0
    assert main(["decode", str(path), "--out", str(out)]) == 0
    assert main(["transcode", str(path), str(tmp_path / f"{_ESCAPE}.mkv"), "--video", "vp8"]) == 0
    assert main(["decode", str(path), "--out", str(out)]) == 1
    assert main(["probe", str(path) + "missing"]) == 1
    with pytest.raises(SystemExit):
        main(["probe", str(path), _ESCAPE])
    shown = capsys.readouterr()
    assert _ESCAPED in shown.err
    assert _is_safe(shown.out.replace(" \n", "\n"))
    assert _is_safe(shown.err)


def test_json_is_ascii(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / f"{_ESCAPE}.webm", video("libvpx"))
    assert main(["probe", "--json", str(path)]) == 0
    output = capsys.readouterr().out
    assert output.isascii()
    assert _is_safe(output)
    assert json.loads(output)["file"] == str(path)


# An unforeseen exception.


def test_no_traceback_ends_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(path: str) -> None:
        raise ZeroDivisionError("division\nby zero")

    monkeypatch.setattr(probe_command, "probe_file", fail)
    assert main(["probe", "a.mp4"]) == 1
    assert capsys.readouterr().err == (
        "error: a mistake in codecmodel: ZeroDivisionError: division\\nby zero; CODECMODEL_TRACEBACK=1 shows where\n"
    )
    monkeypatch.setenv("CODECMODEL_TRACEBACK", "1")
    with pytest.raises(ZeroDivisionError):
        main(["probe", "a.mp4"])


# Files that exist.


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return wave(tmp_path / "a.wav", bytes(1600))


def _commands(source: Path) -> list[tuple[list[str], Path]]:
    """Commands, and the file that exists already."""
    out, target, trace = source.parent / "out", source.parent / "b.flac", source.parent / "trace.json"
    return [
        (["decode", str(source), "--out", str(out)], out / "a.wav.track0.wav"),
        (["transcode", str(source), str(target)], target),
        (["transcode", str(source), str(target), "--trace", str(trace)], trace),
    ]


@pytest.mark.parametrize("number", range(3))
def test_an_existing_file_is_not_replaced(source: Path, number: int, capsys: pytest.CaptureFixture[str]) -> None:
    command, existing = _commands(source)[number]
    existing.parent.mkdir(exist_ok=True)
    existing.write_text("precious")
    assert main([*command, "--quiet"]) == 1
    assert capsys.readouterr().err == f"error: {existing}: file exists; --overwrite replaces it\n"
    assert existing.read_text() == "precious"
    assert main([*command, "--quiet", "--overwrite"]) == 0
    assert existing.read_bytes() != b"precious"


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("Yes\n", 0), ("n\n", 1), ("\n", 1), ("", 1)])
def test_a_terminal_is_asked(source: Path, answer: str, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    target = source.parent / "b.flac"
    target.write_text("precious")
    errors = _Terminal()
    monkeypatch.setattr("sys.stdin", _Terminal(answer))
    monkeypatch.setattr("sys.stderr", errors)
    assert main(["transcode", str(source), str(target), "--quiet"]) == status
    assert errors.getvalue().startswith(f"{target} exists. Replace it? [y/N] ")
    assert (target.read_bytes() == b"precious") == bool(status)


def test_outputs_of_other_tracks_are_no_obstacle(source: Path) -> None:
    out = source.parent / "out"
    out.mkdir()
    (out / "a.wav.track1.wav").touch()
    assert main(["decode", str(source), "--out", str(out), "--tracks", "0", "--quiet"]) == 0
    assert (out / "a.wav.track1.wav").read_bytes() == b""


def test_a_device_needs_no_permission(source: Path) -> None:
    assert main(["transcode", str(source), "/dev/null", "--audio", "flac", "--video", "none", "--quiet"]) == 1


# Display matrices with which no picture can be shown.

_ONE = 1 << 16


@pytest.mark.parametrize(
    "scale",
    [
        (100 * _ONE, 2),
        (_ONE + 12_345, _ONE),
        (0x7FFFFFFF, 1),
        (1, 0x7FFFFFFF),
        (-0x80000000, 3),
        (6_553_600, 12_347),
        (0, 0),
    ],
)
@pytest.mark.parametrize("is_sideways", [False, True])
def test_an_absurd_display_matrix_does_no_harm(scale: tuple[int, int], is_sideways: bool, tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", x264())
    data = bytearray(path.read_bytes())
    # The box is of version 0: its matrix has 9 numbers of 32 bits.
    place = data.index(b"tkhd") + 4 + 4 + 20 + 16
    matrix = [0, 0, 0, 0, 0, 0, 0, 0, 1 << 30]
    first, second = (1, 3) if is_sideways else (0, 4)
    matrix[first], matrix[second] = scale
    struct.pack_into(">9i", data, place, *matrix)
    path.write_bytes(data)
    assert main(["probe", str(path)]) == 0
    assert main(["decode", str(path), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    assert main(["transcode", str(path), str(tmp_path / "b.mp4"), "--quiet"]) == 0


# The commands' names and versions.


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    for command in (main, conformance_main):
        with pytest.raises(SystemExit) as raised:
            command(["--version"])
        assert raised.value.code == 0
        assert capsys.readouterr().out == f"codecmodel {codecmodel.__version__}\n"


@pytest.mark.parametrize(("name", "shown"), [("/usr/bin/codecmodel", "codecmodel"), ("-m", "python -m codecmodel")])
def test_the_command_is_named_as_it_was_called(
    name: str, shown: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", [name])
    with pytest.raises(SystemExit):
        main(["--help"])
    assert capsys.readouterr().out.startswith(f"usage: {shown} [-h]")

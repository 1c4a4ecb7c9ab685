"""A Demuxer that is closed, or that could not be made, has closed its file and holds nothing of FFmpeg's."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from codecmodel.files import Demuxer, MediaFileError, demuxer
from ffbind import live_objects, load
from tests.codecmodel.files.media import audio, write, x264

pytestmark = pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="open files cannot be counted here")


def resources() -> tuple[int, dict[str, int]]:
    """The number of this process's open files, and ffbind's live objects."""
    return len(os.listdir("/dev/fd")), live_objects()


def test_close_closes(tmp_path: Path) -> None:
    path = write(tmp_path / "a.mp4", audio("aac", format="fltp"))
    before = resources()
    opened = Demuxer(path)
    assert resources() == (before[0] + 1, {**before[1], "PathStream": 1, "Container": 1})
    opened.close()
    assert resources() == before
    opened.close()


def test_packets_that_were_read_ahead_go_with_it(tmp_path: Path) -> None:
    # Without a header the configuration is in the first packet.
    path = write(tmp_path / "a.h264", x264(global_header=False))
    before = resources()
    opened = Demuxer(path)
    next(iter(opened.chunks_of(opened.video_track)))
    opened.close()
    assert resources() == before


def opened_inputs(path: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often FFmpeg opens an input for a Demuxer."""
    avformat, count = load().avformat, 0
    function = avformat.avformat_open_input

    def counted(*arguments: object) -> object:
        nonlocal count
        count += 1
        return function(*arguments)

    monkeypatch.setattr(avformat, "avformat_open_input", counted)
    Demuxer(path).close()
    return count


def test_mp4_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert opened_inputs(write(tmp_path / "a.mp4", audio("aac", format="fltp")), monkeypatch) == 1


@pytest.mark.parametrize(("extension", "looks_like_mp4"), [("ogg", True), ("mp4", False)])
def test_the_beginning_of_a_file_can_mislead(
    extension: str, looks_like_mp4: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / f"a.{extension}", audio("libopus", format="flt"))
    monkeypatch.setattr(demuxer, "looks_like_mp4", lambda path: looks_like_mp4)
    assert opened_inputs(path, monkeypatch) == 2


def no_track(directory: Path) -> Path:
    path = directory / "a.srt"
    path.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    return path


def broken(directory: Path) -> Path:
    path = write(directory / "a.mp4", x264())
    path.write_bytes(path.read_bytes()[:1000])
    return path


@pytest.mark.parametrize("make", [no_track, broken])
def test_a_failed_constructor_closes(make: Callable[[Path], Path], tmp_path: Path) -> None:
    path = make(tmp_path)
    before = resources()
    # The traceback keeps the Demuxer alive, so that only close() can have closed its file.
    with pytest.raises(MediaFileError) as caught:
        Demuxer(path)
    assert resources() == before
    assert caught.tb is not None

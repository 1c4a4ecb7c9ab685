"""A container that cannot be opened, or is closed, leaves no object of FFmpeg and no open file behind."""

import os
from pathlib import Path

import pytest

import ffbind
from ffbind import Container, FFmpegError
from tests.ffbind.container_media import encoded_video, saved, wave, written

needs_descriptors = pytest.mark.skipif(not Path("/dev/fd").is_dir(), reason="open files cannot be counted here")


def open_files() -> int:
    """The number of open files of this process."""
    return len(os.listdir("/dev/fd"))


class Calls:
    """Counts the calls of a function of FFmpeg."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
        self.count = 0
        function = getattr(ffbind.load().avformat, name)

        def counted(*arguments: object) -> object:
            self.count += 1
            return function(*arguments)

        monkeypatch.setattr(ffbind.load().avformat, name, counted)


def failing_input(directory: Path, stage: str) -> tuple[Path, dict[str, str]]:
    """A file that cannot be opened, and the options for it: FFmpeg or ffbind notices at this stage."""
    if stage == "format":
        return saved(directory, "a.bin", b"no media at all" * 10), {}
    if stage == "streams":
        made, packets = encoded_video("mpeg4")
        whole = written("mov", made, packets)
        return saved(directory, "a.mov", whole[: len(whole) // 2]), {}
    return saved(directory, "a.wav", wave(10)), {"nonsense": "1"}


@needs_descriptors
@pytest.mark.parametrize("stage", ["format", "streams", "options"])
def test_a_failed_open_closes_the_file(stage: str, tmp_path: Path) -> None:
    path, options = failing_input(tmp_path, stage)
    before = open_files()
    for _ in range(3):
        with pytest.raises((FFmpegError, ValueError)):
            Container.open(path, options=options)
    assert open_files() == before
    assert ffbind.live_objects() == {}


@pytest.mark.parametrize("failing", ["avformat_find_stream_info", None])
def test_each_context_that_was_opened_is_closed_once(
    failing: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path, "a.wav", wave(10))
    opened, closed = Calls(monkeypatch, "avformat_open_input"), Calls(monkeypatch, "avformat_close_input")
    if failing is None:
        container = Container.open(path)
        assert (opened.count, closed.count) == (1, 0)
        container.close()
        container.close()
    else:
        monkeypatch.setattr(ffbind.load().avformat, failing, lambda *_: -22)
        with pytest.raises(FFmpegError, match=failing):
            Container.open(path)
    assert (opened.count, closed.count) == (1, 1)


@needs_descriptors
def test_close_closes_the_file(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.wav", wave(10))
    before = open_files()
    container = Container.open(path)
    assert open_files() == before + 1
    container.close()
    assert open_files() == before

"""Every kind of source of a container gives the same tracks and chunks."""

import io
import mmap
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import BinaryIO, cast

import pytest

import codecmodel
import ffbind
from codecmodel.command_line.main import main
from codecmodel.files import Demuxer, MediaFile, MediaFileError
from codecmodel.files.source import OpenSource, Source
from tests.codecmodel.files.media import audio, video, wave, write, x264


class _Unseekable:
    """A file object whose only method is read(), which returns a few bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._file = io.BytesIO(data)

    def seekable(self) -> bool:
        return False

    def read(self, size: int) -> bytes:
        return self._file.read(min(size, 1000))


class _OnlyRead:
    """An object with read() alone, as that of a body of an HTTP response may be."""

    def __init__(self, data: bytes) -> None:
        self.read = io.BytesIO(data).read


@contextmanager
def _mapped(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield cast("BinaryIO", data)


@contextmanager
def _pipe(data: bytes) -> Iterator[str]:
    """The path of a pipe that delivers the data."""
    reader, writer = os.pipe()

    def feed() -> None:
        with suppress(BrokenPipeError), open(writer, "wb") as file:
            file.write(data)

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        yield f"/dev/fd/{reader}"
    finally:
        os.close(reader)
        thread.join()


def _offset(data: bytes) -> BinaryIO:
    """A file object whose position is at the beginning of the container."""
    file = io.BytesIO(b"something else" + data)
    file.seek(14)
    return file


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    with path.open("rb") as file:
        yield file
        assert not file.closed


_KINDS: dict[str, Callable[[Path], AbstractContextManager[Source]]] = {
    "str": lambda path: nullcontext(str(path)),
    "path": nullcontext,
    "bytes": lambda path: nullcontext(path.read_bytes()),
    "bytearray": lambda path: nullcontext(bytearray(path.read_bytes())),
    "memoryview": lambda path: nullcontext(memoryview(path.read_bytes())),
    "file": _opened,
    "file object with an offset": lambda path: nullcontext(_offset(path.read_bytes())),
    "file object that cannot seek": lambda path: nullcontext(cast("BinaryIO", _Unseekable(path.read_bytes()))),
    "object with read() alone": lambda path: nullcontext(cast("BinaryIO", _OnlyRead(path.read_bytes()))),
    "mmap": _mapped,
    "pipe": lambda path: _pipe(path.read_bytes()),
}
_UNSEEKABLE = {"file object that cannot seek", "object with read() alone", "pipe"}


def _content(source: Source) -> list[tuple[object, ...]]:
    """The tracks and chunks of a source."""
    with Demuxer(source) as demuxer:
        found: list[tuple[object, ...]] = [(track.index, track.config) for track in demuxer.tracks]
        for demuxed in demuxer.chunks([track.index for track in demuxer.tracks]):
            chunk = demuxed.chunk
            found.append((demuxed.track.index, chunk.timestamp, chunk.type, chunk._internal_data))
        return found


def _movie(directory: Path, extension: str) -> Path:
    match extension:
        case "webm":
            return write(directory / "a.webm", video("libvpx-vp9"), audio("libopus", format="flt"))
        case "ts":
            return write(directory / "a.ts", x264(global_header=False), audio("aac", format="fltp"))
        case "wav":
            return wave(directory / "a.wav", bytes(range(256)) * 100)
        case "ogg":
            return write(directory / "a.ogg", audio("libopus", format="flt"))
        case "mp3":
            return write(directory / "a.mp3", audio("libmp3lame", format="fltp"))
        case _:
            return write(directory / f"a.{extension}", x264(), audio("aac", format="fltp"))


@pytest.mark.parametrize("kind", _KINDS)
@pytest.mark.parametrize("extension", ["mp4", "mkv", "webm", "ts", "flv", "wav", "ogg", "mp3"])
def test_every_source_has_the_same_content(extension: str, kind: str, tmp_path: Path) -> None:
    path = _movie(tmp_path, extension)
    if kind in _UNSEEKABLE and extension == "mp4":
        # A file that is read once has to begin with the box that describes its tracks.
        path = _with_moov_first(path)
    with _KINDS[kind](path) as source:
        assert _content(source) == _content(path)
    assert "Container" not in ffbind.live_objects()


def _with_moov_first(path: Path) -> Path:
    target = path.with_name("b.mp4")
    with (
        ffbind.Container.open(path, options={"advanced_editlist": "0"}) as reader,
        ffbind.ContainerWriter.open(target, options={"movflags": "faststart"}) as writer,
    ):
        indexes = [writer.add_stream(stream) for stream in reader.streams]
        for packet in reader.packets():
            with packet:
                writer.write(packet, indexes[packet.stream_index])
    return target


@pytest.mark.parametrize("kind", _KINDS)
def test_no_source_refers_to_another_file(kind: str, tmp_path: Path) -> None:
    _movie(tmp_path, "ts")
    path = tmp_path / "list.m3u8"
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{tmp_path}/a.ts\n#EXT-X-ENDLIST\n")
    with _KINDS[kind](path) as source, pytest.raises(MediaFileError, match="not a media file that FFmpeg can read"):
        Demuxer(source)
    path.write_text(f"ffconcat version 1.0\nfile {tmp_path}/a.ts\n")
    with _KINDS[kind](path) as source, pytest.raises(MediaFileError, match="not a media file that FFmpeg can read"):
        Demuxer(source)


@pytest.mark.parametrize("name", ["http://127.0.0.1:9/a.mp4", "file:a.mp4", "pipe:0", "concat:a.mp4|b.mp4"])
def test_a_protocol_is_a_name_of_a_file(name: str) -> None:
    with pytest.raises(MediaFileError) as caught:
        Demuxer(name)
    assert str(caught.value) == f"{name}: No such file or directory"


@pytest.mark.parametrize("kind", ["bytes", "file object with an offset", "file object that cannot seek", "pipe"])
def test_errors_of_sources(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(b"")
    with _KINDS[kind](path) as source, pytest.raises(MediaFileError, match=": the file is empty"):
        Demuxer(source)
    path.write_bytes(bytes(range(256)) * 20)
    with _KINDS[kind](path) as source, pytest.raises(MediaFileError, match=": not a media file"):
        Demuxer(source)


def test_a_cut_off_file_object_is_noticed(tmp_path: Path) -> None:
    data = wave(tmp_path / "a.wav", bytes(20_000)).read_bytes()[:-100]
    with Demuxer(_offset(data)) as demuxer:
        assert demuxer.missing_bytes == 100
        assert demuxer.size == len(data)
        assert sum(demuxed.chunk.byteLength for demuxed in demuxer.chunks([0])) == 20_000 - 100


@pytest.mark.parametrize("source", [5, None, [b"a"], object()])
def test_other_objects_are_no_sources(source: object) -> None:
    with pytest.raises(TypeError, match="a container is read from a path, bytes or a binary file object"):
        Demuxer(source)  # type: ignore[arg-type]  # no source


def test_a_file_that_is_open_as_text(tmp_path: Path) -> None:
    path = _movie(tmp_path, "wav")
    with path.open() as file:
        for opened in (Demuxer, MediaFile):
            with pytest.raises(TypeError, match="not from text: open the file with 'rb'"):
                opened(file)  # type: ignore[arg-type]  # no binary file


@pytest.mark.parametrize("kind", sorted(_UNSEEKABLE))
def test_an_index_that_a_source_gives_too_late(kind: str, tmp_path: Path) -> None:
    noise = x264(is_noise=True, width=256, height=256)
    for path in (
        write(tmp_path / "a.mp4", noise),
        write(tmp_path / "a.mov", audio("pcm_s16le", format="s16", count=200)),
    ):
        with (
            _KINDS[kind](path) as source,
            pytest.raises(MediaFileError, match="its moov box, comes after the media, so only a source that can seek"),
        ):
            _content(source)


def test_a_file_object_with_a_number_for_a_name() -> None:
    reader, writer = os.pipe()
    os.close(writer)
    with open(reader, "rb") as file, pytest.raises(MediaFileError, match=r"^the file object: the file is empty$"):
        Demuxer(file)


def test_reading_after_close(tmp_path: Path) -> None:
    media = MediaFile(_movie(tmp_path, "mkv"))
    media.close()
    with pytest.raises(MediaFileError, match=r"a\.mkv: it is closed$"):
        list(media.video)


def test_an_error_of_a_file_object_is_raised(tmp_path: Path) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() > 300_000:
                raise OSError(5, "Input/output error")
            return super().read(1000)

    data = wave(tmp_path / "a.wav", bytes(400_000)).read_bytes()
    with Demuxer(Failing(data)) as demuxer, pytest.raises(MediaFileError, match="Input/output error"):
        list(demuxer.chunks([0]))


def test_the_head_of_a_pipe_is_read_again() -> None:
    source = OpenSource(cast("BinaryIO", _Unseekable(b"0123456789abcdef")))
    assert source.head() == b"0123456789ab"
    file = source.for_ffmpeg
    assert not isinstance(file, str)
    assert [file.read(5), file.read(100), file.read(100), file.read(1)] == [b"01234", b"56789ab", b"cdef", b""]


# Standard input.


def _run(path: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ, PYTHONPATH=str(Path(codecmodel.__file__).parents[1]))
    command = [sys.executable, "-W", "error", "-m", "codecmodel", *map(str, arguments)]
    with subprocess.Popen(["cat", path], stdout=subprocess.PIPE) as cat:
        return subprocess.run(command, env=environment, stdin=cat.stdout, capture_output=True, text=True, check=False)


def test_commands_read_standard_input(tmp_path: Path) -> None:
    path = _movie(tmp_path, "mkv")
    probed = _run(path, "probe", "-")
    assert (probed.returncode, probed.stderr) == (0, "")
    assert probed.stdout.startswith("standard input (matroska,webm")
    assert _run(path, "decode", "-", "--out", tmp_path / "out").returncode == 0
    assert main(["decode", str(path), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    outputs = {each.name: each.read_bytes() for each in (tmp_path / "out").iterdir()}
    assert outputs["stdin.track0.y4m"] == outputs["a.mkv.track0.y4m"]
    assert outputs["stdin.track1.wav"] == outputs["a.mkv.track1.wav"]
    assert _run(path, "transcode", "-", tmp_path / "b.webm").returncode == 0
    failed = _run(tmp_path / "out" / "stdin.track0.y4m", "transcode", "-", tmp_path / "c.webm")
    assert failed.returncode == 1
    assert failed.stderr.startswith("error: standard input: ")


def test_the_delay_of_sound_in_an_mp4_file_that_cannot_be_searched(tmp_path: Path) -> None:
    path = _with_moov_first(write(tmp_path / "a.mp4", audio("aac", format="fltp")))
    with Demuxer(path) as demuxer:
        assert demuxer.audio_track.codec_delay == 1024
    with Demuxer(cast("BinaryIO", _Unseekable(path.read_bytes()))) as demuxer:
        assert (demuxer.audio_track.codec_delay, demuxer.audio_track.length) == (1024, None)

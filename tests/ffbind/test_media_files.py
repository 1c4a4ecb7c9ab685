"""Real files: the packets of each are those that ffprobe and PyAV report, where they use the same FFmpeg."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ffbind
from ffbind import Container
from tests.ffbind.container_media import unseekable

MEDIA = os.environ.get("CODECMODEL_MEDIA")
EXTENSIONS = {
    ".adts", ".annexb", ".avif", ".flac", ".gif", ".jpg", ".mp3", ".mp4", ".ogg", ".png", ".wav", ".webm", ".webp",
}  # fmt: skip


def files() -> list[Path]:
    return sorted(path for path in Path(MEDIA).rglob("*") if path.suffix in EXTENSIONS) if MEDIA else []


EACH_FILE = [pytest.param(path, id=path.name) for path in files()] or [
    pytest.param(None, marks=pytest.mark.skip(reason="CODECMODEL_MEDIA is not set"))
]


def ffprobe(*arguments: str) -> dict[str, Any]:
    program = shutil.which("ffprobe")
    if program is None:
        pytest.skip("there is no ffprobe to compare with")
    command = [program, "-v", "quiet", "-of", "json", *arguments]
    result: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return result


@pytest.fixture(scope="module")
def same_version() -> None:
    """Skip unless ffprobe has the FFmpeg that is loaded, because versions read some files differently."""
    versions = {entry["name"]: entry for entry in ffprobe("-show_library_versions")["library_versions"]}
    theirs = tuple(versions["libavformat"][part] for part in ("major", "minor", "micro"))
    ours = ffbind.load().versions["avformat"]
    if theirs != ours:
        pytest.skip(f"ffprobe has libavformat {theirs}, and {ours} is loaded")


def packets_of(container: Container) -> list[dict[str, object]]:
    return [
        {
            "stream": packet.stream_index,
            "size": packet.size,
            "pts": packet.pts,
            "dts": packet.dts,
            "duration": packet.duration,
            "key": packet.key,
        }
        for packet in container.packets()
    ]


@pytest.mark.usefixtures("same_version")
@pytest.mark.parametrize("path", EACH_FILE)
def test_packets_and_streams_are_those_ffprobe_reports(path: Path) -> None:
    entries = "packet=stream_index,size,pts,dts,duration,flags"
    report = ffprobe("-show_entries", entries, "-show_streams", "-show_format", str(path))
    expected = [
        {
            "stream": packet["stream_index"],
            "size": int(packet["size"]),
            "pts": packet.get("pts"),
            "dts": packet.get("dts"),
            "duration": packet.get("duration", 0),
            "key": "K" in packet["flags"],
        }
        for packet in report["packets"]
    ]
    with Container.open(path) as container:
        assert packets_of(container) == expected
        assert len(container.streams) == len(report["streams"])
        for stream, reported in zip(container.streams, report["streams"], strict=True):
            assert stream.type == reported["codec_type"]
            assert stream.codec_name == reported["codec_name"]
            assert "{}/{}".format(*stream.time_base) == reported["time_base"]
            assert "{}/{}".format(*stream.frame_rate) == reported["avg_frame_rate"]
            assert stream.start_time == reported.get("start_pts")
            assert stream.duration == reported.get("duration_ts")
            assert stream.nb_frames == int(reported.get("nb_frames", 0))
            assert len(stream.extradata) == reported.get("extradata_size", 0)
            assert stream.metadata == reported.get("tags", {})
            if stream.type == "video":
                assert (stream.width, stream.height) == (reported["width"], reported["height"])
                assert stream.format == reported["pix_fmt"]
            else:
                assert stream.sample_rate == int(reported["sample_rate"])
                assert (stream.channels, stream.format) == (reported["channels"], reported["sample_fmt"])


# PyAV has FFmpeg call back into Python, so it gets a process of its own.
PYAV = """
import av, json, sys
def packets(path):
    with av.open(path) as container:
        for packet in container.demux():
            if packet.size:
                key = packet.is_keyframe
                yield packet.stream_index, packet.size, packet.pts, packet.dts, packet.duration or 0, key
print(json.dumps([av.library_versions["libavformat"], {path: list(packets(path)) for path in sys.argv[1:]}]))
"""


@pytest.fixture(scope="module")
def pyav() -> dict[str, list[list[object]]]:
    """The packets of each file as PyAV reads them. Skips unless it has the FFmpeg that is loaded."""
    if not importlib.util.find_spec("av"):
        pytest.skip("there is no PyAV to compare with")
    command = [sys.executable, "-c", PYAV, *(str(path) for path in files())]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    version, packets = json.loads(output)
    if tuple(version) != ffbind.load().versions["avformat"]:
        pytest.skip(f"PyAV has libavformat {version}, and {ffbind.load().versions['avformat']} is loaded")
    result: dict[str, list[list[object]]] = packets
    return result


@pytest.mark.parametrize("path", EACH_FILE)
def test_packets_are_those_pyav_reads(path: Path, pyav: dict[str, list[list[object]]]) -> None:
    with Container.open(path) as container:
        assert [list(packet.values()) for packet in packets_of(container)] == pyav[str(path)]


@pytest.mark.parametrize("path", EACH_FILE)
def test_file_objects_give_what_paths_give(path: Path) -> None:
    with Container.open(path) as container:
        expected = packets_of(container)
        streams = [(stream.codec_name, stream.extradata, stream.time_base) for stream in container.streams]
    assert expected
    with path.open("rb") as file, Container.open(file) as container:
        assert packets_of(container) == expected
        assert [(stream.codec_name, stream.extradata, stream.time_base) for stream in container.streams] == streams


@pytest.mark.parametrize("path", EACH_FILE)
def test_cut_off_files_are_read_or_refused(path: Path) -> None:
    data = path.read_bytes()
    for cut in (0, 1, 100, len(data) // 3, len(data) - 1):
        try:
            with Container.open(unseekable(data[:cut])) as container:
                sizes = [packet.size for packet in container.packets()]
        except ffbind.FFmpegError:
            continue
        assert sum(sizes) <= cut


PIECES = (500, 4096)


@pytest.mark.skipif(not MEDIA, reason="CODECMODEL_MEDIA is not set")
@pytest.mark.parametrize("name", ["vp8.webm", "sfx-opus.ogg", "sfx.flac", "sfx.mp3", "sfx.adts"])
@pytest.mark.parametrize("most", PIECES)
def test_unseekable_pieces_give_the_same_packets(name: str, most: int) -> None:
    (path,) = (path for path in files() if path.name == name)
    with Container.open(path) as container:
        expected = [bytes(packet.data) for packet in container.packets()]
    with Container.open(unseekable(path.read_bytes(), most)) as container:
        assert [bytes(packet.data) for packet in container.packets()] == expected

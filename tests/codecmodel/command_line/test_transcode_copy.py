"""``transcode`` copies tracks, writes to standard output, and begins files as it is told."""

import subprocess
import sys
from pathlib import Path

import pytest

import ffbind
from codecmodel.command_line.main import main
from codecmodel.files import AudioTrack, Demuxer
from tests.codecmodel.files.media import audio, video, write, x264


def chunks(path: Path, index: int) -> list[tuple[int, bytes]]:
    """Timestamps (µs) and bytes of a track's chunks."""
    with Demuxer(path) as demuxer:
        return [(each.chunk.timestamp, each.chunk._internal_data) for each in demuxer.chunks([index])]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "codecmodel", "transcode", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, timeout=120)


@pytest.mark.parametrize(("source", "target"), [("mp4", "mkv"), ("mkv", "mp4"), ("mp4", "mov"), ("mov", "mp4")])
def test_chunks_are_copied(source: str, target: str, tmp_path: Path) -> None:
    made = write(
        tmp_path / f"source.{source}",
        x264(count=12, max_b_frames=2, options={"b_strategy": "0"}),
        audio("aac", format="fltp", count=20),
    )
    copy = tmp_path / f"target.{target}"
    assert main(["transcode", str(made), str(copy), "--video", "copy", "--audio", "copy", "--quiet"]) == 0
    for index in (0, 1):
        before, after = chunks(made, index), chunks(copy, index)
        assert [data for _, data in after] == [data for _, data in before]
        first, new_first = before[0][0], after[0][0]
        # Matroska counts milliseconds.
        for (timestamp, _), (new_timestamp, _) in zip(before, after, strict=True):
            assert abs((new_timestamp - new_first) - (timestamp - first)) <= 1000
    with Demuxer(made) as demuxer, Demuxer(copy) as copied:
        before_track, after_track = demuxer.tracks[1], copied.tracks[1]
        assert isinstance(before_track, AudioTrack)
        assert isinstance(after_track, AudioTrack)
        if source != "mkv":
            # FFmpeg 5 does not write the delay of AAC into Matroska.
            assert after_track.codec_delay == before_track.codec_delay == 1024


def test_one_track_is_copied_and_the_other_encoded(tmp_path: Path) -> None:
    made = write(tmp_path / "source.mkv", video("libvpx", count=10), audio("flac", format="s16", count=10))
    copy = tmp_path / "target.webm"
    assert main(["transcode", str(made), str(copy), "--video", "copy", "--quiet"]) == 0
    assert [data for _, data in chunks(copy, 0)] == [data for _, data in chunks(made, 0)]
    with Demuxer(copy) as demuxer:
        assert demuxer.audio_track.config["codec"] == "opus"


def test_a_codec_that_the_target_cannot_hold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made = write(tmp_path / "source.mp4", x264())
    assert main(["transcode", str(made), str(tmp_path / "target.webm"), "--video", "copy", "--quiet"]) == 1
    assert "the format cannot hold h264" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["source.mp4"]


def test_frames_without_a_time_of_presentation(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stream = x264(count=12, max_b_frames=2, global_header=False, options={"b_strategy": "0"})
    made = write(tmp_path / "source.h264", stream, format="h264")
    assert main(["transcode", str(made), str(tmp_path / "target.mp4"), "--video", "copy", "--quiet"]) == 1
    errors = capsys.readouterr().err
    assert "the file does not tell when frames are presented, so they cannot be copied" in errors
    assert errors.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["source.h264"]


@pytest.mark.parametrize("format", ["mp4", "matroska", "webm", "ogg"])
def test_standard_output(format: str, tmp_path: Path) -> None:
    made = write(tmp_path / "source.mkv", video("libvpx", count=10), audio("libopus", format="flt", count=20))
    finished = run(
        made, "-", "--format", format, "--video", "none" if format == "ogg" else "vp8" if format != "mp4" else "avc"
    )
    assert finished.returncode == 0, finished.stderr
    output = tmp_path / "output"
    output.write_bytes(finished.stdout)
    with Demuxer(output) as demuxer:
        assert len(demuxer.tracks) == (1 if format == "ogg" else 2)
    # The table is for people.
    assert b"vp8" in finished.stderr or format == "ogg"


def test_standard_output_needs_a_format(tmp_path: Path) -> None:
    made = write(tmp_path / "source.mkv", video("libvpx"))
    finished = run(made, "-", "--video", "vp8")
    assert (finished.returncode, finished.stdout) == (2, b"")
    message = "error: standard output has no extension to tell the format; --format names it\n"
    assert finished.stderr.decode() == message


def test_a_start_can_be_kept(tmp_path: Path) -> None:
    made = tmp_path / "source.mkv"
    stream = video("libvpx")
    with ffbind.ContainerWriter.open(made) as writer:
        index = writer.add_stream(stream.encoder)
        for packet in stream.packets:
            assert packet.pts is not None
            packet.pts = packet.dts = packet.pts + 250
            writer.write(packet, index)
    for options, start in (([], 0), (["--keep-start"], 10_000_000)):
        target = tmp_path / f"target{len(options)}.mkv"
        assert main(["transcode", str(made), str(target), "--quiet", "--video", "vp8", *options]) == 0
        assert chunks(target, 0)[0][0] == start


def test_the_index_of_an_mp4_file_can_come_first(tmp_path: Path) -> None:
    made = write(tmp_path / "source.mkv", x264())
    for options in ([], ["--moov-first"]):
        target = tmp_path / f"target{len(options)}.mp4"
        assert main(["transcode", str(made), str(target), "--quiet", "--video", "copy", *options]) == 0
        content = target.read_bytes()
        assert (content.index(b"moov") < content.index(b"mdat")) == bool(options)

"""``--from``, ``--to``, ``--size`` and ``--fps`` of ``decode`` and ``transcode``, and ``thumbnails --at``."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from codecmodel import VideoFrame
from codecmodel.command_line.main import main
from codecmodel.command_line.resizing import resized
from codecmodel.files import Demuxer
from codecmodel.files import open as open_media
from codecmodel.types import VideoFrameBufferInit, VideoPixelFormat
from tests.codecmodel.files.media import audio, write, x264
from tests.codecmodel.files.test_sound_ranges import Source

_PICTURE = 64 * 48 * 3 // 2
_RATE = 48_000
#: Pictures that are reordered, a key picture every ten, and sound without noise that decoders make up.
_VIDEO = {"preset": "ultrafast", "x264-params": "scenecut=0:b-adapt=0:bframes=2:keyint=10:min-keyint=10"}
_AUDIO = {"aac_pns": "0"}


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds."""
    return write(
        tmp_path_factory.mktemp("movie") / "a.mp4",
        x264(count=100, max_b_frames=2, gop_size=10, options=_VIDEO),
        audio("aac", format="fltp", count=187, fill=Source(), options=_AUDIO),
    )


def pictures(path: Path) -> list[bytes]:
    """The pictures of a Y4M file."""
    _, *frames = path.read_bytes().split(b"FRAME\n")
    return frames


def samples(path: Path) -> npt.NDArray[np.float32]:
    """The samples of a WAV file, whose header is as long as that of any other WAV file of floats here."""
    data = path.read_bytes()
    return np.frombuffer(data[data.index(b"data") + 8 :], np.float32).reshape(-1, 2)


@pytest.fixture(scope="module")
def whole(movie: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory of the whole movie's pictures and samples."""
    out = tmp_path_factory.mktemp("whole")
    assert main(["decode", str(movie), "--out", str(out), "--quiet"]) == 0
    return out


@pytest.mark.parametrize(
    ("arguments", "frames", "sound"),
    [
        (["--from", "1.5", "--to", "2"], slice(37, 50), slice(72_000, 96_000)),
        (["--from", "0:00:02.04"], slice(51, 100), slice(97_920, None)),
        (["--to", "0:0.1"], slice(0, 3), slice(0, 4800)),
        (["--from", "0", "--to", "400"], slice(0, 100), slice(0, None)),
    ],
)
def test_decode(
    movie: Path, whole: Path, arguments: Sequence[str], frames: slice, sound: slice, tmp_path: Path
) -> None:
    assert main(["decode", str(movie), "--out", str(tmp_path), "--quiet", *arguments]) == 0
    assert pictures(tmp_path / "a.mp4.track0.y4m") == pictures(whole / "a.mp4.track0.y4m")[frames]
    np.testing.assert_array_equal(samples(tmp_path / "a.mp4.track1.wav"), samples(whole / "a.mp4.track1.wav")[sound])


def test_decode_of_formats_that_are_read_from_the_beginning(tmp_path: Path) -> None:
    path = write(tmp_path / "a.ts", x264(count=50, max_b_frames=2), format="mpegts")
    with Demuxer(path) as demuxer:
        first = min(chunk.timestamp for chunk in demuxer.chunks_of(demuxer.video_track))
    assert main(["decode", str(path), "--out", str(tmp_path / "whole"), "--quiet"]) == 0
    start, end = (str((first + number * 40_000) / 1_000_000) for number in (20, 30))
    assert main(["decode", str(path), "--out", str(tmp_path / "part"), "--quiet", "--from", start, "--to", end]) == 0
    name = "a.ts.track0.y4m"
    assert pictures(tmp_path / "part" / name) == pictures(tmp_path / "whole" / name)[20:30]


def test_another_frame_rate_and_size(movie: Path, whole: Path, tmp_path: Path) -> None:
    arguments = ["decode", str(movie), "--out", str(tmp_path), "--quiet", "--tracks", "0", "--from", "1", "--to", "2"]
    assert main([*arguments, "--fps", "50"]) == 0
    all_pictures = pictures(whole / "a.mp4.track0.y4m")
    assert (tmp_path / "a.mp4.track0.y4m").read_bytes().startswith(b"YUV4MPEG2 W64 H48 F50:1 ")
    assert pictures(tmp_path / "a.mp4.track0.y4m") == [all_pictures[25 + number // 2] for number in range(50)]
    assert main([*arguments, "--fps", "10", "--size", "32x20", "--overwrite"]) == 0
    assert (tmp_path / "a.mp4.track0.y4m").read_bytes().startswith(b"YUV4MPEG2 W32 H20 F10:1 ")
    small = pictures(tmp_path / "a.mp4.track0.y4m")
    assert [len(picture) for picture in small] == [32 * 20 * 3 // 2] * 10
    for picture, number in zip(small, (25, 27, 30, 32, 35, 37, 40, 42, 45, 47), strict=True):
        # Every picture is of one colour.
        assert abs(picture[100] - all_pictures[number][1000]) <= 1


def timestamps(path: Path) -> tuple[list[int], list[int]]:
    """The timestamps of all frames, and the beginning and the end of the sound in µs."""
    with open_media(path) as media:
        times = []
        for frame in media.video:
            with frame:
                times.append(frame.timestamp)
        edges = []
        for data in media.audio:
            with data:
                edges.append([data.timestamp, data.timestamp + round(data.numberOfFrames * 1e6 / data.sampleRate)])
    return times, [edges[0][0], edges[-1][1]]


def test_transcode(movie: Path, tmp_path: Path) -> None:
    target = tmp_path / "b.mp4"
    arguments = ["transcode", str(movie), str(target), "--quiet", "--from", "1.01", "--to", "2.5"]
    assert main([*arguments, "--size", "32x16", "--fps", "20"]) == 0
    times, sound = timestamps(target)
    assert times == [number * 50_000 for number in range(30)]
    assert sound == pytest.approx([0, 1_490_000], abs=50)
    with Demuxer(target) as demuxer:
        assert (demuxer.video_track.config["codedWidth"], demuxer.video_track.config["codedHeight"]) == (32, 16)


def test_a_copy_begins_at_a_key_frame(movie: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "b.mp4"
    arguments = ["transcode", str(movie), str(target), "--quiet", "--from", "1.5", "--to", "2.5"]
    assert main([*arguments, "--video", "copy", "--audio", "copy"]) == 0
    assert capsys.readouterr().err == (
        f"warning: {movie}: the copy begins at 1.200 s, at the key frame before 1.500 s\n"
    )
    times, sound = timestamps(target)
    assert times[:33] == [number * 40_000 for number in range(33)]
    assert len(times) <= 36
    # Chunks of sound have 1,024 samples.
    assert 0 <= sound[0] <= 21_334
    assert abs(sound[1] - 1_300_000) <= 21_334
    with Demuxer(movie) as demuxer, Demuxer(target) as copied:
        chunks = [bytes(chunk) for chunk in demuxer.chunks_of(demuxer.video_track)]
        copies = [bytes(chunk) for chunk in copied.chunks_of(copied.video_track)]
    assert copies == chunks[30 : 30 + len(copies)]


def test_thumbnails_at_times(movie: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["thumbnails", str(movie), "--out", str(tmp_path), "--at", "2.5,0:01.01,3", "--width", "32"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        f"{tmp_path}/a.mp4.thumbnail{number}.png: at {time} s"
        for number, time in ((1, "2.480"), (2, "1.000"), (3, "3.000"))
    ]
    assert all((tmp_path / f"a.mp4.thumbnail{number}.png").exists() for number in (1, 2, 3))


def test_errors(movie: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "b.mp4"
    cases: list[tuple[list[str], str, int]] = [
        (["--from", "2", "--to", "1"], "--to is not after --from", 2),
        (["--from", "10"], f"{movie}: there is nothing in it between these times", 1),
        (["--video", "copy", "--fps", "10"], "a copy of video keeps its size and its frame rate", 2),
    ]
    for arguments, message, status in cases:
        assert main(["transcode", str(movie), str(target), *arguments]) == status
        assert capsys.readouterr().err == f"error: {message}\n"
        assert not target.exists()
    for option, value in (("--from", "-1"), ("--to", "soon"), ("--size", "640"), ("--size", "0x5"), ("--fps", "0")):
        with pytest.raises(SystemExit) as caught:
            main(["transcode", str(movie), str(target), f"{option}={value}"])
        assert caught.value.code == 2


@pytest.mark.parametrize("format", ["I420", "I422P10", "NV12", "RGBA", "I420A"])
def test_frames_of_all_layouts_are_scaled(format: VideoPixelFormat) -> None:
    """A picture of one colour stays one, with all of its properties."""
    init: VideoFrameBufferInit = {"format": format, "codedWidth": 32, "codedHeight": 16, "timestamp": 5, "duration": 7}
    with VideoFrame(bytes(32 * 16 * 8), init) as blank:
        planes = [
            np.full(plane.shape, 50 + 10 * index, plane.dtype) for index, plane in enumerate(blank.plane_arrays())
        ]
    data = b"".join(plane.tobytes() for plane in planes)
    with VideoFrame(data, init) as frame, resized(frame, (21, 9)) as small:
        assert (small.format, small.codedWidth, small.codedHeight) == (format, 21, 9)
        assert (small.timestamp, small.duration) == (5, 7)
        for index, plane in enumerate(small.plane_arrays()):
            assert np.unique(plane).tolist() == [50 + 10 * index]

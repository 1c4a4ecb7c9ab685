"""Alpha planes, which WebM stores beside the frames of VP8 and VP9."""

import asyncio
import json
import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import ffbind
from codecmodel import VideoDecoder, VideoEncoder, VideoFrame
from codecmodel.command_line.main import main
from codecmodel.files import DemuxedVideoChunk, Demuxer, Muxer
from tests.codecmodel.configured import record_configured

_WIDTH, _HEIGHT = 64, 48
_PIXELS = _WIDTH * _HEIGHT


def _frame(number: int) -> VideoFrame:
    """A frame of one level, and an alpha plane of another."""
    planes = [bytes([60 + number]) * _PIXELS, bytes([128]) * (_PIXELS // 2), bytes([200 - 20 * number]) * _PIXELS]
    return VideoFrame(
        b"".join(planes),
        {"format": "I420A", "codedWidth": _WIDTH, "codedHeight": _HEIGHT, "timestamp": 40_000 * number},
    )


async def _write(path: Path, codec: str, count: int = 5) -> Path:
    with Muxer(path) as muxer:
        track = muxer.add_video_track(frame_rate=Fraction(25))
        encoder = VideoEncoder({"output": track.write, "error": lambda error: pytest.fail(str(error))})
        encoder.configure(
            {
                "codec": codec,
                "width": _WIDTH,
                "height": _HEIGHT,
                "alpha": "keep",
                "framerate": 25,
                "bitrate": 500_000,
                "latencyMode": "realtime",
            }
        )
        for number in range(count):
            frame = _frame(number)
            encoder.encode(frame)
            frame.close()
        await encoder.flush()
        encoder.close()
    return path


def _alphas(directory: Path) -> npt.NDArray[np.int64]:
    """The alpha planes in a directory that a file was decoded to: frames, pixels."""
    (description,) = directory.glob("*.json")
    (data,) = directory.glob("*.raw")
    layout = json.loads(description.read_text())
    assert layout["format"] == "I420A"
    frames = np.fromfile(data, np.uint8).reshape(-1, layout["frameSize"])
    return frames[:, layout["layout"][3]["offset"] :].astype(int)


@pytest.fixture(params=["vp8", "vp09.00.10.08"])
def movie(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return asyncio.run(_write(tmp_path / "a.webm", str(request.param)))


def test_alpha_is_decoded(movie: Path, tmp_path: Path) -> None:
    assert main(["decode", str(movie), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    alphas = _alphas(tmp_path / "out")
    assert alphas.shape == (5, _PIXELS)
    assert [round(alpha.mean()) for alpha in alphas] == pytest.approx([200, 180, 160, 140, 120], abs=2)


@pytest.mark.parametrize("extension", ["webm", "mkv"])
def test_alpha_is_kept(movie: Path, extension: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / f"b.{extension}"
    assert main(["transcode", str(movie), str(target), "--video", "vp9", "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    assert main(["decode", str(target), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    alphas = _alphas(tmp_path / "out")
    assert [round(alpha.mean()) for alpha in alphas] == pytest.approx([200, 180, 160, 140, 120], abs=3)


@pytest.mark.parametrize(("name", "codec"), [("b.mp4", "avc"), ("b.mkv", "avc"), ("b.mp4", "vp9")])
def test_lost_alpha_is_told(
    movie: Path, name: str, codec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / name
    assert main(["transcode", str(movie), str(target), "--video", codec, "--quiet"]) == 0
    assert capsys.readouterr().err == f"warning: {movie}: track 0: the alpha plane is left out\n"


def test_no_decoder_hurries(movie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command never waits for a frame before it sends the next chunk. So no chunk need be decoded twice."""
    decoders = record_configured(monkeypatch, VideoDecoder)
    assert main(["decode", str(movie), "--out", str(tmp_path / "out")]) == 0
    assert [decoder._chunks_are_at_hand for decoder in decoders] == [True, True]


def test_probe_tells_of_alpha(movie: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", str(movie)]) == 0
    assert "with an alpha plane" in capsys.readouterr().out
    assert main(["probe", "--json", str(movie)]) == 0
    assert json.loads(capsys.readouterr().out)["tracks"][0]["alpha"] is True


def test_a_broken_alpha_plane_is_damage(movie: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Demuxer(movie) as demuxer:
        alpha = next(demuxed.alpha for demuxed in demuxer.chunks([0]) if isinstance(demuxed, DemuxedVideoChunk))
    assert alpha is not None
    data = movie.read_bytes()
    movie.write_bytes(data.replace(alpha, b"\xff" * len(alpha)))
    assert main(["decode", str(movie), "--out", str(tmp_path / "out"), "--quiet"]) == 1
    error = capsys.readouterr().err
    assert "EncodingError" in error or "DataError" in error
    assert "alpha planes are left out" in error
    assert "VideoFrame" not in ffbind.live_objects()


def test_a_faulty_file(tmp_path: Path) -> None:
    media = os.environ.get("CODECMODEL_MEDIA")
    path = Path(media or "", "..", "faults", "alpha9.webm")
    if media is None or not path.exists():
        pytest.skip("CODECMODEL_MEDIA names no directory with faults/alpha9.webm beside it")
    assert main(["decode", str(path), "--out", str(tmp_path / "first"), "--quiet"]) == 0
    assert main(["transcode", str(path), str(tmp_path / "b.webm"), "--quiet"]) == 0
    assert main(["decode", str(tmp_path / "b.webm"), "--out", str(tmp_path / "second"), "--quiet"]) == 0
    first, second = _alphas(tmp_path / "first"), _alphas(tmp_path / "second")
    assert first.shape == second.shape == (15, 160 * 120)
    assert (int(np.min(first)), int(np.max(first))) == (0, 159)
    assert np.abs(first - second).mean() < 2

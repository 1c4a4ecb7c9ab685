"""The programs in examples do what they say."""

import asyncio
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from codecmodel import VideoDecoder, VideoFrame
from codecmodel.files import Demuxer, VideoTrack

EXAMPLES = Path(__file__).parents[2] / "examples"
#: The middle of the ball in pictures 0, 15, 30 and 45 of the turn.
PLACES = {0: (260, 90), 15: (160, 140), 30: (60, 90), 45: (160, 40)}


@pytest.mark.parametrize("extension", ["webm", "mp4"])
def test_animation(extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"ball.{extension}"
    completed = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / "animation.py"), str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (completed.returncode, completed.stdout, completed.stderr) == (0, "", "")
    frames = asyncio.run(decode(path))
    assert [round(timestamp / 1000) for timestamp, _ in frames] == [round(number * 1000 / 30) for number in range(60)]
    for number, place in PLACES.items():
        # The ball is the brighter: orange on blue.
        rows, columns = np.nonzero(frames[number][1] > 110)
        middle = columns.mean(), rows.mean()
        assert np.hypot(middle[0] - place[0], middle[1] - place[1]) < 2


async def decode(path: Path) -> list[tuple[int, np.ndarray]]:
    """Timestamps (µs) and luma of all frames."""
    frames: list[tuple[int, np.ndarray]] = []

    def output(frame: VideoFrame) -> None:
        frames.append((frame.timestamp, np.array(frame.plane_arrays(visible=True)[0])))
        frame.close()

    decoder = VideoDecoder({"output": output, "error": lambda error: pytest.fail(str(error))})
    with Demuxer(path) as demuxer:
        (track,) = demuxer.tracks
        assert isinstance(track, VideoTrack)
        decoder.configure(track.config)
        for chunk in demuxer.chunks_of(track):
            decoder.decode(chunk)
    await decoder.flush()
    return frames

"""A ball that circles, drawn with numpy, as WebM or MP4: python animation.py ball.webm"""

import asyncio
import sys
from fractions import Fraction
from math import cos, pi, sin

import numpy as np
import numpy.typing as npt

from codecmodel import VideoEncoder, VideoFrame
from codecmodel.files import Muxer

WIDTH, HEIGHT, RADIUS = 320, 180, 20
FRAMES, FRAMES_PER_SECOND = 60, 30


def draw(number: int) -> npt.NDArray[np.uint8]:
    """Picture ``number`` of one turn, as rows of RGBA pixels."""
    turn = 2 * pi * number / FRAMES
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    distance = np.hypot(columns - WIDTH / 2 - 100 * cos(turn), rows - HEIGHT / 2 - 50 * sin(turn))
    ball = np.clip(RADIUS - distance, 0, 1)[..., np.newaxis]
    blue, orange = np.array([20, 40, 80, 255]), np.array([255, 160, 40, 255])
    picture: npt.NDArray[np.uint8] = np.rint(blue + ball * (orange - blue)).astype(np.uint8)
    return picture


async def main(path: str) -> None:
    codec = "avc1.64000d" if path.endswith(".mp4") else "vp09.00.11.08"
    with Muxer(path) as muxer:
        track = muxer.add_video_track(frame_rate=Fraction(FRAMES_PER_SECOND))
        encoder = VideoEncoder({"output": track.write, "error": print})
        encoder.configure(
            {"codec": codec, "width": WIDTH, "height": HEIGHT, "bitrate": 500_000, "framerate": FRAMES_PER_SECOND}
        )
        dequeued = asyncio.Event()
        encoder.ondequeue = lambda event: dequeued.set()
        for number in range(FRAMES):
            frame = VideoFrame(
                draw(number),
                {
                    "format": "RGBA",
                    "codedWidth": WIDTH,
                    "codedHeight": HEIGHT,
                    "timestamp": number * 1_000_000 // FRAMES_PER_SECOND,
                    "duration": 1_000_000 // FRAMES_PER_SECOND,
                },
            )
            encoder.encode(frame, {"keyFrame": number == 0})
            frame.close()
            while encoder.encodeQueueSize > 4:
                dequeued.clear()
                await dequeued.wait()
        await encoder.flush()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))

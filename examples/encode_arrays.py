"""Pictures that are drawn with numpy, as a video: encode_arrays.py VIDEO.webm"""

import sys
from collections.abc import Iterator

import numpy as np

from codecmodel import VideoFrame
from codecmodel.files import Muxer
from codecmodel.iteration import blocking, encoded_video


def frames() -> Iterator[VideoFrame]:
    for number in range(50):
        picture = np.full((180, 320, 3), (5 * number, 80, 160), np.uint8)  # rows, columns, R G B
        yield VideoFrame.from_arrays(picture, {"timestamp": number * 40_000, "duration": 40_000})


with Muxer(sys.argv[1]) as muxer:
    track = muxer.add_video_track()
    for chunk, metadata in blocking(encoded_video({"codec": "vp8", "width": 320, "height": 180}, frames())):
        track.write(chunk, metadata)

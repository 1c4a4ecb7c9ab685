"""The program of pyav/port_pyav.py in WebCodecs' terms: the negative of a video: port_pyav.py VIDEO WEBM"""

import sys
from collections.abc import Iterator

import codecmodel.files
from codecmodel import VideoFrame
from codecmodel.iteration import blocking, encoded_video
from codecmodel.rgb import exact_rgb


def negatives(media: codecmodel.files.MediaFile) -> Iterator[VideoFrame]:
    for frame in media.video:
        with frame:
            yield VideoFrame.from_arrays(255 - exact_rgb(frame), {"timestamp": frame.timestamp})


with codecmodel.files.open(sys.argv[1]) as media, codecmodel.files.Muxer(sys.argv[2]) as muxer:
    track, size = muxer.add_video_track(), media.video.track.config
    encoder = encoded_video(
        {"codec": "vp8", "width": size["codedWidth"], "height": size["codedHeight"]}, negatives(media)
    )
    for chunk, metadata in blocking(encoder):
        track.write(chunk, metadata)

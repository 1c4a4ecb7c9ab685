"""A video in memory as WebM in memory: transcode_in_memory.py < VIDEO > WEBM"""

import io
import sys

import codecmodel.files
from codecmodel.iteration import blocking, encoded_video
from codecmodel.types import VideoEncoderConfig


def to_webm(data: bytes) -> bytes:
    target = io.BytesIO()
    with codecmodel.files.open(data) as media, codecmodel.files.Muxer(target, "webm") as muxer:
        size = media.video.track.config
        config: VideoEncoderConfig = {"codec": "vp8", "width": size["codedWidth"], "height": size["codedHeight"]}
        track = muxer.add_video_track(frame_rate=media.video.track.frame_rate)
        for chunk, metadata in blocking(encoded_video(config, media.video)):
            track.write(chunk, metadata)
    return target.getvalue()


sys.stdout.buffer.write(to_webm(sys.stdin.buffer.read()))

"""For hosts that bring parts of a user agent of their own: images to make frames of, streams, a platform of codecs.

Or the platform that there is, with other settings.
"""

from codecmodel.platform.current import current_platform, use_platform
from codecmodel.platform.ffmpeg import FFmpegPlatform
from codecmodel.platform.platform import Platform
from codecmodel.platform.threads import set_thread_limit
from codecmodel.raw_media.image_source import (
    BitmapSource,
    ImageElementSource,
    ImageSource,
    VideoElementSource,
    pixels_in_memory,
)
from codecmodel.web.event_loop import EventLoop, TaskSource, current_event_loop, use_event_loop
from codecmodel.web.streams import ReadableStream, ReadRequest, StreamReader

__all__ = [
    "BitmapSource",
    "EventLoop",
    "FFmpegPlatform",
    "ImageElementSource",
    "ImageSource",
    "Platform",
    "ReadRequest",
    "ReadableStream",
    "StreamReader",
    "TaskSource",
    "VideoElementSource",
    "current_event_loop",
    "current_platform",
    "pixels_in_memory",
    "set_thread_limit",
    "use_event_loop",
    "use_platform",
]

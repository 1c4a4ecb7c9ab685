"""Frames as RGB arrays: the exact way, and the fast way beside it. Not in the spec.

Which equations apply, and how far either way may be off: docs/colour.md. All of these functions run on the thread that
calls them.
"""

from codecmodel.platform.ffmpeg.approximate_rgb import approximate_rgb
from codecmodel.raw_media.rgb.conversion import RGBFormat, convert_to_rgb, rgb_array
from codecmodel.raw_media.video_frame_conversion import rendered, source_picture

__all__ = ["RGBFormat", "approximate_rgb", "convert_to_rgb", "rendered", "rgb_array", "source_picture"]

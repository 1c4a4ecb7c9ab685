"""The internal slots of AudioData (§ 9.2.1) and VideoFrame (§ 9.4.1), which the algorithms of chapter 9 read and write.

The exposed classes derive from the classes below, so that no algorithm has to import an exposed class.
"""

from typing import Final

from codecmodel.raw_media.audio_sample_format import AudioSampleFormat
from codecmodel.raw_media.color_space import VideoColorSpace
from codecmodel.raw_media.dom_rect import DOMRectReadOnly, new_dom_rect
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.resource_protocols import AudioResource, VideoResource
from codecmodel.raw_media.transfer import RawMedia
from codecmodel.raw_media.video_frame_metadata import VideoFrameMetadata
from codecmodel.web.errors import DOMException

_AUDIO_DATA_SLOTS: Final = ("_format", "_number_of_channels", "_number_of_frames", "_sample_rate", "_timestamp")
_VIDEO_FRAME_SLOTS: Final = (
    "_coded_height",
    "_coded_width",
    "_color_space",
    "_display_height",
    "_display_width",
    "_duration",
    "_flip",
    "_format",
    "_metadata",
    "_rotation",
    "_timestamp",
    "_visible_height",
    "_visible_left",
    "_visible_top",
    "_visible_width",
)


class AudioDataSlots(RawMedia[AudioResource]):
    """The state of an AudioData."""

    __slots__ = _AUDIO_DATA_SLOTS
    _describing_slots = _AUDIO_DATA_SLOTS

    #: [[format]]
    _format: AudioSampleFormat | None
    #: [[sample rate]], in Hz
    _sample_rate: float
    #: [[number of frames]]
    _number_of_frames: int
    #: [[number of channels]]
    _number_of_channels: int
    #: [[timestamp]], in microseconds
    _timestamp: int

    def _require_named_format(self) -> AudioSampleFormat:
        """The sample format. Raises NotSupportedError if the spec has no name for it."""
        if self._format is None:
            raise DOMException("the spec has no name for the format of these samples", "NotSupportedError")
        return self._format


class VideoFrameSlots(RawMedia[VideoResource]):
    """The state of a VideoFrame."""

    __slots__ = _VIDEO_FRAME_SLOTS
    _describing_slots = _VIDEO_FRAME_SLOTS

    #: [[format]]
    _format: VideoPixelFormat | None
    #: [[coded width]], in pixels
    _coded_width: int
    #: [[coded height]], in pixels
    _coded_height: int
    #: [[visible left]], in pixels
    _visible_left: int
    #: [[visible top]], in pixels
    _visible_top: int
    #: [[visible width]], in pixels
    _visible_width: int
    #: [[visible height]], in pixels
    _visible_height: int
    #: [[rotation]], in degrees clockwise
    _rotation: float
    #: [[flip]]
    _flip: bool
    #: [[display width]], in pixels
    _display_width: int
    #: [[display height]], in pixels
    _display_height: int
    #: [[duration]], in microseconds
    _duration: int | None
    #: [[timestamp]], in microseconds
    _timestamp: int
    #: [[color space]]
    _color_space: VideoColorSpace
    #: [[metadata]]
    _metadata: VideoFrameMetadata

    def _require_named_format(self) -> VideoPixelFormat:
        """The pixel format. Raises NotSupportedError if the spec has no name for it."""
        if self._format is None:
            raise DOMException("the spec has no name for the format of these pixels", "NotSupportedError")
        return self._format

    def _visible_rect(self) -> DOMRectReadOnly:
        """The visible rectangle, in pixels of the coded size."""
        return new_dom_rect(self._visible_left, self._visible_top, self._visible_width, self._visible_height)

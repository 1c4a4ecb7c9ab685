"""What scenarios of chapter 9 make their frames and samples of: bytes, or resources that are counted."""

from collections.abc import Mapping
from typing import Final, cast

from codecmodel import AudioData, VideoFrame
from codecmodel.infra.buffers import BufferSource
from codecmodel.raw_media.audio_data_copy import AudioDataCopyToOptions
from codecmodel.raw_media.audio_data_init import AudioDataInit
from codecmodel.raw_media.dom_rect import DOMRectInit, DOMRectReadOnly
from codecmodel.raw_media.plane_layout import PlaneLayout
from codecmodel.raw_media.video_frame import create_a_video_frame
from codecmodel.raw_media.video_frame_copy import VideoFrameCopyToOptions
from codecmodel.raw_media.video_frame_init import VideoFrameBufferInit, VideoFrameInit
from conformance.context import Test
from conformance.schedules.scripted_media import ResourceLedger, ScriptedAudioResource, ScriptedVideoResource

#: 4 x 2 pixels of I420, each byte another.
I420: Final = bytes(range(1, 13))
I420_INIT: Final[Mapping[str, object]] = {"format": "I420", "codedWidth": 4, "codedHeight": 2, "timestamp": 1234}
#: Three frames of two channels, s16, interleaved.
S16: Final = b"\x01\x00\x02\x00\x03\x00\x04\x00\x05\x00\x06\x00"
S16_INIT: Final[Mapping[str, object]] = {
    "format": "s16",
    "sampleRate": 48000,
    "numberOfFrames": 3,
    "numberOfChannels": 2,
    "timestamp": 1234,
    "data": S16,
}


class _UnnamedVideoResource(ScriptedVideoResource):
    """A picture in a format that the spec has no name for."""

    @property
    def format(self) -> None:
        return None


class _UnnamedAudioResource(ScriptedAudioResource):
    """Samples in a format that the spec has no name for."""

    @property
    def format(self) -> None:
        return None


def new_frame(data: object = I420, **members: object) -> VideoFrame:
    """A VideoFrame of bytes, I420 of 4 x 2 pixels unless ``members`` say otherwise. It is closed by its scenario."""
    return VideoFrame(cast("BufferSource", data), cast("VideoFrameBufferInit", {**I420_INIT, **members}))


def frame_of_frame(image: VideoFrame, **members: object) -> VideoFrame:
    """A VideoFrame of another one."""
    return VideoFrame(image, cast("VideoFrameInit", members))


def new_audio_data(**members: object) -> AudioData:
    """An AudioData, of S16 unless ``members`` say otherwise."""
    return AudioData(cast("AudioDataInit", {**S16_INIT, **members}))


def counted_frame(ledger: ResourceLedger, *, named: bool = True) -> VideoFrame:
    """A VideoFrame of 2 x 2 pixels, all of value 7, whose resource is counted; its format has a name in the spec."""
    resource = (ScriptedVideoResource if named else _UnnamedVideoResource)(ledger, 7)
    return create_a_video_frame(resource, 1234, None, None, None, None, 0.0, False)


def counted_audio_data(ledger: ResourceLedger, *, named: bool = True) -> AudioData:
    """An AudioData of four f32 samples of value 7, whose resource is counted; its format has a name in the spec."""
    return AudioData._create((ScriptedAudioResource if named else _UnnamedAudioResource)(ledger, 7), 1234)


def closed(t: Test, *media: AudioData | VideoFrame) -> None:
    """Close ``media`` when the scenario has ended."""
    for item in media:
        t.add_cleanup(item.close)


async def pixels_of(frame: VideoFrame, **options: object) -> bytes:
    """All that ``copyTo`` with these options writes."""
    destination = bytearray(frame.allocationSize(cast("VideoFrameCopyToOptions", options)))
    await layout_of(frame, destination, **options)
    return bytes(destination)


async def layout_of(frame: VideoFrame, destination: BufferSource, **options: object) -> list[PlaneLayout]:
    """What ``copyTo`` with these options gives."""
    return await frame.copyTo(destination, cast("VideoFrameCopyToOptions", options))


def allocation_size(media: AudioData | VideoFrame, **options: object) -> int:
    """``allocationSize`` with these options."""
    if isinstance(media, VideoFrame):
        return media.allocationSize(cast("VideoFrameCopyToOptions", options))
    return media.allocationSize(cast("AudioDataCopyToOptions", options))


def copy_options(plane: int, **options: object) -> AudioDataCopyToOptions:
    """The options of AudioData's methods."""
    return cast("AudioDataCopyToOptions", {"planeIndex": plane, **options})


def samples_of(data: AudioData, plane: int = 0, **options: object) -> bytes:
    """All that ``copyTo`` with these options writes."""
    destination = bytearray(data.allocationSize(copy_options(plane, **options)))
    data.copyTo(destination, copy_options(plane, **options))
    return bytes(destination)


def rect(x: float, y: float, width: float, height: float) -> DOMRectInit:
    """A DOMRectInit."""
    return {"x": x, "y": y, "width": width, "height": height}


def numbers_of(rectangle: DOMRectReadOnly | None) -> tuple[float, ...] | None:
    """x, y, width, height."""
    return None if rectangle is None else (rectangle.x, rectangle.y, rectangle.width, rectangle.height)


def display_size(frame: VideoFrame) -> tuple[int, int]:
    """displayWidth, displayHeight."""
    return frame.displayWidth, frame.displayHeight

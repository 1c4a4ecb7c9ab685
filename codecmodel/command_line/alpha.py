"""Joins the colours of a track with its alpha plane, which WebM stores as a stream of its own (VP8, VP9).

WebCodecs gives decoders no alpha: a chunk of the second stream is decoded like any other, and its luma is the alpha.
"""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from codecmodel.codecs.video_decoder import VideoDecoder
from codecmodel.configurations.decoder_configurations import VideoDecoderConfig
from codecmodel.encoded_chunks import EncodedVideoChunk
from codecmodel.files.picture import packed_planes, shape_of_picture
from codecmodel.files.tracks import DemuxedVideoChunk
from codecmodel.raw_media.pixel_format import PIXEL_FORMATS, VideoPixelFormat
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.raw_media.video_frame_init import VideoFrameBufferInit
from codecmodel.web.errors import DOMException
from codecmodel.web.events import Event

#: A format without alpha → the same format with it.
_WITH_ALPHA: Final[dict[str, VideoPixelFormat]] = {
    name[:4] + name[5:]: name for name, format in PIXEL_FORMATS.items() if format.has_alpha and name[4:5] == "A"
}


class AlphaJoiner:
    """Decodes the alpha planes of a track, and outputs its frames with them.

    ``deliver`` is called with each frame, which it closes, in the order in which ``join`` got the frames. ``fail`` is
    called if the alpha cannot be decoded, ``wake`` when the decoder's queue becomes shorter.
    """

    def __init__(
        self,
        config: VideoDecoderConfig,
        deliver: Callable[[VideoFrame], None],
        fail: Callable[[DOMException], None],
        wake: Callable[[Event], None],
    ) -> None:
        self._deliver = deliver
        # Frames that wait for their alpha, and the alpha of frames that have not come yet.
        self._frames: deque[VideoFrame] = deque()
        self._alphas: dict[int, VideoFrame] = {}
        # Timestamps of the chunks whose alpha is being decoded.
        self._expected: set[int] = set()
        self._decoder = VideoDecoder({"output": self._take_alpha, "error": fail})
        self._decoder._chunks_are_at_hand = True
        self._decoder.ondequeue = wake
        self._decoder.configure({"codec": config["codec"]})

    @property
    def queue_size(self) -> int:
        """The number of decode requests that are pending."""
        return self._decoder.decodeQueueSize

    def decode(self, demuxed: DemuxedVideoChunk) -> None:
        """Decode the alpha of the chunk, if it has any. Raises DOMException, as VideoDecoder.decode() does."""
        if demuxed.alpha is None:
            return
        chunk = demuxed.chunk
        self._decoder.decode(
            EncodedVideoChunk({"type": chunk.type, "timestamp": chunk.timestamp, "data": demuxed.alpha})
        )
        self._expected.add(chunk.timestamp)

    def join(self, frame: VideoFrame) -> None:
        """Deliver the frame, which is taken over, as soon as its alpha is there."""
        self._frames.append(frame)
        self._deliver_all(is_complete=False)

    async def flush(self) -> None:
        """Deliver all frames. Raises DOMException if the alpha cannot be decoded."""
        if self._decoder.state == "configured":
            await self._decoder.flush()
        self._deliver_all(is_complete=True)

    def close(self) -> None:
        """Drop all frames."""
        if self._decoder.state != "closed":
            self._decoder.close()
        for frame in (*self._frames, *self._alphas.values()):
            frame.close()
        self._frames.clear()
        self._alphas.clear()

    async def end(self) -> None:
        """Deliver all frames, those without their alpha as they are, and close. Never raises."""
        with suppress(DOMException):
            await self.flush()
        self._deliver_all(is_complete=True)
        self.close()

    def _take_alpha(self, alpha: VideoFrame) -> None:
        self._alphas[alpha.timestamp] = alpha
        self._deliver_all(is_complete=False)

    def _deliver_all(self, *, is_complete: bool) -> None:
        """Deliver frames up to the first whose alpha may still come, if not everything has come (``is_complete``)."""
        while self._frames:
            frame = self._frames[0]
            alpha = self._alphas.pop(frame.timestamp, None)
            if alpha is None and frame.timestamp in self._expected and not is_complete:
                return
            self._expected.discard(frame.timestamp)
            self._frames.popleft()
            self._deliver(frame if alpha is None else _joined(frame, alpha))


def _joined(frame: VideoFrame, alpha: VideoFrame) -> VideoFrame:
    """The frame with the luma of ``alpha`` as its alpha plane, in new memory. Both are closed."""
    shape, alpha_shape = shape_of_picture(frame), shape_of_picture(alpha)
    format = _WITH_ALPHA.get(shape.format or "")
    if format is None or (shape.width, shape.height) != (alpha_shape.width, alpha_shape.height):
        # This alpha is not for this frame.
        alpha.close()
        return frame
    init: VideoFrameBufferInit = {
        "format": format,
        "codedWidth": shape.width,
        "codedHeight": shape.height,
        "timestamp": frame.timestamp,
        "rotation": shape.rotation,
        "flip": shape.flip,
        "displayWidth": shape.display_width,
        "displayHeight": shape.display_height,
        "colorSpace": shape.color_space,
    }
    if frame.duration is not None:
        init["duration"] = frame.duration
    joined = VideoFrame(b"".join([*packed_planes(frame), packed_planes(alpha)[0]]), init)
    frame.close()
    alpha.close()
    return joined

"""The [[codec implementation]] of VideoDecoder on FFmpeg."""

import os
from collections.abc import Sequence
from typing import Final

from codecmodel.configurations.decoder_configurations import VideoDecoderConfig, description_of
from codecmodel.platform.codec_implementation import CodecError, CodecRequests, DecodedOutput
from codecmodel.platform.ffmpeg.decoding.decoder_support import (
    decoder_name,
    may_be_reordered,
    nal_unit_length_size,
    require_valid_description,
)
from codecmodel.platform.ffmpeg.decoding.picture_sizes import declared_sizes
from codecmodel.platform.ffmpeg.pixel_limit import PixelLimit
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.raw_media.resource_protocols import VideoResource
from codecmodel.registry import parse_codec_string
from codecmodel.registry.hevc import has_picture
from codecmodel.registry.nal_units import is_length_prefixed
from ffbind import Decoder, DecoderSettings, FFbindError, FFmpegError, Frame, StreamHeader
from ffbind.h273 import UNSPECIFIED

_MAXIMUM_THREADS: Final = 16
#: Frames smaller than this many pixels are not worth a second thread.
_SMALL: Final = 320 * 240
#: Requests beyond the codec's own depth, so that its threads never wait for the event loop.
_SPARE_REQUESTS: Final = 8
#: FFmpeg's codes when a picture is too large, of its own decoders and of libdav1d: EINVAL and ERANGE.
_SIZE_REFUSED: Final = (-22, -34)
#: Chunks whose timestamps are remembered: more than any decoder holds back.
_REMEMBERED_CHUNKS: Final = 256
#: VP9 has one number for a colour space (§ 7.2.2, color_space), of which FFmpeg reports the matrix: H.273's matrix →
#: primaries and transfer. The transfer of BT.2020 depends on what the stream is for.
_VP9_COLORS: Final = {0: (1, 13), 1: (1, 1), 5: (5, 6), 6: (6, 6), 9: (9, UNSPECIFIED)}


class FFmpegVideoDecoder:
    """Decodes video with FFmpeg. Timestamps and durations in microseconds."""

    def __init__(self, limit: PixelLimit | None = None) -> None:
        self._limit = limit or PixelLimit()
        # One more than there are cores, as FFmpeg itself chooses: a thread that waits does not leave a core idle.
        self._threads = min(_MAXIMUM_THREADS, (os.cpu_count() or 1) + 1)
        self.requests = CodecRequests(self._threads + _SPARE_REQUESTS)
        self._config: VideoDecoderConfig | None = None
        self._has_reordering = False
        self._description: bytes | None = None
        # Bytes before each NAL unit; 0 in Annex B format, and for codecs that have no NAL units.
        self._length_size = 0
        self._codec = ""
        # Errors of a decoder with threads may come when it is flushed.
        self._last_chunk = b""
        self._decoder: Decoder | None = None
        # FFmpeg sees a chunk's number in place of its timestamp, so that chunks with equal timestamps stay apart.
        self._chunk_number = 0
        self._chunks: dict[int, tuple[int, int | None]] = {}

    def configure(self, config: VideoDecoderConfig) -> None:
        self._close()
        description = description_of(config)
        require_valid_description(config, description)
        codec_string = parse_codec_string(config["codec"])
        assert codec_string is not None, "the configuration is supported"
        self._config = config
        # Only these two codecs reorder frames, and only their registrations use a description.
        self._has_reordering = codec_string.codec in ("avc", "hevc")
        self._codec = codec_string.codec
        self._description = description if self._has_reordering else None
        self._length_size = nal_unit_length_size(config["codec"], self._description)
        if codec_string.codec != "avc" or description is not None:
            self._decoder = self._open(None)

    def _open(self, first_chunk: bytes | None) -> Decoder:
        """Open the decoder. Annex B H.264 needs its first chunk for this, where the parameter sets are."""
        config = self._config
        assert config is not None, "configured before anything is decoded"
        options = dict(self._limit.options)
        low_latency = config.get("optimizeForLatency", False)
        if not low_latency and may_be_reordered(config["codec"], self._description, first_chunk):
            # Where a stream doesn't say how far its frames are reordered FFmpeg guesses, and corrects itself by
            # dropping frames, unless it is to be strict.
            options["strict"] = "strict"
        width, height = config.get("codedWidth", 0), config.get("codedHeight", 0)
        threads = 1 if 0 < width * height <= _SMALL else self._threads
        try:
            return Decoder(
                decoder_name(config["codec"]),
                StreamHeader(extradata=self._description or b"", width=width, height=height),
                DecoderSettings(
                    threads=threads,
                    # A thread per frame holds back a frame per thread.
                    thread_type="slice" if low_latency else "both",
                    # With B-frames this flag would have FFmpeg output frames in the wrong order.
                    low_delay=low_latency and not self._has_reordering,
                    crop=False,
                ),
                options=options,
            )
        except FFbindError as error:
            reason = self._explained(error, first_chunk or b"")
            raise CodecError(f"the decoder cannot be opened: {reason}") from error

    def decode(self, data: bytes, timestamp: int, duration: int | None) -> Sequence[DecodedOutput[VideoResource]]:
        if not data:
            # FFmpeg takes an empty packet for the end of the stream.
            raise CodecError("the chunk is empty")
        if self._length_size and not is_length_prefixed(data, self._length_size):
            # FFmpeg would take Annex B data for what it is; the registrations have the description decide.
            raise CodecError("the chunk is not in the format that the description is of")
        if self._codec == "hevc" and not has_picture(data, self._length_size):
            # FFmpeg would pass over it, other than with H.264.
            raise CodecError("there is no picture in the chunk")
        decoder = self._decoder
        if decoder is None:
            decoder = self._decoder = self._open(data)
        number = self._chunk_number
        self._chunk_number = number + 1
        self._chunks[number] = timestamp, duration
        if len(self._chunks) > _REMEMBERED_CHUNKS:
            del self._chunks[next(iter(self._chunks))]
        self._last_chunk = data
        try:
            frames = decoder.decode(data, number)
        except FFbindError as error:
            raise CodecError(self._explained(error, data)) from error
        return self._outputs(frames) if frames else ()

    def _explained(self, error: FFbindError, data: bytes) -> str:
        """The reason for which FFmpeg refused a chunk. If that is the limit on pixels, it doesn't say so itself."""
        for size in declared_sizes(self._codec, self._description, self._length_size, data):
            if not self._limit.allows(*size):
                return self._limit.refusal(*size)
        if isinstance(error, FFmpegError) and error.code in _SIZE_REFUSED:
            return f"{error}: perhaps the picture has more than {self._limit.maximum} pixels (maximum_pixels)"
        return str(error)

    def flush(self) -> Sequence[DecodedOutput[VideoResource]]:
        if self._decoder is None:
            return ()
        try:
            frames = self._decoder.drain()
        except FFbindError as error:
            raise CodecError(self._explained(error, self._last_chunk)) from error
        return self._outputs(frames)

    def drain(self) -> Sequence[DecodedOutput[VideoResource]]:
        return self.flush()

    def cease(self) -> None:
        self._close()

    def release(self) -> None:
        self._close()

    def _close(self) -> None:
        self._chunks.clear()
        self._last_chunk = b""
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None

    def _outputs(self, frames: Sequence[Frame]) -> Sequence[DecodedOutput[VideoResource]]:
        for frame in frames:
            width, height, is_damaged = frame.width, frame.height, frame.corrupt or frame.decode_error_flags
            if is_damaged or not self._limit.allows(width, height):
                for each in frames:
                    each.close()
                raise CodecError("the frame is damaged" if is_damaged else self._limit.refusal(width, height))
        outputs: list[DecodedOutput[VideoResource]] = []
        for frame in frames:
            number = frame.pts
            assert number is not None, "FFmpeg keeps a packet's timestamp"
            timestamp, duration = self._chunks[number]
            if self._codec == "vp9" and frame.color_primaries == frame.color_trc == UNSPECIFIED:
                primaries, transfer = _VP9_COLORS.get(frame.colorspace, (UNSPECIFIED, UNSPECIFIED))
                frame.color_primaries, frame.color_trc = primaries, transfer
            outputs.append(DecodedOutput(FFmpegVideoResource(frame), timestamp, duration))
        return outputs

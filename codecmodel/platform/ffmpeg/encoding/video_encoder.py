"""The [[codec implementation]] of VideoEncoder on FFmpeg."""

from collections.abc import Sequence
from typing import Final, TypeAlias

from codecmodel.configurations.encoder_configurations import VideoEncoderConfig, VideoEncoderEncodeOptions
from codecmodel.platform.codec_implementation import CodecError, CodecRequests, EncodedVideoOutput, VideoInput
from codecmodel.platform.ffmpeg.encoding.video_codecs import video_encoding
from codecmodel.platform.ffmpeg.encoding.video_input import Pictures, Stream
from codecmodel.platform.ffmpeg.encoding.video_settings import VideoEncoding
from codecmodel.registry import parse_codec_string
from codecmodel.registry.encoder_extensions import HIGHEST_QUANTIZERS
from ffbind import Encoder, FFbindError, PacketContent
from ffbind.named_tuples import new_named_tuple

_CAPACITY: Final = 8
#: FFmpeg: AV_PKT_DATA_MATROSKA_BLOCKADDITIONAL, which begins with an identifier of eight bytes: 1 for alpha.
_BLOCK_ADDITIONAL: Final = 15
_IDENTIFIER_SIZE: Final = 8


#: What is remembered of a frame: timestamp and duration in microseconds, and its temporal layer.
_Input: TypeAlias = tuple[int, int | None, int | None]


class FFmpegVideoEncoder:
    """Encodes video with FFmpeg. Timestamps and durations in microseconds.

    The encoder is opened with the first frame, whose colours are in the bitstream, and anew for one of other colours,
    or one that has alpha where the last one had none: that is a key frame then.
    """

    def __init__(self) -> None:
        self.requests = CodecRequests(_CAPACITY)
        self._encoding: VideoEncoding | None = None
        self._highest_quantizer = 0
        self._codec = ""
        self._encoder: Encoder | None = None
        self._pictures: Pictures | None = None
        self._stream: Stream | None = None
        self._description: bytes | None = None
        self._quantizer: int | None = None
        # FFmpeg sees a frame's number in place of its timestamp.
        self._number = 0
        self._inputs: dict[int, _Input] = {}
        # Frames since the pattern of temporal layers began.
        self._place_in_pattern = 0

    def configure(self, config: VideoEncoderConfig) -> Sequence[EncodedVideoOutput]:
        pending = self.flush()
        self._close()
        encoding = video_encoding(config)
        codec_string = parse_codec_string(config["codec"])
        assert encoding is not None, "the configuration is supported"
        assert codec_string is not None, "the configuration is supported"
        self._encoding = encoding
        self._codec = codec_string.codec
        self._highest_quantizer = HIGHEST_QUANTIZERS.get(codec_string.codec, 0)
        self._pictures = Pictures(encoding)
        self._quantizer = None
        return pending

    def encode(self, input: VideoInput) -> Sequence[EncodedVideoOutput]:
        encoding, pictures = self._encoding, self._pictures
        assert encoding is not None, "configured before anything is encoded"
        assert pictures is not None, "configured before anything is encoded"
        options = input.options
        outputs: Sequence[EncodedVideoOutput] = ()
        try:
            picture = pictures.picture(input)
            frame, is_own = picture.frame, not picture.is_kept
            try:
                if picture.stream != self._stream:
                    outputs = self._begin_stream(encoding, picture.stream)
                encoder = self._encoder
                assert encoder is not None, "opened for the stream"
                if encoding.set_quantizer is not None:
                    quantizer = self._quantizer_of(options)
                    if quantizer is not None:
                        if not is_own:
                            # The quantizer may be set on the frame.
                            frame, is_own = frame.ref(), True
                        encoding.set_quantizer(encoder, frame, quantizer)
                number = self._number
                self._number = number + 1
                key_frame = options.get("keyFrame", False)
                layer = None
                if encoding.layers:
                    layer = self._next_layer(encoding.layers, is_first=key_frame or number == 0)
                self._inputs[number] = input.timestamp, input.duration, layer
                side_data = None if encoding.alpha_format is None else _BLOCK_ADDITIONAL
                packets = encoder.encode_to_content(frame, pts=number, key_frame=key_frame, side_data=side_data)
            finally:
                if is_own:
                    frame.close()
        except (FFbindError, ValueError) as error:
            raise CodecError(str(error)) from error
        return [*outputs, *self._outputs(packets)] if outputs else self._outputs(packets)

    def flush(self) -> Sequence[EncodedVideoOutput]:
        encoder = self._encoder
        if encoder is None or not self._inputs:
            # Nothing is pending, and the encoder can go on.
            return ()
        try:
            outputs = self._outputs([packet.content(_BLOCK_ADDITIONAL) for packet in encoder.drain()])
        except FFbindError as error:
            raise CodecError(str(error)) from error
        self._close_encoder()
        return outputs

    def cease(self) -> None:
        self._close()

    def release(self) -> None:
        self._close()

    def _close(self) -> None:
        self._close_encoder()
        if self._pictures is not None:
            self._pictures.close()

    def _close_encoder(self) -> None:
        self._number = 0
        self._inputs.clear()
        self._stream = None
        if self._encoder is not None:
            self._encoder.close()
            self._encoder = None

    def _begin_stream(self, encoding: VideoEncoding, stream: Stream) -> Sequence[EncodedVideoOutput]:
        """Have the encoder be one for the stream. Returns what was pending in another."""
        pending = self.flush()
        self._close_encoder()
        self._encoder = encoding.open(stream.format, stream.colors)
        self._stream = stream
        description = encoding.describe(self._encoder.extradata)
        # The same object as long as it stays the same.
        if description != self._description:
            self._description = description
        return pending

    def _next_layer(self, layers: Sequence[int], *, is_first: bool) -> int:
        """The temporal layer of the next frame; ``is_first`` if the pattern begins with it."""
        place = self._place_in_pattern = 0 if is_first else self._place_in_pattern + 1
        return layers[place % len(layers)]

    def _quantizer_of(self, options: VideoEncoderEncodeOptions) -> int | None:
        """The quantizer for a frame: the one it asks for, else the last one asked for, else None."""
        wish: int | None = None
        match self._codec:
            case "avc":
                wish = options.get("avc", {}).get("quantizer")
            case "hevc":
                wish = options.get("hevc", {}).get("quantizer")
            case "vp9":
                wish = options.get("vp9", {}).get("quantizer")
            case "av1":
                wish = options.get("av1", {}).get("quantizer")
        if wish is not None:
            if wish > self._highest_quantizer:
                raise CodecError(f"quantizer {wish} is above {self._highest_quantizer}")
            self._quantizer = wish
        return self._quantizer

    def _outputs(self, packets: Sequence[PacketContent]) -> Sequence[EncodedVideoOutput]:
        outputs: list[EncodedVideoOutput] = []
        color_space = None if self._stream is None else self._stream.color_space
        for data, number, _, is_key, addition in packets:
            assert number is not None, "FFmpeg keeps a frame's timestamp"
            timestamp, duration, layer = self._inputs.pop(number)
            alpha = None if addition is None else addition[_IDENTIFIER_SIZE:]
            values = data, is_key, timestamp, duration, self._description, color_space, layer, alpha
            outputs.append(new_named_tuple(EncodedVideoOutput, values))
        return outputs

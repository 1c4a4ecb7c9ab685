"""The [[codec implementation]] of VideoEncoder on FFmpeg."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from codecmodel.encoder_configurations import VideoEncoderConfig, VideoEncoderEncodeOptions
from codecmodel.platform.ffmpeg.video_encoding import Colors, VideoEncoding
from codecmodel.platform.ffmpeg.video_encodings import video_encoding
from codecmodel.platform.ffmpeg.video_pictures import Picture, Pictures
from codecmodel.platform.interface import CodecError, CodecRequests, EncodedVideoOutput, VideoInput
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.registry import parse_codec_string
from codecmodel.registry.encoder_extensions import HIGHEST_QUANTIZERS
from ffbind import Encoder, FFbindError, Packet

_CAPACITY: Final = 8
#: FFmpeg: AV_PKT_DATA_MATROSKA_BLOCKADDITIONAL, which begins with an identifier of eight bytes: 1 for alpha.
_BLOCK_ADDITIONAL: Final = 15
_IDENTIFIER_SIZE: Final = 8


class _Stream(NamedTuple):
    """What an encoder is opened for: FFmpeg's pixel format and colours. Frames of others begin a new stream."""

    format: str
    colors: Colors


class _Input(NamedTuple):
    """What is remembered of a frame: its times in microseconds, and its temporal layer."""

    timestamp: int
    duration: int | None
    layer: int | None


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
        self._stream: _Stream | None = None
        self._color_space: VideoColorSpaceInit | None = None
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
        try:
            picture = pictures.picture(input)
            with picture.frame as frame:
                outputs = self._begin_stream(encoding, picture)
                encoder = self._encoder
                assert encoder is not None, "opened for the stream"
                if encoding.set_quantizer is not None:
                    quantizer = self._quantizer_of(input.options)
                    if quantizer is not None:
                        encoding.set_quantizer(encoder, frame, quantizer)
                frame.pts = number = self._number
                self._number = number + 1
                key_frame = input.options.get("keyFrame", False)
                layer = self._next_layer(encoding.layers, is_first=key_frame or number == 0)
                self._inputs[number] = _Input(input.timestamp, input.duration, layer)
                packets = encoder.encode(frame, key_frame=key_frame)
        except (FFbindError, ValueError) as error:
            raise CodecError(str(error)) from error
        return [*outputs, *self._outputs(packets)] if outputs else self._outputs(packets)

    def flush(self) -> Sequence[EncodedVideoOutput]:
        encoder = self._encoder
        if encoder is None or not self._inputs:
            # Nothing is pending, and the encoder can go on.
            return ()
        try:
            outputs = self._outputs(encoder.drain())
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

    def _begin_stream(self, encoding: VideoEncoding, picture: Picture) -> Sequence[EncodedVideoOutput]:
        """Have the encoder be one for the picture. Returns what was pending in another."""
        stream = _Stream(picture.format, picture.colors)
        if stream == self._stream:
            return ()
        pending = self.flush()
        self._close_encoder()
        self._encoder = encoding.open(picture.format, picture.colors)
        self._stream, self._color_space = stream, picture.color_space
        description = encoding.describe(self._encoder.extradata)
        # The same object as long as it stays the same.
        if description != self._description:
            self._description = description
        return pending

    def _next_layer(self, layers: Sequence[int], *, is_first: bool) -> int | None:
        """The temporal layer of the next frame; ``is_first`` if the pattern begins with it. None without layers."""
        if not layers:
            return None
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
        if wish is not None:
            if wish > self._highest_quantizer:
                raise CodecError(f"quantizer {wish} is above {self._highest_quantizer}")
            self._quantizer = wish
        return self._quantizer

    def _outputs(self, packets: Sequence[Packet]) -> Sequence[EncodedVideoOutput]:
        outputs: list[EncodedVideoOutput] = []
        may_have_alpha = self._encoding is not None and self._encoding.alpha_format is not None
        for packet in packets:
            with packet:
                number = packet.pts
                assert number is not None, "FFmpeg keeps a frame's timestamp"
                data, is_key = packet.tobytes(), packet.key
                addition = packet.side_data(_BLOCK_ADDITIONAL) if may_have_alpha else None
            timestamp, duration, layer = self._inputs.pop(number)
            outputs.append(
                EncodedVideoOutput(
                    data,
                    is_key,
                    timestamp,
                    duration,
                    self._description,
                    self._color_space,
                    layer,
                    None if addition is None else addition[_IDENTIFIER_SIZE:],
                )
            )
        return outputs

"""The [[codec implementation]] of VideoEncoder on FFmpeg."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from codecmodel.configurations.encoder_configurations import VideoEncoderConfig, VideoEncoderEncodeOptions
from codecmodel.platform.codec_implementation import CodecError, CodecRequests, EncodedVideoOutput, VideoInput
from codecmodel.platform.ffmpeg.encoding.timeline import Timeline
from codecmodel.platform.ffmpeg.encoding.video_codecs import video_encoding
from codecmodel.platform.ffmpeg.encoding.video_input import EncoderFormat, InputConverter
from codecmodel.platform.ffmpeg.encoding.video_settings import VideoEncoding
from codecmodel.platform.ffmpeg.failures import codec_error
from codecmodel.platform.threads import ThreadLoan
from codecmodel.registry import parse_codec_string
from codecmodel.registry.encoder_extensions import HIGHEST_QUANTIZERS
from ffbind import Encoder, FFbindError, PacketContent

_CAPACITY: Final = 8
#: FFmpeg's AV_PKT_DATA_MATROSKA_BLOCKADDITIONAL: an identifier of eight bytes (1 stands for alpha), then the data.
_BLOCK_ADDITIONAL: Final = 15
_IDENTIFIER_SIZE: Final = 8


class _Input(NamedTuple):
    """A frame that is being encoded: its timestamp and duration in microseconds, and its temporal layer."""

    timestamp: int
    duration: int | None
    layer: int | None


class FFmpegVideoEncoder:
    """Encodes video with FFmpeg. Timestamps and durations are in microseconds.

    The encoder is opened with the first frame, whose colours it writes into the bitstream. A frame of other colours, or
    with alpha where the last one had none (or the reverse), opens it anew and so becomes a key frame.
    """

    def __init__(self, *, looks_ahead: bool = False) -> None:
        self._looks_ahead = looks_ahead
        self.requests = CodecRequests(_CAPACITY)
        self._encoding: VideoEncoding | None = None
        self._highest_quantizer = 0
        self._codec = ""
        self._encoder: Encoder | None = None
        self._loan = ThreadLoan()
        self._converter: InputConverter | None = None
        self._format: EncoderFormat | None = None
        self._description: bytes | None = None
        self._quantizer: int | None = None
        # FFmpeg gets a frame's place in time or its number, so that frames with equal timestamps stay apart.
        self._timeline: Timeline | None = None
        self._frame_number = 0
        self._inputs: dict[int, _Input] = {}
        # Outputs that were pending in an encoder when another was opened in its place.
        self._before_opening: Sequence[EncodedVideoOutput] = ()
        # Frames since the pattern of temporal layers began.
        self._place_in_pattern = 0

    def configure(self, config: VideoEncoderConfig) -> None:
        self._close()
        encoding = video_encoding(config, looks_ahead=self._looks_ahead)
        codec_string = parse_codec_string(config["codec"])
        assert encoding is not None, "the configuration is supported"
        assert codec_string is not None, "the configuration is supported"
        self._encoding = encoding
        self._codec = codec_string.codec
        self._highest_quantizer = HIGHEST_QUANTIZERS.get(codec_string.codec, 0)
        self._converter = InputConverter(encoding)
        self._quantizer = None

    def prepare(self, input: VideoInput) -> None:
        encoding, converter = self._encoding, self._converter
        assert encoding is not None, "configured before anything is encoded"
        assert converter is not None, "configured before anything is encoded"
        try:
            picture = converter.picture(input)
            try:
                if picture.format != self._format:
                    self._open(encoding, picture.format)
            finally:
                if not picture.is_cached:
                    picture.frame.close()
        except (FFbindError, ValueError) as error:
            raise codec_error(error) from error

    def encode(self, input: VideoInput) -> Sequence[EncodedVideoOutput]:
        encoding, converter = self._encoding, self._converter
        assert encoding is not None, "configured before anything is encoded"
        assert converter is not None, "configured before anything is encoded"
        options = input.options
        try:
            picture = converter.picture(input)
            frame, is_own = picture.frame, not picture.is_cached
            try:
                if picture.format != self._format:
                    self._open(encoding, picture.format)
                encoder = self._encoder
                assert encoder is not None, "opened for the format"
                if encoding.set_quantizer is not None:
                    quantizer = self._quantizer_of(options)
                    if quantizer is not None:
                        if not is_own:
                            # The quantizer may be set on the frame, which other encoders share.
                            frame, is_own = frame.ref(), True
                        encoding.set_quantizer(encoder, frame, quantizer)
                number = self._frame_number
                self._frame_number = number + 1
                key_frame = options.get("keyFrame", False)
                layer = None
                if encoding.layers:
                    layer = self._next_layer(encoding.layers, begins_pattern=key_frame or number == 0)
                    if encoding.set_layer is not None:
                        encoding.set_layer(encoder, self._place_in_pattern % len(encoding.layers))
                place = number if self._timeline is None else self._timeline.place(input.timestamp)
                self._inputs[place] = _Input(input.timestamp, input.duration, layer)
                side_data = None if encoding.alpha_format is None else _BLOCK_ADDITIONAL
                # The first frame of a stream is a key frame in any case. If libaom is asked for that, so is the second.
                is_asked_for = key_frame and number > 0
                packets = encoder.encode_to_content(frame, pts=place, key_frame=is_asked_for, side_data=side_data)
            finally:
                if is_own:
                    frame.close()
        except (FFbindError, ValueError) as error:
            raise codec_error(error) from error
        outputs = self._outputs(packets)
        if self._before_opening:
            outputs = [*self._before_opening, *outputs]
            self._before_opening = ()
        return outputs

    def flush(self) -> Sequence[EncodedVideoOutput]:
        encoder = self._encoder
        if encoder is None or not self._inputs:
            # Nothing is pending, so the encoder can go on.
            return ()
        try:
            outputs = self._outputs([packet.content(_BLOCK_ADDITIONAL) for packet in encoder.drain()])
        except FFbindError as error:
            raise CodecError(str(error)) from error
        self._close_encoder()
        return outputs

    def drain(self) -> Sequence[EncodedVideoOutput]:
        return self.flush()

    def outputs_before_failure(self) -> Sequence[EncodedVideoOutput]:
        outputs = self._before_opening
        self._before_opening = ()
        with suppress(CodecError, MemoryError):
            outputs = [*outputs, *self.flush()]
        return outputs

    def cease(self) -> None:
        self._close()

    def release(self) -> None:
        self._close()

    def _close(self) -> None:
        self._close_encoder()
        if self._converter is not None:
            self._converter.close()

    def _close_encoder(self) -> None:
        self._timeline = None
        self._frame_number = 0
        self._inputs.clear()
        self._format = None
        if self._encoder is not None:
            self._encoder.close()
            self._encoder = None
        self._loan.end()

    def _open(self, encoding: VideoEncoding, format: EncoderFormat) -> None:
        """Open an encoder for the format in place of the present one."""
        self._before_opening = self.flush()
        self._close_encoder()
        threads = self._loan.ask(encoding.most_threads)
        self._encoder = encoding.open(format.pixel_format, format.colors, threads)
        if encoding.time_base is not None:
            self._timeline = Timeline(round(1_000_000 / encoding.request.frame_rate))
        self._format = format
        description = encoding.describe(self._encoder.extradata)
        # An equal description stays the same object, so that the model finds it unchanged at once.
        if description != self._description:
            self._description = description

    def _next_layer(self, layers: Sequence[int], *, begins_pattern: bool) -> int:
        """The temporal layer of the next frame."""
        place = self._place_in_pattern = 0 if begins_pattern else self._place_in_pattern + 1
        return layers[place % len(layers)]

    def _quantizer_of(self, options: VideoEncoderEncodeOptions) -> int | None:
        """The quantizer that a frame asks for, else the last one that a frame asked for, else None."""
        quantizer: int | None = None
        match self._codec:
            case "avc":
                quantizer = options.get("avc", {}).get("quantizer")
            case "hevc":
                quantizer = options.get("hevc", {}).get("quantizer")
            case "vp9":
                quantizer = options.get("vp9", {}).get("quantizer")
            case "av1":
                quantizer = options.get("av1", {}).get("quantizer")
        if quantizer is not None:
            if quantizer > self._highest_quantizer:
                raise CodecError(f"the quantizer {quantizer} is above {self._highest_quantizer}")
            self._quantizer = quantizer
        return self._quantizer

    def _outputs(self, packets: Sequence[PacketContent]) -> Sequence[EncodedVideoOutput]:
        outputs: list[EncodedVideoOutput] = []
        color_space = None if self._format is None else self._format.color_space
        for data, place, _, is_key, addition in packets:
            assert place is not None, "FFmpeg keeps a frame's timestamp"
            timestamp, duration, layer = self._inputs.pop(place)
            alpha = None if addition is None else addition[_IDENTIFIER_SIZE:]
            outputs.append(
                EncodedVideoOutput(data, is_key, timestamp, duration, self._description, color_space, layer, alpha)
            )
        return outputs

"""Chapter 6 of the spec: VideoEncoder. The part of it that AudioEncoder has, too, is in the class Encoder."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple, TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.codecs.chunk_metadata import EncodedVideoChunkMetadata, SvcOutputMetadata
from codecmodel.codecs.config_support import is_config_supported
from codecmodel.codecs.control_messages import configure_control_message, request_control_message
from codecmodel.codecs.encoder import Encoder
from codecmodel.codecs.processing_model import (
    Epoch,
    Outcome,
    process_the_control_message_queue,
    queue_a_control_message,
)
from codecmodel.configurations.algorithms import check_configuration_support, clone_configuration
from codecmodel.configurations.decoder_configurations import VideoDecoderConfig
from codecmodel.configurations.encoder_configurations import (
    VideoEncoderConfig,
    VideoEncoderEncodeOptions,
    VideoEncoderSupport,
    are_equal_dictionaries,
    is_valid_video_encoder_config,
    number_of_temporal_layers,
    video_encoder_config,
    video_encoder_encode_options,
)
from codecmodel.configurations.explanation import reason_against
from codecmodel.encoded_chunks import EncodedVideoChunk, EncodedVideoChunkInit, new_encoded_video_chunk
from codecmodel.platform.codec_implementation import EncodedVideoOutput, VideoEncoderImplementation, VideoInput
from codecmodel.platform.platform import Platform
from codecmodel.raw_media.resource_protocols import VideoResource
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.raw_media.video_frame_lifetime import clone_video_frame
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise
from codecmodel.web.webidl import Dictionary, Member, callback_function, invoke_callback, returns_a_promise


class VideoEncoderInit(TypedDict):
    """The callbacks of a VideoEncoder.

    ``output`` gets every chunk, with its metadata. ``error`` gets the error that has closed the encoder.
    """

    output: Callable[[EncodedVideoChunk, EncodedVideoChunkMetadata], None]
    error: Callable[[DOMException], None]


_video_encoder_init = Dictionary[VideoEncoderInit](
    "VideoEncoderInit",
    Member("output", callback_function, required=True),
    Member("error", callback_function, required=True),
)


class _Request(NamedTuple):
    """A request to encode: a clone that only the encoder has, its rotation and flip, and the options."""

    frame: VideoFrame
    orientation: tuple[float, bool]
    options: VideoEncoderEncodeOptions


def _input_of(request: _Request, resource: VideoResource) -> VideoInput:
    """The input for a platform's encoder."""
    frame = request.frame
    return VideoInput(
        resource,
        frame._format,
        (frame._visible_left, frame._visible_top, frame._visible_width, frame._visible_height),
        frame._color_space.toJSON(),
        frame._timestamp,
        frame._duration,
        request.options,
    )


class VideoEncoder(Encoder[VideoEncoderConfig, _Request, EncodedVideoOutput]):
    """Encodes VideoFrames to EncodedVideoChunks (§ 6). A VideoEncoder belongs to the event loop it was made on."""

    _codec_implementation: "VideoEncoderImplementation | None"
    _active_output_config: VideoDecoderConfig | None

    @algorithm("dom-videoencoder-videoencoder")
    def __init__(self, init: VideoEncoderInit) -> None:
        init = _video_encoder_init(init, "init")
        # 1. n/a: Python has made the object.
        super().__init__()
        # 2. No message is queued.
        self._control_message_queue = deque()
        # 3. Nothing blocks messages.
        self._message_queue_blocked = False
        # 4. There is no implementation before the first configuration.
        self._codec_implementation = None
        # 5. Start the parallel queue on which the implementation will work.
        self._codec_work_queue = self._event_loop.start_parallel_queue()
        # 6. No implementation is saturated.
        self._codec_saturated = False
        # 7. Keep the callback for chunks.
        #: [[output callback]]
        self._output_callback = init["output"]
        # 8. Keep the callback for errors.
        self._error_callback = init["error"]
        # 9. No configuration is active.
        self._active_encoder_config = None
        # 10. The first chunk comes with its decoder's configuration.
        self._active_output_config = None
        # 11. The encoder is not configured.
        self._state = "unconfigured"
        # 12. No request is queued.
        self._queue_size = 0
        # 13. No flush is pending.
        self._pending_flush_promises = []
        # 14. No dequeue event is scheduled.
        self._dequeue_event_scheduled = False
        # 15. n/a: Python returns the object.
        # Not in the spec, whose constructor forgets this slot.
        #: [[active orientation]]: rotation and flip
        self._active_orientation: tuple[float, bool] | None = None
        # Not in the spec: rotation and flip of the frames whose outputs come now. All frames of a configuration have
        # the same, and all outputs of a configuration are queued before the first frame of the next one is encoded.
        self._orientation_of_outputs: tuple[float, bool] = (0.0, False)
        self._show_to_tracer()

    @algorithm("dom-videoencoder-configure")
    def configure(self, config: VideoEncoderConfig) -> None:
        """Encode the frames that follow as ``config`` says (§ 6.5).

        Raises TypeError if the configuration is invalid, and InvalidStateError if the encoder is closed. An unsupported
        configuration closes the encoder with NotSupportedError, which the error callback gets.
        """
        self._require_own_thread()
        config = self._converted(config)
        # 1. Refuse an invalid configuration.
        if not self._is_valid(config):
            raise TypeError(f"not a valid configuration: {self._why_not_valid(config)}")
        # 2. A closed encoder stays closed.
        if self._state == "closed":
            raise DOMException("the codec is closed", "InvalidStateError")
        # 3. From now on the program sees a configured encoder.
        self._state = "configured"
        # 4. The next frame decides on rotation and flip.
        self._active_orientation = None
        # 5. Queue a message to configure the implementation.
        queue_a_control_message(self, "configure", partial(configure_control_message, self, self._clone(config)))
        # 6. Process it, unless it has to wait.
        process_the_control_message_queue(self)

    @algorithm("dom-videoencoder-encode")
    def encode(self, frame: VideoFrame, options: VideoEncoderEncodeOptions | None = None) -> None:
        """Queue ``frame`` for encoding (§ 6.5). It may have any size and pixel format, and may be closed at once.

        Raises TypeError if the frame is closed, InvalidStateError unless the encoder is configured, and DataError if
        the frame's rotation and flip are not those of the first frame since configure(). A frame that the codec cannot
        encode closes the encoder with EncodingError, which the error callback gets.
        """
        self._require_own_thread()
        if not isinstance(frame, VideoFrame):
            raise TypeError(f"frame is not a VideoFrame: {frame!r}")
        options = video_encoder_encode_options({} if options is None else options, "options")
        # 1. Refuse a closed frame.
        if frame._detached:
            raise TypeError("the VideoFrame is closed")
        # 2. Only a configured encoder encodes.
        if self._state != "configured":
            raise DOMException(f"the codec is {self._state}", "InvalidStateError")
        orientation = frame._rotation, frame._flip
        # 3. Refuse a frame whose rotation and flip are not those of the frames before it.
        if self._active_orientation is not None and self._active_orientation != orientation:
            raise DOMException(
                f"rotation and flip are {orientation}, {self._active_orientation} until configure()", "DataError"
            )
        # 4. The first frame decides for those that follow.
        if self._active_orientation is None:
            self._active_orientation = orientation
        # 5. Clone the frame, as the program may close it.
        frame_clone = clone_video_frame(frame)
        # 6. There is one more request in the queue.
        self._queue_size += 1
        # 7. Queue a message to encode the clone.
        request = _Request(frame_clone, orientation, options)
        queue_a_control_message(self, "encode", partial(self._encode_control_message, request), frame_clone)
        # 8. Process it, unless it has to wait.
        process_the_control_message_queue(self)

    @staticmethod
    @returns_a_promise
    def isConfigSupported(config: VideoEncoderConfig) -> Promise[VideoEncoderSupport]:
        """Whether ``config`` can be encoded, with those of its members that were recognized (§ 6.5).

        Rejected with TypeError if the configuration is invalid.
        """
        return is_config_supported(
            VideoEncoder, config, lambda clone, supported: {"supported": supported, "config": clone}
        )

    @staticmethod
    def _converted(config: VideoEncoderConfig) -> VideoEncoderConfig:
        return video_encoder_config(config, "config")

    @staticmethod
    def _is_valid(config: VideoEncoderConfig) -> bool:
        return is_valid_video_encoder_config(config)

    @staticmethod
    def _clone(config: VideoEncoderConfig) -> VideoEncoderConfig:
        return clone_configuration(config)

    @staticmethod
    def _supports(config: VideoEncoderConfig, platform: Platform) -> bool:
        return check_configuration_support(config, "video", platform.supports_video_encoder)

    @staticmethod
    def _reason_against(config: VideoEncoderConfig) -> str | None:
        return reason_against(config, "video")

    def _new_implementation(self) -> VideoEncoderImplementation:
        return self._platform.new_video_encoder()

    def _encode_control_message(self, request: _Request) -> Outcome:
        """Run a control message to encode a frame. Not in the spec: note the rotation and flip of its outputs."""
        outcome = request_control_message(self, request, request.frame)
        if outcome == "processed":
            self._orientation_of_outputs = request.orientation
        return outcome

    def _prepare(self, request: _Request) -> None:
        implementation = self._codec_implementation
        assert implementation is not None, "a codec is released after all other work"
        implementation.prepare(_input_of(request, request.frame._require_open().resource))

    def _process(self, request: _Request) -> Sequence[EncodedVideoOutput]:
        implementation = self._codec_implementation
        assert implementation is not None, "a codec is released after all other work"
        reference = request.frame._require_open()
        try:
            return implementation.encode(_input_of(request, reference.resource))
        finally:
            # The encoder alone has the clone. Without its reference there is nothing left of it that needs closing.
            reference.release()

    @algorithm("output-encodedvideochunks")
    def _output(self, epoch: Epoch, outputs: Sequence[EncodedVideoOutput]) -> None:
        # 1. For each output:
        for output in outputs:
            # Not in the spec: after a reset nothing of the old configuration is output.
            if epoch.ceased:
                return
            # 1.1. State the contents of the chunk:
            chunk_init: EncodedVideoChunkInit = {
                # 1.1.1. the encoded bytes,
                "data": output.data,
                # 1.1.2. whether they are a key frame,
                "type": "key" if output.is_key else "delta",
                # 1.1.3. the frame's timestamp,
                "timestamp": output.timestamp,
            }
            # 1.1.4. and the frame's duration, if it has one.
            if output.duration is not None:
                chunk_init["duration"] = output.duration
            # 1.2. Make the chunk.
            chunk = new_encoded_video_chunk(chunk_init)
            # 1.3. Make its metadata, which are empty at first.
            chunk_metadata: EncodedVideoChunkMetadata = {}
            # 1.4. Take the active configuration.
            encoder_config = self._active_encoder_config
            assert encoder_config is not None, "outputs follow a successful configuration"
            # 1.5. Describe how the chunk is to be decoded: see the steps of _described.
            output_config = self._described(output, encoder_config)
            # 1.6. If that is not as with the chunk before:
            if not are_equal_dictionaries(output_config, self._active_output_config):
                # 1.6.1. Add it to the metadata (a copy, as the program may change it).
                chunk_metadata["decoderConfig"] = clone_configuration(output_config)
                # 1.6.2. Remember it.
                self._active_output_config = output_config
            # 1.7. If there are several temporal layers:
            if number_of_temporal_layers(encoder_config.get("scalabilityMode")) > 1:
                # 1.7.1. Make the metadata for that.
                svc: SvcOutputMetadata = {}
                # 1.7.2. Take the number of the chunk's layer.
                temporal_layer_id = output.temporal_layer
                assert temporal_layer_id is not None, "the encoder knows what layer it encodes"
                # 1.7.3. Note it there.
                svc["temporalLayerId"] = temporal_layer_id
                # 1.7.4. Add that to the chunk's metadata.
                chunk_metadata["svc"] = svc
            # 1.8. If alpha is to be kept:
            if encoder_config.get("alpha") == "keep":
                # 1.8.1. Take the encoded alpha plane.
                alpha_side_data = output.alpha
                # 1.8.2. Add it to the metadata, if the frame had one.
                if alpha_side_data is not None:
                    chunk_metadata["alphaSideData"] = alpha_side_data
            # 1.9. Call the output callback with the chunk and its metadata.
            self._call_back(invoke_callback, self._event_loop, self._output_callback, chunk, chunk_metadata)

    @algorithm("output-encodedvideochunks")
    def _described(self, output: EncodedVideoOutput, encoder_config: VideoEncoderConfig) -> VideoDecoderConfig:
        """A VideoDecoderConfig that describes ``output``."""
        rotation, flip = self._orientation_of_outputs
        output_config: VideoDecoderConfig = {
            # 1.5.1. The codec is the encoder's.
            "codec": encoder_config["codec"],
            # 1.5.2. So is the coded width,
            "codedWidth": encoder_config["width"],
            # 1.5.3. and the coded height.
            "codedHeight": encoder_config["height"],
            # 1.5.4. The display aspect is that of the display width (its default is in the member's description),
            "displayAspectWidth": encoder_config.get("displayWidth", encoder_config["width"]),
            # 1.5.5. and of the display height.
            "displayAspectHeight": encoder_config.get("displayHeight", encoder_config["height"]),
            # 1.5.6. Rotation is that of the frames,
            "rotation": rotation,
            # 1.5.7. and so is flip.
            "flip": flip,
        }
        # 1.5.8. The implementation determines the rest.
        if output.color_space is not None:
            output_config["colorSpace"] = output.color_space
        if output.description is not None:
            output_config["description"] = output.description
        return output_config

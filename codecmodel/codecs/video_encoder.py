"""Chapter 6 of the spec: VideoEncoder."""

from collections.abc import Callable, Sequence
from typing import TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.codecs import encoder as steps
from codecmodel.codecs.chunk_metadata import EncodedVideoChunkMetadata, SvcOutputMetadata
from codecmodel.codecs.control_messages import (
    close,
    configure_control_message,
    is_config_supported,
    request_control_message,
)
from codecmodel.codecs.encoder import Encoder
from codecmodel.codecs.processing_model import (
    Epoch,
    Outcome,
    process_the_control_message_queue,
    queue_a_control_message,
)
from codecmodel.configurations.algorithms import check_configuration_support, clone_configuration
from codecmodel.configurations.decoder_configurations import CodecState, VideoDecoderConfig
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
from codecmodel.encoded_chunks import EncodedVideoChunk, EncodedVideoChunkInit, new_encoded_video_chunk
from codecmodel.platform.codec_implementation import EncodedVideoOutput, VideoEncoderImplementation, VideoInput
from codecmodel.raw_media.resource_protocols import VideoResource
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.raw_media.video_frame_lifetime import clone_video_frame
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise
from codecmodel.web.webidl import Dictionary, Member, callback_function


class VideoEncoderInit(TypedDict):
    """``output`` gets every chunk and its metadata; ``error`` gets the error that closed the encoder."""

    output: Callable[[EncodedVideoChunk, EncodedVideoChunkMetadata], None]
    error: Callable[[DOMException], None]


_video_encoder_init = Dictionary[VideoEncoderInit](
    "VideoEncoderInit",
    Member("output", callback_function, required=True),
    Member("error", callback_function, required=True),
)


class VideoEncoder(Encoder[VideoEncoderConfig, VideoInput, EncodedVideoOutput, VideoDecoderConfig]):
    """Encodes VideoFrames to EncodedVideoChunks (spec § 6). Belongs to the event loop it was made on."""

    @algorithm("dom-videoencoder-videoencoder")
    def __init__(self, init: VideoEncoderInit) -> None:
        init = _video_encoder_init(init, "init")
        # 1. n/a: Python has made the object.
        # 2. to 6. and 8. to 14. Assign the slots: see Codec, ConfigurableCodec and Encoder.
        super().__init__(init["error"])
        # 7. after 14.: the base classes assign what all encoders have.
        #: [[output callback]]
        self._output_callback = init["output"]
        # 15. n/a: Python returns the object.
        #: [[active orientation]]: rotation and flip
        self._active_orientation: tuple[float, bool] | None = None
        # Not from the spec: those of the frames whose outputs come now. Frames of one configuration have the same, and
        # the outputs of a configuration are all queued before the first frame of the next is encoded.
        self._orientation_of_outputs: tuple[float, bool] = (0.0, False)

    @property
    def state(self) -> CodecState:
        return self._state

    @property
    def encodeQueueSize(self) -> int:
        """Number of pending encode requests; those the codec has accepted are not pending."""
        return self._queue_size

    @algorithm("dom-videoencoder-configure")
    def configure(self, config: VideoEncoderConfig) -> None:
        """Encode what follows as ``config`` says (§ 6.5).

        Raises TypeError if the configuration is invalid, InvalidStateError if the encoder is closed. One that is
        not supported closes the encoder with NotSupportedError, through the error callback.
        """
        config = video_encoder_config(config, "config")
        # 1. An invalid configuration.
        if not is_valid_video_encoder_config(config):
            raise TypeError(f"not a valid configuration: {config}")
        # 2. A closed codec.
        if self._state == "closed":
            raise DOMException("the codec is closed", "InvalidStateError")
        # 3.
        self._state = "configured"
        # 4.
        self._active_orientation = None
        # 5. Queue the message.
        clone = clone_configuration(config)
        queue_a_control_message(self, "configure", lambda: configure_control_message(self, clone))
        # 6.
        process_the_control_message_queue(self)

    @algorithm("dom-videoencoder-encode")
    def encode(self, frame: VideoFrame, options: VideoEncoderEncodeOptions | None = None) -> None:
        """Queue ``frame`` for encoding (§ 6.5); it may be closed right after. Any size and pixel format will do.

        Raises TypeError if the frame is closed, InvalidStateError unless configured, DataError if the frame's rotation
        and flip are not those of the first frame since configure(). What the codec can't encode closes the encoder with
        EncodingError, through the error callback.
        """
        if not isinstance(frame, VideoFrame):
            raise TypeError(f"frame is not a VideoFrame: {frame!r}")
        options = video_encoder_encode_options({} if options is None else options, "options")
        # 1.
        if frame._detached:
            raise TypeError("the VideoFrame is closed")
        # 2. Only a configured codec encodes.
        if self._state != "configured":
            raise DOMException(f"the codec is {self._state}", "InvalidStateError")
        orientation = frame._rotation, frame._flip
        # 3.
        if self._active_orientation is not None and self._active_orientation != orientation:
            raise DOMException(
                f"rotation and flip are {orientation}, {self._active_orientation} until configure()", "DataError"
            )
        # 4.
        if self._active_orientation is None:
            self._active_orientation = orientation
        # 5.
        frame_clone = clone_video_frame(frame)
        # 6.
        self._queue_size += 1

        def process(frame: VideoFrame) -> Sequence[EncodedVideoOutput]:
            reference = frame._require_open()
            return self._encode(_input_of(frame, reference.resource, options), reference)

        def control_message() -> Outcome:
            outcome = request_control_message(self, frame_clone, process)
            if outcome == "processed":
                self._orientation_of_outputs = orientation
            return outcome

        # 7. Queue the message.
        queue_a_control_message(self, "encode", control_message, frame_clone)
        # 8.
        process_the_control_message_queue(self)

    def flush(self) -> Promise[None]:
        """Have everything queued so far encoded and output; the promise is resolved after that (§ 6.5).

        It is rejected with InvalidStateError unless configured, with AbortError by reset() and close(), and with
        the error that closes the encoder.
        """
        return steps.flush(self)

    @algorithm("dom-videoencoder-reset")
    def reset(self) -> None:
        """Drop everything: queue, configuration, pending outputs (§ 6.5). InvalidStateError if closed."""
        steps.reset(self, DOMException("the encoder was reset", "AbortError"))

    @algorithm("dom-videoencoder-close")
    def close(self) -> None:
        """Drop everything and release all resources, for good (§ 6.5). InvalidStateError if closed."""
        close(self, DOMException("the encoder was closed", "AbortError"))

    @staticmethod
    def isConfigSupported(config: VideoEncoderConfig) -> Promise[VideoEncoderSupport]:
        """Whether ``config`` can be encoded, with the members of it that were recognized (§ 6.5).

        Rejected with TypeError if the configuration is invalid.
        """
        return is_config_supported(
            lambda: video_encoder_config(config, "config"),
            is_valid_video_encoder_config,
            clone_configuration,
            lambda config, platform: check_configuration_support(config, "video", platform.supports_video_encoder),
            lambda clone, supported: {"supported": supported, "config": clone},
        )

    def _check_configuration_support(self, config: VideoEncoderConfig) -> bool:
        return check_configuration_support(config, "video", self._platform.supports_video_encoder)

    def _new_implementation(self) -> VideoEncoderImplementation:
        return self._platform.new_video_encoder()

    @algorithm("output-encodedvideochunks")
    def _output(self, epoch: Epoch, outputs: Sequence[EncodedVideoOutput]) -> None:
        # 1. For each output,
        for output in outputs:
            # Not from the spec: after a reset nothing of the old configuration is output.
            if epoch.ceased:
                return
            # 1.1. the chunk's
            chunk_init: EncodedVideoChunkInit = {
                # 1.1.1.
                "data": output.data,
                # 1.1.2.
                "type": "key" if output.is_key else "delta",
                # 1.1.3.
                "timestamp": output.timestamp,
            }
            # 1.1.4.
            if output.duration is not None:
                chunk_init["duration"] = output.duration
            # 1.2.
            chunk = new_encoded_video_chunk(chunk_init)
            # 1.3.
            chunk_metadata: EncodedVideoChunkMetadata = {}
            # 1.4.
            encoder_config = self._active_encoder_config
            assert encoder_config is not None, "outputs follow a successful configuration"
            # 1.5. how to decode it: see the steps of _describe
            output_config = self._describe(output, encoder_config)
            # 1.6. if that is news,
            if not are_equal_dictionaries(output_config, self._active_output_config):
                # 1.6.1. (a copy: it is the callback's to change)
                chunk_metadata["decoderConfig"] = clone_configuration(output_config)
                # 1.6.2.
                self._active_output_config = output_config
            # 1.7. with several temporal layers,
            if number_of_temporal_layers(encoder_config.get("scalabilityMode")) > 1:
                # 1.7.1.
                svc: SvcOutputMetadata = {}
                # 1.7.2.
                temporal_layer_id = output.temporal_layer
                assert temporal_layer_id is not None, "the encoder knows what layer it encodes"
                # 1.7.3.
                svc["temporalLayerId"] = temporal_layer_id
                # 1.7.4.
                chunk_metadata["svc"] = svc
            # 1.8. with alpha,
            if encoder_config.get("alpha") == "keep":
                # 1.8.1.
                alpha_side_data = output.alpha
                # 1.8.2. (a frame need not have any)
                if alpha_side_data is not None:
                    chunk_metadata["alphaSideData"] = alpha_side_data
            # 1.9.
            self._call_back(self._output_callback, chunk, chunk_metadata)

    @algorithm("output-encodedvideochunks")
    def _describe(self, output: EncodedVideoOutput, encoder_config: VideoEncoderConfig) -> VideoDecoderConfig:
        """A VideoDecoderConfig that describes ``output``."""
        rotation, flip = self._orientation_of_outputs
        output_config: VideoDecoderConfig = {
            # 1.5.1.
            "codec": encoder_config["codec"],
            # 1.5.2.
            "codedWidth": encoder_config["width"],
            # 1.5.3.
            "codedHeight": encoder_config["height"],
            # 1.5.4. (the default is that of the member's description)
            "displayAspectWidth": encoder_config.get("displayWidth", encoder_config["width"]),
            # 1.5.5.
            "displayAspectHeight": encoder_config.get("displayHeight", encoder_config["height"]),
            # 1.5.6.
            "rotation": rotation,
            # 1.5.7.
            "flip": flip,
        }
        # 1.5.8. What the codec determines.
        if output.color_space is not None:
            output_config["colorSpace"] = output.color_space
        if output.description is not None:
            output_config["description"] = output.description
        return output_config


def _input_of(frame: VideoFrame, resource: VideoResource, options: VideoEncoderEncodeOptions) -> VideoInput:
    """An open frame as the codec implementation gets it."""
    values = (
        resource,
        frame._format,
        (frame._visible_left, frame._visible_top, frame._visible_width, frame._visible_height),
        frame._color_space.toJSON(),
        frame._timestamp,
        frame._duration,
        options,
    )
    # A third of what calling its class costs.
    return tuple.__new__(VideoInput, values)

"""Chapter 4 of the spec: VideoDecoder."""

from collections.abc import Callable
from typing import TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.codecs import decoder as steps
from codecmodel.codecs.control_messages import close, is_config_supported
from codecmodel.codecs.decoder import Decoder
from codecmodel.configurations.algorithms import check_configuration_support, clone_configuration
from codecmodel.configurations.decoder_configurations import (
    CodecState,
    VideoDecoderConfig,
    VideoDecoderSupport,
    description_of,
    is_valid_video_decoder_config,
    video_decoder_config,
)
from codecmodel.encoded_chunks import EncodedVideoChunk
from codecmodel.platform.codec_implementation import DecodedOutput, VideoDecoderImplementation
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.resource_protocols import VideoResource
from codecmodel.raw_media.video_frame import VideoFrame, create_a_video_frame
from codecmodel.registry import is_key_chunk
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise
from codecmodel.web.webidl import Dictionary, Member, callback_function


class VideoDecoderInit(TypedDict):
    """``output`` gets every decoded VideoFrame, which it should close; ``error`` gets the error that closed it."""

    output: Callable[[VideoFrame], None]
    error: Callable[[DOMException], None]


_video_decoder_init = Dictionary[VideoDecoderInit](
    "VideoDecoderInit",
    Member("output", callback_function, required=True),
    Member("error", callback_function, required=True),
)


class VideoDecoder(Decoder[VideoDecoderConfig, DecodedOutput[VideoResource], VideoFrame]):
    """Decodes EncodedVideoChunks to VideoFrames (spec § 4). Belongs to the event loop it was made on."""

    @algorithm("dom-videodecoder-videodecoder")
    def __init__(self, init: VideoDecoderInit) -> None:
        init = _video_decoder_init(init, "init")
        # 1. n/a: Python has made the object.
        # 2. to 8. and 10. to 14. Assign the slots: see Codec.__init__ and Decoder.__init__.
        super().__init__(init["output"], init["error"])
        # 9. after 14.: Codec.__init__ and Decoder.__init__ assign what both decoders have.
        #: [[active decoder config]]
        self._active_decoder_config: VideoDecoderConfig | None = None
        # 15. n/a: Python returns the object.

    @property
    def state(self) -> CodecState:
        return self._state

    @property
    def decodeQueueSize(self) -> int:
        """Number of pending decode requests; those the codec has accepted are not pending."""
        return self._queue_size

    def configure(self, config: VideoDecoderConfig) -> None:
        """Decode what follows as ``config`` says (§ 4.5).

        Raises TypeError if the configuration is invalid, InvalidStateError if the decoder is closed. One that is
        not supported closes the decoder with NotSupportedError, through the error callback.
        """
        config = video_decoder_config(config, "config")
        is_valid = is_valid_video_decoder_config(config)
        steps.configure(self, clone_configuration(config) if is_valid else config, is_valid)

    def decode(self, chunk: EncodedVideoChunk) -> None:
        """Queue ``chunk`` for decoding (§ 4.5). Frames come out in presentation order.

        Raises InvalidStateError unless configured, DataError if a key chunk is required and this is none. Broken
        data closes the decoder with EncodingError, through the error callback.
        """
        if not isinstance(chunk, EncodedVideoChunk):
            raise TypeError(f"chunk is not an EncodedVideoChunk: {chunk!r}")
        steps.decode(self, chunk)

    def flush(self) -> Promise[None]:
        """Have everything queued so far decoded and output; the promise is resolved after that (§ 4.5).

        It is rejected with InvalidStateError unless configured, with AbortError by reset() and close(), and with
        the error that closes the decoder.
        """
        return steps.flush(self)

    @algorithm("dom-videodecoder-reset")
    def reset(self) -> None:
        """Drop everything: queue, configuration, pending outputs (§ 4.5). InvalidStateError if closed."""
        steps.reset(self, DOMException("the decoder was reset", "AbortError"))

    @algorithm("dom-videodecoder-close")
    def close(self) -> None:
        """Drop everything and release all resources, for good (§ 4.5). InvalidStateError if closed."""
        close(self, DOMException("the decoder was closed", "AbortError"))

    @staticmethod
    def isConfigSupported(config: VideoDecoderConfig) -> Promise[VideoDecoderSupport]:
        """Whether ``config`` can be decoded, with the members of it that were recognized (§ 4.5).

        Rejected with TypeError if the configuration is invalid.
        """
        return is_config_supported(
            lambda: video_decoder_config(config, "config"),
            is_valid_video_decoder_config,
            clone_configuration,
            lambda config, platform: check_configuration_support(config, "video", platform.supports_video_decoder),
            lambda clone, supported: {"supported": supported, "config": clone},
        )

    def _check_configuration_support(self, config: VideoDecoderConfig) -> bool:
        return check_configuration_support(config, "video", self._platform.supports_video_decoder)

    def _new_implementation(self) -> VideoDecoderImplementation:
        return self._platform.new_video_decoder()

    def _is_key_chunk(self, data: bytes) -> bool | None:
        config = self._newest_config
        assert config is not None
        return is_key_chunk(config["codec"], description_of(config), data)

    def _activate(self, config: VideoDecoderConfig) -> None:
        self._active_decoder_config = config

    @algorithm("output-videoframes")
    def _expose(self, output: DecodedOutput[VideoResource]) -> VideoFrame:
        config = self._active_decoder_config
        assert config is not None, "outputs follow a successful configuration"
        # 1.1. n/a: timestamp and duration are the output's.
        # 1.2. and 1.3. The display aspect that the configuration gives, if it does.
        display_aspect_width = config.get("displayAspectWidth")
        display_aspect_height = config.get("displayAspectHeight")
        # 1.4. The colour space as detected,
        color_space: VideoColorSpaceInit | None = output.resource.color_space
        # 1.5. or as configured; what the configuration leaves open is as detected (w3c/webcodecs #943).
        if "colorSpace" in config:
            color_space = _complete(config["colorSpace"], color_space)
        # 1.6. Rotation and flip are the configuration's.
        # 1.7.
        return create_a_video_frame(
            output.resource,
            output.timestamp,
            duration=output.duration,
            display_aspect_width=display_aspect_width,
            display_aspect_height=display_aspect_height,
            color_space=color_space,
            rotation=config.get("rotation", 0.0),
            flip=config.get("flip", False),
        )


def _complete(configured: VideoColorSpaceInit, detected: VideoColorSpaceInit | None) -> VideoColorSpaceInit:
    """``configured``, with its null members replaced by detected ones."""
    if detected is None:
        return configured
    return {
        "primaries": configured.get("primaries") or detected.get("primaries"),
        "transfer": configured.get("transfer") or detected.get("transfer"),
        "matrix": configured.get("matrix") or detected.get("matrix"),
        "fullRange": detected.get("fullRange") if configured.get("fullRange") is None else configured["fullRange"],
    }

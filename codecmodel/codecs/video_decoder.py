"""Chapter 4 of the spec: VideoDecoder. The part of it that AudioDecoder has, too, is in the class Decoder."""

from collections import deque
from collections.abc import Callable
from typing import TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.codecs.config_support import is_config_supported
from codecmodel.codecs.decoder import Decoder
from codecmodel.configurations.algorithms import check_configuration_support, clone_configuration
from codecmodel.configurations.decoder_configurations import (
    VideoDecoderConfig,
    VideoDecoderSupport,
    description_of,
    is_valid_video_decoder_config,
    video_decoder_config,
)
from codecmodel.configurations.explanation import reason_against
from codecmodel.encoded_chunks import EncodedVideoChunk
from codecmodel.platform.codec_implementation import DecodedOutput, VideoDecoderImplementation
from codecmodel.platform.platform import Platform
from codecmodel.raw_media.color_space import VideoColorSpaceInit
from codecmodel.raw_media.media_resource import detected_color_space
from codecmodel.raw_media.resource_protocols import VideoResource
from codecmodel.raw_media.video_frame import VideoFrame, create_a_video_frame
from codecmodel.registry import is_key_chunk
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise
from codecmodel.web.parallel_queue import ThreadParallelQueue
from codecmodel.web.webidl import Dictionary, Member, callback_function, returns_a_promise


class VideoDecoderInit(TypedDict):
    """The callbacks of a VideoDecoder.

    ``output`` gets every decoded VideoFrame, and should close it. ``error`` gets the error that has closed the decoder.
    """

    output: Callable[[VideoFrame], None]
    error: Callable[[DOMException], None]


_video_decoder_init = Dictionary[VideoDecoderInit](
    "VideoDecoderInit",
    Member("output", callback_function, required=True),
    Member("error", callback_function, required=True),
)


class VideoDecoder(Decoder[VideoDecoderConfig, EncodedVideoChunk, DecodedOutput[VideoResource], VideoFrame]):
    """Decodes EncodedVideoChunks to VideoFrames (§ 4). A VideoDecoder belongs to the event loop it was made on."""

    _chunk_interface = EncodedVideoChunk

    @algorithm("dom-videodecoder-videodecoder")
    def __init__(self, init: VideoDecoderInit) -> None:
        init = _video_decoder_init(init, "init")
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
        # 7. Keep the callback for VideoFrames.
        self._output_callback = init["output"]
        # 8. Keep the callback for errors.
        self._error_callback = init["error"]
        # 9. No configuration is active.
        #: [[active decoder config]]
        self._active_decoder_config: VideoDecoderConfig | None = None
        # 10. Decoding has to begin with a key chunk.
        self._key_chunk_required = True
        # 11. The decoder is not configured.
        self._state = "unconfigured"
        # 12. No request is queued.
        self._queue_size = 0
        # 13. No flush is pending.
        self._pending_flush_promises = []
        # 14. No dequeue event is scheduled.
        self._dequeue_event_scheduled = False
        self._show_to_tracer()
        # 15. n/a: Python returns the object.

    @staticmethod
    @returns_a_promise
    def isConfigSupported(config: VideoDecoderConfig) -> Promise[VideoDecoderSupport]:
        """Whether ``config`` can be decoded, with those of its members that were recognized (§ 4.5).

        Rejected with TypeError if the configuration is invalid.
        """
        return is_config_supported(
            VideoDecoder, config, lambda clone, supported: {"supported": supported, "config": clone}
        )

    @staticmethod
    def _converted(config: VideoDecoderConfig) -> VideoDecoderConfig:
        return video_decoder_config(config, "config")

    @staticmethod
    def _is_valid(config: VideoDecoderConfig) -> bool:
        return is_valid_video_decoder_config(config)

    #: Not in the spec: whether the program needs no frame before it goes on with a chunk or with flush().
    _chunks_are_at_hand = False

    @staticmethod
    def _clone(config: VideoDecoderConfig) -> VideoDecoderConfig:
        return clone_configuration(config)

    @staticmethod
    def _supports(config: VideoDecoderConfig, platform: Platform) -> bool:
        return check_configuration_support(config, "video", platform.supports_video_decoder)

    @staticmethod
    def _reason_against(config: VideoDecoderConfig) -> str | None:
        return reason_against(config, "video")

    def _new_implementation(self) -> VideoDecoderImplementation:
        implementation = self._platform.new_video_decoder()
        requests = implementation.requests
        # Not in the spec: the implementation can see that a flush waits. Other queues have no threads.
        if isinstance(self._codec_work_queue, ThreadParallelQueue):
            requests.is_followed = self._codec_work_queue.has_more
        requests.are_at_hand = self._chunks_are_at_hand
        return implementation

    def _activate(self, config: VideoDecoderConfig) -> None:
        self._active_decoder_config = config

    def _is_key_chunk(self, data: bytes) -> bool | None:
        config = self._newest_config
        assert config is not None, "only a configured decoder decodes"
        return is_key_chunk(config["codec"], description_of(config), data)

    @algorithm("output-videoframes")
    def _exposed(self, output: DecodedOutput[VideoResource]) -> VideoFrame:
        config = self._active_decoder_config
        assert config is not None, "outputs follow a successful configuration"
        # 1.1. n/a: timestamp and duration are the output's.
        # 1.2. Let the display aspect be undefined,
        # 1.3. or the configured value.
        display_aspect_width = config.get("displayAspectWidth")
        display_aspect_height = config.get("displayAspectHeight")
        # 1.4. Take the colour space that the implementation has detected.
        color_space = detected_color_space(output.resource)
        # 1.5. The configuration's takes precedence. Members that it leaves open stay as detected (w3c/webcodecs #943).
        if "colorSpace" in config:
            color_space = _completed(config["colorSpace"], color_space)
        # 1.6. Take rotation and flip from the configuration.
        rotation, flip = config.get("rotation", 0.0), config.get("flip", False)
        # 1.7. Create the frame, which takes over the output's resource.
        return create_a_video_frame(
            output.resource,
            output.timestamp,
            duration=output.duration,
            display_aspect_width=display_aspect_width,
            display_aspect_height=display_aspect_height,
            color_space=color_space,
            rotation=rotation,
            flip=flip,
        )


def _completed(configured: VideoColorSpaceInit, detected: VideoColorSpaceInit | None) -> VideoColorSpaceInit:
    """``configured``, with detected values for those of its members that are null."""
    if detected is None:
        return configured
    return {
        "primaries": configured.get("primaries") or detected.get("primaries"),
        "transfer": configured.get("transfer") or detected.get("transfer"),
        "matrix": configured.get("matrix") or detected.get("matrix"),
        "fullRange": detected.get("fullRange") if configured.get("fullRange") is None else configured["fullRange"],
    }

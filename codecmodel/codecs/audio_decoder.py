"""Chapter 3 of the spec: AudioDecoder. The part of it that VideoDecoder has, too, is in the class Decoder."""

from collections import deque
from collections.abc import Callable
from typing import TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.codecs.config_support import is_config_supported
from codecmodel.codecs.decoder import Decoder
from codecmodel.configurations.algorithms import check_configuration_support, clone_configuration
from codecmodel.configurations.decoder_configurations import (
    AudioDecoderConfig,
    AudioDecoderSupport,
    audio_decoder_config,
    description_of,
    is_valid_audio_decoder_config,
)
from codecmodel.configurations.explanation import reason_against
from codecmodel.encoded_chunks import EncodedAudioChunk
from codecmodel.platform.codec_implementation import AudioDecoderImplementation, DecodedOutput
from codecmodel.platform.platform import Platform, has_light_audio_codecs
from codecmodel.raw_media.audio_data import AudioData, create_audio_data
from codecmodel.raw_media.resource_protocols import AudioResource
from codecmodel.registry import is_key_chunk
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise
from codecmodel.web.webidl import Dictionary, Member, callback_function, returns_a_promise


class AudioDecoderInit(TypedDict):
    """The callbacks of an AudioDecoder.

    ``output`` gets every decoded AudioData, and should close it. ``error`` gets the error that has closed the decoder.
    """

    output: Callable[[AudioData], None]
    error: Callable[[DOMException], None]


_audio_decoder_init = Dictionary[AudioDecoderInit](
    "AudioDecoderInit",
    Member("output", callback_function, required=True),
    Member("error", callback_function, required=True),
)


class AudioDecoder(Decoder[AudioDecoderConfig, EncodedAudioChunk, DecodedOutput[AudioResource], AudioData]):
    """Decodes EncodedAudioChunks to AudioData (§ 3). An AudioDecoder belongs to the event loop it was made on."""

    _chunk_interface = EncodedAudioChunk

    @algorithm("dom-audiodecoder-audiodecoder")
    def __init__(self, init: AudioDecoderInit) -> None:
        init = _audio_decoder_init(init, "init")
        # 1. n/a: Python has made the object.
        super().__init__()
        # 2. No message is queued.
        self._control_message_queue = deque()
        # 3. Nothing blocks messages.
        self._message_queue_blocked = False
        # 4. There is no implementation before the first configuration.
        self._codec_implementation = None
        # 5. Start the parallel queue on which the implementation will work.
        self._codec_work_queue = self._event_loop.start_parallel_queue(light=has_light_audio_codecs(self._platform))
        # 6. No implementation is saturated.
        self._codec_saturated = False
        # 7. Keep the callback for AudioData.
        self._output_callback = init["output"]
        # 8. Keep the callback for errors.
        self._error_callback = init["error"]
        # 9. Decoding has to begin with a key chunk.
        self._key_chunk_required = True
        # 10. The decoder is not configured.
        self._state = "unconfigured"
        # 11. No request is queued.
        self._queue_size = 0
        # 12. No flush is pending.
        self._pending_flush_promises = []
        # 13. No dequeue event is scheduled.
        self._dequeue_event_scheduled = False
        self._show_to_tracer()
        # 14. n/a: Python returns the object.

    @staticmethod
    @returns_a_promise
    def isConfigSupported(config: AudioDecoderConfig) -> Promise[AudioDecoderSupport]:
        """Whether ``config`` can be decoded, with those of its members that were recognized (§ 3.5).

        Rejected with TypeError if the configuration is invalid.
        """
        return is_config_supported(
            AudioDecoder, config, lambda clone, supported: {"supported": supported, "config": clone}
        )

    @staticmethod
    def _converted(config: AudioDecoderConfig) -> AudioDecoderConfig:
        return audio_decoder_config(config, "config")

    @staticmethod
    def _is_valid(config: AudioDecoderConfig) -> bool:
        return is_valid_audio_decoder_config(config)

    @staticmethod
    def _clone(config: AudioDecoderConfig) -> AudioDecoderConfig:
        return clone_configuration(config)

    @staticmethod
    def _supports(config: AudioDecoderConfig, platform: Platform) -> bool:
        return check_configuration_support(config, "audio", platform.supports_audio_decoder)

    @staticmethod
    def _reason_against(config: AudioDecoderConfig) -> str | None:
        return reason_against(config, "audio")

    def _new_implementation(self) -> AudioDecoderImplementation:
        return self._platform.new_audio_decoder()

    def _is_key_chunk(self, data: bytes) -> bool | None:
        config = self._newest_config
        assert config is not None, "only a configured decoder decodes"
        return is_key_chunk(config["codec"], description_of(config), data)

    def _exposed(self, output: DecodedOutput[AudioResource]) -> AudioData:
        return create_audio_data(output.resource, output.timestamp)

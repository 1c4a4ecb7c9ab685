"""Chapter 5 of the spec: AudioEncoder. The part of it that VideoEncoder has, too, is in the class Encoder."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.codecs.chunk_metadata import EncodedAudioChunkMetadata
from codecmodel.codecs.config_support import is_config_supported
from codecmodel.codecs.control_messages import configure_control_message, request_control_message
from codecmodel.codecs.encoder import Encoder
from codecmodel.codecs.processing_model import Epoch, process_the_control_message_queue, queue_a_control_message
from codecmodel.configurations.algorithms import check_configuration_support, clone_configuration
from codecmodel.configurations.decoder_configurations import AudioDecoderConfig
from codecmodel.configurations.encoder_configurations import (
    AudioEncoderConfig,
    AudioEncoderSupport,
    are_equal_dictionaries,
    audio_encoder_config,
    is_valid_audio_encoder_config,
)
from codecmodel.configurations.explanation import reason_against
from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedAudioChunkInit, new_encoded_audio_chunk
from codecmodel.platform.codec_implementation import AudioEncoderImplementation, AudioInput, EncodedAudioOutput
from codecmodel.platform.platform import Platform, has_light_audio_codecs
from codecmodel.raw_media.audio_data import AudioData
from codecmodel.raw_media.audio_data_lifetime import clone_audio_data
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise
from codecmodel.web.webidl import Dictionary, Member, callback_function, invoke_callback, returns_a_promise


class AudioEncoderInit(TypedDict):
    """The callbacks of an AudioEncoder.

    ``output`` gets every chunk, with its metadata. ``error`` gets the error that has closed the encoder.
    """

    output: Callable[[EncodedAudioChunk, EncodedAudioChunkMetadata], None]
    error: Callable[[DOMException], None]


_audio_encoder_init = Dictionary[AudioEncoderInit](
    "AudioEncoderInit",
    Member("output", callback_function, required=True),
    Member("error", callback_function, required=True),
)


class AudioEncoder(Encoder[AudioEncoderConfig, AudioData, EncodedAudioOutput]):
    """Encodes AudioData to EncodedAudioChunks (§ 5). An AudioEncoder belongs to the event loop it was made on."""

    _codec_implementation: "AudioEncoderImplementation | None"
    _active_output_config: AudioDecoderConfig | None

    @algorithm("dom-audioencoder-audioencoder")
    def __init__(self, init: AudioEncoderInit) -> None:
        init = _audio_encoder_init(init, "init")
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
        self._show_to_tracer()
        # 15. n/a: Python returns the object.

    @algorithm("dom-audioencoder-configure")
    def configure(self, config: AudioEncoderConfig) -> None:
        """Encode the data that follows as ``config`` says (§ 5.5).

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
        # 4. Queue a message to configure the implementation.
        queue_a_control_message(self, "configure", partial(configure_control_message, self, self._clone(config)))
        # 5. Process it, unless it has to wait.
        process_the_control_message_queue(self)

    @algorithm("dom-audioencoder-encode")
    def encode(self, data: AudioData) -> None:
        """Queue ``data`` for encoding (§ 5.5). It may have any number of samples, and may be closed at once.

        Raises TypeError if the data is closed, and InvalidStateError unless the encoder is configured. Samples whose
        rate or number of channels is not as configured close the encoder with EncodingError, which the error callback
        gets.
        """
        self._require_own_thread()
        if not isinstance(data, AudioData):
            raise TypeError(f"data is not an AudioData: {data!r}")
        # 1. Refuse closed data.
        if data._detached:
            raise TypeError("the AudioData is closed")
        # 2. Only a configured encoder encodes.
        if self._state != "configured":
            raise DOMException(f"the codec is {self._state}", "InvalidStateError")
        # 3. Clone the data, as the program may close it.
        data_clone = clone_audio_data(data)
        # 4. There is one more request in the queue.
        self._queue_size += 1
        # 5. Queue a message to encode the clone.
        queue_a_control_message(
            self, "encode", partial(request_control_message, self, data_clone, data_clone), data_clone
        )
        # 6. Process it, unless it has to wait.
        process_the_control_message_queue(self)

    @staticmethod
    @returns_a_promise
    def isConfigSupported(config: AudioEncoderConfig) -> Promise[AudioEncoderSupport]:
        """Whether ``config`` can be encoded, with those of its members that were recognized (§ 5.5).

        Rejected with TypeError if the configuration is invalid.
        """
        return is_config_supported(
            AudioEncoder, config, lambda clone, supported: {"supported": supported, "config": clone}
        )

    @staticmethod
    def _converted(config: AudioEncoderConfig) -> AudioEncoderConfig:
        return audio_encoder_config(config, "config")

    @staticmethod
    def _is_valid(config: AudioEncoderConfig) -> bool:
        return is_valid_audio_encoder_config(config)

    @staticmethod
    def _clone(config: AudioEncoderConfig) -> AudioEncoderConfig:
        return clone_configuration(config)

    @staticmethod
    def _supports(config: AudioEncoderConfig, platform: Platform) -> bool:
        return check_configuration_support(config, "audio", platform.supports_audio_encoder)

    @staticmethod
    def _reason_against(config: AudioEncoderConfig) -> str | None:
        return reason_against(config, "audio")

    def _new_implementation(self) -> AudioEncoderImplementation:
        return self._platform.new_audio_encoder()

    def _prepare(self, data: AudioData) -> None:
        implementation = self._codec_implementation
        assert implementation is not None, "a codec is released after all other work"
        implementation.prepare(AudioInput(data._require_open().resource, data._timestamp))

    def _process(self, data: AudioData) -> Sequence[EncodedAudioOutput]:
        implementation = self._codec_implementation
        assert implementation is not None, "a codec is released after all other work"
        reference = data._require_open()
        try:
            return implementation.encode(AudioInput(reference.resource, data._timestamp))
        finally:
            # The encoder alone has the clone. Without its reference there is nothing left of it that needs closing.
            reference.release()

    @algorithm("output-encodedaudiochunks")
    def _output(self, epoch: Epoch, outputs: Sequence[EncodedAudioOutput]) -> None:
        # 1. For each output:
        for output in outputs:
            # Not in the spec: after a reset nothing of the old configuration is output.
            if epoch.ceased:
                return
            # 1.1. State the contents of the chunk:
            chunk_init: EncodedAudioChunkInit = {
                # 1.1.1. the encoded bytes,
                "data": output.data,
                # 1.1.2. whether decoding can begin with them,
                "type": "key" if output.is_key else "delta",
                # 1.1.3. the timestamp of the samples in it,
                "timestamp": output.timestamp,
            }
            # 1.1.4. and their duration, if it is known.
            if output.duration is not None:
                chunk_init["duration"] = output.duration
            # 1.2. Make the chunk.
            chunk = new_encoded_audio_chunk(chunk_init)
            # Not in the spec: the chunk tells a muxer which samples are the encoder's delay or padding.
            if output.padding is not None:
                chunk._padding = output.padding
            # 1.3. Make its metadata, which are empty at first.
            chunk_metadata: EncodedAudioChunkMetadata = {}
            # 1.4. Take the active configuration.
            encoder_config = self._active_encoder_config
            assert encoder_config is not None, "outputs follow a successful configuration"
            # 1.5. Describe how the chunk is to be decoded:
            output_config: AudioDecoderConfig = {
                # 1.5.1. the codec,
                "codec": encoder_config["codec"],
                # 1.5.2. the sample rate,
                "sampleRate": encoder_config["sampleRate"],
                # 1.5.3. the number of channels,
                "numberOfChannels": encoder_config["numberOfChannels"],
            }
            # 1.5.4. and the description, if decoding needs one.
            if output.description is not None:
                output_config["description"] = output.description
            # 1.6. If that is not as with the chunk before:
            if not are_equal_dictionaries(output_config, self._active_output_config):
                # 1.6.1. Add it to the metadata (a copy, as the program may change it).
                chunk_metadata["decoderConfig"] = clone_configuration(output_config)
                # 1.6.2. Remember it.
                self._active_output_config = output_config
            # 1.7. Call the output callback with the chunk and its metadata.
            self._call_back(invoke_callback, self._event_loop, self._output_callback, chunk, chunk_metadata)

"""Chapter 5 of the spec: AudioEncoder."""

from collections.abc import Callable, Sequence
from typing import TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.codecs import encoder as steps
from codecmodel.codecs.chunk_metadata import EncodedAudioChunkMetadata
from codecmodel.codecs.control_messages import (
    close,
    configure_control_message,
    is_config_supported,
    request_control_message,
)
from codecmodel.codecs.encoder import Encoder
from codecmodel.codecs.processing_model import Epoch, process_the_control_message_queue, queue_a_control_message
from codecmodel.configurations.algorithms import check_configuration_support, clone_configuration
from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, CodecState
from codecmodel.configurations.encoder_configurations import (
    AudioEncoderConfig,
    AudioEncoderSupport,
    are_equal_dictionaries,
    audio_encoder_config,
    is_valid_audio_encoder_config,
)
from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedAudioChunkInit, new_encoded_audio_chunk
from codecmodel.platform.codec_implementation import AudioEncoderImplementation, AudioInput, EncodedAudioOutput
from codecmodel.raw_media.audio_data import AudioData
from codecmodel.raw_media.audio_data_lifetime import clone_audio_data
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise
from codecmodel.web.webidl import Dictionary, Member, callback_function


class AudioEncoderInit(TypedDict):
    """``output`` gets every chunk and its metadata; ``error`` gets the error that closed the encoder."""

    output: Callable[[EncodedAudioChunk, EncodedAudioChunkMetadata], None]
    error: Callable[[DOMException], None]


_audio_encoder_init = Dictionary[AudioEncoderInit](
    "AudioEncoderInit",
    Member("output", callback_function, required=True),
    Member("error", callback_function, required=True),
)


class AudioEncoder(Encoder[AudioEncoderConfig, AudioInput, EncodedAudioOutput, AudioDecoderConfig]):
    """Encodes AudioData to EncodedAudioChunks (spec § 5). Belongs to the event loop it was made on."""

    @algorithm("dom-audioencoder-audioencoder")
    def __init__(self, init: AudioEncoderInit) -> None:
        init = _audio_encoder_init(init, "init")
        # 1. n/a: Python has made the object.
        # 2. to 6. and 8. to 14. Assign the slots: see Codec, ConfigurableCodec and Encoder.
        super().__init__(init["error"])
        # 7. after 14.: the base classes assign what all encoders have.
        #: [[output callback]]
        self._output_callback = init["output"]
        # 15. n/a: Python returns the object.

    @property
    def state(self) -> CodecState:
        return self._state

    @property
    def encodeQueueSize(self) -> int:
        """Number of pending encode requests; those the codec has accepted are not pending."""
        return self._queue_size

    @algorithm("dom-audioencoder-configure")
    def configure(self, config: AudioEncoderConfig) -> None:
        """Encode what follows as ``config`` says (§ 5.5).

        Raises TypeError if the configuration is invalid, InvalidStateError if the encoder is closed. One that is
        not supported closes the encoder with NotSupportedError, through the error callback.
        """
        config = audio_encoder_config(config, "config")
        # 1. An invalid configuration.
        if not is_valid_audio_encoder_config(config):
            raise TypeError(f"not a valid configuration: {config}")
        # 2. A closed codec.
        if self._state == "closed":
            raise DOMException("the codec is closed", "InvalidStateError")
        # 3.
        self._state = "configured"
        # 4. Queue the message.
        clone = clone_configuration(config)
        queue_a_control_message(self, "configure", lambda: configure_control_message(self, clone))
        # 5.
        process_the_control_message_queue(self)

    @algorithm("dom-audioencoder-encode")
    def encode(self, data: AudioData) -> None:
        """Queue ``data`` for encoding (§ 5.5); it may be closed right after. Any number of samples will do.

        Raises TypeError if the data is closed, InvalidStateError unless configured. Samples of another rate or number
        of channels than configured close the encoder with EncodingError, through the error callback.
        """
        if not isinstance(data, AudioData):
            raise TypeError(f"data is not an AudioData: {data!r}")
        # 1.
        if data._detached:
            raise TypeError("the AudioData is closed")
        # 2. Only a configured codec encodes.
        if self._state != "configured":
            raise DOMException(f"the codec is {self._state}", "InvalidStateError")
        # 3.
        data_clone = clone_audio_data(data)
        # 4.
        self._queue_size += 1
        # 5. Queue the message.
        queue_a_control_message(
            self, "encode", lambda: request_control_message(self, data_clone, self._encode_data), data_clone
        )
        # 6.
        process_the_control_message_queue(self)

    def flush(self) -> Promise[None]:
        """Have everything queued so far encoded and output; the promise is resolved after that (§ 5.5).

        It is rejected with InvalidStateError unless configured, with AbortError by reset() and close(), and with
        the error that closes the encoder.
        """
        return steps.flush(self)

    @algorithm("dom-audioencoder-reset")
    def reset(self) -> None:
        """Drop everything: queue, configuration, pending outputs (§ 5.5). InvalidStateError if closed."""
        steps.reset(self, DOMException("the encoder was reset", "AbortError"))

    @algorithm("dom-audioencoder-close")
    def close(self) -> None:
        """Drop everything and release all resources, for good (§ 5.5). InvalidStateError if closed."""
        close(self, DOMException("the encoder was closed", "AbortError"))

    @staticmethod
    def isConfigSupported(config: AudioEncoderConfig) -> Promise[AudioEncoderSupport]:
        """Whether ``config`` can be encoded, with the members of it that were recognized (§ 5.5).

        Rejected with TypeError if the configuration is invalid.
        """
        return is_config_supported(
            lambda: audio_encoder_config(config, "config"),
            is_valid_audio_encoder_config,
            clone_configuration,
            lambda config, platform: check_configuration_support(config, "audio", platform.supports_audio_encoder),
            lambda clone, supported: {"supported": supported, "config": clone},
        )

    def _check_configuration_support(self, config: AudioEncoderConfig) -> bool:
        return check_configuration_support(config, "audio", self._platform.supports_audio_encoder)

    def _new_implementation(self) -> AudioEncoderImplementation:
        return self._platform.new_audio_encoder()

    def _encode_data(self, data: AudioData) -> Sequence[EncodedAudioOutput]:
        reference = data._require_open()
        return self._encode(AudioInput(reference.resource, data._timestamp), reference)

    @algorithm("output-encodedaudiochunks")
    def _output(self, epoch: Epoch, outputs: Sequence[EncodedAudioOutput]) -> None:
        # 1. For each output,
        for output in outputs:
            # Not from the spec: after a reset nothing of the old configuration is output.
            if epoch.ceased:
                return
            # 1.1. the chunk's
            chunk_init: EncodedAudioChunkInit = {
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
            chunk = new_encoded_audio_chunk(chunk_init)
            # Not in the spec: the chunk tells a muxer what an encoder's delay and the end of the stream have added.
            if output.padding is not None:
                chunk._padding = output.padding
            # 1.3.
            chunk_metadata: EncodedAudioChunkMetadata = {}
            # 1.4.
            encoder_config = self._active_encoder_config
            assert encoder_config is not None, "outputs follow a successful configuration"
            # 1.5. how to decode it:
            output_config: AudioDecoderConfig = {
                # 1.5.1.
                "codec": encoder_config["codec"],
                # 1.5.2.
                "sampleRate": encoder_config["sampleRate"],
                # 1.5.3.
                "numberOfChannels": encoder_config["numberOfChannels"],
            }
            # 1.5.4.
            if output.description is not None:
                output_config["description"] = output.description
            # 1.6. if that is news,
            if not are_equal_dictionaries(output_config, self._active_output_config):
                # 1.6.1. (a copy: it is the callback's to change)
                chunk_metadata["decoderConfig"] = clone_configuration(output_config)
                # 1.6.2.
                self._active_output_config = output_config
            # 1.7.
            self._call_back(self._output_callback, chunk, chunk_metadata)

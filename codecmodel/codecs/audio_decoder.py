"""Chapter 3 of the spec: AudioDecoder."""

from collections.abc import Callable
from typing import TypedDict

from codecmodel.algorithm import algorithm
from codecmodel.codecs import decoder as steps
from codecmodel.codecs.control_messages import close, is_config_supported
from codecmodel.codecs.decoder import Decoder
from codecmodel.configurations.algorithms import check_configuration_support, clone_configuration
from codecmodel.configurations.decoder_configurations import (
    AudioDecoderConfig,
    AudioDecoderSupport,
    CodecState,
    audio_decoder_config,
    description_of,
    is_valid_audio_decoder_config,
)
from codecmodel.encoded_chunks import EncodedAudioChunk
from codecmodel.platform.codec_implementation import AudioDecoderImplementation, DecodedOutput
from codecmodel.raw_media.audio_data import AudioData
from codecmodel.raw_media.resource_protocols import AudioResource
from codecmodel.registry import is_key_chunk
from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import Promise
from codecmodel.web.webidl import Dictionary, Member, callback_function


class AudioDecoderInit(TypedDict):
    """``output`` gets every decoded AudioData, which it should close; ``error`` gets the error that closed it."""

    output: Callable[[AudioData], None]
    error: Callable[[DOMException], None]


_audio_decoder_init = Dictionary[AudioDecoderInit](
    "AudioDecoderInit",
    Member("output", callback_function, required=True),
    Member("error", callback_function, required=True),
)


class AudioDecoder(Decoder[AudioDecoderConfig, DecodedOutput[AudioResource], AudioData]):
    """Decodes EncodedAudioChunks to AudioData (spec § 3). Belongs to the event loop it was made on."""

    @algorithm("dom-audiodecoder-audiodecoder")
    def __init__(self, init: AudioDecoderInit) -> None:
        init = _audio_decoder_init(init, "init")
        # 1. n/a: Python has made the object.
        # 2. to 13. Assign the slots: see Codec.__init__ and Decoder.__init__.
        super().__init__(init["output"], init["error"])
        # 14. n/a: Python returns the object.

    @property
    def state(self) -> CodecState:
        return self._state

    @property
    def decodeQueueSize(self) -> int:
        """Number of pending decode requests; those the codec has accepted are not pending."""
        return self._queue_size

    def configure(self, config: AudioDecoderConfig) -> None:
        """Decode what follows as ``config`` says (§ 3.5).

        Raises TypeError if the configuration is invalid, InvalidStateError if the decoder is closed. One that is
        not supported closes the decoder with NotSupportedError, through the error callback.
        """
        config = audio_decoder_config(config, "config")
        is_valid = is_valid_audio_decoder_config(config)
        steps.configure(self, clone_configuration(config) if is_valid else config, is_valid)

    def decode(self, chunk: EncodedAudioChunk) -> None:
        """Queue ``chunk`` for decoding (§ 3.5).

        Raises InvalidStateError unless configured, DataError if a key chunk is required and this is none. Broken
        data closes the decoder with EncodingError, through the error callback.
        """
        if not isinstance(chunk, EncodedAudioChunk):
            raise TypeError(f"chunk is not an EncodedAudioChunk: {chunk!r}")
        steps.decode(self, chunk)

    def flush(self) -> Promise[None]:
        """Have everything queued so far decoded and output; the promise is resolved after that (§ 3.5).

        It is rejected with InvalidStateError unless configured, with AbortError by reset() and close(), and with
        the error that closes the decoder.
        """
        return steps.flush(self)

    @algorithm("dom-audiodecoder-reset")
    def reset(self) -> None:
        """Drop everything: queue, configuration, pending outputs (§ 3.5). InvalidStateError if closed."""
        steps.reset(self, DOMException("the decoder was reset", "AbortError"))

    @algorithm("dom-audiodecoder-close")
    def close(self) -> None:
        """Drop everything and release all resources, for good (§ 3.5). InvalidStateError if closed."""
        close(self, DOMException("the decoder was closed", "AbortError"))

    @staticmethod
    def isConfigSupported(config: AudioDecoderConfig) -> Promise[AudioDecoderSupport]:
        """Whether ``config`` can be decoded, with the members of it that were recognized (§ 3.5).

        Rejected with TypeError if the configuration is invalid.
        """
        return is_config_supported(
            lambda: audio_decoder_config(config, "config"),
            is_valid_audio_decoder_config,
            clone_configuration,
            lambda config, platform: check_configuration_support(config, "audio", platform.supports_audio_decoder),
            lambda clone, supported: {"supported": supported, "config": clone},
        )

    def _check_configuration_support(self, config: AudioDecoderConfig) -> bool:
        return check_configuration_support(config, "audio", self._platform.supports_audio_decoder)

    def _new_implementation(self) -> AudioDecoderImplementation:
        return self._platform.new_audio_decoder()

    def _is_key_chunk(self, data: bytes) -> bool | None:
        config = self._newest_config
        assert config is not None
        return is_key_chunk(config["codec"], description_of(config), data)

    @algorithm("output-audiodata")
    def _expose(self, output: DecodedOutput[AudioResource]) -> AudioData:
        # 1.1. to 1.1.8. The AudioData takes over the output's reference to its resource.
        return AudioData._create(output.resource, output.timestamp)

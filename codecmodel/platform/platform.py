"""Protocols for the part of a user agent that supplies codecs."""

from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
    from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
    from codecmodel.platform.codec_implementation import (
        AudioDecoderImplementation,
        AudioEncoderImplementation,
        VideoDecoderImplementation,
        VideoEncoderImplementation,
    )
    from codecmodel.platform.image_decoder_implementation import ImageDecoderImplementation


class EncoderPlatform(Protocol):
    """The supplier of encoders. Its methods may be called from any thread."""

    def supports_audio_encoder(self, config: "AudioEncoderConfig") -> bool:
        """Whether an encoder can honour every entry of ``config``, which is valid and converted by Web IDL.

        These are steps 3 and 4 of Check Configuration Support. The stream must have exactly the profile of the codec
        string, a level not above its level, and constraints at least as strict. The codec string is valid, and its
        codec is one for audio.
        """

    def supports_video_encoder(self, config: "VideoEncoderConfig") -> bool:
        """The same as supports_audio_encoder, for video. ``contentHint`` is never a reason to refuse."""

    def new_audio_encoder(self) -> "AudioEncoderImplementation": ...

    def new_video_encoder(self) -> "VideoEncoderImplementation": ...


class Platform(EncoderPlatform, Protocol):
    """The supplier of all codecs and image decoders. Its methods may be called from any thread.

    It may have an attribute ``answers_further_questions``, which is True. Then it is asked about other configurations
    after it has refused one, so that the error can name the entry that is not supported. It may have an attribute
    ``has_light_audio_codecs``. If that is True, its audio codecs keep the GIL, wait for nothing, and take microseconds
    for a chunk or some milliseconds of sound, so that the event loop's thread may run them.
    """

    def supports_audio_decoder(self, config: "AudioDecoderConfig") -> bool: ...

    def supports_video_decoder(self, config: "VideoDecoderConfig") -> bool: ...

    def supports_image_type(self, type: str) -> bool:
        """Whether images of a type can be decoded. ``type`` is the essence of a MIME type, as in "image/png"."""

    def new_audio_decoder(self) -> "AudioDecoderImplementation": ...

    def new_video_decoder(self) -> "VideoDecoderImplementation": ...

    def new_image_decoder(self) -> "ImageDecoderImplementation": ...


@runtime_checkable
class AnswersFurtherQuestions(Protocol):
    """A platform that answers further questions after a refusal, which find out the entry that it does not honour."""

    answers_further_questions: Literal[True]


def has_light_audio_codecs(platform: Platform) -> bool:
    """Whether the audio codecs of a platform are light."""
    return getattr(platform, "has_light_audio_codecs", False) is True

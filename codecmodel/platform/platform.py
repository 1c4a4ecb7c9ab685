"""What a user agent provides, as protocols."""

from typing import TYPE_CHECKING, Protocol

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
    """What a user agent provides for encoding. Its methods may be called from any thread."""

    def supports_audio_encoder(self, config: "AudioEncoderConfig") -> bool:
        """Whether all entries of the valid, converted ``config`` can be honoured, to the last option.

        Check Configuration Support, steps 3 and 4: exactly the profile of the codec string, a level not above its
        level, constraints at least as strict. The codec string is valid and of audio.
        """

    def supports_video_encoder(self, config: "VideoEncoderConfig") -> bool:
        """As supports_audio_encoder, of video; ``contentHint`` is never a reason to refuse."""

    def new_audio_encoder(self) -> "AudioEncoderImplementation": ...

    def new_video_encoder(self) -> "VideoEncoderImplementation": ...


class Platform(EncoderPlatform, Protocol):
    """What a user agent provides. Its methods may be called from any thread."""

    def supports_audio_decoder(self, config: "AudioDecoderConfig") -> bool: ...

    def supports_video_decoder(self, config: "VideoDecoderConfig") -> bool: ...

    def supports_image_type(self, type: str) -> bool:
        """Whether images of ``type`` can be decoded: a MIME type's essence in lower case ("image/png")."""

    def new_audio_decoder(self) -> "AudioDecoderImplementation": ...

    def new_video_decoder(self) -> "VideoDecoderImplementation": ...

    def new_image_decoder(self) -> "ImageDecoderImplementation": ...

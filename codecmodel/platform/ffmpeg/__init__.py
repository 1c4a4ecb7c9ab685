"""The platform on FFmpeg."""

from functools import cache
from typing import Final

import ffbind
from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
from codecmodel.platform.ffmpeg.decoding.audio_decoder import FFmpegAudioDecoder
from codecmodel.platform.ffmpeg.decoding.decoder_support import supports_audio_decoder, supports_video_decoder
from codecmodel.platform.ffmpeg.decoding.video_decoder import FFmpegVideoDecoder
from codecmodel.platform.ffmpeg.encoding.audio_encoder import FFmpegAudioEncoder
from codecmodel.platform.ffmpeg.encoding.audio_settings import supports_audio_encoder
from codecmodel.platform.ffmpeg.encoding.video_codecs import supports_video_encoder
from codecmodel.platform.ffmpeg.encoding.video_encoder import FFmpegVideoEncoder
from codecmodel.platform.ffmpeg.images.image_decoder import FFmpegImageDecoder, supports_image_type
from codecmodel.platform.ffmpeg.pixel_limit import DEFAULT_MAXIMUM_PIXELS, PixelLimit


class FFmpegPlatform:
    """The codecs and image decoders of FFmpeg.

    With ``looks_ahead``, video encoders of latencyMode "quality" look ahead and reorder frames where they can: chunks
    are smaller, but come up to 40 frames late and not in presentation order. Otherwise they come in presentation order,
    and at most four frames late.

    No picture may have more than ``maximum_pixels``: larger images and videos are refused before memory is taken for
    them. Raises ValueError if that is not at least 1.
    """

    answers_further_questions: Final = True

    def __init__(self, *, maximum_pixels: int = DEFAULT_MAXIMUM_PIXELS, looks_ahead: bool = False) -> None:
        self._looks_ahead = looks_ahead
        self._limit = PixelLimit(maximum_pixels)
        # If the libraries cannot be found or used, the error is raised here and not in a worker thread.
        ffbind.load()

    @property
    def has_light_audio_codecs(self) -> bool:
        """Whether codecs of audio keep the GIL and take microseconds. Those of a subclass may take longer."""
        return type(self) is FFmpegPlatform

    def supports_audio_decoder(self, config: AudioDecoderConfig) -> bool:
        return supports_audio_decoder(config)

    def supports_video_decoder(self, config: VideoDecoderConfig) -> bool:
        size = config.get("codedWidth", 1), config.get("codedHeight", 1)
        return self._limit.allows(*size) and supports_video_decoder(config)

    def supports_audio_encoder(self, config: AudioEncoderConfig) -> bool:
        return supports_audio_encoder(config)

    def supports_video_encoder(self, config: VideoEncoderConfig) -> bool:
        return supports_video_encoder(config, looks_ahead=self._looks_ahead)

    def new_audio_decoder(self) -> FFmpegAudioDecoder:
        return FFmpegAudioDecoder()

    def new_video_decoder(self) -> FFmpegVideoDecoder:
        return FFmpegVideoDecoder(self._limit)

    def new_audio_encoder(self) -> FFmpegAudioEncoder:
        return FFmpegAudioEncoder()

    def new_video_encoder(self) -> FFmpegVideoEncoder:
        return FFmpegVideoEncoder(looks_ahead=self._looks_ahead)

    def supports_image_type(self, type: str) -> bool:
        return supports_image_type(type)

    def new_image_decoder(self) -> FFmpegImageDecoder:
        return FFmpegImageDecoder(self._limit)


@cache
def ffmpeg_platform() -> FFmpegPlatform:
    """The one FFmpeg platform. Raises ffbind.FFbindError if FFmpeg's libraries cannot be used."""
    return FFmpegPlatform()


def description() -> str:
    """The version and the origin of the FFmpeg in use, for people to read."""
    library = ffbind.load()
    return f"FFmpeg {library.ffmpeg_version} ({library.origin})"

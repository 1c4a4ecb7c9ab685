"""A user agent whose codecs answer as they like."""

from collections.abc import Callable
from typing import Final

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
from codecmodel.platform.codec_implementation import (
    AudioDecoderImplementation,
    AudioEncoderImplementation,
    CodecRequests,
    VideoDecoderImplementation,
    VideoEncoderImplementation,
)
from codecmodel.platform.image_decoder_implementation import ImageDecoderImplementation
from codecmodel.raw_media.resource_protocols import AudioResource, VideoResource
from codecmodel.web.event_loop import TaskSource
from conformance.litmus.free_codec import LATE_NEWS, Decides, Freedoms, FreeRequests
from conformance.litmus.free_decoder import FreeDecoder
from conformance.litmus.free_encoder import FreeAudioEncoder, FreeVideoEncoder
from conformance.litmus.free_image_decoder import FreeImageDecoder
from conformance.litmus.image_subject import IMAGE_TYPES
from conformance.scripted.scripted_codec import ScriptedPlatform
from conformance.scripted.scripted_media import ScriptedAudioResource, ScriptedVideoResource


class FreePlatform(ScriptedPlatform):
    """A user agent whose codecs answer as they like, by the decisions of ``decides``."""

    def __init__(self, on_work_queue: Callable[[], bool], decides: Decides, freedoms: Freedoms) -> None:
        super().__init__(on_work_queue)
        self.decides = decides
        self.freedoms = freedoms
        #: For the dequeue event of user agents that have a task source for it, and for images that come late.
        self.dequeue_source: Final = TaskSource("dequeue")
        self.images_source: Final = TaskSource("images")

    def supports_audio_decoder(self, config: AudioDecoderConfig) -> bool:
        return self._is_good(config["sampleRate"])

    def supports_video_decoder(self, config: VideoDecoderConfig) -> bool:
        return self._is_good(config["codedWidth"])

    def supports_audio_encoder(self, config: AudioEncoderConfig) -> bool:
        return self._is_good(config["bitrate"])

    def supports_video_encoder(self, config: VideoEncoderConfig) -> bool:
        return self._is_good(config["bitrate"])

    def new_audio_decoder(self) -> AudioDecoderImplementation:
        decoder: FreeDecoder[AudioDecoderConfig, AudioResource]
        decoder = FreeDecoder(self.decides, self.freedoms, self._new_requests(), self.resources, ScriptedAudioResource)
        return decoder

    def new_video_decoder(self) -> VideoDecoderImplementation:
        decoder: FreeDecoder[VideoDecoderConfig, VideoResource]
        decoder = FreeDecoder(self.decides, self.freedoms, self._new_requests(), self.resources, ScriptedVideoResource)
        return decoder

    def new_audio_encoder(self) -> AudioEncoderImplementation:
        return FreeAudioEncoder(self.decides, self.freedoms, self._new_requests())

    def new_video_encoder(self) -> VideoEncoderImplementation:
        return FreeVideoEncoder(self.decides, self.freedoms, self._new_requests())

    def supports_image_type(self, type: str) -> bool:
        return type in IMAGE_TYPES.values()

    def new_image_decoder(self) -> ImageDecoderImplementation:
        return FreeImageDecoder(self.decides, self.freedoms, self.resources)

    def _is_good(self, number: int) -> bool:
        return self.decides.kind_of(number) != "bad"

    def _new_requests(self) -> CodecRequests:
        freedoms = self.freedoms
        if freedoms.capacity is not None:
            return CodecRequests(freedoms.capacity)
        return FreeRequests(self.decides, LATE_NEWS in freedoms.deviations, self.on_work_queue)

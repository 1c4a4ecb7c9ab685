"""The metadata that encoders give along with their chunks (§ 5.7, § 6.7)."""

from typing import NotRequired, TypedDict

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig


# Spec: encoded-audio-chunk-metadata
class EncodedAudioChunkMetadata(TypedDict):
    """The metadata of an audio chunk (§ 5.7).

    ``decoderConfig`` says how to decode the chunk and those that follow. It is there only where that has changed.
    """

    decoderConfig: NotRequired[AudioDecoderConfig]


# Spec: encoded-video-chunk-metadata
class SvcOutputMetadata(TypedDict):
    """The number of the temporal layer that a chunk belongs to, from 0."""

    temporalLayerId: NotRequired[int]


class EncodedVideoChunkMetadata(TypedDict):
    """The metadata of a video chunk (§ 6.7).

    ``decoderConfig`` says how to decode the chunk and those that follow. It is there only where that has changed.
    ``svc`` is there if the scalability mode has several temporal layers, and ``alphaSideData`` if alpha is kept and the
    frame had any.
    """

    decoderConfig: NotRequired[VideoDecoderConfig]
    svc: NotRequired[SvcOutputMetadata]
    alphaSideData: NotRequired[bytes]

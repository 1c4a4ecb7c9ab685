"""What encoders tell beside their chunks (chapter 6)."""

from typing import NotRequired, TypedDict

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig


# Spec: encoded-audio-chunk-metadata
class EncodedAudioChunkMetadata(TypedDict):
    """What comes with a chunk (spec § 5.7): how to decode it and those that follow, where that has changed."""

    decoderConfig: NotRequired[AudioDecoderConfig]


# Spec: encoded-video-chunk-metadata
class SvcOutputMetadata(TypedDict):
    """Which temporal layer a chunk is of, from 0."""

    temporalLayerId: NotRequired[int]


class EncodedVideoChunkMetadata(TypedDict):
    """What comes with a chunk (spec § 6.7).

    ``decoderConfig`` says how to decode it and those that follow, where that has changed. ``svc`` is there if the
    scalability mode has several temporal layers, ``alphaSideData`` if alpha is kept and the frame had any.
    """

    decoderConfig: NotRequired[VideoDecoderConfig]
    svc: NotRequired[SvcOutputMetadata]
    alphaSideData: NotRequired[bytes]

"""The types that programs annotate with: the IDL's dictionaries as TypedDicts, its enumerations as Literals.

The interfaces themselves are in ``codecmodel``. Members that may be absent are ``NotRequired``.
"""

from codecmodel.codecs.audio_decoder import AudioDecoderInit
from codecmodel.codecs.audio_encoder import AudioEncoderInit
from codecmodel.codecs.chunk_metadata import EncodedAudioChunkMetadata, EncodedVideoChunkMetadata, SvcOutputMetadata
from codecmodel.codecs.video_decoder import VideoDecoderInit
from codecmodel.codecs.video_encoder import VideoEncoderInit
from codecmodel.configurations.decoder_configurations import (
    AudioDecoderConfig,
    AudioDecoderSupport,
    CodecState,
    HardwareAcceleration,
    VideoDecoderConfig,
    VideoDecoderSupport,
)
from codecmodel.configurations.encoder_configurations import (
    AudioEncoderConfig,
    AudioEncoderSupport,
    BitrateMode,
    LatencyMode,
    VideoEncoderBitrateMode,
    VideoEncoderConfig,
    VideoEncoderEncodeOptions,
    VideoEncoderSupport,
)
from codecmodel.encoded_chunks import (
    EncodedAudioChunkInit,
    EncodedAudioChunkType,
    EncodedVideoChunkInit,
    EncodedVideoChunkType,
)
from codecmodel.image_decoding.image_decode_options import ImageDecodeOptions, ImageDecodeResult
from codecmodel.image_decoding.image_decoder_init import ImageDecoderInit
from codecmodel.platform.image_decoder_implementation import ColorSpaceConversion
from codecmodel.raw_media.audio_data_copy import AudioDataCopyToOptions
from codecmodel.raw_media.audio_data_init import AudioDataInit
from codecmodel.raw_media.audio_sample_format import AudioSampleFormat
from codecmodel.raw_media.color_space import (
    PredefinedColorSpace,
    VideoColorPrimaries,
    VideoColorSpaceInit,
    VideoMatrixCoefficients,
    VideoTransferCharacteristics,
)
from codecmodel.raw_media.dom_rect import DOMRectInit, DOMRectReadOnly
from codecmodel.raw_media.frame_of_arrays import VideoFrameArrayInit
from codecmodel.raw_media.pixel_format import VideoPixelFormat
from codecmodel.raw_media.plane_layout import PlaneLayout
from codecmodel.raw_media.rgb.conversion import RGBLayout
from codecmodel.raw_media.video_frame_copy import VideoFrameCopyToOptions
from codecmodel.raw_media.video_frame_init import AlphaOption, VideoFrameBufferInit, VideoFrameInit
from codecmodel.raw_media.video_frame_metadata import (
    BackgroundBlur,
    Point2D,
    Segment,
    SegmentType,
    VideoFrameMetadata,
)
from codecmodel.registry.encoder_extensions import (
    AacBitstreamFormat,
    AacEncoderConfig,
    AvcBitstreamFormat,
    AvcEncoderConfig,
    FlacEncoderConfig,
    HevcBitstreamFormat,
    HevcEncoderConfig,
    OpusApplication,
    OpusBitstreamFormat,
    OpusEncoderConfig,
    OpusSignal,
    VideoEncoderEncodeOptionsForAv1,
    VideoEncoderEncodeOptionsForAvc,
    VideoEncoderEncodeOptionsForHevc,
    VideoEncoderEncodeOptionsForVp9,
)
from codecmodel.web.buffers import BufferSource
from codecmodel.web.errors import RangeError
from codecmodel.web.events import AddEventListenerOptions, Event
from codecmodel.web.message_channel import MessageEvent

__all__ = [
    "AacBitstreamFormat",
    "AacEncoderConfig",
    "AddEventListenerOptions",
    "AlphaOption",
    "AudioDataCopyToOptions",
    "AudioDataInit",
    "AudioDecoderConfig",
    "AudioDecoderInit",
    "AudioDecoderSupport",
    "AudioEncoderConfig",
    "AudioEncoderInit",
    "AudioEncoderSupport",
    "AudioSampleFormat",
    "AvcBitstreamFormat",
    "AvcEncoderConfig",
    "BackgroundBlur",
    "BitrateMode",
    "BufferSource",
    "CodecState",
    "ColorSpaceConversion",
    "DOMRectInit",
    "DOMRectReadOnly",
    "EncodedAudioChunkInit",
    "EncodedAudioChunkMetadata",
    "EncodedAudioChunkType",
    "EncodedVideoChunkInit",
    "EncodedVideoChunkMetadata",
    "EncodedVideoChunkType",
    "Event",
    "FlacEncoderConfig",
    "HardwareAcceleration",
    "HevcBitstreamFormat",
    "HevcEncoderConfig",
    "ImageDecodeOptions",
    "ImageDecodeResult",
    "ImageDecoderInit",
    "LatencyMode",
    "MessageEvent",
    "OpusApplication",
    "OpusBitstreamFormat",
    "OpusEncoderConfig",
    "OpusSignal",
    "PlaneLayout",
    "Point2D",
    "PredefinedColorSpace",
    "RGBLayout",
    "RangeError",
    "Segment",
    "SegmentType",
    "SvcOutputMetadata",
    "VideoColorPrimaries",
    "VideoColorSpaceInit",
    "VideoDecoderConfig",
    "VideoDecoderInit",
    "VideoDecoderSupport",
    "VideoEncoderBitrateMode",
    "VideoEncoderConfig",
    "VideoEncoderEncodeOptions",
    "VideoEncoderEncodeOptionsForAv1",
    "VideoEncoderEncodeOptionsForAvc",
    "VideoEncoderEncodeOptionsForHevc",
    "VideoEncoderEncodeOptionsForVp9",
    "VideoEncoderInit",
    "VideoEncoderSupport",
    "VideoFrameArrayInit",
    "VideoFrameBufferInit",
    "VideoFrameCopyToOptions",
    "VideoFrameInit",
    "VideoFrameMetadata",
    "VideoMatrixCoefficients",
    "VideoPixelFormat",
    "VideoTransferCharacteristics",
]

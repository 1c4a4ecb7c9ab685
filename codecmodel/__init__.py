"""W3C WebCodecs: the interfaces its IDL exposes, under the IDL's names.

Everything asynchronous belongs to the asyncio event loop it is used on. Configurations and init dictionaries are
plain dicts. Public beside this module are codecmodel.types (the types for annotations), .files, .rgb, .messages,
.tracing, .reclamation and .hosting; all other modules are internal.
"""

from codecmodel.codecs.audio_decoder import AudioDecoder
from codecmodel.codecs.audio_encoder import AudioEncoder
from codecmodel.codecs.video_decoder import VideoDecoder
from codecmodel.codecs.video_encoder import VideoEncoder
from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.image_decoding.image_decoder import ImageDecoder
from codecmodel.image_decoding.image_track import ImageTrack, ImageTrackList
from codecmodel.raw_media.audio_data import AudioData
from codecmodel.raw_media.color_space import VideoColorSpace
from codecmodel.raw_media.video_frame import VideoFrame
from codecmodel.version import __version__ as __version__
from codecmodel.web.errors import DOMException, QuotaExceededError
from codecmodel.web.finalizers import install_hook as _install_hook_of_finalizers

__all__ = [
    "AudioData",
    "AudioDecoder",
    "AudioEncoder",
    "DOMException",
    "EncodedAudioChunk",
    "EncodedVideoChunk",
    "ImageDecoder",
    "ImageTrack",
    "ImageTrackList",
    "QuotaExceededError",
    "VideoColorSpace",
    "VideoDecoder",
    "VideoEncoder",
    "VideoFrame",
]

_install_hook_of_finalizers()

"""Media for scenarios. They are made on the spot with known content, or are vectors from a directory if there is
one.
"""

from conformance.media.audio import ANY_AUDIO, AUDIO, COMPRESSED_AUDIO, RAW_AUDIO
from conformance.media.content import content_of, picture_of, samples_of, sound_of
from conformance.media.encoding import LibraryError, live_objects
from conformance.media.material import AudioMaterial, ChunkData, Material, VideoMaterial
from conformance.media.video import ANY_VIDEO, LOSSLESS_VIDEO, REORDERED_VIDEO, VIDEO

__all__ = [
    "ANY_AUDIO",
    "ANY_VIDEO",
    "AUDIO",
    "COMPRESSED_AUDIO",
    "LOSSLESS_VIDEO",
    "RAW_AUDIO",
    "REORDERED_VIDEO",
    "VIDEO",
    "AudioMaterial",
    "ChunkData",
    "LibraryError",
    "Material",
    "VideoMaterial",
    "content_of",
    "live_objects",
    "picture_of",
    "samples_of",
    "sound_of",
]

"""Media files: this package reads and writes them. It is public, and its modules are internal.

Nothing here is part of WebCodecs, which begins with chunks and ends with frames.
"""

from codecmodel.files.async_demuxer import AsyncDemuxer
from codecmodel.files.audio_track_writer import AudioTrackWriter
from codecmodel.files.demuxer import Demuxer
from codecmodel.files.errors import MediaFileError
from codecmodel.files.frames import Frames, FramesAt
from codecmodel.files.labels import Chapter, TrackDescription
from codecmodel.files.media_file import MediaFile
from codecmodel.files.muxer import Muxer
from codecmodel.files.picture import PictureShape, shape_of_picture
from codecmodel.files.remuxing import remux
from codecmodel.files.sound import Sound
from codecmodel.files.sound_trimmer import SoundTrimmer
from codecmodel.files.track_writer import TrackWriter
from codecmodel.files.tracks import AudioTrack, DemuxedAudioChunk, DemuxedChunk, DemuxedVideoChunk, Track, VideoTrack
from codecmodel.files.video_track_writer import VideoTrackWriter
from codecmodel.files.wav import SoundShape, WavWriter, shape_of_sound
from codecmodel.files.y4m import Y4MWriter, can_be_y4m

#: ``codecmodel.files.open(source)`` reads as it does for other files.
open = MediaFile

__all__ = [
    "AsyncDemuxer",
    "AudioTrack",
    "AudioTrackWriter",
    "Chapter",
    "DemuxedAudioChunk",
    "DemuxedChunk",
    "DemuxedVideoChunk",
    "Demuxer",
    "Frames",
    "FramesAt",
    "MediaFile",
    "MediaFileError",
    "Muxer",
    "PictureShape",
    "Sound",
    "SoundShape",
    "SoundTrimmer",
    "Track",
    "TrackDescription",
    "TrackWriter",
    "VideoTrack",
    "VideoTrackWriter",
    "WavWriter",
    "Y4MWriter",
    "can_be_y4m",
    "open",
    "remux",
    "shape_of_picture",
    "shape_of_sound",
]

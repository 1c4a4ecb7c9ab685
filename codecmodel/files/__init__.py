"""Media files: containers read and written in the spec's terms, and raw pictures and sound."""

from codecmodel.files.demuxer import AudioTrack, DemuxedChunk, Demuxer, Track, VideoTrack
from codecmodel.files.errors import MediaFileError
from codecmodel.files.muxer import AudioTrackWriter, Muxer, TrackWriter, VideoTrackWriter
from codecmodel.files.wav import WavWriter
from codecmodel.files.y4m import Y4MWriter

__all__ = [
    "AudioTrack",
    "AudioTrackWriter",
    "DemuxedChunk",
    "Demuxer",
    "MediaFileError",
    "Muxer",
    "Track",
    "TrackWriter",
    "VideoTrack",
    "VideoTrackWriter",
    "WavWriter",
    "Y4MWriter",
]

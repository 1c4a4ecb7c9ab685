"""Media files from a directory that the environment names, read by the model's own demuxer."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig
from codecmodel.files import Demuxer
from codecmodel.types import EncodedVideoChunkInit
from conformance.interfaces import EncodedAudioChunk, EncodedVideoChunk
from conformance.suite.assertions import OptionalFeatureUnsupportedError

#: The variable that names the directory. Files of web-platform-tests are in ``wpt`` below it.
VARIABLE: Final = "CODECMODEL_MEDIA"


@dataclass(frozen=True)
class VideoVector:
    """The video of a file. Nothing is known of its pictures except for the claims of a scenario about the file."""

    config: VideoDecoderConfig
    chunks: Sequence[EncodedVideoChunk]


@dataclass(frozen=True)
class AudioVector:
    """The audio of a file."""

    config: AudioDecoderConfig
    chunks: Sequence[EncodedAudioChunk]


def path_of(name: str) -> Path:
    """The file of that name in the directory. Raises OptionalFeatureUnsupportedError if there is none."""
    directory = os.environ.get(VARIABLE)
    if not directory:
        raise OptionalFeatureUnsupportedError(f"{VARIABLE} is not set: it names a directory of media files")
    path = Path(directory) / name
    if not path.is_file():
        raise OptionalFeatureUnsupportedError(f"{VARIABLE} has no file {name}")
    return path


@cache
def video_vector(name: str) -> VideoVector:
    """The first track of the kind in a file. Raises OptionalFeatureUnsupportedError if the file is not there."""
    with Demuxer(path_of(name)) as demuxer:
        track = demuxer.video_track
        return VideoVector(track.config, [EncodedVideoChunk(_init_of(chunk)) for chunk in demuxer.chunks_of(track)])


@cache
def audio_vector(name: str) -> AudioVector:
    """The first track of the kind in a file. Raises OptionalFeatureUnsupportedError if the file is not there."""
    with Demuxer(path_of(name)) as demuxer:
        track = demuxer.audio_track
        return AudioVector(track.config, [EncodedAudioChunk(_init_of(chunk)) for chunk in demuxer.chunks_of(track)])


def _init_of(chunk: EncodedAudioChunk | EncodedVideoChunk) -> EncodedVideoChunkInit:
    """The dictionary for another implementation to make a chunk of its own from."""
    data = bytearray(chunk.byteLength)
    chunk.copyTo(data)
    init: EncodedVideoChunkInit = {"type": chunk.type, "timestamp": chunk.timestamp, "data": bytes(data)}
    if chunk.duration is not None:
        init["duration"] = chunk.duration
    return init

"""Containers written from what encoders output: chunks, and the decoder configurations that come with them.

with Muxer("out.webm") as muxer:
    track = muxer.add_video_track(frame_rate=Fraction(30))
    encoder = VideoEncoder({"output": track.write, "error": print})
    ...
    await encoder.flush()
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fractions import Fraction
from heapq import heappush, heappushpop
from types import TracebackType
from typing import Final, NamedTuple, Self, TypeVar

from codecmodel.codecs.chunk_metadata import EncodedAudioChunkMetadata, EncodedVideoChunkMetadata
from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, VideoDecoderConfig, description_of
from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.files.errors import MediaFileError, MissingLibraryError
from codecmodel.files.new_file import NewFile
from codecmodel.files.stream_config import audio_parameters, pre_skip_in_microseconds, reordering_of, video_parameters
from ffbind import (
    ContainerWriter,
    FFbindError,
    FFmpegError,
    LibraryNotFoundError,
    Packet,
    StreamParameters,
    UnsupportedLibraryError,
    rotation_matrix,
)

_SECOND: Final = 1_000_000
#: µs from one frame to the next where nothing else says it; only the first timestamps of decoding depend on it.
_ASSUMED_FRAME_DURATION: Final = 33_333
#: Names and extensions of the formats that have a sample entry's type for each codec string's prefix.
_MP4: Final = frozenset({"mp4", "mov", "m4v"})


class _Sample(NamedTuple):
    """A chunk; times in µs."""

    data: bytes
    key: bool
    timestamp: int
    duration: int | None


class DecodingClock:
    """The timestamps (µs) at which chunks are to be decoded, for containers that write them down.

    Of the timestamps of presentation the smallest is due first, ``reordering`` chunks later than if none were
    reordered. Before the first one there are as many more, ``step`` µs apart.
    """

    def __init__(self, reordering: int, step: int) -> None:
        self._reordering = reordering
        self._step = step
        self._first: int | None = None
        self._count = 0
        self._seen: list[int] = []

    def next(self, timestamp: int) -> int:
        """When the next chunk, presented at ``timestamp``, is to be decoded."""
        if self._first is None:
            self._first = timestamp
        count, self._count = self._count, self._count + 1
        if count < self._reordering:
            heappush(self._seen, timestamp)
            return self._first - (self._reordering - count) * self._step
        return heappushpop(self._seen, timestamp)


class TrackWriter(ABC):
    """A track of a container being written. Its configuration is the decoderConfig that came first."""

    def __init__(self, muxer: Muxer, number: int) -> None:
        self._muxer = muxer
        self._number = number
        self._samples: deque[_Sample] = deque()
        self._clock = DecodingClock(0, 0)
        self._shift = 0
        self._stream: int | None = None

    @property
    @abstractmethod
    def is_configured(self) -> bool:
        """Whether a configuration has come."""

    @abstractmethod
    def _parameters(self, first: _Sample) -> StreamParameters: ...

    def _add_stream(self, container: ContainerWriter, parameters: StreamParameters) -> int:
        return container.add_stream(parameters)

    def _reject_change(self) -> None:
        raise MediaFileError(f"track {self._number}: its configuration changes, which this container cannot hold")

    def _write(self, chunk: EncodedAudioChunk | EncodedVideoChunk) -> None:
        if not self.is_configured:
            raise MediaFileError(f"track {self._number}: no decoderConfig came with or before its first chunk")
        self._samples.append(_Sample(chunk._internal_data, chunk.type == "key", chunk.timestamp, chunk.duration))
        self._muxer._advance()

    def _has_begun(self) -> bool:
        return bool(self._samples)

    def _begin(self, container: ContainerWriter) -> None:
        parameters = self._parameters(self._samples[0])
        if not container.can_hold(parameters.codec_name):
            raise MediaFileError(f"the format cannot hold {parameters.codec_name}")
        self._stream = self._add_stream(container, parameters)

    def _flush(self, container: ContainerWriter) -> None:
        while self._stream is not None and self._samples:
            data, key, timestamp, duration = self._samples.popleft()
            timestamp -= self._shift
            decoded_at = self._clock.next(timestamp)
            with Packet(data, pts=timestamp, dts=decoded_at, duration=duration or 0, key=key) as packet:
                container.write(packet, self._stream)


class AudioTrackWriter(TrackWriter):
    """Made by Muxer.add_audio_track()."""

    _config: AudioDecoderConfig | None = None

    @property
    def is_configured(self) -> bool:
        return self._config is not None

    def write(self, chunk: EncodedAudioChunk, metadata: EncodedAudioChunkMetadata | None = None) -> None:
        """Write a chunk: an ``output`` callback for AudioEncoder. Raises MediaFileError."""
        config = (metadata or {}).get("decoderConfig")
        if config is not None:
            # FLAC's description is only complete once all is encoded.
            if self._config is not None and _identity(config) != _identity(self._config):
                self._reject_change()
            self._config = self._config or config
        self._write(chunk)

    def _parameters(self, first: _Sample) -> StreamParameters:
        assert self._config is not None
        # A decoder drops what Opus begins with, so all the rest is to begin that much earlier.
        self._shift = pre_skip_in_microseconds(self._config)
        return audio_parameters(self._config, first.duration)


class VideoTrackWriter(TrackWriter):
    """Made by Muxer.add_video_track()."""

    _config: VideoDecoderConfig | None = None
    _frame_rate: Fraction | None = None

    @property
    def is_configured(self) -> bool:
        return self._config is not None

    def write(self, chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata | None = None) -> None:
        """Write a chunk, in decoding order: an ``output`` callback for VideoEncoder. Raises MediaFileError."""
        config = (metadata or {}).get("decoderConfig")
        if config is not None:
            if self._config is not None and (config["codec"], description_of(config)) != (
                self._config["codec"],
                description_of(self._config),
            ):
                self._reject_change()
            self._config = self._config or config
        self._write(chunk)

    def _parameters(self, first: _Sample) -> StreamParameters:
        config, rate = self._config, self._frame_rate
        assert config is not None
        step = first.duration or (round(_SECOND / rate) if rate else _ASSUMED_FRAME_DURATION)
        self._clock = DecodingClock(reordering_of(config, first.data), step)
        return video_parameters(config, first.data, rate)

    def _add_stream(self, container: ContainerWriter, parameters: StreamParameters) -> int:
        config = self._config
        assert config is not None
        rotation, flip = round(config.get("rotation", 0)), config.get("flip", False)
        return container.add_stream(
            parameters,
            codec_tag="hvc1" if self._muxer.is_mp4 and config["codec"].startswith("hvc1") else None,
            display_matrix=rotation_matrix(rotation, flip=flip) if rotation or flip else None,
        )


def _identity(config: AudioDecoderConfig) -> tuple[object, ...]:
    description = None if config["codec"] == "flac" else description_of(config)
    return config["codec"], config["sampleRate"], config["numberOfChannels"], description


TrackT = TypeVar("TrackT", bound=TrackWriter)


class Muxer:
    """A container being written to a path. A context manager, which gives up if its block raises.

    The file gets its name when it is complete (see NewFile). If writing fails, a file that has the name stays as it is.

    ``format`` is FFmpeg's short name ("mp4", "webm", "matroska", "ogg", …); None goes by the path's extension. Tracks
    are added first. What is written is kept back until each of them has its first chunk. Timestamps become those of the
    container's resolution (a millisecond in Matroska and WebM).

    Raises MediaFileError, here and in all methods, if the file cannot be written or the format cannot hold what it is
    given.
    """

    def __init__(self, path: str | os.PathLike[str], format: str | None = None) -> None:
        self._path = os.fspath(path)
        #: Whether the format is of MP4's family.
        self.is_mp4 = (format or os.path.splitext(self._path)[1].removeprefix(".").lower()) in _MP4
        self._tracks: list[TrackWriter] = []
        self._has_begun = False
        with self._errors():
            self._file = NewFile(self._path)
            try:
                # FFmpeg 5 calls FLAC in MP4 experimental.
                options = {"strict": "experimental"}
                self._container = ContainerWriter.open(self._file.temporary_path, format, options=options)
            except BaseException as error:
                self._file.discard()
                if isinstance(error, ValueError):
                    # The message has the name of the temporary file.
                    name = str(error).replace(repr(self._file.temporary_path), repr(self._path))
                    raise ValueError(name) from error
                raise

    def add_video_track(self, *, frame_rate: Fraction | None = None) -> VideoTrackWriter:
        """A track of video. ``frame_rate`` in frames a second is only what the container says of itself."""
        track = VideoTrackWriter(self, len(self._tracks))
        track._frame_rate = frame_rate
        return self._add(track)

    def add_audio_track(self) -> AudioTrackWriter:
        """A track of audio."""
        return self._add(AudioTrackWriter(self, len(self._tracks)))

    def _add(self, track: TrackT) -> TrackT:
        if self._has_begun:
            raise MediaFileError(f"{self._path}: tracks cannot be added once all others have begun")
        self._tracks.append(track)
        return track

    def _advance(self) -> None:
        if not self._has_begun and all(track._has_begun() for track in self._tracks):
            self._begin()
        if self._has_begun:
            self._flush()

    def _flush(self) -> None:
        with self._errors():
            for track in self._tracks:
                track._flush(self._container)

    def _begin(self) -> None:
        self._has_begun = True
        with self._errors():
            for track in self._tracks:
                if track._has_begun():
                    track._begin(self._container)

    def close(self) -> None:
        """Complete the file. Tracks that got no chunk are not in it; a file of none is an error."""
        try:
            if not self._has_begun:
                if not any(track._has_begun() for track in self._tracks):
                    raise MediaFileError(f"{self._path}: there is nothing to write")
                self._begin()
                self._flush()
            with self._errors():
                self._container.close()
                self._file.commit()
        finally:
            self.discard()

    def discard(self) -> None:
        """Close the file without completing it, and remove it. Never raises."""
        with suppress(OSError):
            self._container.discard()
        self._file.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.discard()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except MediaFileError as error:
            raise MediaFileError(f"{self._path}: {error}") from error
        except OSError as error:
            raise MediaFileError(f"{self._path}: {error.strerror or error}") from error
        except (LibraryNotFoundError, UnsupportedLibraryError) as error:
            raise MissingLibraryError(str(error)) from error
        except FFmpegError as error:
            raise MediaFileError(f"{self._path}: the container cannot hold this ({error.message})") from error
        except (FFbindError, ValueError) as error:
            raise MediaFileError(f"{self._path}: {error}") from error

"""Not in the spec: a media file whose frames and samples are iterated over."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from types import TracebackType
from typing import Self

from codecmodel.encoded_chunks import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.files.demuxer import Demuxer
from codecmodel.files.errors import MediaFileError
from codecmodel.files.presentation_order import PresentationOrder
from codecmodel.files.sound_trimmer import SoundTrimmer
from codecmodel.files.source import Source
from codecmodel.files.tracks import AudioTrack, DemuxedAudioChunk, DemuxedVideoChunk, VideoTrack
from codecmodel.iteration import blocking, decoded_audio, decoded_video
from codecmodel.raw_media.audio_data import AudioData
from codecmodel.raw_media.video_frame import VideoFrame


class MediaFile:
    """A media file that is open for decoding. It is a context manager of both kinds, which closes the file.

    ``video`` and ``audio`` are its first tracks. Each is iterated over with ``for`` or ``async for``, once or, if the
    source can seek, as often as one likes. Raises MediaFileError as Demuxer does.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._demuxers: list[Demuxer] = [Demuxer(source)]
        self._is_begun = False

    @property
    def video(self) -> Frames:
        """The frames of the first video track. Raises MediaFileError if there is none."""
        return Frames(self, self._demuxers[0].video_track)

    @property
    def audio(self) -> Sound:
        """The samples of the first audio track. Raises MediaFileError if there is none."""
        return Sound(self, self._demuxers[0].audio_track)

    @property
    def tracks(self) -> list[AudioTrack | VideoTrack]:
        """All tracks, as those of Demuxer."""
        return self._demuxers[0].tracks

    def close(self) -> None:
        """Close the file. A second call has no effect."""
        for demuxer in self._demuxers:
            demuxer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _demuxer(self) -> Demuxer:
        """A demuxer that nothing has been read from."""
        first = self._demuxers[0]
        if not self._is_begun:
            self._is_begun = True
            return first
        if not first.is_seekable:
            raise MediaFileError(f"{first.name}: it can be read only once")
        self._demuxers.append(Demuxer(self._source))
        return self._demuxers[-1]


class Frames:
    """The frames of a video track, in order of presentation. The program closes each frame."""

    def __init__(self, file: MediaFile, track: VideoTrack) -> None:
        self._file = file
        #: The track, whose ``config`` is that of the decoder.
        self.track = track

    def __iter__(self) -> Iterator[VideoFrame]:
        return blocking(self.__aiter__())

    async def __aiter__(self) -> AsyncGenerator[VideoFrame, None]:
        demuxer = self._file._demuxer()
        track = demuxer.video_track
        order = PresentationOrder(track)

        def chunks() -> Iterator[EncodedVideoChunk]:
            for demuxed in demuxer._whole_chunks(track.index):
                assert isinstance(demuxed, DemuxedVideoChunk)
                order.decode(demuxed)
                yield demuxed.chunk

        async with aclosing(decoded_video(track.config, chunks())) as frames:
            async for frame in frames:
                timestamp = order.timestamp_of(frame.timestamp)
                if timestamp == frame.timestamp:
                    yield frame
                else:
                    numbered = VideoFrame(frame, {"timestamp": timestamp})
                    frame.close()
                    yield numbered


class Sound:
    """The samples of an audio track, without the encoder's delay and padding. The program closes each AudioData."""

    def __init__(self, file: MediaFile, track: AudioTrack) -> None:
        self._file = file
        #: The track, whose ``config`` is that of the decoder.
        self.track = track

    def __iter__(self) -> Iterator[AudioData]:
        return blocking(self.__aiter__())

    async def __aiter__(self) -> AsyncGenerator[AudioData, None]:
        demuxer = self._file._demuxer()
        track = demuxer.audio_track
        trimmer = SoundTrimmer(track)

        def chunks() -> Iterator[EncodedAudioChunk]:
            for demuxed in demuxer._whole_chunks(track.index):
                assert isinstance(demuxed, DemuxedAudioChunk)
                trimmer.add_padding(demuxed.padding)
                yield demuxed.chunk

        try:
            async with aclosing(decoded_audio(track.config, chunks())) as sound:
                async for data in sound:
                    for part in trimmer.trim(data):
                        yield part
                    data.close()
            for part in trimmer.end():
                yield part
        finally:
            trimmer.close()

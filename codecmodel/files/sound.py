"""Not in the spec: the samples of an audio track."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

from codecmodel.encoded_chunks import EncodedAudioChunk
from codecmodel.files.demuxer_pool import DemuxerPool
from codecmodel.files.sound_trimmer import SoundTrimmer
from codecmodel.files.tracks import AudioTrack, DemuxedAudioChunk
from codecmodel.iteration import blocking, decoded_audio
from codecmodel.raw_media.audio_data import AudioData


class Sound:
    """The samples of an audio track, without the encoder's delay and padding. The program closes each AudioData."""

    def __init__(self, pool: DemuxerPool, track: AudioTrack) -> None:
        self._pool = pool
        #: The track, whose ``config`` is that of the decoder.
        self.track = track

    def __iter__(self) -> Iterator[AudioData]:
        return blocking(self.__aiter__())

    async def __aiter__(self) -> AsyncGenerator[AudioData, None]:
        with self._pool.demuxer() as demuxer:
            demuxer._rewind()
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

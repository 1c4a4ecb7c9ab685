"""Decodes a track of audio."""

from collections.abc import Iterator, Sequence

from codecmodel.codecs.audio_decoder import AudioDecoder
from codecmodel.command_line.track_decoder import TrackDecoder, TrackSink
from codecmodel.files.sound_trimmer import SoundTrimmer
from codecmodel.files.sound_window import SoundWindow
from codecmodel.files.tracks import AudioTrack, DemuxedAudioChunk
from codecmodel.raw_media.audio_data import AudioData


class AudioTrackDecoder(TrackDecoder[AudioTrack, DemuxedAudioChunk, AudioData]):
    """An audio track. The track has a configuration."""

    chunks_a_turn = 16
    _decoder: AudioDecoder

    def __init__(
        self,
        track: AudioTrack,
        sink: TrackSink[AudioData],
        *,
        is_strict: bool = False,
        window: SoundWindow | None = None,
    ) -> None:
        self._seconds = 0.0
        self._window = window
        self._trimmer = SoundTrimmer(track)
        super().__init__(track, sink, is_strict=is_strict)

    def begin_in_the_middle(self) -> None:
        """The chunks that follow are not those of the beginning of the track."""
        self._trimmer.resume()
        if self._window is not None:
            self._window.end_with_track()

    @property
    def duration(self) -> float:
        """Seconds that the samples last."""
        return self._seconds

    def _new_decoder(self) -> AudioDecoder:
        return AudioDecoder({"output": self._output, "error": self._error})

    def _configure(self) -> None:
        self._decoder.configure(self.track.config)

    def _decode(self, demuxed: DemuxedAudioChunk) -> None:
        self._decoder.decode(demuxed.chunk)
        self._trimmer.add_padding(demuxed.padding)

    def _take_back(self, chunks: Sequence[DemuxedAudioChunk]) -> None:
        self._trimmer.add_padding(-sum(demuxed.padding for demuxed in chunks))

    def stop(self) -> None:
        self._trimmer.close()
        super().stop()

    def _output(self, output: AudioData) -> None:
        self._in_flight.remove_up_to(output.timestamp)
        try:
            self._take_all(self._trimmer.trim(output))
        finally:
            output.close()

    def _end(self) -> None:
        self._take_all(self._trimmer.end())

    def _take_all(self, sound: Iterator[AudioData]) -> None:
        for data in sound if self._window is None else self._window.parts(sound):
            self._take(data)
            data.close()

    def _count(self, output: AudioData) -> None:
        self.frames += output.numberOfFrames
        self._seconds += output.numberOfFrames / output.sampleRate

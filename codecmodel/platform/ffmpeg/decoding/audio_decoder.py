"""The [[codec implementation]] of AudioDecoder on FFmpeg."""

from collections.abc import Sequence
from typing import Final

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig
from codecmodel.platform.codec_implementation import CodecError, CodecRequests, DecodedOutput
from codecmodel.platform.ffmpeg.decoding.decoder_support import open_audio_decoder
from codecmodel.platform.ffmpeg.resources import FFmpegAudioResource
from codecmodel.raw_media.resource_protocols import AudioResource
from codecmodel.web.gil_turns import give_way
from ffbind import Decoder, FFbindError, Frame
from ffbind.named_tuples import new_named_tuple

#: Some dozens: packets of audio are small and are decoded quickly.
_CAPACITY: Final = 64


class FFmpegAudioDecoder:
    """Decodes audio with FFmpeg. Timestamps and durations are in microseconds."""

    def __init__(self) -> None:
        self.requests = CodecRequests(_CAPACITY)
        self._decoder: Decoder | None = None
        self._accepts_empty_chunks = False
        # The timestamp of the first chunk since the last output. An output that several chunks make has that timestamp.
        self._timestamp: int | None = None
        self._last_timestamp = 0

    def configure(self, config: AudioDecoderConfig) -> None:
        self._close()
        self._decoder = open_audio_decoder(config)
        # Linear PCM is "a sequence of bytes of arbitrary length"; every other codec has frames.
        self._accepts_empty_chunks = self._decoder.codec.name.startswith("pcm_")

    def prepare(self, data: bytes) -> None:
        """Nothing: configure() has opened the decoder."""

    def decode(self, data: bytes, timestamp: int, duration: int | None) -> Sequence[DecodedOutput[AudioResource]]:
        decoder = self._decoder
        assert decoder is not None, "configured before anything is decoded"
        if not data:
            # FFmpeg takes an empty packet for the end of the stream.
            if self._accepts_empty_chunks:
                return ()
            raise CodecError("the chunk is empty")
        give_way()
        if self._timestamp is None:
            self._timestamp = timestamp
        try:
            frames = decoder.decode(data, timestamp)
        except FFbindError as error:
            raise CodecError(str(error)) from error
        return self._outputs(frames)

    def flush(self) -> Sequence[DecodedOutput[AudioResource]]:
        """Emit nothing, because nothing is pending.

        A decoder of FFmpeg's holds back only the part of the signal that the next packet overlaps. Draining it would
        make it forget that part, so that the block after a flush came out wrong. (Opus has a state of that kind as
        well. Of narrowband speech, the last half a millisecond stays with it, and comes out with the next packet.)
        """
        return ()

    def drain(self) -> Sequence[DecodedOutput[AudioResource]]:
        return self.flush()

    def outputs_before_failure(self) -> Sequence[DecodedOutput[AudioResource]]:
        return ()

    def cease(self) -> None:
        self._close()

    def release(self) -> None:
        self._close()

    def _close(self) -> None:
        self._timestamp = None
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None

    def _outputs(self, frames: Sequence[Frame]) -> Sequence[DecodedOutput[AudioResource]]:
        outputs: list[DecodedOutput[AudioResource]] = []
        for frame in frames:
            timestamp = self._timestamp
            if timestamp is None:
                timestamp = frame.pts
            if timestamp is not None:
                self._last_timestamp = timestamp
            self._timestamp = None
            values = FFmpegAudioResource(frame), self._last_timestamp, None
            outputs.append(new_named_tuple(DecodedOutput, values))
        return outputs

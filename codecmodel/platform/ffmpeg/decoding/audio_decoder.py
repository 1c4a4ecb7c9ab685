"""The [[codec implementation]] of AudioDecoder on FFmpeg."""

from collections.abc import Sequence
from typing import Final

from codecmodel.configurations.decoder_configurations import AudioDecoderConfig, description_of
from codecmodel.platform.codec_implementation import CodecError, CodecRequests, DecodedOutput
from codecmodel.platform.ffmpeg.decoding.decoder_support import (
    decoder_name,
    require_valid_description,
    says_rate_and_channels,
)
from codecmodel.platform.ffmpeg.gil_turns import GilTurns
from codecmodel.platform.ffmpeg.resources import FFmpegAudioResource
from codecmodel.raw_media.resource_protocols import AudioResource
from ffbind import Decoder, FFbindError, Frame, StreamHeader, find_decoder
from ffbind.codecs import CAP_DELAY

#: Some dozens: audio packets are small and quickly decoded.
_CAPACITY: Final = 64


class FFmpegAudioDecoder:
    """Decodes audio with FFmpeg. Timestamps and durations in microseconds."""

    def __init__(self) -> None:
        self.requests = CodecRequests(_CAPACITY)
        self._decoder: Decoder | None = None
        self._can_be_pending = False
        self._accepts_empty_chunks = False
        # Of the first chunk since the last output: what several chunks make has the timestamp of the first of them.
        self._timestamp: int | None = None
        self._last_timestamp = 0
        self._gil_turns = GilTurns()

    def configure(self, config: AudioDecoderConfig) -> None:
        self._close()
        description = description_of(config)
        require_valid_description(config, description)
        name = decoder_name(config["codec"])
        info = find_decoder(name)
        assert info is not None, "the configuration is supported"
        rate_and_channels = says_rate_and_channels(config["codec"])
        try:
            self._decoder = Decoder(
                name,
                StreamHeader(
                    extradata=description or b"",
                    sample_rate=config["sampleRate"] if rate_and_channels else 0,
                    channels=config["numberOfChannels"] if rate_and_channels else 0,
                ),
            )
        except FFbindError as error:
            raise CodecError(f"the decoder cannot be opened: {error}") from error
        self._can_be_pending = bool(info.capabilities & CAP_DELAY)
        # Linear PCM is "a sequence of bytes of arbitrary length"; every other codec has frames.
        self._accepts_empty_chunks = name.startswith("pcm_")

    def decode(self, data: bytes, timestamp: int, duration: int | None) -> Sequence[DecodedOutput[AudioResource]]:
        decoder = self._decoder
        assert decoder is not None, "configured before anything is decoded"
        if not data:
            # FFmpeg takes an empty packet for the end of the stream.
            if self._accepts_empty_chunks:
                return ()
            raise CodecError("the chunk is empty")
        self._gil_turns.give_way()
        if self._timestamp is None:
            self._timestamp = timestamp
        try:
            frames = decoder.decode(data, timestamp)
        except FFbindError as error:
            raise CodecError(str(error)) from error
        return self._outputs(frames)

    def flush(self) -> Sequence[DecodedOutput[AudioResource]]:
        decoder = self._decoder
        assert decoder is not None, "configured before it is flushed"
        if not self._can_be_pending:
            # Nothing is pending, and draining would make the decoder forget what the next chunk overlaps with.
            return ()
        try:
            frames = decoder.drain()
        except FFbindError as error:
            raise CodecError(str(error)) from error
        return self._outputs(frames)

    def drain(self) -> Sequence[DecodedOutput[AudioResource]]:
        return self.flush()

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
            timestamp = self._timestamp if self._timestamp is not None else frame.pts
            if timestamp is not None:
                self._last_timestamp = timestamp
            self._timestamp = None
            outputs.append(DecodedOutput(FFmpegAudioResource(frame), self._last_timestamp, None))
        return outputs

"""The [[codec implementation]] of VideoDecoder on FFmpeg."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

from codecmodel.configurations.decoder_configurations import VideoDecoderConfig
from codecmodel.platform.codec_implementation import CodecError, CodecRequests, DecodedOutput, OutOfResourcesError
from codecmodel.platform.ffmpeg.decoding.avc_frame_numbers import AvcFrameNumbers
from codecmodel.platform.ffmpeg.decoding.chunk_history import ChunkHistory, PastChunk
from codecmodel.platform.ffmpeg.decoding.hevc_references import HevcReferences
from codecmodel.platform.ffmpeg.decoding.video_stream import Mode, VideoStream
from codecmodel.platform.ffmpeg.pixel_limit import PixelLimit
from codecmodel.platform.ffmpeg.resources import FFmpegVideoResource
from codecmodel.platform.threads import ThreadLoan, decoder_threads
from codecmodel.raw_media.resource_protocols import VideoResource
from ffbind import Decoder, FFbindError, Frame

#: Requests beyond the number of threads, so that the threads never wait for the event loop.
_SPARE_REQUESTS: Final = 8
#: Chunks whose timestamps are remembered: more than any decoder holds back.
_REMEMBERED_CHUNKS: Final = 256
#: The most chunks that are decoded once more for a change of the mode.
_CHEAP_TO_REPEAT: Final = 32


class FFmpegVideoDecoder:
    """Decodes video with FFmpeg. Timestamps and durations are in microseconds.

    The decoder begins in the "prompt" mode, unless chunks are at hand. If so many chunks wait that the codec is
    saturated, it changes to the "parallel" one, and back when none waits. It changes at a chunk from which on no chunk
    refers to earlier ones, or soon after such a chunk, by decoding the chunks since then again.
    """

    def __init__(self, limit: PixelLimit | None = None) -> None:
        self._limit = limit or PixelLimit()
        # The most threads that the decoder ever has, and those that it has.
        self._threads = decoder_threads()
        self._loan = ThreadLoan()
        self.requests = CodecRequests(self._threads + _SPARE_REQUESTS)
        self._stream: VideoStream | None = None
        self._decoder: Decoder | None = None
        self._mode: Mode = "prompt"
        # Whether nothing has been decoded since the decoder was opened or flushed.
        self._is_fresh = True
        # Whether the mode has changed since the last chunk at which a change costs nothing.
        self._has_switched = False
        self._history = ChunkHistory()
        # A check for lost pictures. FFmpeg's own is off if pictures may refer to some before the beginning.
        self._references: AvcFrameNumbers | HevcReferences | None = None
        self._refers_to_past = False
        # The number of the chunk that decoding began with, if frames that are shown before it are wrong.
        self._first_right: int | None = None
        # FFmpeg gets a chunk's number in place of its timestamp, so that chunks with equal timestamps stay apart.
        self._chunk_number = 0
        self._times: dict[int, tuple[int, int | None]] = {}
        # Numbers of the chunks in the history whose frames are out, and of those that the decoder will output again.
        self._delivered: set[int] = set()
        self._repeated: frozenset[int] = frozenset()
        # Outputs that have yet to be handed out.
        self._ready: list[DecodedOutput[VideoResource]] = []

    def configure(self, config: VideoDecoderConfig) -> None:
        self._close()
        stream = self._stream = VideoStream(config, self._limit)
        self._mode = self._first_mode(stream)
        if stream.can_open_without_chunk:
            self._decoder = self._open(stream, b"", self._mode, error_detection=True)
        self._references = None
        self._refers_to_past = False

    def prepare(self, data: bytes) -> None:
        stream = self._stream
        assert stream is not None, "configured before anything is decoded"
        stream.check(data)
        if self._decoder is None:
            self._mode = self._first_mode(stream)
            self._decoder = self._open(stream, data, self._mode, error_detection=True)

    def decode(self, data: bytes, timestamp: int, duration: int | None) -> Sequence[DecodedOutput[VideoResource]]:
        stream = self._stream
        assert stream is not None, "configured before anything is decoded"
        stream.check(data)
        number = self._chunk_number
        self._chunk_number = number + 1
        begins = self._is_fresh or stream.begins_anew(data)
        try:
            if begins:
                self._begin(stream, data, number)
            if self._references is not None and not self._references.is_complete(data):
                raise CodecError("a picture that the chunk refers to is missing")
            self._remember(PastChunk(number, data, begins), timestamp, duration)
            decoder = self._decoder
            assert decoder is not None, "opened for the first chunk"
            self._make_ready(decoder.decode(data, number))
            self._follow_backlog(stream)
        except FFbindError as error:
            raise CodecError(stream.explained(error, data)) from error
        return self._take_ready()

    def flush(self) -> Sequence[DecodedOutput[VideoResource]]:
        stream = self._stream
        if stream is None or self._decoder is None or self._is_fresh:
            return ()
        try:
            self._make_ready(self._decoder.drain())
        except FFbindError as error:
            chunks = self._history.chunks
            raise CodecError(stream.explained(error, chunks[-1].data if chunks else b"")) from error
        self._forget()
        if self._mode == "parallel":
            # Nobody knows when the next chunk comes, and an idle codec has no threads.
            self._close_decoder()
        return self._take_ready()

    def drain(self) -> Sequence[DecodedOutput[VideoResource]]:
        return self.flush()

    def outputs_before_failure(self) -> Sequence[DecodedOutput[VideoResource]]:
        with suppress(CodecError, FFbindError, MemoryError):
            chunks = self._history.chunks
            if self._stream is not None and chunks:
                self._repeated = frozenset(self._delivered)
                threads = self._stream.useful_threads("prompt", self._loan.threads)
                self._make_ready(_decoded_again(self._stream, chunks, threads))
            elif self._decoder is not None:
                # The chunk that failed is one of those in work.
                first_suspect = self._chunk_number - self._in_work
                frames = _drained(self._decoder)
                good = [frame for frame in frames if frame.pts is not None and frame.pts < first_suspect]
                _close_all(frame for frame in frames if frame not in good)
                self._make_ready(good)
        return self._take_ready()

    def cease(self) -> None:
        self._close()

    def release(self) -> None:
        self._close()

    def _close(self) -> None:
        self._forget()
        for output in self._take_ready():
            output.resource.release()
        self._close_decoder()

    def _open(self, stream: VideoStream, first_chunk: bytes, mode: Mode, *, error_detection: bool) -> Decoder:
        """Open a decoder with the threads that can be had. Raises CodecError."""
        threads = self._loan.ask(stream.useful_threads(mode, self._threads))
        return stream.open(first_chunk, mode, threads, error_detection=error_detection)

    def _close_decoder(self) -> None:
        if self._decoder is not None:
            self._decoder.close()
            self._decoder = None
        self._loan.end()

    def _forget(self) -> None:
        """No later chunk refers to an earlier one."""
        self._is_fresh = True
        self._first_right = None
        self._history.clear()
        self._times.clear()
        self._delivered.clear()
        self._repeated = frozenset()

    def _remember(self, chunk: PastChunk, timestamp: int, duration: int | None) -> None:
        self._times[chunk.number] = timestamp, duration
        if len(self._times) > _REMEMBERED_CHUNKS:
            del self._times[next(iter(self._times))]
        self._history.add(chunk, self._in_work)
        if not self._history.chunks:
            self._delivered.clear()
        elif chunk.is_beginning:
            first = self._history.chunks[0].number
            self._delivered = {number for number in self._delivered if number >= first}

    @property
    def _in_work(self) -> int:
        """The most chunks that the decoder may have in work, the last one included."""
        return self._loan.threads if self._mode == "parallel" else 1

    @property
    def _is_saturated(self) -> bool:
        return self.requests.accepted - self.requests.finished >= self.requests.capacity - 1

    @property
    def _may_have_to_hurry(self) -> bool:
        """Whether the program may wait for frames. A flush that waits has all of them output, at no cost."""
        requests = self.requests
        return not requests.are_at_hand and requests.accepted - requests.finished <= 1 and not requests.is_followed()

    def _begin(self, stream: VideoStream, data: bytes, number: int) -> None:
        """Have a decoder that suits a chunk at which one can begin. The outputs of the one before become ready."""
        has_backlog = (
            self.requests.are_at_hand
            or self._is_saturated
            or (self._mode == "parallel" and not self._may_have_to_hurry)
        )
        may_refer_to_past = stream.may_refer_to_past(data)
        may_be_parallel = self._may_be_parallel(stream, may_refer_to_past=may_refer_to_past)
        mode: Mode = "parallel" if has_backlog and may_be_parallel else "prompt"
        was_fresh = self._is_fresh
        self._is_fresh = self._has_switched = False
        if self._decoder is None or mode != self._mode or may_refer_to_past != self._refers_to_past:
            if self._decoder is not None:
                if not was_fresh:
                    self._make_ready(self._decoder.drain())
                self._close_decoder()
            try:
                self._decoder = self._open(stream, data, mode, error_detection=not may_refer_to_past)
            except OutOfResourcesError:
                if mode == "prompt":
                    raise
                # Threads for several frames need more memory than threads for one.
                mode = "prompt"
                self._decoder = self._open(stream, data, mode, error_detection=not may_refer_to_past)
            self._mode = mode
            self._repeated = frozenset()
            self._references = None
        is_first = was_fresh or self._references is None
        if is_first:
            self._references = stream.new_references()
        self._refers_to_past = may_refer_to_past
        if may_refer_to_past and is_first:
            self._first_right = number if stream.first_frame_is_right(data) else None

    def _follow_backlog(self, stream: VideoStream) -> None:
        """Change the mode if the backlog asks for it and the change is cheap."""
        if self._has_switched or not 0 < len(self._history.chunks) <= _CHEAP_TO_REPEAT:
            return
        if self._mode == "parallel":
            if self._may_have_to_hurry:
                self._switch(stream, "prompt")
        elif self._is_saturated and self._may_be_parallel(stream, may_refer_to_past=self._refers_to_past):
            self._switch(stream, "parallel")

    def _first_mode(self, stream: VideoStream) -> Mode:
        """The mode to begin in, as far as it is known before the first chunk."""
        is_parallel = self.requests.are_at_hand and self._may_be_parallel(stream, may_refer_to_past=False)
        return "parallel" if is_parallel else "prompt"

    def _may_be_parallel(self, stream: VideoStream, *, may_refer_to_past: bool) -> bool:
        """Whether there are threads for several frames, and the configuration permits it, and damage is found then.

        Damage in a stream that may refer to the past is found by marks on frames, which FFmpeg's threads set too late.
        """
        has_threads = self._threads > 1 and (self._mode == "parallel" or self._loan.may_be_several)
        return has_threads and stream.may_be_parallel and not may_refer_to_past

    def _switch(self, stream: VideoStream, mode: Mode) -> None:
        """Bring a decoder of another mode to the state of the present one, and let it take over."""
        chunks = self._history.chunks
        is_strict = not stream.may_refer_to_past(chunks[0].data)
        try:
            decoder = self._open(stream, chunks[0].data, mode, error_detection=is_strict)
        except OutOfResourcesError:
            # The present one can go on. Another attempt comes with the next chunk that changes of the mode begin at.
            self._has_switched = True
            return
        previous, self._decoder = self._decoder, decoder
        if previous is not None:
            with previous:
                self._deliver_before(chunks[0].number, _drained(previous))
        self._mode = mode
        self._has_switched = True
        self._repeated = frozenset(self._delivered)
        for chunk in chunks:
            self._make_ready(decoder.decode(chunk.data, chunk.number))

    def _deliver_before(self, number: int, frames: Sequence[Frame]) -> None:
        """Make outputs of the frames of chunks before the one with a number, which no decoder decodes again."""
        early = [frame for frame in frames if frame.pts is not None and frame.pts < number]
        _close_all(frame for frame in frames if frame not in early)
        self._make_ready(early)

    def _make_ready(self, frames: Sequence[Frame]) -> None:
        """Make outputs of frames, except for those that are out already. Raises CodecError if a frame is damaged."""
        for place, frame in enumerate(frames):
            number = frame.pts
            assert number is not None, "FFmpeg keeps a packet's timestamp"
            if self._first_right is not None:
                if number != self._first_right:
                    frame.close()
                    continue
                self._first_right = None
            if frame.corrupt or frame.decode_error_flags:
                _close_all(frames[place:])
                timestamp, _ = self._times.get(number, (None, None))
                raise CodecError("the frame is damaged" + ("" if timestamp is None else f" (timestamp {timestamp} µs)"))
            if not self._limit.allows(frame.width, frame.height):
                width, height = frame.width, frame.height
                _close_all(frames[place:])
                raise CodecError(self._limit.refusal(width, height))
            if number in self._repeated or number not in self._times:
                frame.close()
                continue
            assert self._stream is not None, "configured before anything is decoded"
            self._stream.complete_colors(frame)
            timestamp, duration = self._times[number]
            self._ready.append(DecodedOutput(FFmpegVideoResource(frame), timestamp, duration))
            if self._history.chunks:
                self._delivered.add(number)

    def _take_ready(self) -> Sequence[DecodedOutput[VideoResource]]:
        if not self._ready:
            return ()
        ready, self._ready = self._ready, []
        return ready


def _decoded_again(stream: VideoStream, chunks: Sequence[PastChunk], threads: int) -> list[Frame]:
    """The frames of all chunks before the first damaged one, in presentation order."""
    good = list(chunks)
    while good:
        frames: list[Frame] = []
        sent = 0
        is_strict = not stream.may_refer_to_past(good[0].data)
        with stream.open(good[0].data, "prompt", threads, error_detection=is_strict) as decoder:
            try:
                for chunk in good:
                    frames += decoder.decode(chunk.data, chunk.number)
                    sent += 1
                frames += decoder.drain()
            except FFbindError:
                _close_all(frames)
                good = good[: min(sent, len(good) - 1)]
                continue
        if not is_strict and stream.first_frame_is_right(good[0].data):
            frames = _from(good[0].number, frames)
        damaged = [frame.pts for frame in frames if frame.corrupt or frame.decode_error_flags]
        if not damaged:
            return frames
        _close_all(frames)
        first = min(number for number in damaged if number is not None)
        good = [chunk for chunk in good if chunk.number < first]
    return []


def _from(number: int, frames: Sequence[Frame]) -> list[Frame]:
    """The frame with a number and all after it. The frames before it are closed."""
    place = next((place for place, frame in enumerate(frames) if frame.pts == number), len(frames))
    _close_all(frames[:place])
    return list(frames[place:])


def _drained(decoder: Decoder) -> list[Frame]:
    """The frames that the decoder still holds, up to the first error."""
    try:
        return decoder.drain()
    except FFbindError:
        frames = []
        while (frame := decoder.receive()) is not None:
            frames.append(frame)
        return frames


def _close_all(frames: Iterable[Frame]) -> None:
    for frame in frames:
        frame.close()

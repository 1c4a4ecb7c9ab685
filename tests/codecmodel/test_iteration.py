"""Codecs and files as iterators: their output, and that nothing is left behind."""

import asyncio
import gc
import io
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from contextvars import ContextVar
from pathlib import Path
from time import monotonic, sleep
from typing import Any, BinaryIO, Self

import numpy as np
import pytest

import ffbind
from codecmodel import AudioData, DOMException, EncodedVideoChunk, VideoDecoder, VideoEncoder, VideoFrame, iteration
from codecmodel.files import Demuxer, MediaFile, MediaFileError
from codecmodel.files import open as open_media
from codecmodel.iteration import (
    blocking,
    decoded_audio,
    decoded_image,
    decoded_video,
    encoded_audio,
    encoded_video,
    mapped,
)
from codecmodel.types import VideoFrameBufferInit
from tests.codecmodel.configured import record_configured
from tests.codecmodel.files.media import audio, video, write, x264
from tests.codecmodel.platform.ffmpeg.images.image_writers import GifPicture, gif


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    gc.collect()
    for thread in threading.enumerate():
        assert thread.name != "codecmodel iteration"
        if thread.name.startswith("codecmodel"):
            thread.join(30)
    gc.collect()
    assert ffbind.live_objects() == {}


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    """Thirty pictures with B-frames, and 30 · 1024 samples."""
    return write(tmp_path / "a.mp4", x264(count=30, max_b_frames=2), audio("aac", format="fltp", count=30))


def _timestamps(count: int) -> list[int]:
    return [number * 40_000 for number in range(count)]


async def _closed(frames: AsyncIterator[VideoFrame], count: int | None = None) -> list[int]:
    """The timestamps of frames, which are closed, up to a number of them."""
    timestamps: list[int] = []
    async for frame in frames:
        timestamps.append(frame.timestamp)
        frame.close()
        if len(timestamps) == count:
            break
    return timestamps


# Codecs.


def test_chunks_are_decoded(movie: Path) -> None:
    with Demuxer(movie) as media:
        track = media.video_track
        frames = decoded_video(track.config, media.chunks_of(track))
        assert asyncio.run(_closed(frames)) == _timestamps(30)


def test_no_more_is_read_than_is_taken(movie: Path) -> None:
    async def read() -> int:
        count = 0

        def chunks() -> Iterator[EncodedVideoChunk]:
            nonlocal count
            for chunk in media.chunks_of(media.video_track):
                count += 1
                yield chunk

        async with aclosing(decoded_video(media.video_track.config, chunks())) as frames:
            (await anext(frames)).close()
            # Others work in the meantime, but nothing more is taken.
            for _ in range(100):
                await asyncio.sleep(0)
            return count

    with Demuxer(movie) as media:
        # The decoder holds some frames back, and some requests wait.
        assert asyncio.run(read()) < 30


def test_an_asynchronous_source_feeds_a_codec(movie: Path) -> None:
    async def chunks() -> AsyncIterator[EncodedVideoChunk]:
        for chunk in media.chunks_of(media.video_track):
            await asyncio.sleep(0)
            yield chunk

    with Demuxer(movie) as media:
        assert asyncio.run(_closed(decoded_video(media.video_track.config, chunks()))) == _timestamps(30)


def test_encoders_take_frames_and_close_them(movie: Path) -> None:
    async def transcode() -> list[int]:
        config = media.video_track.config
        frames = decoded_video(config, media.chunks_of(media.video_track))
        encoded = encoded_video({"codec": "vp8", "width": 64, "height": 48}, frames)
        return [chunk.timestamp async for chunk, _ in encoded]

    with Demuxer(movie) as media:
        assert asyncio.run(transcode()) == _timestamps(30)


def test_sound_is_decoded_and_encoded(movie: Path) -> None:
    async def transcode() -> int:
        sound = decoded_audio(media.audio_track.config, media.chunks_of(media.audio_track))
        encoded = encoded_audio({"codec": "opus", "sampleRate": 48_000, "numberOfChannels": 2}, sound)
        return sum([chunk.duration or 0 async for chunk, _ in encoded])

    with Demuxer(movie) as media:
        assert asyncio.run(transcode()) >= 31 * 1024 * 1_000_000 // 48_000


def test_an_error_of_the_codec_is_raised(movie: Path) -> None:
    async def decode() -> None:
        chunks = [
            EncodedVideoChunk({"type": "key", "timestamp": 0, "data": b"\0\0\0\1\x65nonsense"}) for _ in range(20)
        ]
        await _closed(decoded_video(media.video_track.config, chunks))

    with Demuxer(movie) as media, pytest.raises(DOMException) as caught:
        asyncio.run(decode())
    assert caught.value.name in ("EncodingError", "DataError")


def test_an_error_that_comes_while_the_next_item_is_made_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """And the item is closed, as those are that the codec takes."""
    encoders = record_configured(monkeypatch, VideoEncoder)
    init: VideoFrameBufferInit = {"format": "I420", "codedWidth": 16, "codedHeight": 16, "timestamp": 0}
    frames = [VideoFrame(bytes(384), init) for _ in range(2)]

    async def coming() -> AsyncIterator[VideoFrame]:
        yield frames[0]
        while encoders[0].state != "closed":
            await asyncio.sleep(0.001)
        yield frames[1]

    async def encode() -> None:
        async for _ in encoded_video({"codec": "vp09.63.10.08", "width": 16, "height": 16}, coming()):
            pass

    with pytest.raises(DOMException) as caught:
        asyncio.run(encode())
    assert caught.value.name == "NotSupportedError"
    assert [frame.format for frame in frames] == [None, None]


def test_an_unsupported_configuration_is_raised() -> None:
    with pytest.raises(DOMException) as caught:
        asyncio.run(_closed(decoded_video({"codec": "vp09.63.10.08"}, [])))
    assert caught.value.name == "NotSupportedError"


def test_an_error_of_the_source_is_raised(movie: Path) -> None:
    def chunks() -> Iterator[EncodedVideoChunk]:
        for number, chunk in enumerate(media.chunks_of(media.video_track)):
            if number == 12:
                raise ZeroDivisionError
            yield chunk

    with Demuxer(movie) as media, pytest.raises(ZeroDivisionError):
        asyncio.run(_closed(decoded_video(media.video_track.config, chunks())))


@pytest.mark.parametrize("count", [1, 5, 29])
def test_an_iteration_that_is_left_early_leaves_nothing(movie: Path, count: int) -> None:
    async def decode() -> None:
        config = media.video_track.config
        async with aclosing(decoded_video(config, media.chunks_of(media.video_track))) as frames:
            assert await _closed(frames, count) == _timestamps(count)

    with Demuxer(movie) as media:
        asyncio.run(decode())


def test_a_task_that_is_cancelled_leaves_nothing(movie: Path) -> None:
    async def slow() -> AsyncIterator[EncodedVideoChunk]:
        for chunk in media.chunks_of(media.video_track):
            yield chunk
        await asyncio.Event().wait()

    async def run() -> None:
        task = asyncio.create_task(_closed(decoded_video(media.video_track.config, slow())))
        for _ in range(50):
            await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with Demuxer(movie) as media:
        asyncio.run(run())


# Without an event loop.


def _gif(levels: list[int]) -> bytes:
    """Pictures of 10 by 8 pixels in one of four grays, 0.1 s each."""
    pictures = [GifPicture([level] * 80, (0, 0, 10, 8)) for level in levels]
    return gif(pictures, 10, 8, bytes(level for level in range(4) for _ in range(3)))


def test_the_frames_of_an_animated_image() -> None:
    data = _gif([0, 1, 2, 1])

    async def main() -> list[tuple[int, int]]:
        return [await _shown(frame) async for frame in decoded_image({"type": "image/gif", "data": data})]

    assert asyncio.run(main()) == [(0, 0), (100_000, 1), (200_000, 2), (300_000, 1)]


def test_the_frames_of_an_image_come_as_its_data_arrives() -> None:
    data = _gif([0, 1, 2])
    arrived: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 10):
            arrived.append(start)
            yield data[start : start + 10]
            await asyncio.sleep(0.001)

    async def main() -> list[int]:
        seen = []
        async for frame in decoded_image({"type": "image/gif", "data": pieces()}):
            seen.append(len(arrived))
            frame.close()
        return seen

    seen = asyncio.run(main())
    assert len(seen) == 3
    assert seen[0] < len(arrived)


def test_an_image_that_cannot_be_decoded_is_raised() -> None:
    async def main(type: str, data: bytes) -> None:
        async for frame in decoded_image({"type": type, "data": data}):
            frame.close()

    with pytest.raises(DOMException) as caught:
        asyncio.run(main("image/tiff", b"II*\0"))
    assert caught.value.name == "NotSupportedError"
    with pytest.raises(DOMException) as caught:
        asyncio.run(main("image/gif", b"no GIF at all"))
    assert caught.value.name == "EncodingError"


def test_an_image_that_is_left_early_leaves_nothing() -> None:
    async def main() -> None:
        async with aclosing(decoded_image({"type": "image/gif", "data": _gif([0, 1, 2])})) as frames:
            (await anext(frames)).close()

    asyncio.run(main())


async def _shown(frame: VideoFrame) -> tuple[int, int]:
    """The timestamp, and the red component of the first pixel."""
    pixels = bytearray(frame.codedWidth * frame.codedHeight * 4)
    with frame:
        await frame.copyTo(pixels, {"format": "RGBA"})
        return frame.timestamp, pixels[0]


def test_blocking_iteration(movie: Path) -> None:
    with Demuxer(movie) as media:
        timestamps = []
        for frame in blocking(decoded_video(media.video_track.config, media.chunks_of(media.video_track))):
            timestamps.append(frame.timestamp)
            assert frame.plane_arrays()[0].shape == (48, 64)
            frame.close()
        assert timestamps == _timestamps(30)


def test_blocking_iteration_that_is_left_early(movie: Path) -> None:
    with Demuxer(movie) as media:
        frames = blocking(decoded_video(media.video_track.config, media.chunks_of(media.video_track)))
        next(frames).close()
        frames.close()


def test_blocking_iteration_raises_errors() -> None:
    with pytest.raises(DOMException):
        list(blocking(decoded_video({"codec": "vp09.63.10.08"}, [])))


class _Numbers:
    """An asynchronous iterator over numbers. It knows how many it has made."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.made = 0

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> int:
        if self.made == self._count:
            raise StopAsyncIteration
        self.made += 1
        return self.made


@pytest.mark.parametrize("ahead", [0, 1, 2, 7, 32, 1000])
def test_blocking_iteration_runs_ahead_as_far_as_it_may(ahead: int) -> None:
    numbers = _Numbers(100)
    for number in blocking(numbers, ahead=ahead):
        assert number <= numbers.made <= number + ahead
    assert (number, numbers.made) == (100, 100)


def test_blocking_iteration_goes_on_while_the_program_works() -> None:
    numbers = _Numbers(100)
    items = blocking(numbers, ahead=8)
    assert next(items) == 1
    deadline = monotonic() + 30
    while numbers.made < 9 and monotonic() < deadline:
        sleep(0.001)
    assert numbers.made == 9
    items.close()
    assert numbers.made == 9


@pytest.mark.parametrize(("ahead", "looks"), [(0, 102), (32, 7)])
def test_the_threads_of_a_blocking_iteration_seldom_wait_for_each_other(
    ahead: int, looks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[None] = []
    look = iteration._Making.look

    def counted_look(self: iteration._Making[int]) -> None:
        counted.append(None)
        look(self)

    monkeypatch.setattr(iteration._Making, "look", counted_look)
    assert list(blocking(_Numbers(100), ahead=ahead)) == list(range(1, 101))
    # The last ones are those of the end, and of the object that goes.
    assert len(counted) == looks + 1


def test_blocking_iteration_cannot_be_behind() -> None:
    with pytest.raises(ValueError, match="an iterator cannot be -1 items ahead"):
        blocking(_Numbers(1), ahead=-1)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, asyncio.CancelledError, StopIteration])
@pytest.mark.parametrize("ahead", [0, 32])
def test_blocking_iteration_raises_any_error_behind_the_items(error: type[BaseException], ahead: int) -> None:
    class Failing(_Numbers):
        async def __anext__(self) -> int:
            if self.made == 3:
                raise error
            return await super().__anext__()

    numbers: list[int] = []
    # A coroutine and a generator raise RuntimeError in place of StopIteration.
    with pytest.raises(RuntimeError if error is StopIteration else error):
        numbers.extend(blocking(Failing(10), ahead=ahead))
    assert numbers == [1, 2, 3]


def test_items_that_a_blocking_iteration_has_made_in_vain_are_closed(movie: Path) -> None:
    with MediaFile(movie) as media:
        items = iter(media.audio)
        next(items).close()
        items.close()  # type: ignore[attr-defined]  # a generator
    # The fixture sees that nothing is left.


def test_a_blocking_iteration_whose_end_was_interrupted_leaves_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: iteration._Taking[int]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(iteration._Taking, "end", interrupted)
    items = blocking(_Numbers(10))
    assert next(items) == 1
    with pytest.raises(KeyboardInterrupt):
        items.close()
    del items
    _wait_for_the_threads_of_iterations()


def _wait_for_the_threads_of_iterations() -> None:
    for thread in threading.enumerate():
        if thread.name == "codecmodel iteration":
            thread.join(30)
            assert not thread.is_alive()


def test_blocking_iteration_is_in_the_context_of_the_program() -> None:
    variable = ContextVar("variable", default="")

    async def values() -> AsyncIterator[str]:
        yield variable.get()

    token = variable.set("the program's")
    try:
        assert list(blocking(values())) == ["the program's"]
    finally:
        variable.reset(token)


def test_an_error_at_the_end_of_an_iterator_is_raised() -> None:
    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            yield 2
        finally:
            raise ValueError("at the end")

    items = blocking(numbers(), ahead=0)
    assert next(items) == 1
    with pytest.raises(ValueError, match="at the end"):
        items.close()


def test_a_step_that_is_under_way_is_ended_with_a_blocking_iteration() -> None:
    events: list[str] = []

    async def numbers() -> AsyncIterator[int]:
        try:
            yield 1
            await asyncio.sleep(3600)
        finally:
            # It takes several turns of the loop to end.
            for _ in range(20):
                await asyncio.sleep(0)
            events.append("ended")

    items = blocking(numbers(), ahead=1)
    assert next(items) == 1
    items.close()
    assert events == ["ended"]


def test_blocking_iteration_within_an_event_loop(movie: Path) -> None:
    async def run() -> int:
        with MediaFile(movie) as media:
            count = 0
            for frame in media.video:
                count += 1
                frame.close()
            return count

    assert asyncio.run(run()) == 30


# Files.


def test_the_frames_of_a_file(movie: Path) -> None:
    async def run() -> list[int]:
        async with MediaFile(movie) as media:
            return await _closed(aiter(media.video))

    assert asyncio.run(run()) == _timestamps(30)


def test_a_file_is_iterated_over_again(movie: Path) -> None:
    with open_media(movie) as media:
        for _ in range(2):
            frames = list(media.video)
            assert [frame.timestamp for frame in frames] == _timestamps(30)
            for frame in frames:
                frame.close()
        sound = list(media.audio)
        assert sum(data.numberOfFrames for data in sound) == 30 * 1024
        assert sound[0].timestamp == 0
        for data in sound:
            data.close()


def test_both_tracks_at_once(movie: Path) -> None:
    with MediaFile(movie.read_bytes()) as media:
        pairs: list[tuple[VideoFrame, AudioData]] = list(zip(media.video, media.audio, strict=False))
        assert len(pairs) == 30
        for frame, data in pairs:
            frame.close()
            data.close()


def test_frames_without_presentation_times_are_in_order(tmp_path: Path) -> None:
    options = {"preset": "ultrafast", "x264-params": "b-adapt=0:scenecut=0"}
    path = write(tmp_path / "a.avi", x264(count=10, max_b_frames=2, global_header=False, options=options))
    with MediaFile(path) as media:
        frames = list(media.video)
    assert [frame.timestamp for frame in frames] == _timestamps(10)
    for frame in frames:
        frame.close()


def test_a_file_that_lacks_a_track(tmp_path: Path) -> None:
    with MediaFile(write(tmp_path / "a.webm", video("libvpx"))) as media:
        assert len(media.tracks) == 1
        with pytest.raises(MediaFileError, match="it has no audio track, only video"):
            _ = media.audio


def test_a_pipe_is_read_only_once(tmp_path: Path) -> None:
    path = write(tmp_path / "a.webm", video("libvpx"))

    class Unseekable:
        def __init__(self) -> None:
            self._file = path.open("rb")
            self.read = self._file.read

        def seekable(self) -> bool:
            return False

    source = Unseekable()
    with MediaFile(source) as media:  # type: ignore[arg-type]  # enough of a file object
        frames = list(media.video)
        with pytest.raises(MediaFileError, match="it can be read only once"):
            list(media.video)
    for frame in frames:
        frame.close()
    source._file.close()


class _PlainFile:
    """A file object that says neither its name nor whether it can seek."""

    def __init__(self, file: BinaryIO) -> None:
        self.read, self.seek, self.tell = file.read, file.seek, file.tell


def _after_other_bytes(movie: Path) -> _PlainFile:
    file = io.BytesIO(b"begin" + movie.read_bytes())
    file.seek(5)
    return _PlainFile(file)


@pytest.mark.parametrize(
    "source_of", [lambda path: path, Path.read_bytes, lambda path: io.BytesIO(path.read_bytes()), _after_other_bytes]
)
def test_iterations_at_once_do_not_disturb_each_other(movie: Path, source_of: Callable[[Path], Any]) -> None:
    with open_media(source_of(movie)) as media:
        sound = media.audio.to_float32()
        for number, (first, second) in enumerate(zip(media.video, media.video.between(400_000), strict=False)):
            with first, second, media.video.frame_at(1_000_000) as third:
                timestamps = [frame.timestamp for frame in (first, second, third)]
            assert timestamps == [number * 40_000, 400_000 + number * 40_000, 1_000_000]
            if number == 10:
                assert np.array_equal(media.audio.to_float32(), sound)
        assert number == 19


# Functions on threads.


class _Calls:
    """A function of frames that counts its calls. It returns the timestamp when it is let go."""

    def __init__(self) -> None:
        self.running = self.most = 0
        self.frames: list[VideoFrame] = []
        self.go = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, frame: VideoFrame) -> int:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
            self.frames.append(frame)
        assert self.go.wait(60)
        with self._lock:
            self.running -= 1
        return frame.timestamp

    @property
    def are_closed(self) -> bool:
        return all(frame.format is None for frame in self.frames)


@pytest.mark.parametrize("ahead", [1, 3])
def test_results_of_a_function_come_in_order(movie: Path, ahead: int) -> None:
    calls = _Calls()
    calls.go.set()
    with open_media(movie) as media:
        assert list(blocking(mapped(media.video, calls, ahead=ahead))) == _timestamps(30)
    assert calls.most <= ahead
    assert calls.are_closed


def test_the_function_runs_ahead_as_far_as_is_said(movie: Path) -> None:
    calls = _Calls()

    async def run() -> list[int]:
        with open_media(movie) as media:
            async with aclosing(mapped(media.video, calls, ahead=3)) as results:
                first = asyncio.ensure_future(anext(results))
                while calls.running < 3:
                    await asyncio.sleep(0.001)
                calls.go.set()
                taken = [await first]
                # Nothing more is begun while nothing is taken.
                begun = len(calls.frames)
                while calls.running:
                    await asyncio.sleep(0.001)
                assert len(calls.frames) == begun == 3
                taken += [result async for result in results]
                return taken

    assert asyncio.run(run()) == _timestamps(30)


def test_an_exception_of_the_function_ends_the_iteration(movie: Path) -> None:
    seen: list[VideoFrame] = []

    def fail_at_the_third(frame: VideoFrame) -> int:
        seen.append(frame)
        if frame.timestamp == 80_000:
            raise ZeroDivisionError
        return frame.timestamp

    results: list[int] = []
    with open_media(movie) as media, pytest.raises(ZeroDivisionError):
        results.extend(blocking(mapped(media.video, fail_at_the_third, ahead=2)))
    assert all(frame.format is None for frame in seen)
    assert len(seen) <= 4


def test_results_that_are_frames_belong_to_the_program_or_are_closed(movie: Path) -> None:
    clones: list[VideoFrame] = []

    def clone(frame: VideoFrame) -> VideoFrame:
        clones.append(frame.clone())
        return clones[-1]

    with open_media(movie) as media:
        results = blocking(mapped(media.video, clone, ahead=4))
        first = next(results)
        results.close()
    assert (first.format, first.timestamp) == ("I420", 0)
    assert len(clones) > 1
    first.close()
    assert all(frame.format is None for frame in clones)


def test_an_iteration_that_is_cancelled_while_functions_run_leaves_nothing(movie: Path) -> None:
    calls = _Calls()

    async def run() -> None:
        with open_media(movie) as media:
            task = asyncio.ensure_future(anext(mapped(media.video, calls, ahead=2)))
            while calls.running < 2:
                await asyncio.sleep(0.001)
            task.cancel()
            await asyncio.sleep(0)
            calls.go.set()
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(run())
    assert calls.are_closed


def test_anything_can_be_mapped() -> None:
    assert list(blocking(mapped([1, 2, 3], str))) == ["1", "2", "3"]
    with pytest.raises(ValueError, match="0 calls"):
        mapped([1], str, ahead=0)


@pytest.mark.parametrize("is_live", [False, True])
def test_frames_are_held_back_only_where_chunks_are_at_hand(
    movie: Path, is_live: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``is_live``: the chunks come from an asynchronous iterator, which may wait for a frame."""
    decoders = record_configured(monkeypatch, VideoDecoder)

    async def coming(chunks: Iterator[EncodedVideoChunk]) -> AsyncIterator[EncodedVideoChunk]:
        for chunk in chunks:
            yield chunk

    async def run() -> None:
        with Demuxer(movie) as demuxer:
            track = demuxer.video_track
            chunks = demuxer.chunks_of(track)
            frames = decoded_video(track.config, coming(chunks) if is_live else chunks)
            async with aclosing(frames):
                assert await _closed(frames, 1) == [0]
                (decoder,) = decoders
                implementation = decoder._codec_implementation
                assert implementation is not None
                assert implementation.requests.are_at_hand != is_live

    asyncio.run(run())

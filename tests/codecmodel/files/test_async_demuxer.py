"""Containers whose bytes come from an asynchronous iterator."""

import asyncio
import gc
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

import ffbind
from codecmodel.files import AsyncDemuxer, DemuxedChunk, Demuxer, MediaFileError
from codecmodel.iteration import decoded_video
from tests.codecmodel.files.media import audio, video, write, x264


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    # Tests before this one may have filled caches.
    before = ffbind.live_objects()
    yield
    gc.collect()
    for thread in threading.enumerate():
        assert not thread.name.startswith("codecmodel demuxer")
        if thread.name.startswith("codecmodel"):
            thread.join(30)
    gc.collect()
    assert ffbind.live_objects() == before


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    return write(tmp_path / "a.mkv", x264(count=20), audio("aac", format="fltp", count=20))


async def _pieces(data: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        await asyncio.sleep(0)
        yield data[start : start + size]


def _content(demuxed: DemuxedChunk) -> tuple[object, ...]:
    return demuxed.track.index, demuxed.chunk.timestamp, demuxed.chunk.type, demuxed.chunk._internal_data


@pytest.mark.parametrize("size", [100, 5000, 10**6])
def test_the_chunks_are_those_of_the_file(movie: Path, size: int) -> None:
    async def read() -> list[tuple[object, ...]]:
        async with AsyncDemuxer(_pieces(movie.read_bytes(), size)) as media:
            assert [track.config for track in media.tracks] == configs
            return [_content(demuxed) async for demuxed in media.chunks([0, 1])]

    with Demuxer(movie) as demuxer:
        configs = [track.config for track in demuxer.tracks]
        expected = [_content(demuxed) for demuxed in demuxer.chunks([0, 1])]
    assert asyncio.run(read()) == expected


@pytest.mark.parametrize("source", [b"bytes", iter([b"bytes"]), "path.mp4", None])
def test_other_objects_are_no_asynchronous_sources(source: object) -> None:
    with pytest.raises(
        TypeError, match=r"from an asynchronous iterator of bytes, not from .*; Demuxer reads from a path"
    ):
        AsyncDemuxer(source)  # type: ignore[arg-type]  # no source


def test_a_stream_reader_is_read_as_bytes_arrive(movie: Path) -> None:
    data = movie.read_bytes()

    async def run() -> int:
        # A line of it must not be longer than this.
        reader = asyncio.StreamReader(limit=16)
        reader.feed_data(data)
        count = 0
        async with AsyncDemuxer(reader) as media:
            async for chunk in media.chunks_of(media.video_track):
                count += chunk.byteLength > 0
                if count == 15:
                    # Only now it ends.
                    reader.feed_eof()
        return count

    assert asyncio.run(run()) == 20


def test_frames_are_decoded_while_the_stream_goes_on(movie: Path) -> None:
    async def live() -> AsyncIterator[bytes]:
        async for piece in _pieces(movie.read_bytes(), 500):
            yield piece
        await decoded.wait()

    async def run() -> int:
        count = 0
        async with AsyncDemuxer(live()) as media:
            config = media.video_track.config
            async for frame in decoded_video(config, media.chunks_of(media.video_track)):
                frame.close()
                count += 1
                # The stream ends only when the first frame has come.
                decoded.set()
        return count

    decoded = asyncio.Event()
    assert asyncio.run(run()) == 20


def test_only_as_much_is_read_as_is_asked_for(tmp_path: Path) -> None:
    data = write(tmp_path / "a.mkv", video("libvpx", count=200, is_noise=True)).read_bytes()
    taken = 0

    async def counted() -> AsyncIterator[bytes]:
        nonlocal taken
        async for piece in _pieces(data, 1000):
            taken += len(piece)
            yield piece

    async def run() -> int:
        async with AsyncDemuxer(counted()) as media:
            await anext(media.chunks([0]))
            await asyncio.sleep(0.05)
            return taken

    assert asyncio.run(run()) < len(data) / 2


def test_an_error_of_the_stream_is_raised(movie: Path) -> None:
    async def failing() -> AsyncIterator[bytes]:
        async for piece in _pieces(movie.read_bytes()[:6000], 1000):
            yield piece
        raise ConnectionResetError(104, "Connection reset by peer")

    async def read() -> None:
        async with AsyncDemuxer(failing()) as media:
            async for _ in media.chunks([0, 1]):
                pass

    with pytest.raises(MediaFileError, match="the stream: Connection reset by peer"):
        asyncio.run(read())


def test_no_media_in_the_stream() -> None:
    async def read(data: bytes) -> None:
        async with AsyncDemuxer(_pieces(data, 10)):
            pass

    with pytest.raises(MediaFileError, match="the stream: the file is empty"):
        asyncio.run(read(b""))
    with pytest.raises(MediaFileError, match="the stream: not a media file"):
        asyncio.run(read(bytes(range(256)) * 10))


@pytest.mark.parametrize("is_open", [False, True])
def test_a_stream_that_stands_still_is_left(movie: Path, is_open: bool) -> None:
    """The task is cancelled while the thread waits for bytes that never come."""
    is_closed = False

    async def endless() -> AsyncIterator[bytes]:
        nonlocal is_closed
        try:
            if is_open:
                yield movie.read_bytes()[:10_000]
            await asyncio.Event().wait()
        finally:
            is_closed = True

    async def read() -> None:
        async with AsyncDemuxer(endless()) as media:
            async for _ in media.chunks([0, 1]):
                pass

    async def run() -> None:
        task = asyncio.create_task(read())
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
    assert is_closed


def test_it_is_opened_as_a_context_manager() -> None:
    with pytest.raises(RuntimeError, match="async with"):
        _ = AsyncDemuxer(_pieces(b"", 1)).tracks

"""Frames at given times are those of a decoding from the beginning, in every container and codec."""

import asyncio
import gc
import io
import random
from bisect import bisect_right
from collections.abc import AsyncIterable, Iterable, Iterator, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import ffbind
from codecmodel import VideoFrame
from codecmodel.files import Demuxer, MediaFile, MediaFileError
from codecmodel.files.presentation_order import PresentationOrder
from codecmodel.files.track_cursor import TrackCursor
from codecmodel.files.tracks import DemuxedVideoChunk
from codecmodel.iteration import blocking, decoded_video
from codecmodel.registry.nal_units import length_prefixed_units
from tests.codecmodel.files.seekable_media import VIDEOS, made
from tests.ffbind.container_media import unseekable

#: Times in any order, and ranges, for each file. A search for rare errors tries more of them.
_SHUFFLED, _RANGES = 10, 5


class Picture(NamedTuple):
    """A frame that was closed."""

    timestamp: int
    pixels: bytes


def taken(frames: Iterable[VideoFrame]) -> list[Picture]:
    """The frames as pictures; they are closed."""
    pictures: list[Picture] = []
    for frame in frames:
        with frame:
            pixels = b"".join(np.ascontiguousarray(plane).tobytes() for plane in frame.plane_arrays())
            pictures.append(Picture(frame.timestamp, pixels))
    return pictures


def all_of(path: Path) -> list[Picture]:
    """Every picture of the file, decoded from the beginning without anything that seeks."""
    with Demuxer(path) as demuxer:
        track = demuxer.video_track
        order = PresentationOrder(track)

        def chunks() -> Iterator[object]:
            for demuxed in demuxer.chunks([track.index]):
                assert isinstance(demuxed, DemuxedVideoChunk)
                order.decode(demuxed)
                yield demuxed.chunk

        pictures = taken(blocking(decoded_video(track.config, chunks())))  # type: ignore[arg-type]
        return [Picture(order.timestamp_of(picture.timestamp), picture.pixels) for picture in pictures]


def shown_at(pictures: Sequence[Picture], time: int) -> Picture:
    index = bisect_right([picture.timestamp for picture in pictures], time) - 1
    assert index >= 0
    return pictures[index]


def shown_between(pictures: Sequence[Picture], start: int, end: int) -> list[Picture]:
    ends = [picture.timestamp for picture in pictures[1:]] + [1 << 60]
    return [picture for picture, until in zip(pictures, ends, strict=True) if picture.timestamp < end and until > start]


@pytest.fixture(scope="module", params=VIDEOS)
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Picture]]:
    path = made(tmp_path_factory.mktemp("video"), VIDEOS[request.param])
    return path, all_of(path)


File = tuple[Path, list[Picture]]


def test_the_whole(file: File) -> None:
    path, pictures = file
    assert [picture.timestamp for picture in pictures] == sorted({picture.timestamp for picture in pictures})
    with MediaFile(path) as media:
        assert taken(media.video) == pictures
        assert taken(media.video.every(7)) == pictures[::7]


def test_times_in_any_order(file: File) -> None:
    path, pictures = file
    first, last = pictures[0].timestamp, pictures[-1].timestamp
    generator = random.Random(1)
    times = [picture.timestamp for picture in pictures] + [generator.randint(first, last + 10**6) for _ in range(10)]
    with MediaFile(path) as media:
        assert taken(media.video.at(sorted(times))) == [shown_at(pictures, time) for time in sorted(times)]
        shuffled = generator.sample(times, _SHUFFLED)
        assert taken(media.video.at(shuffled)) == [shown_at(pictures, time) for time in shuffled]


def test_ranges(file: File) -> None:
    path, pictures = file
    first, last = pictures[0].timestamp, pictures[-1].timestamp
    generator = random.Random(2)
    with MediaFile(path) as media:
        for _ in range(_RANGES):
            start, end = sorted(generator.randint(first - 10**5, last + 10**5) for _ in range(2))
            assert taken(media.video.between(start, end)) == shown_between(pictures, start, end)
        exact = pictures[17].timestamp, pictures[31].timestamp
        assert taken(media.video.between(*exact)) == pictures[17:31]
        assert taken(media.video.between(exact[0]).every(3)) == pictures[17::3]


# Errors, sources, and leaving early.


@pytest.fixture(scope="module")
def movie(tmp_path_factory: pytest.TempPathFactory) -> File:
    path = made(tmp_path_factory.mktemp("movie"), VIDEOS["mp4 avc b-frames"])
    return path, all_of(path)


def test_one_frame(movie: File) -> None:
    path, pictures = movie

    async def one_frame() -> VideoFrame:
        async with MediaFile(path) as media:
            return await media.video.async_frame_at(700_000)

    with MediaFile(path) as media:
        assert taken([media.video.frame_at(700_000)]) == [shown_at(pictures, 700_000)]
    assert taken([asyncio.run(one_frame())]) == [shown_at(pictures, 700_000)]


def test_the_last_frame_has_no_end(movie: File) -> None:
    path, pictures = movie
    with MediaFile(path) as media:
        assert taken(media.video.at([10**12])) == pictures[-1:]
        assert taken(media.video.between(10**12)) == pictures[-1:]


def test_nothing_is_shown_before_the_first_frame(movie: File) -> None:
    path, _ = movie
    with MediaFile(path) as media:
        with pytest.raises(MediaFileError, match="no frame is shown at -1 µs, before the first one"):
            media.video.frame_at(-1)
        assert taken(media.video.between(-5, 0)) == taken(media.video.between(7, 7)) == []


def test_times_are_whole_numbers(movie: File) -> None:
    path, _ = movie
    seconds: Any = 1.5
    refusal = r"^a time is a whole number of microseconds, not 1\.5$"
    with MediaFile(path) as media:
        with pytest.raises(TypeError, match=refusal):
            media.video.frame_at(seconds)
        with pytest.raises(TypeError, match=refusal):
            taken(media.video.at([0, seconds]))
        for start, end in ((seconds, None), (None, seconds)):
            with pytest.raises(TypeError, match=refusal):
                media.video.between(start, end)
        assert taken([media.video.frame_at(np.int64(0))]) == taken([media.video.frame_at(0)])  # type: ignore[arg-type]


def test_a_step_is_positive(movie: File) -> None:
    with MediaFile(movie[0]) as media, pytest.raises(ValueError, match="at least 1, not 0"):
        media.video.every(0)


@pytest.mark.parametrize("name", ["webm vp8", "mkv avc b-frames", "annex b avc"])
def test_a_source_that_cannot_seek_goes_forward_only(tmp_path: Path, name: str) -> None:
    path = made(tmp_path, VIDEOS[name])
    pictures = all_of(path)
    times = [0, 90_000, 90_000, 700_000]
    with MediaFile(unseekable(path.read_bytes())) as media:
        assert taken(media.video.at(times)) == [shown_at(pictures, time) for time in times]
        with pytest.raises(MediaFileError, match="it can be read only once"):
            media.video.frame_at(0)
    with MediaFile(unseekable(path.read_bytes())) as media:
        assert taken(media.video.between(200_000, 600_000)) == shown_between(pictures, 200_000, 600_000)
    with MediaFile(unseekable(path.read_bytes())) as media:
        assert taken(media.video) == pictures


def test_times_that_lie_close_together_and_go_back(tmp_path: Path) -> None:
    """Of a stream without timestamps of presentation, many frames come out before the next time is asked for."""
    path = made(tmp_path, VIDEOS["annex b avc"])
    pictures = all_of(path)
    times = [47_819, 253_969, 61_780] * 20
    with MediaFile(path) as media:
        assert taken(media.video.at(times)) == [shown_at(pictures, time) for time in times]


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_leaving_early_leaves_nothing_behind(movie: File, count: int) -> None:
    path, _ = movie

    async def leave(frames: AsyncIterable[VideoFrame]) -> None:
        async with aclosing(aiter(frames)) as iterator:  # type: ignore[type-var]
            for _ in range(count):
                (await anext(iterator)).close()

    async def all_ways() -> None:
        async with MediaFile(path) as media:
            await leave(media.video.between(500_000))
            await leave(media.video.between(500_000, 900_000).every(2))
            await leave(media.video.at([0, 0, 100_000, 90_000, 1_500_000]))

    before = ffbind.live_objects().get("Frame", 0)
    asyncio.run(all_ways())
    gc.collect()
    assert ffbind.live_objects().get("Frame", 0) == before


def test_pictures_that_no_other_needs_are_not_decoded(movie: File) -> None:
    path, pictures = movie
    count = 0
    with Demuxer(path) as demuxer:
        for picture in pictures:
            time = picture.timestamp
            chunks = []
            for way in (TrackCursor.chunks_to, TrackCursor.chunks_for):
                cursor = TrackCursor(demuxer, 0)
                cursor.go_to(time)
                chunks.append({each.chunk.timestamp: bytes(each.chunk) for each in way(cursor, time)})
            up_to_there, needed = chunks
            assert time in needed
            left_out = up_to_there.keys() - needed.keys()
            assert all(nal_ref_idc(up_to_there[timestamp]) == 0 for timestamp in left_out)
            count += len(left_out)
    assert count > len(pictures)


def nal_ref_idc(chunk: bytes) -> int:
    """The largest nal_ref_idc of the slices after length fields of four bytes."""
    return max(unit[0] >> 5 & 3 for unit in length_prefixed_units(chunk, 4) if 1 <= unit[0] & 0x1F <= 5)


def test_reading_an_index_saves_reading_the_file(tmp_path: Path) -> None:
    """Of a file with many key frames, one frame needs a few chunks only."""
    path = made(tmp_path, VIDEOS["mp4 avc"]._replace(pictures=400))
    with open(path, "rb") as file:
        counting = _Counting(file.read())
    with MediaFile(counting) as media:
        counting.bytes_read = 0
        media.video.frame_at(12_000_000).close()
        assert 0 < counting.bytes_read < path.stat().st_size / 4


class _Counting(io.BytesIO):
    bytes_read = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.bytes_read += len(data)
        return data

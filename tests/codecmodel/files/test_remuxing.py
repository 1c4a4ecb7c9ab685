"""The parts of files that are copied without decoding decode to what the whole file decodes to."""

import gc
import io
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

import ffbind
from codecmodel.files import Demuxer, MediaFileError, remux
from codecmodel.files import open as open_media
from tests.codecmodel.files.media import audio, noise, wave, write, x264
from tests.codecmodel.files.seekable_media import VIDEOS, made
from tests.ffbind.container_media import unseekable

#: One picture of it in eight is a key frame.
_VIDEOS = {
    "mp4 avc": "mp4",
    "mp4 avc b-frames": "mp4",
    "mp4 avc open gop": "mkv",
    "mp4 avc uneven": "mp4",
    "mp4 hevc open gop": "mp4",
    "webm vp9 hidden frames uneven": "webm",
    "webm av1": "mkv",
}


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    gc.collect()
    before = ffbind.live_objects()
    yield
    gc.collect()
    for thread in threading.enumerate():
        if thread.name.startswith("codecmodel"):
            thread.join(30)
    gc.collect()
    assert ffbind.live_objects() == before


def _frames(source: Path | bytes) -> list[tuple[int, bytes]]:
    """The timestamp and the planes of each frame."""
    frames = []
    with open_media(source) as media:
        for frame in media.video:
            with frame:
                frames.append((frame.timestamp, b"".join(plane.tobytes() for plane in frame.plane_arrays())))
    return frames


def _sound(source: Path) -> tuple[int, npt.NDArray[np.float32]]:
    """The time of the first sample in µs, and the samples of the first channel."""
    pieces = []
    with open_media(source) as media:
        for data in media.audio:
            with data:
                pieces.append((data.timestamp, data.to_float32()[0]))
    return pieces[0][0], np.concatenate([samples for _, samples in pieces])


@pytest.mark.parametrize("name", _VIDEOS)
@pytest.mark.parametrize("span", [(None, None), (0.3, 0.7), (0.5, None), (None, 0.45), (0.95, None)])
def test_frames_of_a_part(name: str, span: tuple[float | None, float | None], tmp_path: Path) -> None:
    path = made(tmp_path, VIDEOS[name])
    frames = _frames(path)
    start, end = (None if share is None else round(share * frames[-1][0]) for share in span)
    target = tmp_path / f"part.{_VIDEOS[name]}"
    remux(path, target, start=start, end=end)
    with Demuxer(path) as media:
        chunks = list(media.chunks_of(media.video_track))
    # H.264 cannot begin where frames that are decoded later, and presented earlier, refer to earlier ones.
    keys = [
        chunk.timestamp
        for chunk, following in pairwise(chunks)
        if chunk.type == "key" and ("avc" not in name or following.timestamp > chunk.timestamp)
    ]
    begin = max((key for key in keys if start is not None and key <= start), default=frames[0][0])
    expected = [(time - begin, planes) for time, planes in frames if time >= begin]
    part = _frames(target)
    until = sum(end is None or time + begin < end for time, _ in expected)
    # A few frames follow if frames before the end refer to them.
    assert until <= len(part) <= until + (0 if end is None else 4)
    assert [planes for _, planes in part] == [planes for _, planes in expected[: len(part)]]
    assert max(abs(time - other) for (time, _), (other, _) in zip(part, expected, strict=False)) <= 1000


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    """Two seconds of pictures with a key frame each 0.4 s, and of noise."""
    pictures = x264(count=50, max_b_frames=2, gop_size=10)
    return write(tmp_path / "movie.mp4", pictures, audio("aac", format="fltp", count=94, fill=noise))


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
@pytest.mark.parametrize("start", [0, 900_000, 1_999_999])
def test_sound_keeps_its_place_beside_the_frames(movie: Path, start: int, extension: str, tmp_path: Path) -> None:
    part = tmp_path / f"part.{extension}"
    remux(movie, part, start=start)
    begin = start // 400_000 * 400_000
    first_frame, (first_sample, samples) = _frames(part)[0][0], _sound(part)
    whole_start, whole = _sound(movie)
    # The sound covers the first frame, and begins less than two chunks before it.
    assert 0 <= first_frame - first_sample < 2 * 1024 / 0.048
    place = max(0, round((begin - first_frame + first_sample - whole_start) * 0.048))
    expected = whole[place:]
    assert abs(len(samples) - len(expected)) <= 48
    # The codec itself needs a chunk to get going.
    middle = slice(2048, min(len(samples), len(expected)) - 1024)
    assert abs(place - _best_shift(samples[middle], whole, place + 2048)) <= 48


def _best_shift(samples: npt.NDArray[np.float32], whole: npt.NDArray[np.float32], place: int) -> int:
    """The place in ``whole``, near ``place``, where ``samples`` are, less 2048."""
    errors = {
        candidate: float(np.abs(whole[candidate : candidate + len(samples)] - samples).mean())
        for candidate in range(max(0, place - 200), place + 200)
        if candidate + len(samples) <= len(whole)
    }
    return min(errors, key=lambda candidate: errors[candidate]) - 2048


def test_sound_alone(tmp_path: Path) -> None:
    samples = np.arange(16_000, dtype="<i2")
    path = wave(tmp_path / "sound.wav", samples.tobytes())
    remux(path, tmp_path / "part.wav", start=500_000, end=1_500_000)
    _, part = _sound(tmp_path / "part.wav")
    found = np.rint(part * 32768).astype(int)
    assert found[0] <= 4000 < found[0] + 4096
    assert found[-1] >= 11_999
    assert np.array_equal(found, np.arange(found[0], found[-1] + 1))


def test_file_objects_that_cannot_seek(movie: Path, tmp_path: Path) -> None:
    matroska = io.BytesIO()
    remux(movie, matroska, "matroska", start=900_000)
    remux(unseekable(matroska.getvalue()), tmp_path / "again.mp4")
    assert len(_frames(tmp_path / "again.mp4")) == 30


def test_mistakes(movie: Path, tmp_path: Path) -> None:
    with pytest.raises(TypeError, match=r"a time is a whole number of microseconds, not 0\.5"):
        remux(movie, tmp_path / "c.mp4", start=0.5)  # type: ignore[arg-type]  # in seconds
    target = tmp_path / "target.mp4"
    with pytest.raises(ValueError, match="the end, 5 µs, is not after the start, 5 µs"):
        remux(movie, target, start=5, end=5)
    with pytest.raises(MediaFileError, match="there is nothing to write"):
        remux(movie, target, end=-1_000_000)
    assert not target.exists()

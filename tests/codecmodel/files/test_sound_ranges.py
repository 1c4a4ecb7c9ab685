"""Ranges of sound are those of a decoding from the beginning, in every container and codec."""

import asyncio
import gc
import random
from collections.abc import Callable, Mapping
from contextlib import aclosing
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest

import ffbind
from codecmodel.files import MediaFile, MediaFileError
from tests.codecmodel.files.media import MadeStream, audio, write
from tests.ffbind.container_media import unseekable

Samples = npt.NDArray[np.float32]


class Source:
    """Tones that change, and noise."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(3)
        self._count = 0

    def __call__(self, frame: ffbind.Frame) -> None:
        for plane in frame.writable_planes():
            is_float = frame.format in ("flt", "fltp")
            times = self._count + np.arange(len(plane.data) // (4 if is_float else 2))
            tone = 0.3 * np.sin(times * 0.01 * (1 + self._count // 4096 % 7))
            sound = tone + self._random.uniform(-0.1, 0.1, times.size)
            plane.data[:] = (sound.astype(np.float32) if is_float else (sound * 32000).astype(np.int16)).tobytes()
        self._count += 1024


def made(encoder: str, format: str, count: int, **settings: object) -> Callable[[], MadeStream]:
    return lambda: audio(encoder, format=format, count=count, fill=Source(), **settings)  # type: ignore[arg-type]


_WITHOUT_NOISE = {"options": {"aac_pns": "0"}}
STREAMS: Mapping[str, Callable[[], MadeStream]] = {
    "aac": made("aac", "fltp", 180, **_WITHOUT_NOISE),
    "aac at 44100": made("aac", "fltp", 180, rate=44_100, **_WITHOUT_NOISE),
    "mp3": made("libmp3lame", "fltp", 160),
    "opus": made("libopus", "flt", 200),
    "opus of speech": made("libopus", "flt", 200, bit_rate=16_000, options={"application": "voip"}),
    "vorbis": made("libvorbis", "fltp", 2500),
    "flac": made("flac", "s16", 45),
    "pcm": made("pcm_s16le", "s16", 180),
    "a-law": made("pcm_alaw", "s16", 180, rate=8000, channels=1),
}
#: The decoder of speech in Opus has a memory that fades, but never ends.
_TOLERANCES = {"opus of speech": 2e-6}
FILES = [
    *[(codec, extension) for codec in ("aac", "mp3") for extension in ("mp4", "mkv", "avi", "ts")],
    *[(codec, extension) for codec in ("opus", "vorbis") for extension in ("webm", "ogg")],
    *[(codec, extension) for codec in ("pcm", "a-law") for extension in ("wav", "mov", "mkv")],
    ("aac", "aac"), ("aac at 44100", "mp4"), ("aac at 44100", "mkv"), ("mp3", "mp3"), ("opus", "mp4"),
    ("opus of speech", "mkv"), ("flac", "flac"), ("flac", "mkv"), ("flac", "ogg"),
]  # fmt: skip


class Whole(NamedTuple):
    """All samples of a file, as AudioData with timestamps."""

    path: Path
    tolerance: float
    rate: int
    timestamps: list[int]
    parts: list[Samples]

    @property
    def samples(self) -> Samples:
        return np.concatenate(self.parts, axis=1)

    def cut_at(self, time: int) -> int:
        """The number of samples before a time in µs."""
        count = 0
        for timestamp, part in zip(self.timestamps, self.parts, strict=True):
            positions = round(timestamp * self.rate / 1_000_000) + np.arange(part.shape[1])
            # The times of the samples, rounded to µs.
            times = (2 * positions * 1_000_000 + self.rate) // (2 * self.rate)
            before = int(np.searchsorted(times, time))
            count += before
            if before < times.size:
                break
        return count


@pytest.fixture(scope="module", params=FILES, ids=" in ".join)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    codec, extension = request.param
    path = write(
        tmp_path_factory.mktemp("sound") / f"a.{extension}",
        STREAMS[codec](),
        format={"ts": "mpegts", "aac": "adts"}.get(extension),
    )
    return read(path, _TOLERANCES.get(codec, 0.0))


def read(path: Path, tolerance: float = 0.0) -> Whole:
    timestamps, parts = [], []
    with MediaFile(path) as media:
        for data in media.audio:
            with data:
                timestamps.append(data.timestamp)
                parts.append(data.to_float32().copy())
                rate = round(data.sampleRate)
    return Whole(path, tolerance, rate, timestamps, parts)


def test_ranges_of_time(whole: Whole) -> None:
    first, samples = whole.timestamps[0], whole.samples
    end = first + round(samples.shape[1] / whole.rate * 1_000_000)
    generator = random.Random(1)
    with MediaFile(whole.path) as media:
        for _ in range(5):
            start, stop = sorted(generator.randint(first - 50_000, end + 50_000) for _ in range(2))
            expected = samples[:, whole.cut_at(start) : whole.cut_at(stop)]
            sound = media.audio.between(start, stop).to_float32()
            np.testing.assert_allclose(sound, expected, 0, whole.tolerance, err_msg=f"{start} to {stop}")
        np.testing.assert_array_equal(media.audio.to_float32(), samples)


def test_consecutive_ranges_have_each_sample_once(whole: Whole) -> None:
    first, samples = whole.timestamps[0], whole.samples
    end = first + round(samples.shape[1] / whole.rate * 1_000_000)
    middles = [first + (end - first) * number // 4 + number for number in range(1, 4)]
    with MediaFile(whole.path) as media:
        parts = [media.audio.between(*times).to_float32() for times in pairwise([None, *middles, None])]
    np.testing.assert_allclose(np.concatenate(parts, axis=1), samples, 0, whole.tolerance)


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return read(write(tmp_path_factory.mktemp("speech") / "a.mkv", STREAMS["flac"]()))


def test_times_are_whole_numbers(speech: Whole) -> None:
    with MediaFile(speech.path) as media:
        for start, end in ((0.5, None), (None, 0.5)):
            with pytest.raises(TypeError, match=r"a time is a whole number of microseconds, not 0\.5"):
                media.audio.between(start, end)  # type: ignore[arg-type]  # in seconds


def test_a_range_without_time_is_empty(speech: Whole) -> None:
    with MediaFile(speech.path) as media:
        for times in ((5, 5), (7, 5), (10**9, None), (-10, 0)):
            assert media.audio.between(*times).to_float32().shape == (2, 0)


def test_a_source_that_cannot_seek(speech: Whole) -> None:
    with MediaFile(unseekable(speech.path.read_bytes())) as media:
        sound = media.audio.between(2_000_000, 2_500_000).to_float32()
        np.testing.assert_array_equal(sound, speech.samples[:, 96_000:120_000])
        with pytest.raises(MediaFileError, match="it can be read only once"):
            media.audio.to_float32()


def test_leaving_early_leaves_nothing_behind(speech: Whole) -> None:
    async def leave() -> None:
        async with MediaFile(speech.path) as media, aclosing(aiter(media.audio.between(1_500_000))) as sound:
            (await anext(sound)).close()

    before = ffbind.live_objects().get("Frame", 0)
    asyncio.run(leave())
    gc.collect()
    assert ffbind.live_objects().get("Frame", 0) == before

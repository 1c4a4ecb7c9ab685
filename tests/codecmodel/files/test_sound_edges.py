"""The encoder's delay before a sound, and the padding after it, are no part of the sound."""

import asyncio
import struct
from collections.abc import Callable
from fractions import Fraction
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
import pytest

from codecmodel import AudioData, AudioDecoder
from codecmodel.files import AudioTrack, Demuxer
from codecmodel.files.mp4_edits import Edit, edits_of_tracks
from codecmodel.files.sound_edges import (
    SoundEdges,
    edges_of_codec_delay,
    edges_of_edit,
    edges_of_itunes_tag,
    edges_of_lame_tag,
    edges_of_vorbis,
)
from codecmodel.files.sound_trimmer import SoundTrimmer
from codecmodel.types import AudioSampleFormat
from tests.codecmodel.files.media import MadeStream, audio, write

_ENCODERS: dict[str, Callable[[], MadeStream]] = {
    "aac": lambda: audio("aac", format="fltp"),
    "mp3": lambda: audio("libmp3lame", format="fltp"),
    "opus": lambda: audio("libopus", format="flt"),
    "vorbis": lambda: audio("libvorbis", format="fltp", count=100),
    "flac": lambda: audio("flac", format="s16"),
}
#: Samples that go into the encoder.
_SAMPLES = {"aac": 6 * 1024, "mp3": 6 * 1152, "opus": 6 * 960, "vorbis": 100 * 64, "flac": 6 * 4608}


@pytest.mark.parametrize(
    ("codec", "extension"),
    [
        ("aac", "mp4"),
        ("aac", "mov"),
        ("mp3", "mp3"),
        ("mp3", "mp4"),
        ("opus", "mp4"),
        ("opus", "ogg"),
        ("opus", "webm"),
        ("vorbis", "ogg"),
        ("flac", "flac"),
        ("flac", "mkv"),
    ],
)
def test_all_samples_that_went_in_come_out_and_no_others(codec: str, extension: str, tmp_path: Path) -> None:
    sound = asyncio.run(_decoded(write(tmp_path / f"a.{extension}", _ENCODERS[codec]())))
    assert sum(frames for _, frames in sound) == _SAMPLES[codec]
    assert sound[0][0] == 0
    for (timestamp, frames), (next_timestamp, _) in pairwise(sound):
        # Matroska counts milliseconds.
        assert abs(timestamp + frames * 1_000_000 / 48_000 - next_timestamp) <= (1000 if extension != "mp4" else 1)


async def _decoded(path: Path) -> list[tuple[int, int]]:
    """The timestamps and numbers of frames of the trimmed sound in a file."""
    sound: list[tuple[int, int]] = []

    def take(data: AudioData) -> None:
        sound.append((data.timestamp, data.numberOfFrames))
        data.close()

    def output(data: AudioData) -> None:
        for part in trimmer.trim(data):
            take(part)
        data.close()

    decoder = AudioDecoder({"output": output, "error": lambda error: pytest.fail(str(error))})
    with Demuxer(path) as demuxer:
        trimmer = SoundTrimmer(demuxer.audio_track)
        decoder.configure(demuxer.audio_track.config)
        for demuxed in demuxer.chunks([0]):
            trimmer.add_padding(getattr(demuxed, "padding", 0))
            decoder.decode(demuxed.chunk)  # type: ignore[arg-type]  # there is only audio
    await decoder.flush()
    for part in trimmer.end():
        take(part)
    return sound


# The edges that each kind of container tells.


def test_an_edit_begins_after_the_delay() -> None:
    edit = Edit(Fraction(1024, 48_000), Fraction(49_024, 48_000))
    assert edges_of_edit(edit, 48_000) == SoundEdges(1024, 48_000)
    assert edges_of_edit(Edit(Fraction(0), None), 48_000) == SoundEdges(0, None)


def test_an_itunes_tag_has_delay_and_length() -> None:
    tag = " 00000000 00000840 000001C0 0000000000045800 00000000"
    assert edges_of_itunes_tag(tag, 44_100) == SoundEdges(0x840, 0x45800, Fraction(-0x840, 44_100))
    assert edges_of_itunes_tag("nonsense", 44_100) == SoundEdges()


def test_matroska_has_its_delay_in_nanoseconds() -> None:
    # FFmpeg shifts by 7 ms, where 6.5 ms are meant.
    assert edges_of_codec_delay(312, 48_000) == SoundEdges(312, None, Fraction(1, 2000))
    assert edges_of_codec_delay(480, 48_000) == SoundEdges(480, None, Fraction(0))


def test_mp3_begins_with_its_delay() -> None:
    assert edges_of_lame_tag(1105, 44_100) == SoundEdges(1105, None, Fraction(-1105, 44_100))


def test_vorbis_begins_with_a_packet_that_nothing_comes_out_of() -> None:
    assert edges_of_vorbis(128, 6400, 48_000) == SoundEdges(128, 6400, Fraction(-128, 48_000))


# Edit lists.


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _movie(
    *edits: tuple[int, int],
    version: int = 0,
    extra: bytes = b"",
    durations: tuple[tuple[int, int], ...] = ((10, 1024),),
) -> bytes:
    """A movie of 1000 ticks a second with a track of 48,000 ticks a second that has 10 samples of 1024 ticks."""
    entry = ">QqI" if version else ">IiI"
    edit_list = struct.pack(">B3xI", version, len(edits)) + b"".join(
        struct.pack(entry, *edit, 1 << 16) for edit in edits
    )
    table = struct.pack(">4xI", len(durations)) + b"".join(struct.pack(">II", *run) for run in durations)
    media = _box(
        b"mdia", _box(b"mdhd", struct.pack(">12xI8x", 48_000)), _box(b"minf", _box(b"stbl", _box(b"stts", table)))
    )
    header = _box(b"mvhd", struct.pack(">12xI", 1000), bytes(80))
    track = _box(b"trak", _box(b"tkhd", bytes(84)), _box(b"edts", _box(b"elst", edit_list)) if edits else b"", media)
    return _box(b"ftyp", b"isom") + _box(b"mdat", bytes(10)) + _box(b"moov", header, track, extra)


def _edits(file: bytes) -> list[Edit]:
    return list(edits_of_tracks(BytesIO(file), len(file)))


_END = Fraction(10 * 1024, 48_000)


def test_a_track_without_an_edit_list_is_presented_as_a_whole() -> None:
    assert _edits(_movie()) == [Edit(Fraction(0), _END)]


@pytest.mark.parametrize("version", [0, 1])
def test_an_edit_begins_at_its_media_time(version: int) -> None:
    # 192 ms are the 9 · 1024 samples after the first 1024.
    assert _edits(_movie((192, 1024), version=version)) == [Edit(Fraction(1024, 48_000), _END)]


def test_an_empty_edit_before_it_does_not_matter() -> None:
    assert _edits(_movie((500, -1), (192, 1024))) == [Edit(Fraction(1024, 48_000), _END)]


def test_an_edit_may_end_before_the_media() -> None:
    assert _edits(_movie((100, 480))) == [Edit(Fraction(480, 48_000), Fraction(480 + 4800, 48_000))]


def test_the_rounding_of_an_edit_cuts_nothing_off() -> None:
    assert _edits(_movie((191, 1024))) == [Edit(Fraction(1024, 48_000), _END)]


def test_the_end_of_several_edits_is_unknown() -> None:
    assert _edits(_movie((100, 480), (50, 5000))) == [Edit(Fraction(480, 48_000), None)]


def test_the_end_of_a_fragmented_file_is_unknown() -> None:
    assert _edits(_movie((192, 1024), extra=_box(b"mvex"))) == [Edit(Fraction(1024, 48_000), None)]


@pytest.mark.parametrize("last", [0, 1])
def test_a_last_sample_of_unknown_duration_is_as_long_as_the_one_before(last: int) -> None:
    assert _edits(_movie(durations=((9, 1024), (1, last)))) == [Edit(Fraction(0), _END)]


def test_a_last_sample_may_be_short() -> None:
    assert _edits(_movie(durations=((9, 1024), (1, 24)))) == [Edit(Fraction(0), _END - Fraction(1000, 48_000))]


def test_a_large_box_before_the_movie_is_passed_over() -> None:
    large = struct.pack(">I4sQ", 1, b"mdat", 16 + 100) + bytes(100)
    assert _edits(large + _movie()) == [Edit(Fraction(0), _END)]


def test_no_cut_off_or_changed_movie_is_an_error() -> None:
    movie = _movie((192, 1024), version=1)
    for size in range(len(movie)):
        assert _edits(movie[:size]) == []
    for position in range(movie.index(b"moov") + 4, len(movie)):
        for value in (0, 1, 0xFF):
            _edits(movie[:position] + bytes([value]) + movie[position + 1 :])


# Trimming.


class _Track(AudioTrack):
    """A track with a configuration that a test chooses."""

    def __init__(self, delay: int, length: int | None, codec: str = "mp4a.40.2") -> None:
        super().__init__(0, codec, Fraction(1, 48_000), None, None)
        self.codec_delay, self.length = delay, length
        self._config = {"codec": codec, "sampleRate": 48_000, "numberOfChannels": 2, "description": b"head"}


def _trimmed(
    track: AudioTrack,
    sizes: list[int],
    padding: int = 0,
    format: AudioSampleFormat = "f32-planar",
    late: int = 0,
    resumed: bool = False,
) -> list[tuple[int, list[int]]]:
    """Timestamps and values of the trimmed AudioData. It has these sizes, and its values count up.

    All AudioData but the first one have timestamps that are ``late`` samples later.
    """
    trimmer = SoundTrimmer(track)
    if resumed:
        trimmer.resume()
    trimmer.add_padding(padding)
    left: list[tuple[int, list[int]]] = []
    position = 0
    for size in sizes:
        values = np.arange(position, position + size)
        planar = np.stack([values, -values])
        samples = planar if format.endswith("planar") else planar.T
        data = AudioData(
            {
                "format": format,
                "sampleRate": 48_000,
                "numberOfFrames": size,
                "numberOfChannels": 2,
                "timestamp": round((position + late if position else 0) * 1_000_000 / 48_000),
                "data": np.ascontiguousarray(samples, np.float32 if format.startswith("f32") else np.int16),
            }
        )
        left += [_content(part) for part in trimmer.trim(data)]
        data.close()
        position += size
    return left + [_content(part) for part in trimmer.end()]


def _content(data: AudioData) -> tuple[int, list[int]]:
    arrays = data.plane_arrays()
    first = arrays[0] if len(arrays) > 1 else arrays[0][:, 0]
    second = arrays[1] if len(arrays) > 1 else arrays[0][:, 1]
    assert (first == -second).all()
    content = data.timestamp, cast("list[int]", first.astype(int).tolist())
    data.close()
    return content


@pytest.mark.parametrize("format", ["f32-planar", "f32", "s16", "s16-planar"])
def test_delay_and_length_across_the_edges_of_chunks(format: AudioSampleFormat) -> None:
    assert _trimmed(_Track(5, 6), [4, 4, 4, 4], format=format) == [
        (104, [5, 6, 7]),
        (167, [8, 9, 10]),
    ]


def test_padding_across_the_edges_of_chunks() -> None:
    assert _trimmed(_Track(0, None), [4, 4, 4], padding=6) == [(0, [0, 1, 2, 3]), (83, [4, 5])]


def test_sound_without_edges_passes_at_once() -> None:
    assert _trimmed(_Track(0, None), [2, 2]) == [(0, [0, 1]), (42, [2, 3])]


def test_more_padding_than_sound() -> None:
    assert _trimmed(_Track(0, None), [2, 2], padding=9) == []


def test_the_decoder_of_opus_removes_the_delay_itself() -> None:
    # The first AudioData has the timestamp of the chunk, which begins with the samples that the decoder removed.
    assert _trimmed(_Track(312, 3, "opus"), [2, 2]) == [(6500, [0, 1]), (42, [2])]


@pytest.mark.parametrize(("late", "first"), [(0, 0), (48, 1000), (8192, 170_666), (8193, 0)])
def test_the_first_sound_of_vorbis_is_heard_before_the_second(late: int, first: int) -> None:
    """It has the timestamp of a chunk that nothing comes out of. More than the largest block is a pause."""
    second = round((2 + late) * 1_000_000 / 48_000)
    assert _trimmed(_Track(0, None, "vorbis"), [2, 2], late=late) == [(first, [0, 1]), (second, [2, 3])]


def test_vorbis_whose_container_tells_the_delay() -> None:
    track = _Track(2, None, "vorbis")
    assert _trimmed(track, [2, 2], late=2) == [(42, [0, 1]), (83, [2, 3])]
    # In the middle of the track, the delay does not matter.
    assert _trimmed(track, [2, 2], late=2, resumed=True) == [(41, [0, 1]), (83, [2, 3])]


def test_a_single_sound_of_vorbis() -> None:
    assert _trimmed(_Track(0, None, "vorbis"), [2]) == [(0, [0, 1])]

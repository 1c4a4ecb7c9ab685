"""Real files through the model, against FFmpeg's own decoders on the same libraries, bit for bit.

The files are those of web-platform-tests that hold audio or video (``$CODECMODEL_MEDIA/wpt``; image files excepted) and
``bbb_audio_aac_frag.mp4``. Two references serve, each where it runs on the very libraries that the model runs on:

- the programs ``ffprobe`` and ``ffmpeg -f framemd5`` (the system's libraries);
- PyAV's demuxer and decoders (the libraries inside the ``av`` wheel).

Both decode the same packets as the model: an EncodedVideoChunk or EncodedAudioChunk carries no side data of the
container, so none is applied. MP4 is read with ``advanced_editlist=0``: edit lists shift timestamps, but drop no
packets. ffmpeg decodes with ``-flags2 +skip_manual``, so that neither encoder delay nor end padding is cut off; PyAV is
given packets without side data.

These are compared:

- chunks: number, order, data (MD5), timestamps, durations (µs) and types with the packets of the reference's demuxer. A
  raw H.264 or H.265 stream has no timestamps; there, each chunk begins where the one before ends;
- pictures: number, order, and MD5 of the visible planes with the reference's decoded frames; timestamps with those of
  the packets, in ascending order (raw streams with reordered frames: in any order); durations with the packet's of the
  same timestamp;
- samples: number of runs, number of samples in each, and MD5 of each run, interleaved, with the reference's decoded
  frames; timestamps with those of the packets (Vorbis's first two packets give one run); durations with the number of
  samples.

The only samples left out are Opus's pre-skip, which the decoder drops because the description (OpusHead) says so.
ffmpeg's ``atrim`` filter drops as many of the untrimmed samples; PyAV's decoder drops them itself. So the first run of
samples is shorter than its packet, but has the packet's timestamp.

The sound of an MP3 file, and that of Vorbis in Ogg, begins at 0 in the model. So its chunks begin earlier: by the delay
that the Xing frame states, or by the first packet, which gives no samples. FFmpeg's packets begin at 0.
"""

import os
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from codecmodel.configurations.decoder_configurations import description_of
from codecmodel.files import Demuxer
from codecmodel.files.timing import microseconds
from codecmodel.platform.ffmpeg.decoding.decoder_support import decoder_name
from codecmodel.registry.opus import parse_opus_head
from tests.codecmodel.platform.ffmpeg.decoding import ffmpeg_program_reference, pyav_reference
from tests.codecmodel.platform.ffmpeg.decoding.media_model import TrackContent, decode_with_model

_SUFFIXES = {".mp4", ".webm", ".annexb", ".ogg", ".wav", ".adts", ".flac", ".mp3"}
_RAW_SUFFIXES = {".annexb"}
_REFERENCES: dict[str, ModuleType] = {"ffmpeg program": ffmpeg_program_reference, "PyAV": pyav_reference}


def _files() -> Iterator[Path]:
    media = os.environ.get("CODECMODEL_MEDIA")
    if media:
        yield from sorted(path for path in Path(media, "wpt").iterdir() if path.suffix in _SUFFIXES)
        yield Path(media, "bbb_audio_aac_frag.mp4")


@pytest.fixture(
    params=[pytest.param(path, id=path.name) for path in _files()]
    or [pytest.param(None, marks=pytest.mark.skip("CODECMODEL_MEDIA is not set: no real media"))]
)
def path(request: pytest.FixtureRequest) -> Path:
    """A file of real media."""
    file = request.param
    assert isinstance(file, Path)
    return file


@pytest.fixture(params=list(_REFERENCES))
def expected(request: pytest.FixtureRequest, path: Path) -> list[TrackContent]:
    """The content of the file by the reference."""
    reason = _REFERENCES[request.param].why_not()
    if reason is not None:
        pytest.skip(reason)
    return _reference(request.param, path)


@cache
def _reference(name: str, path: Path) -> list[TrackContent]:
    with Demuxer(path) as demuxer:
        decoders: list[str] = []
        pre_skips: list[int] = []
        for track in demuxer.tracks:
            decoders.append(decoder_name(track.config["codec"]))
            is_opus = track.config["codec"] == "opus"
            pre_skips.append(parse_opus_head(description_of(track.config) or b"").pre_skip if is_opus else 0)
    content: list[TrackContent] = _REFERENCES[name].content(path, decoders, pre_skips)
    return content


@cache
def _model(path: Path) -> list[TrackContent]:
    return decode_with_model(path)


@cache
def _sound_before_zero(path: Path) -> tuple[int, int]:
    """The samples by which chunks begin before the packets of the reference, and the sample rate."""
    with Demuxer(path) as demuxer:
        if demuxer.format_name not in ("mp3", "ogg") or demuxer.tracks[0].codec_name not in ("mp3", "vorbis"):
            return 0, 1
        return demuxer.audio_track.codec_delay, demuxer.audio_track.config["sampleRate"]


def _moved(timestamp: int | None, path: Path) -> int | None:
    delay, rate = _sound_before_zero(path)
    if timestamp is None or not delay:
        return timestamp
    return microseconds(round(Fraction(timestamp * rate, 1_000_000)) - delay, Fraction(1, rate))


def test_there_is_a_reference() -> None:
    reasons = [reference.why_not() for reference in _REFERENCES.values()]
    if all(reasons):
        pytest.skip(f"nothing to compare with: {'; '.join(reason for reason in reasons if reason)}")
    assert None in reasons


def test_chunks_are_the_containers_packets(path: Path, expected: list[TrackContent]) -> None:
    tracks = _model(path)
    assert [track.kind for track in tracks] == [track.kind for track in expected]
    for track, reference in zip(tracks, expected, strict=True):
        packets = reference.encoded
        assert packets
        if path.suffix in _RAW_SUFFIXES:
            # All of these run at a constant frame rate with a whole number of µs a frame.
            assert {packet.timestamp for packet in packets} == {None}
            packets = [
                packet._replace(timestamp=index * (packet.duration or 0)) for index, packet in enumerate(packets)
            ]
        shifted = [packet._replace(timestamp=_moved(packet.timestamp, path)) for packet in packets]
        assert track.encoded == shifted


def test_pictures_and_samples_equal_the_references(path: Path, expected: list[TrackContent]) -> None:
    for track, reference in zip(_model(path), expected, strict=True):
        assert [output.md5 for output in track.decoded] == [output.md5 for output in reference.decoded]
        assert track.sizes == reference.sizes


def test_timestamps_and_durations_are_the_packets(path: Path, expected: list[TrackContent]) -> None:
    for track, reference in zip(_model(path), expected, strict=True):
        packets = track.encoded if path.suffix in _RAW_SUFFIXES else reference.encoded
        timestamps = [output.timestamp for output in track.decoded]
        if track.kind == "video":
            ascending = sorted(packet.timestamp for packet in packets if packet.timestamp is not None)
            if path.suffix in _RAW_SUFFIXES:
                timestamps.sort(key=lambda timestamp: timestamp or 0)
            assert timestamps == ascending
            durations = {packet.timestamp: packet.duration for packet in packets}
            for output in track.decoded:
                assert output.duration == durations[output.timestamp]
        else:
            associated = [packet.timestamp for packet in packets]
            if track.codec == "vorbis":
                # The first two packets make the first run, which has the timestamp of the first of them.
                del associated[1]
            assert timestamps == [_moved(timestamp, path) for timestamp in associated]
            for output, size in zip(track.decoded, reference.sizes, strict=True):
                assert output.duration == size * 1_000_000 // track.sample_rate

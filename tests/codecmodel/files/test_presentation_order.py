"""Some containers do not state when frames are presented: then frames are numbered as they leave the decoder."""

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from codecmodel.command_line.main import main
from codecmodel.encoded_chunks import EncodedVideoChunk
from codecmodel.files import DemuxedVideoChunk, Demuxer, VideoTrack
from codecmodel.files.presentation_order import PresentationOrder
from tests.codecmodel.files.media import MadeStream, video, write, x264


def _avc(*, global_header: bool = False) -> MadeStream:
    options = {"preset": "ultrafast", "x264-params": "b-adapt=0:scenecut=0"}
    return x264(count=10, max_b_frames=2, global_header=global_header, options=options)


def _hevc() -> MadeStream:
    options = {"x265-params": "log-level=none:bframes=2:b-adapt=0"}
    return video("libx265", count=10, global_header=False, options=options)


def _without_presentation(stream: MadeStream) -> MadeStream:
    """The stream with decoding timestamps in the place of its presentation timestamps."""
    for packet in stream.packets:
        packet.pts = packet.dts
    return stream


@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("a.avi", _avc),
        ("a.h264", _avc),
        ("a.hevc", _hevc),
        # Such a file has no table of composition offsets.
        ("a.mp4", lambda: _without_presentation(_avc())),
        # In these, the timestamps are right.
        ("b.mp4", _avc),
        ("b.mkv", lambda: _avc(global_header=True)),
        ("b.ts", _avc),
    ],
)
def test_frames_are_in_order_and_evenly_apart(name: str, make: Callable[[], MadeStream], tmp_path: Path) -> None:
    source = write(tmp_path / name, make())
    assert main(["decode", str(source), "--out", str(tmp_path / "out"), "--quiet"]) == 0
    head, *frames = (tmp_path / "out" / f"{name}.track0.y4m").read_bytes().split(b"FRAME\n")
    assert head.startswith(b"YUV4MPEG2 W64 H48 F25:1 ")
    levels = [sum(frame) / len(frame) for frame in frames]
    assert (len(levels), levels) == (10, sorted(levels))
    assert main(["transcode", str(source), str(tmp_path / "target.mkv"), "--quiet"]) == 0
    _check(tmp_path / "target.mkv", 10)


def _check(path: Path, count: int) -> None:
    with Demuxer(path) as demuxer:
        timestamps = sorted(demuxed.chunk.timestamp for demuxed in demuxer.chunks([0]))
    assert [timestamp - timestamps[0] for timestamp in timestamps] == [number * 40_000 for number in range(count)]


@pytest.mark.parametrize("name", ["bf.avi", "noctts.mp4"])
def test_faulty_files(name: str, tmp_path: Path) -> None:
    media = os.environ.get("CODECMODEL_MEDIA")
    path = Path(media or "", "..", "faults", name)
    if media is None or not path.exists():
        pytest.skip(f"CODECMODEL_MEDIA names no directory with faults/{name} beside it")
    for extension in ("mp4", "mkv", "webm"):
        target = tmp_path / f"target.{extension}"
        assert main(["transcode", str(path), str(target), "--quiet"]) == 0
        _check(target, 10)


def _track(codec_name: str, data: bytes) -> tuple[VideoTrack, DemuxedVideoChunk]:
    """A track, and its first chunk at the time 0."""
    track = VideoTrack(0, codec_name, Fraction(1, 25), Fraction(25), None)
    track._config = {"codec": {"h264": "avc1.640028"}.get(codec_name, codec_name)}
    return track, DemuxedVideoChunk(track, _chunk(0, "key", data), False)


def _chunk(timestamp: int, type: str, data: bytes = b"-") -> EncodedVideoChunk:
    return EncodedVideoChunk({"type": "key" if type == "key" else "delta", "timestamp": timestamp, "data": data})


def _given(codec_name: str, data: bytes, *timestamps: int) -> tuple[VideoTrack, PresentationOrder]:
    track, first = _track(codec_name, data)
    order = PresentationOrder(track)
    order.decode(first)
    for timestamp in timestamps:
        order.decode(DemuxedVideoChunk(track, _chunk(timestamp, "delta"), False))
    return track, order


@pytest.fixture
def reordered() -> bytes:
    """A key chunk of a stream with B-frames."""
    stream = _avc()
    data = stream.packets[0].tobytes()
    for packet in stream.packets:
        packet.close()
    stream.encoder.close()
    return data


def test_the_next_frame_has_the_smallest_timestamp(reordered: bytes) -> None:
    _, order = _given("h264", reordered, 40, 80, 120)
    assert [order.timestamp_of(timestamp) for timestamp in (0, 80, 120, 40)] == [0, 40, 80, 120]


def test_a_chunk_that_no_frame_comes_from_is_forgotten(reordered: bytes) -> None:
    _, order = _given("h264", reordered, 40, 80, 120)
    order.forget(40)
    assert [order.timestamp_of(timestamp) for timestamp in (0, 120, 80)] == [0, 80, 120]


def test_timestamps_of_presentation_are_kept(reordered: bytes) -> None:
    track, order = _given("h264", reordered, 80, 40)
    track.clock.timing(2, 1, 0)
    assert [order.timestamp_of(timestamp) for timestamp in (0, 80)] == [0, 80]


def test_frames_of_other_codecs_are_not_reordered() -> None:
    _, order = _given("vp8", b"-", 40, 80)
    # A frame that is lost shifts none after it.
    assert [order.timestamp_of(timestamp) for timestamp in (0, 80)] == [0, 80]

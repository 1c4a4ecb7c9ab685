"""Written containers state times, chapters, tags, alpha planes and the order of their parts."""

import asyncio
import io
import os
import stat
import subprocess
import sys
import threading
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pytest

import ffbind
from codecmodel import EncodedAudioChunk, EncodedVideoChunk, VideoEncoder, VideoFrame
from codecmodel.configurations.decoder_configurations import AudioDecoderConfig
from codecmodel.files import Chapter, DemuxedVideoChunk, Demuxer, MediaFileError, Muxer, TrackDescription, remux
from codecmodel.types import EncodedVideoChunkMetadata, VideoDecoderConfig, VideoEncoderConfig
from tests.codecmodel.files.media import audio, video, write, x264

PCM: AudioDecoderConfig = {"codec": "pcm-s16", "sampleRate": 8000, "numberOfChannels": 1}
SECOND = 1_000_000


def pcm(timestamp: int, samples: int = 800) -> EncodedAudioChunk:
    return EncodedAudioChunk(
        {"type": "key", "timestamp": timestamp, "duration": samples * 125, "data": bytes(2 * samples)}
    )


def later(chunk: EncodedVideoChunk, by: int, *, duration: bool = True) -> EncodedVideoChunk:
    """The same chunk at another time."""
    init = {"type": chunk.type, "timestamp": chunk.timestamp + by, "data": chunk._internal_data}
    if duration and chunk.duration is not None:
        init["duration"] = chunk.duration
    return EncodedVideoChunk(init)  # type: ignore[arg-type]  # the members are right


def timestamps(path: Path) -> dict[int, list[int]]:
    """The timestamps (µs) of each track's chunks."""
    found: dict[int, list[int]] = {}
    with Demuxer(path) as demuxer:
        for demuxed in demuxer.chunks([track.index for track in demuxer.tracks]):
            found.setdefault(demuxed.track.index, []).append(demuxed.chunk.timestamp)
    return found


@pytest.mark.parametrize("extension", ["mp4", "mov", "mkv"])
@pytest.mark.parametrize("start", [3600 * SECOND, 40_000, -500_000])
def test_the_earliest_track_begins_at_zero_and_the_others_keep_their_distance(
    extension: str, start: int, tmp_path: Path
) -> None:
    source = write(tmp_path / "source.mp4", x264(count=12, max_b_frames=2, options={"b_strategy": "0"}))
    target = tmp_path / f"target.{extension}"
    with Demuxer(source) as demuxer, Muxer(target) as muxer:
        first, second = (muxer.add_video_track(frame_rate=Fraction(25)) for _ in range(2))
        for chunk in demuxer.chunks_of(demuxer.video_track):
            first.write(later(chunk, start), {"decoderConfig": demuxer.video_track.config})
            second.write(later(chunk, start + 320_000), {"decoderConfig": demuxer.video_track.config})
    found = timestamps(target)
    assert sorted(found[0]) == [40_000 * number for number in range(12)]
    assert sorted(found[1]) == [320_000 + 40_000 * number for number in range(12)]


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_a_start_can_be_kept(extension: str, tmp_path: Path) -> None:
    source = write(tmp_path / "source.mp4", x264())
    for start, expected in ((2 * SECOND, 2 * SECOND), (-500_000, 0)):
        target = tmp_path / f"target.{extension}"
        with Demuxer(source) as demuxer, Muxer(target, keeps_start=True) as muxer:
            track = muxer.add_video_track(frame_rate=Fraction(25))
            for chunk in demuxer.chunks_of(demuxer.video_track):
                track.write(later(chunk, start), {"decoderConfig": demuxer.video_track.config})
        assert timestamps(target)[0] == [expected + 40_000 * number for number in range(6)]


def test_chapters_move_with_the_tracks(tmp_path: Path) -> None:
    target = tmp_path / "target.mkv"
    chapters = [Chapter(10 * SECOND, 11 * SECOND, "One"), Chapter(11 * SECOND, 12 * SECOND, "Two")]
    with Muxer(target, chapters=chapters, metadata={"title": "Film"}) as muxer:
        track = muxer.add_audio_track(description=TrackDescription(language="eng", title="Sound", is_default=False))
        track.write(pcm(10 * SECOND), {"decoderConfig": PCM})
    with Demuxer(target) as demuxer:
        assert demuxer.chapters == [(0, SECOND, "One"), (SECOND, 2 * SECOND, "Two")]
        assert demuxer.tags["title"] == "Film"
        description = demuxer.audio_track.description
    assert (description.language, description.title) == ("eng", "Sound")


@pytest.mark.parametrize("rate", [Fraction(25), None])
def test_the_last_frame_without_duration_lasts_a_frame(rate: Fraction | None, tmp_path: Path) -> None:
    target = tmp_path / "target.mp4"
    source = write(tmp_path / "source.mp4", x264())
    with Demuxer(source) as demuxer, Muxer(target) as muxer:
        track = muxer.add_video_track(frame_rate=rate)
        for chunk in demuxer.chunks_of(demuxer.video_track):
            track.write(later(chunk, 0, duration=False), {"decoderConfig": demuxer.video_track.config})
    with ffbind.Container.open(target) as container:
        assert container.duration == 240_000


@pytest.mark.parametrize("extension", ["mp4", "mov"])
def test_the_index_can_come_first(extension: str, tmp_path: Path) -> None:
    source = write(tmp_path / "source.mkv", x264())
    places = {}
    for moov_first in (False, True):
        target = tmp_path / f"target.{extension}"
        with Demuxer(source) as demuxer, Muxer(target, moov_first=moov_first) as muxer:
            track = muxer.add_video_track()
            for demuxed in demuxer.chunks([0]):
                track.write_demuxed(demuxed)  # type: ignore[arg-type]  # it is of video
        content = target.read_bytes()
        places[moov_first] = content.index(b"moov") < content.index(b"mdat")
        assert timestamps(target)[0] == [40_000 * number for number in range(6)]
    assert places == {False: False, True: True}


class Pipe(io.RawIOBase):
    """Takes bytes and cannot seek."""

    def __init__(self) -> None:
        super().__init__()
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def write(self, data: "bytes | bytearray | memoryview") -> int:  # type: ignore[override]  # all that comes
        self.content += data
        return len(data)


class OnlyWrite:
    """An object with write() alone, which returns nothing, as that of an HTTP response may."""

    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, data: memoryview) -> None:
        self.content += data


@pytest.mark.parametrize("format", ["mp4", "mov", "matroska", "webm"])
@pytest.mark.parametrize("kind", [io.BytesIO, Pipe, OnlyWrite])
def test_a_file_object(format: str, kind: type[io.BytesIO | Pipe | OnlyWrite], tmp_path: Path) -> None:
    source = write(tmp_path / "source.mp4", x264(count=12, max_b_frames=2, options={"b_strategy": "0"}))
    if format == "webm":
        source = write(tmp_path / "source.webm", video("libvpx", count=12))
    target = kind()
    with Demuxer(source) as demuxer, Muxer(cast("BinaryIO", target), format) as muxer:
        track = muxer.add_video_track(frame_rate=Fraction(25))
        for demuxed in demuxer.chunks([0]):
            track.write_demuxed(demuxed)  # type: ignore[arg-type]  # it is of video
    content = target.getvalue() if isinstance(target, io.BytesIO) else bytes(target.content)
    assert (b"moof" in content) == (format in ("mp4", "mov") and kind is not io.BytesIO)
    path = tmp_path / "copy"
    path.write_bytes(content)
    assert sorted(timestamps(path)[0]) == [40_000 * number for number in range(12)]


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_a_named_pipe(extension: str, tmp_path: Path) -> None:
    source = write(tmp_path / "source.mp4", x264(), audio("aac", format="fltp", count=12))
    pipe = tmp_path / f"pipe.{extension}"
    os.mkfifo(pipe)
    copy = tmp_path / f"copy.{extension}"
    reader = threading.Thread(target=lambda: copy.write_bytes(pipe.read_bytes()))
    reader.start()
    with Demuxer(source) as demuxer, Muxer(pipe) as muxer:
        pictures, sound = muxer.add_video_track(), muxer.add_audio_track()
        for demuxed in demuxer.chunks([0, 1]):
            if isinstance(demuxed, DemuxedVideoChunk):
                pictures.write_demuxed(demuxed)
            else:
                sound.write_demuxed(demuxed)
    reader.join(60)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert {index: len(found) for index, found in timestamps(copy).items()} == {0: 6, 1: 13}


def test_a_full_pipe_is_an_error(tmp_path: Path) -> None:
    class Full(Pipe):
        def write(self, data: object) -> None:  # type: ignore[override]  # what a pipe that would block returns
            return None

    source = write(tmp_path / "source.mkv", x264())
    with pytest.raises(MediaFileError, match="takes no data at the moment"):
        remux(source, cast("BinaryIO", Full()), "matroska")


def test_standard_output(tmp_path: Path) -> None:
    source = write(tmp_path / "source.mkv", x264())
    code = "import sys, codecmodel.files; codecmodel.files.remux(sys.argv[1], '-', 'mp4'); print('done')"
    command = [sys.executable, "-W", "error", "-c", code, str(source)]
    written = subprocess.run(command, stdout=subprocess.PIPE, cwd=tmp_path, check=True).stdout
    assert written.endswith(b"done\n")
    target = tmp_path / "target.mp4"
    target.write_bytes(written.removesuffix(b"done\n"))
    assert len(timestamps(target)[0]) == 6
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source.mkv", "target.mp4"]
    with pytest.raises(MediaFileError, match="standard output: a file object needs a format"):
        Muxer("-")


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (5, TypeError, "to a path or a binary file object, not to int"),
        (b"a.mp4", TypeError, "to a path or a binary file object, not to bytes"),
        (io.StringIO(), TypeError, "not as text: open the file with 'wb'"),
        (io.BufferedReader(io.BytesIO()), MediaFileError, "the file object is not open for writing"),
    ],
)
def test_other_objects_are_no_targets(target: BinaryIO, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        Muxer(target, "mp4")


def test_a_file_object_needs_a_format() -> None:
    with pytest.raises(MediaFileError, match="the file object: a file object needs a format"):
        Muxer(io.BytesIO())


async def encode_with_alpha(muxer: Muxer, codec: str) -> list[EncodedVideoChunkMetadata]:
    config: VideoEncoderConfig = {"codec": codec, "width": 64, "height": 48, "alpha": "keep", "bitrate": 200_000}
    if not (await VideoEncoder.isConfigSupported(config))["supported"]:
        pytest.skip(f"this FFmpeg does not encode alpha with {codec}")
    track = muxer.add_video_track(frame_rate=Fraction(25))
    told: list[EncodedVideoChunkMetadata] = []

    def output(chunk: EncodedVideoChunk, metadata: EncodedVideoChunkMetadata) -> None:
        told.append(metadata)
        track.write(chunk, metadata)

    encoder = VideoEncoder({"output": output, "error": print})
    encoder.configure(config)
    for number in range(5):
        planes = np.concatenate([np.full(64 * 48, 90), np.full(64 * 24, 128), np.full(64 * 48, 40 * number)])
        frame = VideoFrame(
            planes.astype(np.uint8),
            {"format": "I420A", "codedWidth": 64, "codedHeight": 48, "timestamp": 40_000 * number, "duration": 40_000},
        )
        encoder.encode(frame)
        frame.close()
    await encoder.flush()
    encoder.close()
    return told


@pytest.mark.parametrize("extension", ["webm", "mkv"])
@pytest.mark.parametrize("codec", ["vp8", "vp09.00.10.08"])
def test_alpha_is_beside_each_frame(codec: str, extension: str, tmp_path: Path) -> None:
    target = tmp_path / f"target.{extension}"
    with Muxer(target) as muxer:
        told = asyncio.run(encode_with_alpha(muxer, codec))
    assert len(told) == 5
    with ffbind.Container.open(target) as container:
        (stream,) = container.streams
        assert {name.lower(): value for name, value in stream.metadata.items()}["alpha_mode"] == "1"
        # AV_PKT_DATA_MATROSKA_BLOCKADDITIONAL: the number 1, and the frame of the alpha plane.
        found = [packet.side_data(15) for packet in container.packets()]
    assert found == [(1).to_bytes(8, "big") + metadata.get("alphaSideData", b"") for metadata in told]


def test_alpha_that_the_format_cannot_hold(tmp_path: Path) -> None:
    muxer = Muxer(tmp_path / "target.mp4")
    with pytest.raises(MediaFileError, match="track 0: mp4 cannot hold the alpha plane of vp9"):
        asyncio.run(_write_and_close(muxer))
    assert list(tmp_path.iterdir()) == []


async def _write_and_close(muxer: Muxer) -> None:
    loop = asyncio.get_running_loop()
    # The callback's error is reported to the loop as well.
    loop.set_exception_handler(lambda loop, context: None)
    await encode_with_alpha(muxer, "vp09.00.10.08")
    muxer.close()


def test_an_orientation_that_the_format_cannot_tell(tmp_path: Path) -> None:
    source = write(tmp_path / "source.webm", video("libvpx"))
    with Demuxer(source) as demuxer:
        config = demuxer.video_track.config
        (chunk, *_) = list(demuxer.chunks_of(demuxer.video_track))
    muxer = Muxer(tmp_path / "target.ivf")
    turned: VideoDecoderConfig = {**config, "rotation": 90}
    with pytest.raises(MediaFileError) as caught:
        muxer.add_video_track().write(chunk, {"decoderConfig": turned})
    assert str(caught.value) == (
        f"{tmp_path}/target.ivf: track 0: this FFmpeg cannot write to ivf that pictures are to be turned by 90 degrees"
    )

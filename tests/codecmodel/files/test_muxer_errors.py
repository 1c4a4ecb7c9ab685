"""The first error of a muxer stays: nothing more is written, and no file is left."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import ffbind
from codecmodel import EncodedAudioChunk, EncodedVideoChunk
from codecmodel.configurations.decoder_configurations import AudioDecoderConfig
from codecmodel.files import AudioTrack, DemuxedVideoChunk, Demuxer, MediaFileError, Muxer, VideoTrack
from codecmodel.types import VideoDecoderConfig
from tests.codecmodel.files.media import MadeStream, audio, noise, video, write, x264

PCM: AudioDecoderConfig = {"codec": "pcm-s16", "sampleRate": 8000, "numberOfChannels": 1}


def pcm(timestamp: int = 0, samples: int = 800) -> EncodedAudioChunk:
    return EncodedAudioChunk(
        {"type": "key", "timestamp": timestamp, "duration": samples * 125, "data": bytes(2 * samples)}
    )


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_target_that_cannot_be(tmp_path: Path) -> None:
    target = tmp_path / "target.xyz"
    with pytest.raises(MediaFileError) as caught:
        Muxer(target)
    assert str(caught.value) == f"{target}: the extension tells no format that this FFmpeg can write: name the format"
    with pytest.raises(MediaFileError, match=r"missing/target\.mkv: No such file or directory"):
        Muxer(tmp_path / "missing" / "target.mkv")
    with pytest.raises(MediaFileError, match="there is nothing to write"), Muxer(tmp_path / "target.mkv") as muxer:
        muxer.add_audio_track()
    assert names(tmp_path) == []


def test_an_existing_file_stays_until_the_new_one_is_complete(tmp_path: Path) -> None:
    target = tmp_path / "target.mkv"
    target.write_text("precious")
    with pytest.raises(MediaFileError, match="there is nothing to write"), Muxer(target) as muxer:
        muxer.add_audio_track()
    assert target.read_text() == "precious"
    with Muxer(target) as muxer:
        muxer.add_audio_track().write(pcm(), {"decoderConfig": PCM})
        assert target.read_text() == "precious"
    assert target.read_bytes()[:4] == b"\x1a\x45\xdf\xa3"
    assert names(tmp_path) == ["target.mkv"]


def check_that_the_error_stays(muxer: Muxer, message: str) -> None:
    for use in (muxer.close, muxer.close):
        with pytest.raises(MediaFileError) as caught:
            use()
        assert str(caught.value) == message


def test_a_chunk_without_configuration(tmp_path: Path) -> None:
    target = tmp_path / "target.mkv"
    muxer = Muxer(target)
    track = muxer.add_audio_track()
    message = f"{target}: track 0, chunk 0 (at 0 s): no decoderConfig came with it or before it"
    with pytest.raises(MediaFileError) as caught:
        track.write(pcm())
    assert str(caught.value) == message
    with pytest.raises(MediaFileError, match="no decoderConfig"):
        track.write(pcm(), {"decoderConfig": PCM})
    check_that_the_error_stays(muxer, message)
    assert names(tmp_path) == []


@pytest.mark.parametrize("extension", ["webm", "mp3", "flac", "ogg", "opus", "mp4"])
def test_a_codec_that_the_format_cannot_hold(tmp_path: Path, extension: str) -> None:
    target = tmp_path / f"target.{extension}"
    config = PCM if extension != "mp4" else PCM | {"codec": "ulaw"}
    name = "pcm_s16le" if extension != "mp4" else "pcm_mulaw"
    muxer = Muxer(target)
    with pytest.raises(MediaFileError, match=f"the format cannot hold {name}") as caught:
        muxer.add_audio_track().write(pcm(), {"decoderConfig": config})
    check_that_the_error_stays(muxer, str(caught.value))
    assert names(tmp_path) == []


def pictures(path: Path) -> tuple[VideoDecoderConfig, list[EncodedVideoChunk]]:
    with Demuxer(path) as demuxer:
        (track,) = demuxer.tracks
        assert isinstance(track, VideoTrack)
        return track.config, list(demuxer.chunks_of(track))


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
def test_another_resolution(tmp_path: Path, extension: str) -> None:
    small, chunks = pictures(write(tmp_path / "small.mp4", x264()))
    large, other_chunks = pictures(write(tmp_path / "large.mp4", x264(width=128)))
    target = tmp_path / f"target.{extension}"
    muxer = Muxer(target)
    track = muxer.add_video_track()
    for chunk in chunks:
        track.write(chunk, {"decoderConfig": small})
    message = f"{target}: track 0, chunk 6: the configuration changes, which a container cannot tell"
    for number, chunk in enumerate(other_chunks):
        # The encoder's further chunks come without a configuration.
        with pytest.raises(MediaFileError) as caught:
            track.write(chunk, {"decoderConfig": large} if number == 0 else {})
        assert str(caught.value) == message
    check_that_the_error_stays(muxer, message)
    assert names(tmp_path) == ["large.mp4", "small.mp4"]


def test_another_sample_rate(tmp_path: Path) -> None:
    muxer = Muxer(tmp_path / "target.mkv")
    track = muxer.add_audio_track()
    track.write(pcm(), {"decoderConfig": PCM})
    track.write(pcm(100_000), {"decoderConfig": {**PCM}})
    with pytest.raises(MediaFileError, match="track 0, chunk 2: the configuration changes"):
        track.write(pcm(200_000), {"decoderConfig": {**PCM, "sampleRate": 16_000}})


@pytest.mark.parametrize("extension", ["mp4", "mkv", "webm"])
def test_a_timestamp_twice(tmp_path: Path, extension: str) -> None:
    config, chunks = pictures(write(tmp_path / "source.webm", video("libvpx-vp9")))
    target = tmp_path / f"target.{extension}"
    muxer = Muxer(target)
    track = muxer.add_video_track()
    for chunk in chunks[:4]:
        track.write(chunk, {"decoderConfig": config})
    with pytest.raises(MediaFileError) as caught:
        track.write(chunks[3])
    message = f"{target}: track 0, chunk 4 (at 0.12 s): its timestamp does not come after those of the chunks before it"
    assert str(caught.value) == message
    check_that_the_error_stays(muxer, message)
    assert names(tmp_path) == ["source.webm"]


def test_tracks_come_before_chunks(tmp_path: Path) -> None:
    with Muxer(tmp_path / "target.mkv") as muxer:
        muxer.add_audio_track().write(pcm(), {"decoderConfig": PCM})
        with pytest.raises(MediaFileError, match="tracks cannot be added"):
            muxer.add_video_track()


def test_a_closed_muxer(tmp_path: Path) -> None:
    with Muxer(tmp_path / "target.mkv") as muxer:
        track = muxer.add_audio_track()
        track.write(pcm(), {"decoderConfig": PCM})
    muxer.close()
    with pytest.raises(MediaFileError, match=r"target\.mkv: it is closed"):
        track.write(pcm(100_000))
    assert names(tmp_path) == ["target.mkv"]


def test_a_block_that_raises_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(TypeError), Muxer(tmp_path / "target.mkv") as muxer:
        muxer.add_audio_track().write(pcm(), {"decoderConfig": PCM}, None)  # type: ignore[call-arg]
    assert names(tmp_path) == []
    assert "ContainerWriter" not in ffbind.live_objects()


def remux(source: Path, target: Path) -> None:
    with Demuxer(source) as demuxer, Muxer(target) as muxer:
        pictures = {t.index: muxer.add_video_track() for t in demuxer.tracks if isinstance(t, VideoTrack)}
        sounds = {t.index: muxer.add_audio_track() for t in demuxer.tracks if isinstance(t, AudioTrack)}
        for demuxed in demuxer.chunks([*pictures, *sounds]):
            if isinstance(demuxed, DemuxedVideoChunk):
                pictures[demuxed.track.index].write_demuxed(demuxed)
            else:
                sounds[demuxed.track.index].write_demuxed(demuxed)


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """In the block no file of this process can become larger."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


CONTAINERS = ["mp4", "mov", "mkv", "webm", "ogg", "mp3", "flac", "wav", "m4a", "opus", "aac"]


def source_for(directory: Path, extension: str) -> Path:
    match extension:
        case "webm":
            return write(directory / "source.webm", video("libvpx", count=20), sound("libopus", "flt"))
        case "ogg" | "opus":
            return write(directory / "source.ogg", sound("libopus", "flt"))
        case "mp3":
            return write(directory / "source.mp3", sound("libmp3lame", "fltp"))
        case "flac":
            return write(directory / "source.flac", sound("flac", "s16"))
        case "wav":
            return write(directory / "source.wav", sound("pcm_s16le", "s16"))
        case "m4a" | "aac":
            return write(directory / "source.m4a", sound("aac", "fltp"))
        case _:
            return write(directory / "source.mkv", x264(count=20), sound("aac", "fltp"))


def sound(encoder: str, format: str) -> MadeStream:
    return audio(encoder, format=format, fill=noise, count=60)


@pytest.mark.parametrize("extension", CONTAINERS)
def test_a_file_that_may_not_grow(tmp_path: Path, extension: str) -> None:
    source = source_for(tmp_path, extension)
    target = tmp_path / f"target.{extension}"
    remux(source, target)
    size = target.stat().st_size
    target.write_text("precious")
    # In the header, among the chunks, and in the trailer.
    for limit in (0, 1, 100, size // 3, size // 2, size - 100, size - 1):
        with pytest.raises(MediaFileError) as caught, largest_file(limit):
            remux(source, target)
        assert str(caught.value) == f"{target}: File too large", limit
    assert target.read_text() == "precious"
    assert names(tmp_path) == [source.name, target.name]
    assert "ContainerWriter" not in ffbind.live_objects()


@pytest.mark.parametrize("extension", CONTAINERS)
def test_a_full_file_system(tmp_path: Path, extension: str) -> None:
    source = source_for(tmp_path, extension)
    remux(source, tmp_path / f"whole.{extension}")
    size = (tmp_path / f"whole.{extension}").stat().st_size
    place = tmp_path / "full"
    place.mkdir()
    # Half of the pages that the file needs.
    half = f"size={size // 2 // 4096 * 4}k"
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", half, "tmpfs", place], stderr=subprocess.DEVNULL)
    if mounted.returncode:
        pytest.skip("a file system can be mounted by the superuser only")
    try:
        with pytest.raises(MediaFileError) as caught:
            remux(source, place / f"target.{extension}")
        assert str(caught.value) == f"{place}/target.{extension}: No space left on device"
        assert names(place) == []
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="the system has no device that is always full")
@pytest.mark.parametrize("format", ["matroska", "wav"])
def test_a_device_that_is_always_full(format: str) -> None:
    muxer = Muxer("/dev/full", format)
    track = muxer.add_audio_track()
    track.write(pcm(), {"decoderConfig": PCM})
    with pytest.raises(MediaFileError, match="/dev/full: No space left on device"):
        muxer.close()
    assert os.path.exists("/dev/full")

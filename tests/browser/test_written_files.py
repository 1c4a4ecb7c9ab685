"""Files that the product writes play in Chromium: their size, three seeks, pixels, and the place of a sound."""

import asyncio
import io
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
import pytest

from codecmodel import AudioData, AudioEncoder, VideoEncoder, VideoFrame
from codecmodel.command_line.main import main
from codecmodel.files import Muxer
from codecmodel.types import AudioEncoderConfig, VideoEncoderConfig, VideoFrameBufferInit
from tests.browser.player import Player, Sound, chromium_player

WIDTH, HEIGHT, RATE, FRAMES = 320, 180, Fraction(25), 50
SAMPLE_RATE = 48_000
ONSET = SAMPLE_RATE
#: Seconds, in the middle of a frame.
SEEKS = (0.5, 1.74, 0.1)
VIDEO = {"avc": "avc1.64001f", "vp8": "vp8", "vp9": "vp09.00.21.08", "av1": "av01.0.01M.08"}
AUDIO = {"aac": "mp4a.40.2", "opus": "opus", "vorbis": "vorbis", "flac": "flac", "mp3": "mp3", "pcm": "pcm-s16"}
MOVIES = [
    ("mp4", "avc", "aac"),
    ("mp4", "vp9", "opus"),
    ("mp4", "av1", "opus"),
    ("mp4", "avc", "mp3"),
    ("mp4", "avc", "flac"),
    ("webm", "vp8", "vorbis"),
    ("webm", "vp9", "opus"),
    ("webm", "av1", "opus"),
    ("mkv", "avc", "aac"),
    ("mkv", "avc", "mp3"),
    ("mkv", "vp9", "opus"),
]
SOUNDS = [("m4a", "aac"), ("mp3", "mp3"), ("flac", "flac"), ("ogg", "opus"), ("ogg", "vorbis"), ("wav", "pcm")]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def player(directory: Path) -> Iterator[Player]:
    with chromium_player(directory) as found:
        yield found


def luma(number: int) -> int:
    """The luma of a frame, which identifies it."""
    return 40 + 3 * number


def grey(luma: int) -> float:
    """The grey that a browser shows for a luma."""
    return (luma - 16) * 255 / 219


def picture(number: int, rotation: int) -> VideoFrame:
    """A frame whose top left quarter is white, unless it is turned."""
    planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    planes[:HEIGHT] = luma(number)
    planes[: HEIGHT // 2, : WIDTH // 2] = 235
    init: VideoFrameBufferInit = {
        "format": "I420",
        "codedWidth": WIDTH,
        "codedHeight": HEIGHT,
        "timestamp": round(number * 1_000_000 / RATE),
        "duration": round(1_000_000 / RATE),
        "rotation": rotation,
    }
    return VideoFrame(planes, init)


def sound() -> AudioData:
    """Two seconds: silence, and after the first a tone."""
    time = np.arange(FRAMES * SAMPLE_RATE // RATE.numerator) / SAMPLE_RATE
    samples = np.where(time >= ONSET / SAMPLE_RATE, 0.6 * np.sin(2 * np.pi * 1000 * time), 0).astype(np.float32)
    return AudioData(
        {
            "format": "f32",
            "sampleRate": SAMPLE_RATE,
            "numberOfFrames": len(samples),
            "numberOfChannels": 1,
            "timestamp": 0,
            "data": samples,
        }
    )


async def write(
    path: Path, video: str | None, audio: str | None, *, rotation: int = 0, target: BinaryIO | None = None
) -> None:
    """Write a file to a path, or the same bytes to a file object."""
    video_config = cast(
        "VideoEncoderConfig",
        {"codec": VIDEO.get(video or "", ""), "width": WIDTH, "height": HEIGHT, "framerate": 25, "bitrate": 800_000},
    )
    audio_config = cast(
        "AudioEncoderConfig",
        {"codec": AUDIO.get(audio or "", ""), "sampleRate": SAMPLE_RATE, "numberOfChannels": 1},
    )
    if video and not (await VideoEncoder.isConfigSupported(video_config))["supported"]:
        pytest.skip(f"this FFmpeg has no encoder of {video}")
    if audio and not (await AudioEncoder.isConfigSupported(audio_config))["supported"]:
        pytest.skip(f"this FFmpeg has no encoder of {audio}")
    with Muxer(target or path, path.suffix.removeprefix(".") if target else None) as muxer:
        encoders: list[VideoEncoder | AudioEncoder] = []
        if video:
            encoder = VideoEncoder({"output": muxer.add_video_track(frame_rate=RATE).write, "error": print})
            encoder.configure(video_config)
            encoders.append(encoder)
        if audio:
            audio_encoder = AudioEncoder({"output": muxer.add_audio_track().write, "error": print})
            audio_encoder.configure(audio_config)
            encoders.append(audio_encoder)
            data = sound()
            audio_encoder.encode(data)
            data.close()
        for number in range(FRAMES if video else 0):
            frame = picture(number, rotation)
            encoder.encode(frame)
            frame.close()
        for each in encoders:
            await each.flush()
            each.close()


def check_sound(sound: Sound | None, extension: str, audio: str) -> None:
    assert sound is not None
    # decodeAudioData() drops the delay of Opus and MP3 in MP4 twice, also in files that the ffmpeg program has written.
    early = {("mp4", "opus"): 312, ("mp4", "mp3"): 1105}.get((extension, audio), 0)
    # Lossy codecs smear the onset. Matroska and WebM count milliseconds. A packet may be played to its end.
    assert abs(sound["onset"] + early - ONSET) <= 48
    assert -48 <= sound["length"] + early - FRAMES * SAMPLE_RATE // RATE.numerator <= 2048


@pytest.mark.parametrize(("extension", "video", "audio"), MOVIES)
def test_a_movie(extension: str, video: str, audio: str, directory: Path, player: Player) -> None:
    name = f"{video}-{audio}.{extension}"
    asyncio.run(write(directory / name, video, audio))
    seen = player.play(name, SEEKS)
    assert (seen["width"], seen["height"]) == (WIDTH, HEIGHT)
    assert abs(seen["duration"] - float(FRAMES / RATE)) <= 0.03
    for time, quarters in zip(SEEKS, seen["pictures"], strict=True):
        expected = grey(luma(int(time * RATE)))
        assert quarters == pytest.approx([255, expected, expected, expected], abs=2)
    check_sound(seen["sound"], extension, audio)


class Pipe(io.FileIO):
    """A file that cannot seek."""

    def seekable(self) -> bool:
        return False


@pytest.mark.parametrize(("extension", "video", "audio"), [("mp4", "avc", "aac"), ("webm", "vp9", "opus")])
def test_a_movie_that_went_through_a_pipe(
    extension: str, video: str, audio: str, directory: Path, player: Player
) -> None:
    path = directory / f"piped.{extension}"
    with Pipe(path, "wb") as pipe:
        asyncio.run(write(path, video, audio, target=cast("BinaryIO", pipe)))
    seen = player.play(path.name, SEEKS)
    assert (seen["width"], seen["height"]) == (WIDTH, HEIGHT)
    for time, quarters in zip(SEEKS, seen["pictures"], strict=True):
        expected = grey(luma(int(time * RATE)))
        assert quarters == pytest.approx([255, expected, expected, expected], abs=2)
    assert seen["sound"] is not None
    assert abs(seen["sound"]["onset"] - ONSET) <= 48


@pytest.mark.parametrize(("extension", "audio"), SOUNDS)
def test_a_sound(extension: str, audio: str, directory: Path, player: Player) -> None:
    name = f"{audio}.{extension}"
    asyncio.run(write(directory / name, None, audio))
    seen = player.play(name, None)
    assert abs(seen["duration"] - float(FRAMES / RATE)) <= 0.05
    check_sound(seen["sound"], extension, audio)


@pytest.mark.parametrize(("rotation", "white"), [(90, 1), (180, 3), (270, 2)])
@pytest.mark.parametrize("target", ["mp4", "webm", "mkv"])
def test_pictures_that_are_to_be_turned(
    target: str, rotation: int, white: int, directory: Path, player: Player
) -> None:
    source = directory / f"turned{rotation}.mp4"
    asyncio.run(write(source, "avc", None, rotation=rotation))
    name = f"from-turned{rotation}.{target}"
    options = ["--video", "avc" if target == "mp4" else "vp8", "--overwrite"]
    assert main(["transcode", str(source), str(directory / name), "--quiet", *options]) == 0
    seen = player.play(name, SEEKS[:1])
    assert (seen["width"], seen["height"]) == ((HEIGHT, WIDTH) if rotation != 180 else (WIDTH, HEIGHT))
    expected = [grey(luma(12))] * 4
    expected[white] = 255
    assert seen["pictures"][0] == pytest.approx(expected, abs=4)

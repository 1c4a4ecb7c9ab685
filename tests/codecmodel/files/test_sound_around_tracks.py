"""Containers state which samples an encoder has added, so that a reader gets the sound alone."""

import asyncio
import json
import subprocess
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from codecmodel import AudioData, AudioDecoder, AudioEncoder
from codecmodel.command_line.encoder_choice import AudioChoice
from codecmodel.files import AudioTrack, DemuxedAudioChunk, Demuxer, Muxer, SoundTrimmer, TrackDescription

RATE = 48_000
#: Not a multiple of any codec's frame.
LENGTH = 50_001
CLICK = 20_000

CASES = [
    ("aac", "mp4"),
    ("aac", "m4a"),
    ("aac", "mov"),
    ("aac", "mkv"),
    ("mp3", "mp4"),
    ("mp3", "mkv"),
    ("mp3", "mp3"),
    ("opus", "mp4"),
    ("opus", "mkv"),
    ("opus", "webm"),
    ("opus", "ogg"),
    ("opus", "opus"),
    ("vorbis", "ogg"),
    ("vorbis", "mkv"),
    ("vorbis", "webm"),
    ("flac", "flac"),
    ("flac", "mp4"),
    ("flac", "mkv"),
    ("flac", "ogg"),
    ("pcm-s16", "wav"),
    ("pcm-s16", "mkv"),
    ("pcm-s16", "mov"),
]
#: Formats that hold one track, or whose files usually have one.
FOR_ONE_TRACK = ("mp3", "flac", "wav", "opus", "m4a", "ogg")
#: Vorbis is left out: its first packet gives no samples, and Matroska does not say so.
BESIDE_OTHERS = [case for case in CASES if case[1] not in FOR_ONE_TRACK and case[0] != "vorbis"]


def clicking_sound() -> npt.NDArray[np.float32]:
    """A low tone, with a burst of a higher one that begins at CLICK."""
    time = np.arange(LENGTH) / RATE
    sound = 0.02 * np.sin(2 * np.pi * 200 * time)
    sound[CLICK : CLICK + 4800] += 0.6 * np.sin(2 * np.pi * 1000 * time[:4800])
    return sound.astype(np.float32)


async def encode(
    path: Path, codec: str, sound: npt.NDArray[np.float32], start: int = 0, title: str | None = None
) -> None:
    data = AudioData(
        {
            "format": "f32",
            "sampleRate": RATE,
            "numberOfFrames": len(sound),
            "numberOfChannels": 1,
            "timestamp": start,
            "data": sound,
        }
    )
    config = {"codec": AudioChoice(codec, None).codec, "sampleRate": RATE, "numberOfChannels": 1}
    if not (await AudioEncoder.isConfigSupported(config))["supported"]:  # type: ignore[arg-type]
        pytest.skip(f"this FFmpeg has no encoder of {codec}")
    with Muxer(path) as muxer:
        track = muxer.add_audio_track(description=TrackDescription(title=title))
        encoder = AudioEncoder({"output": track.write, "error": print})
        encoder.configure(config)  # type: ignore[arg-type]
        # In pieces, as programs have it.
        encoder.encode(data)
        await encoder.flush()
        encoder.close()
    data.close()


async def decode(path: Path) -> tuple[int, npt.NDArray[np.float32]]:
    """The timestamp (µs) and the samples of the sound in a file."""
    parts: list[tuple[int, npt.NDArray[np.float32]]] = []
    with Demuxer(path) as demuxer:
        (track,) = demuxer.tracks
        assert isinstance(track, AudioTrack)
        trimmer = SoundTrimmer(track)

        def take(data: AudioData) -> None:
            samples = np.zeros(data.numberOfFrames, np.float32)
            data.copyTo(samples, {"planeIndex": 0, "format": "f32-planar"})
            parts.append((data.timestamp, samples))
            data.close()

        def output(data: AudioData) -> None:
            for part in trimmer.trim(data):
                take(part)
            data.close()

        decoder = AudioDecoder({"output": output, "error": print})
        decoder.configure(track.config)
        for demuxed in demuxer.chunks([0]):
            assert isinstance(demuxed, DemuxedAudioChunk)
            trimmer.add_padding(demuxed.padding)
            decoder.decode(demuxed.chunk)
        await decoder.flush()
        decoder.close()
        for part in trimmer.end():
            take(part)
    return parts[0][0], np.concatenate([samples for _, samples in parts])


def onset(samples: npt.NDArray[np.float32]) -> int:
    """The first sample of the burst."""
    return int(np.argmax(np.abs(samples) > 0.2))


@pytest.mark.parametrize(("codec", "extension"), CASES)
def test_a_sound_comes_back_as_long_as_it_was_and_in_its_place(codec: str, extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{extension}"
    sound = clicking_sound()
    asyncio.run(encode(path, codec, sound))
    for generation in range(2):
        timestamp, samples = asyncio.run(decode(path))
        assert abs(timestamp) <= 500
        assert len(samples) == LENGTH
        # Lossy codecs smear the beginning of the burst by a fraction of a millisecond.
        assert abs(onset(samples) - onset(sound)) <= 24 * (generation + 1)
        path = tmp_path / f"b.{extension}"
        asyncio.run(encode(path, codec, samples))


def copy(source: Path, target: Path) -> None:
    with Demuxer(source) as demuxer, Muxer(target) as muxer:
        track = muxer.add_audio_track()
        for demuxed in demuxer.chunks([0]):
            assert isinstance(demuxed, DemuxedAudioChunk)
            track.write_demuxed(demuxed)


@pytest.mark.parametrize(
    ("codec", "extensions"),
    [
        ("aac", ["mp4", "mkv", "m4a", "mov"]),
        ("mp3", ["mp3", "mkv", "mp4", "mp3"]),
        ("opus", ["ogg", "webm", "mp4", "mkv", "opus"]),
        ("vorbis", ["ogg", "webm", "ogg"]),
        ("flac", ["flac", "mkv", "mp4", "ogg", "flac"]),
    ],
)
def test_a_sound_stays_the_same_as_it_is_copied(codec: str, extensions: list[str], tmp_path: Path) -> None:
    sound = clicking_sound()
    path = tmp_path / f"0.{extensions[0]}"
    asyncio.run(encode(path, codec, sound))
    _, first = asyncio.run(decode(path))
    for number, extension in enumerate(extensions[1:], 1):
        target = tmp_path / f"{number}.{extension}"
        copy(path, target)
        path = target
        timestamp, samples = asyncio.run(decode(path))
        assert abs(timestamp) <= 500, extension
        # Packets of Vorbis do not tell their durations, and WebM has them in milliseconds.
        length = len(samples) if codec == "vorbis" else LENGTH
        assert abs(length - LENGTH) <= RATE // 1000, extension
        assert len(samples) == length, extension
        # The decoder gets the same packets, and so gives the same samples.
        assert np.array_equal(samples[:LENGTH], first[:length]), extension


@pytest.mark.parametrize(("codec", "extension"), BESIDE_OTHERS)
def test_a_sound_keeps_its_place_beside_another_track(codec: str, extension: str, tmp_path: Path) -> None:
    path = tmp_path / f"a.{extension}"
    sound = clicking_sound()
    config = {"codec": AudioChoice(codec, None).codec, "sampleRate": RATE, "numberOfChannels": 1}

    async def write() -> None:
        with Muxer(path) as muxer:
            tracks = [muxer.add_audio_track() for _ in range(2)]
            # Both begin late: one after a second, the other half a second after that.
            for number, track in enumerate(tracks):
                encoder = AudioEncoder({"output": track.write, "error": print})
                encoder.configure(config)  # type: ignore[arg-type]
                with_start = 1_000_000 + number * 500_000
                data = AudioData(
                    {
                        "format": "f32",
                        "sampleRate": RATE,
                        "numberOfFrames": LENGTH,
                        "numberOfChannels": 1,
                        "timestamp": with_start,
                        "data": sound,
                    }
                )
                encoder.encode(data)
                data.close()
                await encoder.flush()
                encoder.close()

    asyncio.run(write())
    with Demuxer(path) as demuxer:
        begins: dict[int, float] = {}
        for demuxed in demuxer.chunks([0, 1]):
            assert isinstance(demuxed, DemuxedAudioChunk)
            delay = demuxed.track.codec_delay / RATE * 1_000_000
            begins.setdefault(demuxed.track.index, demuxed.chunk.timestamp + delay)
    assert abs(begins[0]) <= 500
    assert abs(begins[1] - 500_000) <= 1000


@pytest.mark.parametrize("title", [None, "Director’s comments"])
def test_matroska_tells_delay_and_title(tmp_path: Path, title: str | None) -> None:
    path = tmp_path / "a.mkv"
    asyncio.run(encode(path, "aac", clicking_sound(), title=title))
    with Demuxer(path) as demuxer:
        (track,) = demuxer.tracks
        assert isinstance(track, AudioTrack)
        assert track.codec_delay == 1024
    content = path.read_bytes()
    # 1024 samples at 48 kHz are 21,333,333 ns.
    assert (21_333_333).to_bytes(4, "big") in content
    probed = _ffprobe(path)
    assert probed["streams"][0].get("tags", {}).get("title") == title


def test_the_checksum_of_the_header_is_right(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    asyncio.run(encode(path, "aac", clicking_sound()))
    command = ["ffprobe", "-v", "warning", "-err_detect", "crccheck+explode", "-show_format", str(path)]
    try:
        finished = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except FileNotFoundError:
        pytest.skip("there is no ffprobe")
    assert (finished.returncode, finished.stderr) == (0, "")


def _ffprobe(path: Path) -> dict[str, list[dict[str, dict[str, str]]]]:
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", str(path)]
    try:
        output = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    except FileNotFoundError:
        pytest.skip("there is no ffprobe")
    found: dict[str, list[dict[str, dict[str, str]]]] = json.loads(output)
    return found

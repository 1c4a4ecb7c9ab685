"""Over four generations, sound and picture stay together, and the sound keeps its length."""

from pathlib import Path

import numpy as np
import pytest

import ffbind
from codecmodel.command_line.main import main
from codecmodel.files import AudioTrack, Demuxer
from tests.codecmodel.files.media import MadeStream, write

RATE, FRAMES_PER_SECOND, COUNT = 48_000, 50, 70
#: Not a multiple of any codec's frame.
SAMPLES = COUNT * RATE // FRAMES_PER_SECOND + 17
#: The white frame, and the first sample of the tone.
FLASH = 50
ONSET = FLASH * RATE // FRAMES_PER_SECOND


def flashing() -> MadeStream:
    """Black frames, and a white one."""
    encoder = ffbind.Encoder(
        "libx264",
        ffbind.PictureParameters(width=64, height=48, format="yuv420p", framerate=(FRAMES_PER_SECOND, 1)),
        ffbind.EncoderSettings(global_header=True),
        options={"preset": "ultrafast"},
    )
    packets: list[ffbind.Packet] = []
    for pts in range(COUNT):
        with ffbind.Frame.video(64, 48, "yuv420p") as frame:
            for plane, value in zip(frame.writable_planes(), (235 if pts == FLASH else 16, 128, 128), strict=True):
                plane.data[:] = bytes([value]) * len(plane.data)
            frame.pts = pts
            packets += encoder.encode(frame)
    return MadeStream(encoder, packets + encoder.drain(), {})


def beeping() -> MadeStream:
    """Silence, and a tone from the white frame on."""
    encoder = ffbind.Encoder("pcm_s16le", ffbind.SampleParameters("s16", RATE, 1))
    time = np.arange(SAMPLES) / RATE
    tone = np.where(np.arange(SAMPLES) >= ONSET, 20_000 * np.sin(2 * np.pi * 1000 * time), 0).astype("<i2")
    with ffbind.Frame.audio(SAMPLES, "s16", 1, RATE) as frame:
        data = frame.writable_planes()[0].data
        data[: 2 * SAMPLES] = tone.tobytes()
        frame.pts = 0
        packets = encoder.encode(frame)
    return MadeStream(encoder, packets + encoder.drain(), {})


def measured(path: Path, directory: Path) -> tuple[float, int]:
    """The number of seconds from the white frame to the tone, and the number of samples."""
    with Demuxer(path) as demuxer:
        starts: dict[bool, float] = {}
        for demuxed in demuxer.chunks([0, 1]):
            is_sound = isinstance(demuxed.track, AudioTrack)
            delay = demuxed.track.codec_delay / RATE if isinstance(demuxed.track, AudioTrack) else 0
            start = demuxed.chunk.timestamp / 1_000_000 + delay
            starts[is_sound] = min(start, starts.get(is_sound, start))
    assert main(["decode", str(path), "--out", str(directory), "--quiet"]) == 0
    (pictures,), (sound,) = directory.glob("*.y4m"), directory.glob("*.wav")
    frames = pictures.read_bytes().split(b"FRAME\n")[1:]
    flash = int(np.argmax([frame[0] for frame in frames])) / FRAMES_PER_SECOND
    with ffbind.Container.open(sound) as container:
        codec = container.streams[0].codec_name
        data = b"".join(packet.tobytes() for packet in container.packets())
    kind, scale = {"pcm_s16le": ("<i2", 2.0**15), "pcm_f32le": ("<f4", 1.0)}[codec]
    samples = np.frombuffer(data, kind) / scale
    onset = int(np.argmax(np.abs(samples) > 0.3)) / RATE
    return (starts[True] + onset) - (starts[False] + flash), len(samples)


@pytest.mark.parametrize(
    ("extension", "video", "audio"),
    [
        ("mp4", "avc", "aac"),
        ("mp4", "avc", "mp3"),
        ("mp4", "avc", "opus"),
        ("mov", "avc", "aac"),
        ("mkv", "avc", "aac"),
        ("mkv", "avc", "mp3"),
        ("mkv", "avc", "opus"),
        ("mkv", "avc", "flac"),
        ("webm", "vp8", "opus"),
        ("webm", "vp8", "vorbis"),
    ],
)
def test_four_generations(extension: str, video: str, audio: str, tmp_path: Path) -> None:
    if not ffbind.encoder_names_for(audio) or (audio == "vorbis" and ffbind.find_encoder("libvorbis") is None):
        pytest.skip(f"this FFmpeg has no encoder of {audio}")
    path = write(tmp_path / "source.mkv", flashing(), beeping())
    source_offset, _ = measured(path, tmp_path / "0")
    for generation in range(1, 5):
        target = tmp_path / f"{generation}.{extension}"
        assert main(["transcode", str(path), str(target), "--video", video, "--audio", audio, "--quiet"]) == 0
        path = target
        if generation in (1, 4):
            offset, samples = measured(path, tmp_path / str(generation))
            assert abs(offset - source_offset) <= 0.001
            assert samples == SAMPLES


def _with_media_time(data: bytes, media_time: int) -> bytes:
    """The MP4 file whose last edit list, that of the sound, begins at another tick of the media."""
    place = data.rindex(b"elst") + len(b"elst")
    version, count = data[place], int.from_bytes(data[place + 4 : place + 8], "big")
    assert (version, count) == (0, 1)
    return data[: place + 12] + media_time.to_bytes(4, "big") + data[place + 16 :]


@pytest.mark.parametrize("media_time", [0, 500, 1024, 1500])
@pytest.mark.parametrize(("extension", "audio"), [("mp4", "aac"), ("mp4", "opus"), ("mkv", "aac"), ("mkv", "mp3")])
def test_sound_that_begins_inside_the_delay(extension: str, audio: str, media_time: int, tmp_path: Path) -> None:
    """The edit list shows samples that the encoder has put before the sound, or hides more than those."""
    first = tmp_path / "first.mp4"
    assert main(["transcode", str(write(tmp_path / "made.mkv", flashing(), beeping())), str(first), "--quiet"]) == 0
    path = tmp_path / "source.mp4"
    path.write_bytes(_with_media_time(first.read_bytes(), media_time))
    offset, samples = measured(path, tmp_path / "source")
    assert offset == pytest.approx((1024 - media_time) / RATE, abs=0.001)
    for generation in range(2):
        target = tmp_path / f"{generation}.{extension}"
        assert main(["transcode", str(path), str(target), "--audio", audio, "--quiet"]) == 0
        path = target
    last_offset, last_samples = measured(path, tmp_path / "target")
    assert abs(last_offset - offset) <= 0.001
    assert last_samples == samples

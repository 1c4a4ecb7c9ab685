"""``python -m codecmodel transcode``: the target has the pictures and the sound of the source."""

import gc
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import ffbind
from codecmodel.command_line.encoder_choice import Codecs, default_codecs
from codecmodel.command_line.main import main
from codecmodel.command_line.sound_converter import SoundConverter
from codecmodel.files import Demuxer
from codecmodel.files.errors import MediaFileError
from codecmodel.raw_media.audio_data import AudioData
from tests.codecmodel.files.media import audio, video, wave, write, x264


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    # Tests before this one may have filled caches.
    before = ffbind.live_objects()
    yield
    gc.collect()
    if ffbind.live_objects() != before:
        # The thread of its queue releases a codec that was closed at the last moment. An idle thread ends.
        for thread in threading.enumerate():
            if thread.name.startswith("codecmodel"):
                thread.join(30)
        gc.collect()
    assert ffbind.live_objects() == before


def timing(path: Path, index: int = 0) -> list[tuple[int, int | None]]:
    """Timestamps and durations (µs) of a track's chunks, in order of presentation."""
    with Demuxer(path) as demuxer:
        return sorted((demuxed.chunk.timestamp, demuxed.chunk.duration) for demuxed in demuxer.chunks([index]))


def codecs(path: Path) -> list[str]:
    with Demuxer(path) as demuxer:
        return [track.config["codec"] for track in demuxer.tracks]


@pytest.mark.parametrize(
    ("codec", "string", "extension"),
    [
        ("avc", "avc1.64000b", "mp4"),
        ("hevc", "hvc1.1.6.L30.90", "mp4"),
        ("vp8", "vp8", "webm"),
        ("vp9", "vp09.00.10.08", "webm"),
        ("av1", "av01.0.00M.08", "mkv"),
    ],
)
def test_video(codec: str, string: str, extension: str, tmp_path: Path) -> None:
    source = write(tmp_path / "source.mkv", x264(count=9, width=128, height=96))
    target = tmp_path / f"target.{extension}"
    status = main(["transcode", str(source), str(target), "--video", codec, "--audio", "none"])
    if status and not _has_encoder(codec):
        pytest.skip(f"this FFmpeg has no encoder of {codec}")
    assert status == 0
    assert [found[: len(string)] for found in codecs(target)] == [string]
    assert timing(target) == [(number * 40_000, 40_000) for number in range(9)]


def _has_encoder(codec: str) -> bool:
    return bool(ffbind.encoder_names_for({"avc": "h264"}.get(codec, codec)))


def test_a_movie_by_the_usual_codecs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write(tmp_path / "source.mkv", video("libvpx", count=10), audio("flac", format="s16", count=6))
    target = tmp_path / "target.mp4"
    assert main(["transcode", str(source), str(target)]) == 0
    assert codecs(target)[0].startswith("avc1.64")
    assert codecs(target)[1] == "mp4a.40.2"
    assert len(timing(target)) == 10
    output = capsys.readouterr().out
    assert "vp8" in output
    assert "mp4a.40.2" in output
    assert "kbit/s" in output


def test_audio_without_loss(tmp_path: Path) -> None:
    samples = np.arange(-4000, 4000, dtype="<i2").tobytes()
    source = wave(tmp_path / "source.wav", samples, bits=16)
    assert main(["transcode", str(source), str(tmp_path / "a.flac"), "--quiet"]) == 0
    assert main(["transcode", str(tmp_path / "a.flac"), str(tmp_path / "b.wav"), "--quiet"]) == 0
    assert (tmp_path / "b.wav").read_bytes().endswith(samples)


def test_a_rate_that_the_encoder_lacks_is_converted(tmp_path: Path) -> None:
    source = wave(tmp_path / "source.wav", bytes(2 * 22_050), bits=16, rate=22_050)
    target = tmp_path / "target.mkv"
    status = main(["transcode", str(source), str(target), "--audio", "opus", "--video", "none", "--quiet"])
    assert status == 0
    with Demuxer(target) as demuxer:
        (track,) = demuxer.tracks
        assert track.config["codec"] == "opus"
        total = sum(demuxed.chunk.duration or 0 for demuxed in demuxer.chunks([0]))
    # A second of sound, the samples that the encoder adds before it, and the rest of a packet.
    assert 1_000_000 <= total <= 1_040_000


@pytest.mark.parametrize(
    ("arguments", "problem", "status"),
    [
        (["target.mp4", "--video", "none", "--audio", "none"], "it has no track that is wanted", 1),
        (["target.xyz"], "no codecs are usual in .xyz files; name them", 2),
        (["target.mkv", "--audio", "mp4a.40.99"], "cannot be encoded here", 2),
        (["target.webm", "--audio", "flac"], "the format cannot hold flac", 1),
        (["missing/target.mkv"], "No such file or directory", 1),
        (["source.wav", "--audio", "flac"], "cannot be read and written at once", 1),
        (["target.mkv", "--video", "foo"], "foo cannot be encoded here: video is avc, hevc, vp8, vp9, av1, a whole", 2),
        (["target.mkv", "--video", "opus"], "opus cannot be encoded here: video is avc,", 2),
        (["target.mkv", "--audio", "vp8"], "vp8 cannot be encoded here: audio is aac,", 2),
    ],
)
def test_impossible_transcodes_are_refused_in_one_line(
    arguments: list[str], problem: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = wave(tmp_path / "source.wav", bytes(1600), bits=16)
    target = tmp_path / arguments[0]
    assert main(["transcode", str(source), str(target), *arguments[1:]]) == status
    errors = capsys.readouterr().err
    assert problem in errors
    assert errors.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["source.wav"]


def test_a_file_that_was_there_survives_a_failure(tmp_path: Path) -> None:
    source = wave(tmp_path / "source.wav", bytes(1600), bits=16)
    target = tmp_path / "target.mkv"
    target.write_text("precious")
    assert main(["transcode", str(source), str(target), "--audio", "mp4a.40.99", "--overwrite", "--quiet"]) == 2
    assert target.read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["source.wav", "target.mkv"]


def test_usual_codecs() -> None:
    assert default_codecs("a/b.WebM") == Codecs("vp9", "opus")
    with pytest.raises(MediaFileError, match=r"no codecs are usual in \.y4m files"):
        default_codecs("a.y4m")


def sound(frames: int, rate: int, timestamp: int, channels: int = 1) -> AudioData:
    return AudioData(
        {
            "format": "f32",
            "sampleRate": rate,
            "numberOfFrames": frames,
            "numberOfChannels": channels,
            "timestamp": timestamp,
            "data": np.full(frames * channels, 0.5, np.float32),
        }
    )


def test_sound_of_the_right_rate_passes_as_it_is() -> None:
    converter = SoundConverter(8000, 1)
    with_one = sound(80, 8000, 7)
    (converted,) = converter.convert(with_one)
    assert (converted.timestamp, converted.numberOfFrames, converted.format) == (7, 80, "f32")
    assert list(converter.end()) == []
    converted.close()


def test_converted_sound_loses_nothing_and_follows_on() -> None:
    converter = SoundConverter(48_000, 1)
    timestamps, frames, values = [], 0, []
    for number in range(10):
        data = sound(800, 8000, 1_000 + number * 100_000)
        for converted in converter.convert(data):
            timestamps.append(converted.timestamp)
            assert converted.timestamp == 1_000 + round(frames * 1_000_000 / 48_000)
            frames += converted.numberOfFrames
            values.append(np.array(converted.plane_arrays()[0]))
            converted.close()
        data.close()
    for converted in converter.end():
        frames += converted.numberOfFrames
        converted.close()
    assert timestamps[0] == 1_000
    assert frames == 48_000
    assert np.allclose(np.concatenate(values)[2000:-2000], 0.5, atol=1e-3)

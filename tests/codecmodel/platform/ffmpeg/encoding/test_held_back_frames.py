"""The number of frames that video encoders hold back, and the order of their chunks."""

import pytest

from codecmodel.configurations.encoder_configurations import VideoEncoderConfig
from codecmodel.platform import threads
from codecmodel.platform.ffmpeg import FFmpegPlatform
from codecmodel.platform.ffmpeg.encoding.video_encoder import FFmpegVideoEncoder
from tests.codecmodel.platform.ffmpeg.encoding.pictures import config_of, frame, require

CODECS = [
    "avc1.42001E",
    "avc1.4d001e",
    "avc1.64001e",
    "avc1.6e001e",
    "avc1.7a001e",
    "avc1.f4001e",
    "hvc1.1.6.L93.B0",
    "hvc1.2.4.L93.B0",
    "vp8",
    "vp09.00.10.08",
    "vp09.02.10.10",
    "av01.0.04M.08",
]
FRAMES = 60


def encode(encoder: FFmpegVideoEncoder, config: VideoEncoderConfig, frames: int = FRAMES) -> tuple[int, list[int]]:
    """The largest number of frames that the encoder held back, and the timestamps of its chunks."""
    encoder.configure(config)
    timestamps: list[int] = []
    held_back = 0
    for index in range(frames):
        timestamps += [output.timestamp for output in encoder.encode(frame(index))]
        held_back = max(held_back, index + 1 - len(timestamps))
    timestamps += [output.timestamp for output in encoder.flush()]
    encoder.release()
    return held_back, timestamps


@pytest.mark.parametrize("processors", [1, 16])
@pytest.mark.parametrize(
    "more",
    [{}, {"bitrateMode": "constant", "bitrate": 1_000_000}, {"bitrate": 300_000, "contentHint": "text"}],
    ids=["variable", "constant", "screen"],
)
@pytest.mark.parametrize("codec", CODECS)
def test_quality_is_in_presentation_order_and_four_frames_late_at_most(
    codec: str, more: dict[str, object], processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "usable_processors", lambda: processors)
    config = config_of(codec, latencyMode="quality", **more)
    require(config)
    held_back, timestamps = encode(FFmpegVideoEncoder(), config)
    assert held_back <= 4
    assert timestamps == [1000 * index * index for index in range(FRAMES)]


def test_large_pictures_have_more_threads_and_no_more_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "usable_processors", lambda: 4)
    for codec in ("avc1.640028", "hvc1.1.6.L120.B0"):
        config = config_of(codec, width=480, height=400)
        require(config)
        held_back, timestamps = encode(FFmpegVideoEncoder(), config, 12)
        assert held_back <= 4
        assert timestamps == [1000 * index * index for index in range(12)]


@pytest.mark.parametrize("codec", ["avc1.64001e", "hvc1.1.6.L93.B0"])
def test_a_platform_that_looks_ahead_reorders(codec: str) -> None:
    config = config_of(codec)
    require(config)
    platform = FFmpegPlatform(looks_ahead=True)
    assert platform.supports_video_encoder(config)
    held_back, timestamps = encode(platform.new_video_encoder(), config)
    assert held_back > 4
    assert timestamps != sorted(timestamps)
    assert sorted(timestamps) == [1000 * index * index for index in range(FRAMES)]
    held_back, timestamps = encode(platform.new_video_encoder(), {**config, "latencyMode": "realtime"})
    assert (held_back, timestamps) == (0, sorted(timestamps))


@pytest.mark.parametrize("codec", CODECS)
def test_realtime_holds_back_nothing(codec: str) -> None:
    config = config_of(codec, latencyMode="realtime")
    require(config)
    assert encode(FFmpegVideoEncoder(), config, 8)[0] == 0

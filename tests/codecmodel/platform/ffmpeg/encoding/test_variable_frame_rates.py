"""Encoders keep the bit rate that was asked for, whatever the distances of the timestamps are."""

import numpy as np
import pytest

from codecmodel.configurations.encoder_configurations import VideoEncoderConfig
from codecmodel.platform.codec_implementation import EncodedVideoOutput, VideoInput
from codecmodel.platform.ffmpeg.encoding.timeline import Timeline
from codecmodel.platform.ffmpeg.encoding.video_codecs import video_encoding
from codecmodel.platform.ffmpeg.encoding.video_encoder import FFmpegVideoEncoder
from codecmodel.raw_media.media_resource import BufferVideoResource
from codecmodel.raw_media.resource_protocols import Plane
from tests.codecmodel.platform.ffmpeg.encoding.pictures import HEIGHT, WIDTH, config_of, frame

MICROSECONDS = 4_000_000
#: A rough texture: there is always something to spend bits on.
TEXTURE = np.cumsum(np.random.default_rng(1).normal(0, 14, (3 * HEIGHT, 3 * WIDTH)), axis=1) % 255
GRAY = Plane(memoryview(bytes([128]) * (WIDTH * HEIGHT // 4)), WIDTH // 2)


def moving(number: int, timestamp: int) -> VideoInput:
    """A picture that moves over the texture."""
    top, left = number % (2 * HEIGHT), 3 * number % (2 * WIDTH)
    luma = TEXTURE[top : top + HEIGHT, left : left + WIDTH].astype(np.uint8).tobytes()
    resource = BufferVideoResource("I420", (WIDTH, HEIGHT), [Plane(memoryview(luma), WIDTH), GRAY, GRAY])
    return frame(0)._replace(resource=resource, timestamp=timestamp)


def bit_rate(config: VideoEncoderConfig, distance: int) -> float:
    """The bit rate of a stream whose timestamps have this distance."""
    encoder = FFmpegVideoEncoder()
    encoder.configure(config)
    timestamps = range(0, MICROSECONDS, distance)
    outputs: list[EncodedVideoOutput] = []
    for number, timestamp in enumerate(timestamps):
        outputs += encoder.encode(moving(number, timestamp))
    outputs += encoder.flush()
    encoder.release()
    assert [output.timestamp for output in outputs] == list(timestamps)
    return 8 * sum(len(output.data) for output in outputs) / (MICROSECONDS / 1_000_000)


SIXTY, TEN_FOR_THIRTY = (None, 1_000_000 // 60), (30, 100_000)


# libaom looks at the time in "realtime" only, and libx264 in "quality" only, if the configuration has no frame rate.
@pytest.mark.parametrize(
    ("codec", "mode", "frame_rate", "distance"),
    [
        *(("vp8", mode, *rates) for mode in ("quality", "realtime") for rates in (SIXTY, TEN_FOR_THIRTY)),
        *(("vp09.00.10.08", mode, *rates) for mode in ("quality", "realtime") for rates in (SIXTY, TEN_FOR_THIRTY)),
        *(("av01.0.04M.08", "realtime", *rates) for rates in (SIXTY, TEN_FOR_THIRTY)),
        ("avc1.42001f", "quality", *SIXTY),
    ],
)
def test_a_frame_rate_that_is_not_the_one_of_the_configuration(
    codec: str, mode: str, frame_rate: float | None, distance: int
) -> None:
    """If frames were counted, the bit rate would be 2 times the one that was asked for, and a third of it."""
    given = {} if frame_rate is None else {"framerate": frame_rate}
    config = config_of(codec, bitrate=100_000, bitrateMode="constant", latencyMode=mode, **given)
    encoding = video_encoding(config)
    if encoding is None or encoding.time_base is None:
        pytest.skip("this FFmpeg has no encoder that looks at the time")
    assert 0.6 < bit_rate(config, distance) / 100_000 < 1.5


def test_distances_that_tell_nothing() -> None:
    timeline = Timeline(33_333)
    timestamps = [500, 500, 400, 1400, 1400 + 100_000, 9_000_000]
    places = [timeline.place(timestamp) for timestamp in timestamps]
    # Equal, backwards, the shortest, an ordinary one, a pause.
    assert places == [0, 33_333, 66_666, 67_666, 167_666, 1_167_666]


@pytest.mark.parametrize("frame_rate", [{"framerate": 25}, {}])
def test_an_avc_stream_states_the_frame_rate_of_its_configuration(frame_rate: dict[str, float]) -> None:
    """Readers of files take the durations of frames from it."""
    encoding = video_encoding(config_of("avc1.42001f", latencyMode="quality", **frame_rate))
    if encoding is None:
        pytest.skip("this FFmpeg does not encode AVC")
    assert (encoding.time_base is None) is bool(frame_rate)

"""FFmpeg's encoders with hints, layers, silence and display sizes."""

import asyncio

import numpy as np
import pytest

from codecmodel import AudioData, AudioEncoder, DOMException, VideoEncoder, VideoFrame
from codecmodel.configurations.encoder_configurations import AudioEncoderConfig, VideoEncoderConfig
from codecmodel.platform.ffmpeg.encoding.audio_settings import supports_audio_encoder
from codecmodel.platform.ffmpeg.encoding.video_codecs import supports_video_encoder
from codecmodel.platform.ffmpeg.encoding.video_settings import request_of


def fail(error: DOMException) -> None:
    pytest.fail(str(error))


VP8: VideoEncoderConfig = {"codec": "vp8", "width": 64, "height": 64, "bitrate": 500_000, "framerate": 30.0}


@pytest.mark.parametrize("codec", ["vp8", "vp09.00.10.08", "av01.0.04M.08", "avc1.42001E", "hvc1.1.6.L93.B0"])
def test_a_content_hint_is_no_reason_to_refuse(codec: str) -> None:
    config: VideoEncoderConfig = {**VP8, "codec": codec}
    for hint in ("text", "detail", "motion", "no hint that anybody knows"):
        assert supports_video_encoder({**config, "contentHint": hint}) is supports_video_encoder(config), hint


@pytest.mark.parametrize("codec", ["vp8", "vp09.00.10.08"])
def test_layers_keep_their_pattern_when_the_scene_changes(codec: str) -> None:
    layers: list[int] = []

    async def encode() -> None:
        encoder = VideoEncoder({"output": lambda chunk, metadata: layers.append(metadata["svc"]["temporalLayerId"]),
                                "error": fail})  # fmt: skip
        encoder.configure({**VP8, "codec": codec, "scalabilityMode": "L1T2"})
        for number in range(12):
            pixels = np.random.default_rng(number // 3).integers(0, 256, 64 * 64 * 3 // 2, np.uint8).tobytes()
            frame = VideoFrame(
                pixels, {"format": "I420", "codedWidth": 64, "codedHeight": 64, "timestamp": number * 33_333}
            )
            encoder.encode(frame)
            frame.close()
        await encoder.flush()
        encoder.close()

    asyncio.run(encode())
    assert layers == [0, 1] * 6


@pytest.mark.parametrize("frame_duration", [20_000, 60_000])
def test_silence_is_not_transmitted(frame_duration: int) -> None:
    config: AudioEncoderConfig = {"codec": "opus", "sampleRate": 48000, "numberOfChannels": 1, "bitrate": 64_000}
    config["opus"] = {"usedtx": True, "frameDuration": frame_duration}
    if not supports_audio_encoder(config):
        pytest.skip("this FFmpeg's libopus cannot be told to use discontinuous transmission")
    chunks: list[tuple[int, int]] = []

    async def encode() -> None:
        encoder = AudioEncoder(
            {"output": lambda chunk, _: chunks.append((chunk.timestamp, chunk.byteLength)), "error": fail}
        )
        encoder.configure(config)
        samples = np.zeros(48_000 * 3, np.float32)
        samples[:4800] = np.sin(np.arange(4800) / 10)
        encoder.encode(
            AudioData(
                {
                    "format": "f32",
                    "sampleRate": 48000,
                    "numberOfFrames": len(samples),
                    "numberOfChannels": 1,
                    "timestamp": 0,
                    "data": samples.tobytes(),
                }
            )
        )
        await encoder.flush()
        encoder.close()

    asyncio.run(encode())
    assert len(chunks) < 3_000_000 // frame_duration / 2
    assert all(timestamp % frame_duration == 0 and size > 2 for timestamp, size in chunks)


@pytest.mark.parametrize("codec", ["avc1.42001E", "hvc1.1.6.L93.B0", "vp8", "vp09.00.10.08", "av01.0.04M.08"])
@pytest.mark.parametrize(
    ("display", "aspect"),
    [
        ((2**32 - 1, 64), (65_535, 1)),
        ((64, 2**32 - 1), (1, 65_535)),
        ((64 * 65_535, 64), (65_535, 1)),
        ((64 * 16, 64 * 11), (16, 11)),
        ((64 * 11, 64 * 16), (11, 16)),
        ((1_000_003, 1_000_003), (0, 1)),
    ],
)
def test_a_display_size_gives_the_nearest_aspect_ratio_that_a_stream_can_state(
    codec: str, display: tuple[int, int], aspect: tuple[int, int]
) -> None:
    config: VideoEncoderConfig = {**VP8, "codec": codec}
    shown: VideoEncoderConfig = {**config, "displayWidth": display[0], "displayHeight": display[1]}
    assert supports_video_encoder(shown) is supports_video_encoder(config)
    request = request_of(shown)
    assert request is not None
    assert request.sample_aspect_ratio == aspect

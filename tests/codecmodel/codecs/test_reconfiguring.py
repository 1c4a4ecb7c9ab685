"""configure() without reset(), with real codecs: the outputs of earlier requests are not lost."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest

from codecmodel import (
    AudioData,
    AudioEncoder,
    DOMException,
    EncodedAudioChunk,
    EncodedVideoChunk,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
)
from codecmodel.types import VideoDecoderConfig
from conformance.media import video
from conformance.media.material import VideoMaterial

UNSUPPORTED: VideoDecoderConfig = {"codec": "vp09.03.10.16"}


async def closed(codec: VideoDecoder | VideoEncoder | AudioEncoder) -> None:
    """Wait until the codec is closed."""
    await asyncio.wait([codec.flush()], timeout=20)
    assert codec.state == "closed"


@pytest.mark.parametrize("material", [video.vp8, video.vp9, video.av1, partial(video.h264, annexb=False)])
def test_all_frames_come_before_an_unsupported_configuration(material: Callable[[], VideoMaterial]) -> None:
    timestamps: list[int] = []
    errors: list[DOMException] = []

    def output(frame: VideoFrame) -> None:
        timestamps.append(frame.timestamp)
        frame.close()

    async def main() -> None:
        decoder = VideoDecoder({"output": output, "error": errors.append})
        decoder.configure(material().config)
        for number in range(6):
            decoder.decode(material().chunk(number))
        decoder.configure(UNSUPPORTED)
        await closed(decoder)

    asyncio.run(main())
    assert timestamps == sorted(material().chunk(number).timestamp for number in range(6))
    assert [error.name for error in errors] == ["NotSupportedError"]


def test_all_chunks_come_before_an_unsupported_configuration_of_video() -> None:
    timestamps: list[int] = []
    errors: list[DOMException] = []

    def output(chunk: EncodedVideoChunk, metadata: object) -> None:
        timestamps.append(chunk.timestamp)

    async def main() -> None:
        encoder = VideoEncoder({"output": output, "error": errors.append})
        encoder.configure({"codec": "vp09.00.10.08", "width": 16, "height": 16})
        for number in range(6):
            frame = VideoFrame(bytes(384), {"format": "I420", "codedWidth": 16, "codedHeight": 16, "timestamp": number})
            encoder.encode(frame)
            frame.close()
        encoder.configure({"codec": "vp09.03.10.16", "width": 16, "height": 16})
        await closed(encoder)

    asyncio.run(main())
    assert timestamps == list(range(6))
    assert [error.name for error in errors] == ["NotSupportedError"]


def test_all_sound_comes_before_an_unsupported_configuration_of_audio() -> None:
    """A frame of AAC has 1,024 samples; samples that don't fill one are output as well."""
    duration = 0
    errors: list[DOMException] = []

    def output(chunk: EncodedAudioChunk, metadata: object) -> None:
        nonlocal duration
        duration += chunk.duration or 0

    async def main() -> None:
        encoder = AudioEncoder({"output": output, "error": errors.append})
        encoder.configure({"codec": "mp4a.40.2", "sampleRate": 48_000, "numberOfChannels": 1})
        data = AudioData(
            {
                "format": "s16",
                "sampleRate": 48_000,
                "numberOfFrames": 2500,
                "numberOfChannels": 1,
                "timestamp": 0,
                "data": bytes(5000),
            }
        )
        encoder.encode(data)
        data.close()
        encoder.configure({"codec": "no such codec", "sampleRate": 48_000, "numberOfChannels": 1})
        await closed(encoder)

    asyncio.run(main())
    assert duration >= 2500 * 1_000_000 // 48_000
    assert [error.name for error in errors] == ["NotSupportedError"]


@pytest.mark.parametrize("is_supported", [True, False])
def test_broken_old_data_is_an_error_in_decoding(is_supported: bool) -> None:
    material = video.vp9()
    errors: list[DOMException] = []

    async def main() -> None:
        decoder = VideoDecoder({"output": VideoFrame.close, "error": errors.append})
        decoder.configure(material.config)
        decoder.decode(material.chunk(0))
        broken = material.corrupt(material.chunks[1].data)
        decoder.decode(EncodedVideoChunk({"type": "delta", "timestamp": 40_000, "data": broken}))
        decoder.configure(video.vp8().config if is_supported else UNSUPPORTED)
        await closed(decoder)

    asyncio.run(main())
    assert [error.name for error in errors] == ["EncodingError"]

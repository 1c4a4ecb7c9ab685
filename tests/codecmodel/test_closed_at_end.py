"""Frames, samples and codecs are closed at the end of a block."""

import asyncio

import pytest

from codecmodel import (
    AudioData,
    AudioDecoder,
    AudioEncoder,
    DOMException,
    ImageDecoder,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
)


def _frame() -> VideoFrame:
    return VideoFrame(bytes(24), {"format": "I420", "codedWidth": 4, "codedHeight": 4, "timestamp": 0})


def _sound() -> AudioData:
    return AudioData(
        {
            "format": "u8",
            "sampleRate": 8000,
            "numberOfFrames": 4,
            "numberOfChannels": 1,
            "timestamp": 0,
            "data": bytes(4),
        }
    )


def test_a_frame_is_closed() -> None:
    with _frame() as frame:
        assert frame.codedWidth == 4
    assert frame.format is None
    with _sound() as data:
        assert data.numberOfFrames == 4
    assert data.numberOfFrames == 0


def test_a_frame_is_closed_after_an_error() -> None:
    def fail(frame: VideoFrame) -> None:
        with frame:
            raise ZeroDivisionError

    frame = _frame()
    with pytest.raises(ZeroDivisionError):
        fail(frame)
    assert frame.format is None


def test_a_frame_may_be_closed_within_its_block() -> None:
    with _frame() as frame:
        frame.close()


@pytest.mark.parametrize("is_closed_before", [False, True])
def test_a_codec_is_closed(is_closed_before: bool) -> None:
    def ignore(*arguments: object) -> None:
        pass

    async def run() -> None:
        with (
            VideoDecoder({"output": ignore, "error": ignore}) as video_decoder,
            AudioDecoder({"output": ignore, "error": ignore}) as audio_decoder,
            VideoEncoder({"output": ignore, "error": ignore}) as video_encoder,
        ):
            async with AudioEncoder({"output": ignore, "error": ignore}) as audio_encoder, _frame() as frame:
                codecs = video_decoder, audio_decoder, video_encoder, audio_encoder
                assert [codec.state for codec in codecs] == ["unconfigured"] * 4
                if is_closed_before:
                    for codec in codecs:
                        codec.close()
        assert [codec.state for codec in codecs] == ["closed"] * 4
        assert frame.format is None

    asyncio.run(run())


def test_an_image_decoder_is_closed() -> None:
    async def run() -> None:
        with ImageDecoder({"data": b"\x89PNG\r\n\x1a\n", "type": "image/png"}) as decoder:
            pass
        with pytest.raises(DOMException) as caught:
            await decoder.decode()
        assert caught.value.name == "InvalidStateError"

    asyncio.run(run())

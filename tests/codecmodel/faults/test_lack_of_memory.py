"""A codec that lacks memory closes with an error that says so, and no promise stays pending."""

import asyncio
from collections.abc import Callable
from contextlib import closing
from typing import TypeAlias

import pytest

from codecmodel import (
    AudioData,
    AudioDecoder,
    AudioEncoder,
    DOMException,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
)
from codecmodel.platform.ffmpeg.decoding.audio_decoder import FFmpegAudioDecoder
from codecmodel.platform.ffmpeg.decoding.video_decoder import FFmpegVideoDecoder
from codecmodel.platform.ffmpeg.encoding.audio_encoder import FFmpegAudioEncoder
from codecmodel.platform.ffmpeg.encoding.video_encoder import FFmpegVideoEncoder
from conformance.media.audio import pcm_integer
from conformance.media.video import vp8

Codec: TypeAlias = AudioDecoder | VideoDecoder | AudioEncoder | VideoEncoder
ErrorCallback: TypeAlias = Callable[[DOMException], None]


def ignore(*arguments: object) -> None:
    pass


def decode_pcm(error: ErrorCallback) -> AudioDecoder:
    material = pcm_integer("pcm-s16", 16)
    decoder = AudioDecoder({"output": ignore, "error": error})
    decoder.configure(material.config)
    decoder.decode(material.chunk(0))
    return decoder


def decode_vp8(error: ErrorCallback) -> VideoDecoder:
    decoder = VideoDecoder({"output": ignore, "error": error})
    decoder.configure(vp8().config)
    decoder.decode(vp8().chunk(0))
    return decoder


def encode_pcm(error: ErrorCallback) -> AudioEncoder:
    encoder = AudioEncoder({"output": ignore, "error": error})
    encoder.configure({"codec": "pcm-s16", "sampleRate": 8000, "numberOfChannels": 1})
    data = AudioData(
        {
            "format": "s16",
            "sampleRate": 8000,
            "numberOfFrames": 4,
            "numberOfChannels": 1,
            "timestamp": 0,
            "data": bytes(8),
        }
    )
    with closing(data):
        encoder.encode(data)
    return encoder


def encode_vp8(error: ErrorCallback) -> VideoEncoder:
    encoder = VideoEncoder({"output": ignore, "error": error})
    encoder.configure({"codec": "vp8", "width": 16, "height": 16})
    frame = VideoFrame(bytes(384), {"format": "I420", "codedWidth": 16, "codedHeight": 16, "timestamp": 0})
    with closing(frame):
        encoder.encode(frame)
    return encoder


@pytest.mark.parametrize(
    ("method", "name"), [("configure", "NotSupportedError"), ("process", "EncodingError"), ("flush", "EncodingError")]
)
@pytest.mark.parametrize(
    ("implementation", "use"),
    [
        (FFmpegAudioDecoder, decode_pcm),
        (FFmpegVideoDecoder, decode_vp8),
        (FFmpegAudioEncoder, encode_pcm),
        (FFmpegVideoEncoder, encode_vp8),
    ],
)
def test_a_codec_without_memory_is_closed(
    implementation: type, use: Callable[[ErrorCallback], Codec], method: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if method == "process":
        method = "decode" if "Decoder" in implementation.__name__ else "encode"

    def no_memory(self: object, *arguments: object) -> object:
        raise MemoryError

    monkeypatch.setattr(implementation, method, no_memory)
    errors: list[DOMException] = []

    async def main() -> BaseException | None:
        codec = use(errors.append)
        flush = codec.flush()
        await asyncio.wait([flush])
        assert codec.state == "closed"
        return flush.exception()

    reason = asyncio.run(main())
    (error,) = errors
    assert (error.name, error.message) == (name, "there is not enough memory")
    assert reason is error

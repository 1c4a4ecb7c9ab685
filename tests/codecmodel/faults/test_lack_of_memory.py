"""A codec that lacks memory is closed with an error that says so, and no promise stays pending."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import closing

import pytest

from codecmodel import AudioDecoder, AudioEncoder, VideoDecoder, VideoEncoder, VideoFrame
from codecmodel.platform.ffmpeg.decoding.audio_decoder import FFmpegAudioDecoder
from codecmodel.platform.ffmpeg.decoding.video_decoder import FFmpegVideoDecoder
from codecmodel.platform.ffmpeg.encoding.audio_encoder import FFmpegAudioEncoder
from codecmodel.platform.ffmpeg.encoding.video_encoder import FFmpegVideoEncoder
from codecmodel.raw_media.audio_data import AudioData
from conformance.media.audio import pcm_integer
from conformance.media.video import vp8


def decode_pcm(callbacks: dict) -> AudioDecoder:
    material = pcm_integer("pcm-s16", 16)
    decoder = AudioDecoder(callbacks)
    decoder.configure(material.config)
    decoder.decode(material.chunk(0))
    return decoder


def decode_vp8(callbacks: dict) -> VideoDecoder:
    decoder = VideoDecoder(callbacks)
    decoder.configure(vp8().config)
    decoder.decode(vp8().chunk(0))
    return decoder


def encode_pcm(callbacks: dict) -> AudioEncoder:
    encoder = AudioEncoder(callbacks)
    encoder.configure({"codec": "pcm-s16", "sampleRate": 8000, "numberOfChannels": 1})
    init = {"format": "s16", "sampleRate": 8000, "numberOfFrames": 4, "numberOfChannels": 1, "timestamp": 0}
    with closing(AudioData({**init, "data": bytes(8)})) as data:
        encoder.encode(data)
    return encoder


def encode_vp8(callbacks: dict) -> VideoEncoder:
    encoder = VideoEncoder(callbacks)
    encoder.configure({"codec": "vp8", "width": 16, "height": 16})
    init = {"format": "I420", "codedWidth": 16, "codedHeight": 16, "timestamp": 0}
    with closing(VideoFrame(bytes(384), init)) as frame:
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
    implementation: type, use: Callable, method: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if method == "process":
        method = "decode" if "Decoder" in implementation.__name__ else "encode"
    original = getattr(implementation, method)

    def no_memory(self: object, *arguments: object) -> object:
        # Configuring flushes, too.
        if sys._getframe(1).f_code.co_name == "configure":
            return original(self, *arguments)
        raise MemoryError

    monkeypatch.setattr(implementation, method, no_memory)
    errors: list = []

    async def main() -> BaseException | None:
        codec = use({"output": lambda output, *_: None, "error": errors.append})
        flush = codec.flush()
        await asyncio.wait([flush])
        assert codec.state == "closed"
        return flush.exception()

    reason = asyncio.run(main())
    (error,) = errors
    assert (error.name, error.message) == (name, "there is not enough memory")
    assert reason is error

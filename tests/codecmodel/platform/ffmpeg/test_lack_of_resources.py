"""A codec of FFmpeg's that cannot be opened for want of memory or threads opens when another has been reclaimed."""

import asyncio
import errno
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TypeAlias

import pytest

import ffbind
from codecmodel import (
    AudioData,
    AudioDecoder,
    AudioEncoder,
    DOMException,
    ImageDecoder,
    VideoDecoder,
    VideoEncoder,
    VideoFrame,
    reclamation,
)
from codecmodel.reclamation import ReclamationPolicy, use_reclamation
from conformance.media.audio import pcm_integer
from conformance.media.images import png
from conformance.media.video import h264, vp8

Program: TypeAlias = Callable[[], Coroutine[object, object, int]]


class Resources:
    """Has opening a codec fail as long as an idle codec is open. ``attempts`` counts its calls.

    Its media are made beforehand, because that opens encoders.
    """

    def __init__(self, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
        for make in (vp8, png, lambda: h264(annexb=True)):
            make()
        self.errors: list[DOMException] = []
        self.idle = AudioDecoder({"output": ignore, "error": self.errors.append})
        self.idle.configure(pcm_integer("pcm-s16", 16).config)
        self.attempts = 0
        self.is_lacking = False
        self._code = code
        avcodec = ffbind.load().avcodec
        for name in ("avcodec_open2", "avcodec_open2_keeping_gil"):
            monkeypatch.setattr(avcodec, name, partial(self._fail_or_open, getattr(avcodec, name)))

    def _fail_or_open(self, open_codec: Callable[..., int], *arguments: object) -> int:
        if not self.is_lacking:
            return open_codec(*arguments)
        self.attempts += 1
        return open_codec(*arguments) if self.idle.state == "closed" else -self._code


def ignore(*arguments: object) -> None:
    pass


def raise_error(error: DOMException) -> None:
    raise error


async def decode_audio() -> int:
    material = pcm_integer("pcm-s16", 16)
    outputs: list[AudioData] = []
    decoder = AudioDecoder({"output": outputs.append, "error": raise_error})
    decoder.configure(material.config)
    decoder.decode(material.chunk(0))
    await decoder.flush()
    decoder.close()
    return len(outputs)


async def decode_vp8() -> int:
    outputs: list[VideoFrame] = []
    decoder = VideoDecoder({"output": outputs.append, "error": raise_error})
    decoder.configure(vp8().config)
    decoder.decode(vp8().chunk(0))
    await decoder.flush()
    decoder.close()
    return len(outputs)


async def decode_avc() -> int:
    """Without a description, the decoder is opened for the first chunk."""
    outputs: list[VideoFrame] = []
    decoder = VideoDecoder({"output": outputs.append, "error": raise_error})
    material = h264(annexb=True)
    decoder.configure(material.config)
    decoder.decode(material.chunk(0))
    await decoder.flush()
    decoder.close()
    return len(outputs)


async def encode_audio() -> int:
    outputs: list[object] = []
    encoder = AudioEncoder({"output": lambda chunk, metadata: outputs.append(chunk), "error": raise_error})
    encoder.configure({"codec": "pcm-s16", "sampleRate": 8000, "numberOfChannels": 1})
    encoder.encode(samples())
    await encoder.flush()
    encoder.close()
    return len(outputs)


async def encode_video() -> int:
    outputs: list[object] = []
    encoder = VideoEncoder({"output": lambda chunk, metadata: outputs.append(chunk), "error": raise_error})
    encoder.configure({"codec": "vp8", "width": 16, "height": 16})
    encoder.encode(picture())
    await encoder.flush()
    encoder.close()
    return len(outputs)


async def decode_image() -> int:
    material = png()
    decoder = ImageDecoder({"type": material.type, "data": material.file})
    await decoder.decode()
    decoder.close()
    return 1


def samples() -> AudioData:
    return AudioData(
        {
            "format": "s16",
            "sampleRate": 8000,
            "numberOfFrames": 4,
            "numberOfChannels": 1,
            "timestamp": 0,
            "data": bytes(8),
        }
    )


def picture() -> VideoFrame:
    return VideoFrame(bytes(384), {"format": "I420", "codedWidth": 16, "codedHeight": 16, "timestamp": 0})


PROGRAMS = [decode_audio, decode_vp8, decode_avc, encode_audio, encode_video, decode_image]
each_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.__name__)


@each_program
@pytest.mark.parametrize("code", [errno.ENOMEM, errno.EAGAIN])
def test_an_idle_codec_is_reclaimed(program: Program, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        resources = Resources(code, monkeypatch)
        await settle(resources.idle)
        monkeypatch.setattr(reclamation, "ACTIVE_SECONDS", -1.0)
        with use_reclamation(ReclamationPolicy()):
            resources.is_lacking = True
            assert await program() == 1
        assert resources.attempts > 1
        assert [error.name for error in resources.errors] == ["QuotaExceededError"]

    asyncio.run(main())


@each_program
def test_an_active_codec_is_not_reclaimed(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        resources = Resources(errno.ENOMEM, monkeypatch)
        await settle(resources.idle)
        with use_reclamation(ReclamationPolicy()):
            resources.is_lacking = True
            with pytest.raises(DOMException, match="Cannot allocate memory") as caught:
                await program()
        assert caught.value.name in ("EncodingError", "NotSupportedError")
        assert (resources.idle.state, resources.errors) == ("configured", [])
        resources.idle.close()

    asyncio.run(main())


def test_an_encoder_that_opens_anew_after_a_flush(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        resources = Resources(errno.ENOMEM, monkeypatch)
        await settle(resources.idle)
        monkeypatch.setattr(reclamation, "ACTIVE_SECONDS", -1.0)
        outputs: list[object] = []
        with use_reclamation(ReclamationPolicy()):
            encoder = AudioEncoder({"output": lambda chunk, metadata: outputs.append(chunk), "error": raise_error})
        encoder.configure({"codec": "pcm-s16", "sampleRate": 8000, "numberOfChannels": 1})
        encoder.encode(samples())
        await encoder.flush()
        resources.is_lacking = True
        encoder.encode(samples())
        await encoder.flush()
        encoder.close()
        assert (len(outputs), resources.attempts, resources.idle.state) == (2, 2, "closed")

    asyncio.run(main())


@pytest.mark.parametrize("call", ["reset", "close"])
def test_a_codec_that_waits_for_room_can_be_reset_and_closed(call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        resources = Resources(errno.ENOMEM, monkeypatch)
        await settle(resources.idle)
        monkeypatch.setattr(reclamation, "ACTIVE_SECONDS", -1.0)
        outputs: list[object] = []
        with use_reclamation(ReclamationPolicy()):
            encoder = VideoEncoder({"output": lambda chunk, metadata: outputs.append(chunk), "error": raise_error})
        encoder.configure({"codec": "vp8", "width": 16, "height": 16})
        resources.is_lacking = True
        encoder.encode(picture())
        # Room is made in several tasks, so the call comes before that.
        while not resources.attempts:
            await asyncio.sleep(0)
        getattr(encoder, call)()
        if call == "reset":
            encoder.configure({"codec": "vp8", "width": 16, "height": 16})
            encoder.encode(picture())
            await encoder.flush()
            encoder.close()
        assert len(outputs) == (call == "reset")

    asyncio.run(main())


async def settle(codec: AudioDecoder) -> None:
    """Wait until the codec is configured and idle."""
    await codec.flush()

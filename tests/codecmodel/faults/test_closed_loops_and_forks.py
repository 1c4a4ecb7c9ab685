"""Codecs whose event loop is closed, and codecs of a process that has forked, accept no work that can never be done."""

import asyncio
import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator
from threading import Event

import pytest

from codecmodel import (
    AudioData,
    AudioDecoder,
    AudioEncoder,
    DOMException,
    EncodedAudioChunk,
    ImageDecoder,
    VideoFrame,
)
from codecmodel.hosting import FFmpegPlatform, use_platform
from codecmodel.platform.codec_implementation import DecodedOutput
from codecmodel.platform.ffmpeg.decoding.audio_decoder import FFmpegAudioDecoder
from codecmodel.raw_media.resource_protocols import AudioResource
from codecmodel.web.event_loop import mark_as_handled
from conformance.media.images import gif
from tests.codecmodel.faults.program import CONFIG, wait_for_releases
from tests.codecmodel.web.scripts import run_program

CHUNK = EncodedAudioChunk({"type": "key", "timestamp": 0, "data": bytes(16)})


def samples() -> AudioData:
    return AudioData(
        {
            "format": "s16",
            "sampleRate": 48000,
            "numberOfFrames": 8,
            "numberOfChannels": 1,
            "timestamp": 0,
            "data": bytes(16),
        }
    )


def unexpected(error: DOMException) -> None:
    pytest.fail(f"unexpected: {error}")


def made_on_a_loop_that_is_closed() -> tuple[AudioDecoder, AudioEncoder, ImageDecoder]:
    """Codecs with requests in all of their queues, whose event loop is closed before it has processed them."""

    async def endless() -> AsyncIterator[bytes]:
        yield gif().file[:-1]
        await asyncio.Event().wait()

    async def make() -> tuple[AudioDecoder, AudioEncoder, ImageDecoder]:
        decoder = AudioDecoder({"output": lambda data: data.close(), "error": unexpected})
        decoder.configure(CONFIG)
        decoder.decode(CHUNK)
        mark_as_handled(decoder.flush())
        encoder = AudioEncoder({"output": lambda chunk, metadata: None, "error": unexpected})
        encoder.configure({"codec": "opus", "sampleRate": 48000, "numberOfChannels": 1})
        encoder.encode(samples())
        promise = encoder.flush()
        # A reaction to the promise can't be run any more.
        promise.add_done_callback(lambda _: pytest.fail("a reaction on a closed loop"))
        mark_as_handled(promise)
        images = ImageDecoder({"type": "image/gif", "data": endless()})
        mark_as_handled(images.decode())
        return decoder, encoder, images

    loop = asyncio.SelectorEventLoop()
    # asyncio complains of the task that reads the stream.
    loop.set_exception_handler(lambda loop, context: None)
    codecs = loop.run_until_complete(make())
    loop.close()
    return codecs


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    gc.collect()
    wait_for_releases()


@pytest.mark.filterwarnings("ignore:outputs are lost:RuntimeWarning")
def test_codecs_are_reset_and_closed_on_a_closed_loop() -> None:
    decoder, encoder, images = made_on_a_loop_that_is_closed()
    decoder.reset()
    encoder.reset()
    images.reset()
    assert [decoder.state, encoder.state] == ["unconfigured"] * 2
    decoder.close()
    encoder.close()
    images.close()
    images.close()
    assert [decoder.state, encoder.state] == ["closed"] * 2


@pytest.mark.filterwarnings("ignore:outputs are lost:RuntimeWarning")
def test_codecs_are_closed_on_a_closed_loop_without_a_reset() -> None:
    decoder, encoder, images = made_on_a_loop_that_is_closed()
    decoder.close()
    encoder.close()
    images.close()
    assert [decoder.state, encoder.state] == ["closed"] * 2


@pytest.mark.filterwarnings("ignore:outputs are lost:RuntimeWarning")
def test_no_work_is_accepted_on_a_closed_loop() -> None:
    decoder, encoder, images = made_on_a_loop_that_is_closed()
    refused: list[Callable[[], object]] = [
        lambda: decoder.configure(CONFIG),
        lambda: decoder.decode(CHUNK),
        lambda: decoder.flush(),
        lambda: encoder.configure({"codec": "opus", "sampleRate": 48000, "numberOfChannels": 1}),
        lambda: encoder.encode(samples()),
        lambda: encoder.flush(),
        lambda: images.decode(),
    ]
    for call in refused:
        with pytest.raises(RuntimeError, match=r"^the event loop is closed$"):
            call()
    decoder.close()
    encoder.close()
    images.close()


class SlowPlatform(FFmpegPlatform):
    """Its audio decoders decode a chunk when the event loop is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.is_decoding, self.loop_is_closed = Event(), Event()

    def new_audio_decoder(self) -> FFmpegAudioDecoder:
        decoder = super().new_audio_decoder()
        decode = decoder.decode

        def slow_decode(data: bytes, timestamp: int, duration: int | None) -> list[DecodedOutput[AudioResource]]:
            self.is_decoding.set()
            self.loop_is_closed.wait()
            return list(decode(data, timestamp, duration))

        decoder.decode = slow_decode  # type: ignore[method-assign]
        return decoder


def test_a_codec_is_released_although_its_loop_is_closed_while_it_works() -> None:
    platform = SlowPlatform()

    async def close_it_while_it_decodes() -> AudioDecoder:
        decoder = AudioDecoder({"output": lambda data: data.close(), "error": unexpected})
        decoder.configure(CONFIG)
        decoder.decode(CHUNK)
        while not platform.is_decoding.is_set():
            await asyncio.sleep(0)
        decoder.close()
        return decoder

    loop = asyncio.SelectorEventLoop()
    with use_platform(platform):
        decoder = loop.run_until_complete(close_it_while_it_decodes())
    loop.close()
    platform.loop_is_closed.set()
    wait_for_releases()
    assert decoder.state == "closed"


FORK = """
import asyncio, os, sys
import numpy as np
from codecmodel import *

GIF, OPUS = {"type": "image/gif", "data": FILE}, {"codec": "opus", "sampleRate": 48000, "numberOfChannels": 1}
PCM = {"codec": "pcm-s16", "sampleRate": 8000, "numberOfChannels": 1}
CHUNK = EncodedAudioChunk({"type": "key", "timestamp": 0, "data": bytes(16)})

def own_frame():
    init = {"format": "RGBA", "codedWidth": 1, "codedHeight": 1, "timestamp": 0}
    return VideoFrame(bytes([1, 2, 3, 4]), init)

def own_samples():
    init = {"format": "s16", "sampleRate": 48000, "numberOfFrames": 8, "numberOfChannels": 1, "timestamp": 0}
    return AudioData({**init, "data": bytes(16)})

async def use_codecs():
    decoded = []
    decoder = AudioDecoder({"output": decoded.append, "error": print})
    decoder.configure(PCM)
    decoder.decode(CHUNK)
    await decoder.flush()
    encoder = AudioEncoder({"output": lambda chunk, metadata: None, "error": print})
    encoder.configure(OPUS)
    encoder.encode(own_samples())
    await encoder.flush()
    images = ImageDecoder(GIF)
    image = (await images.decode())["image"]
    return decoder, decoded[0], encoder, images, image

async def main():
    decoder, data, encoder, images, image = await use_codecs()
    frame, samples = own_frame(), own_samples()
    child = os.fork()
    if child:
        assert os.waitpid(child, 0)[1] == 0
        await use_codecs()
        return
    refused = [
        lambda: decoder.configure(PCM), lambda: decoder.decode(CHUNK), lambda: decoder.flush(),
        lambda: encoder.configure(OPUS), lambda: encoder.encode(samples), lambda: encoder.flush(),
        lambda: decoder.reset(), lambda: decoder.close(), lambda: encoder.reset(), lambda: encoder.close(),
        lambda: images.decode(), lambda: images.reset(), lambda: images.close(),
        lambda: data.clone(), lambda: data.planes(),
    ]
    for number, call in enumerate(refused):
        try:
            call()
        except Exception as error:
            assert "was made before the process forked" in str(error), error
        else:
            raise AssertionError(number)
    # The fork copies Python's memory.
    assert frame.clone().planes()[0].data.tobytes() == bytes([1, 2, 3, 4])
    assert samples.clone().planes()[0].tobytes() == bytes(16)
    for closed in (data, image, frame, samples):
        closed.close()
    os.write(1, b"child\\n")
    os._exit(0)

asyncio.run(main())
print("parent")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_refuses_what_can_never_be_done() -> None:
    # From Python 3.12 on, a fork with threads causes a warning.
    output = run_program(f"FILE = {gif().file!r}\n{FORK}", "-W", "ignore::DeprecationWarning")
    assert output == "child\nparent\n"


NEW_CODECS_IN_THE_CHILD = """
import asyncio, os
from codecmodel import *
from codecmodel.rgb import approximate_rgb, exact_rgb

PCM = {"codec": "pcm-s16", "sampleRate": 8000, "numberOfChannels": 1}

async def main():
    timestamps = []
    decoder = AudioDecoder({"output": lambda data: timestamps.append(data.timestamp), "error": print})
    decoder.configure(PCM)
    for timestamp in range(3):
        decoder.decode(EncodedAudioChunk({"type": "key", "timestamp": timestamp, "data": bytes(16)}))
    await decoder.flush()
    assert timestamps == [0, 1, 2]
    init = {"format": "I420", "codedWidth": 2, "codedHeight": 2, "timestamp": 0}
    with VideoFrame(bytes([235] * 4 + [128] * 2), init) as frame:
        for convert in (exact_rgb, approximate_rgb):
            assert (convert(frame) == 255).all()

asyncio.run(main())
child = os.fork()
asyncio.run(main())
if child:
    assert os.waitpid(child, 0)[1] == 0
    print("parent")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_uses_codecs_of_its_own() -> None:
    assert run_program(NEW_CODECS_IN_THE_CHILD, "-W", "ignore::DeprecationWarning") == "parent\n"


def test_a_copy_of_a_frame_needs_an_open_loop() -> None:
    frame = VideoFrame(bytes(4), {"format": "RGBA", "codedWidth": 1, "codedHeight": 1, "timestamp": 0})
    with pytest.raises(RuntimeError, match="belong to an event loop"):
        frame.copyTo(bytearray(4))

"""A codec is used on the thread of its event loop, and in the process in which it was made; elsewhere it is refused."""

import asyncio
import os
import threading
from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import pytest

from codecmodel import AudioDecoder, AudioEncoder, ImageDecoder, VideoDecoder, VideoEncoder
from conformance.media.images import gif

Codec: TypeAlias = AudioDecoder | VideoDecoder | AudioEncoder | VideoEncoder


def ignore(*arguments: object) -> None:
    pass


CODECS: list[Callable[[], Codec]] = [
    lambda: AudioDecoder({"output": ignore, "error": ignore}),
    lambda: VideoDecoder({"output": ignore, "error": ignore}),
    lambda: AudioEncoder({"output": ignore, "error": ignore}),
    lambda: VideoEncoder({"output": ignore, "error": ignore}),
]


def calls_of(codec: Codec) -> list[Callable[[], object]]:
    """Every method, with arguments that a later check would refuse for other reasons."""
    process = getattr(codec, "decode" if hasattr(codec, "decode") else "encode")
    return [partial(codec.configure, None), partial(process, None), codec.flush, codec.reset, codec.close]  # type: ignore[arg-type]


def messages_of(calls: list[Callable[[], object]]) -> list[str]:
    messages = []
    for call in calls:
        try:
            call()
        except RuntimeError as error:
            messages.append(str(error))
        else:
            messages.append("accepted")
    return messages


def on_another_thread(function: Callable[[], list[str]]) -> list[str]:
    results: list[list[str]] = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    [result] = results
    return result


@pytest.mark.parametrize("new_codec", CODECS)
def test_methods_on_another_thread_are_refused(new_codec: Callable[[], Codec]) -> None:
    async def main() -> None:
        codec = new_codec()
        messages = on_another_thread(lambda: messages_of(calls_of(codec)))
        expected = f"this {type(codec).__name__} belongs to the event loop of another thread: call it there"
        assert [message.startswith(expected) for message in messages] == [True] * 5
        # Nothing has happened to the codec.
        assert codec.state == "unconfigured"
        codec.close()

    asyncio.run(main())


def test_methods_of_image_decoders_on_another_thread_are_refused() -> None:
    async def main() -> None:
        decoder = ImageDecoder({"type": "image/gif", "data": gif().file})
        await decoder.tracks.ready
        track = decoder.tracks[0]
        calls: list[Callable[[], object]] = [
            decoder.decode,
            decoder.reset,
            decoder.close,
            lambda: setattr(track, "selected", False),
        ]
        messages = on_another_thread(lambda: messages_of(calls))
        expected = "this ImageDecoder belongs to the event loop of another thread: call it there"
        assert [message.startswith(expected) for message in messages] == [True] * 4
        assert track.selected
        (await decoder.decode())["image"].close()
        decoder.close()

    asyncio.run(main())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
@pytest.mark.parametrize("new_codec", CODECS)
def test_methods_in_a_forked_child_are_refused(new_codec: Callable[[], Codec]) -> None:
    async def main() -> None:
        codec = new_codec()
        child = os.fork()
        if not child:
            messages = messages_of(calls_of(codec))
            expected = f"this {type(codec).__name__} was made before the process forked: make one in the child"
            os._exit(0 if messages == [expected] * 5 else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        codec.close()

    asyncio.run(main())

"""Chapter 10: image files that arrive in a stream, on a scripted codec and on asyncio."""

import asyncio
from collections.abc import AsyncIterator
from typing import cast

from codecmodel.platform.current import use_platform
from codecmodel.web.buffers import BufferSource
from conformance.interfaces import DOMException, ImageDecoder
from conformance.scripted.image_stage import STAGES, ImageStage
from conformance.scripted.scripted_codec import ScriptedPlatform
from conformance.scripted.scripted_image import IMAGE_TYPE
from conformance.suite.harness import (
    Test,
    assert_array_equals,
    assert_equals,
    assert_false,
    assert_true,
    promise_rejects_dom,
    promise_test,
)


@promise_test(
    "a stream is read to its end, chunk by chunk",
    shows=[
        "dom-imagedecoder-imagedecoder#17.1",
        "dom-imagedecoder-imagedecoder#17.2",
        "dom-imagedecoder-imagedecoder#17.5",
        "dom-imagedecoder-imagedecoder#17.6",
        "imagedecoder-fetch-stream-data-loop#1",
        "imagedecoder-fetch-stream-data-loop#2",
        "imagedecoder-fetch-stream-data-loop:chunk-steps#3",
        "imagedecoder-fetch-stream-data-loop:chunk-steps#4",
        "imagedecoder-fetch-stream-data-loop:chunk-steps#5",
        "imagedecoder-fetch-stream-data-loop:chunk-steps#6",
        "imagedecoder-fetch-stream-data-loop:chunk-steps#7",
        "imagedecoder-fetch-stream-data-loop:close-steps#1",
        "imagedecoder-fetch-stream-data-loop:close-steps#2",
        "imagedecoder-establish-tracks#2.2",
        "dom-imagedecoder-completed",
    ],
    variants=STAGES,
)
async def stream(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder(stage.stream)
        assert_true(stage.stream.locked)
        stage.run(lambda: stage.stream.enqueue("a", "s"))
        stage.take_log()
        stage.run(lambda: stage.stream.enqueue(";", "0."))
        stage.take_log("ready resolved")
        assert_false(decoder.complete)
        stage.run(stage.stream.close)
        stage.take_log("completed resolved")
        assert_true(decoder.complete)
        calls = ["configure", "append a", "append s", "append ;", "append 0.", "finish"]
        assert_array_equals(stage.calls(), calls)
        assert_false(stage.stream.is_canceled)


@promise_test(
    "a stream that ends before there are tracks",
    shows=["imagedecoder-establish-tracks#2.1", "imagedecoder-fetch-stream-data-loop:close-steps#1"],
    variants=STAGES,
)
async def early_end(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder(stage.stream)
        stage.run(lambda: stage.decode(decoder), lambda: stage.stream.enqueue("a"), lambda: stage.stream.close())
        stage.take_log("completed resolved", "decode 1 rejected InvalidStateError", "ready rejected InvalidStateError")


@promise_test(
    "a chunk that is not bytes",
    shows=["imagedecoder-fetch-stream-data-loop:chunk-steps#2"],
    variants=STAGES,
)
async def bad_chunk(t: Test, stage: ImageStage) -> None:
    with stage:
        stage.new_decoder(stage.stream)
        stage.run(lambda: stage.stream.enqueue("a", 7, ";"))
        stage.take_log("ready rejected DataError", "completed rejected DataError")
        assert_true(stage.stream.is_canceled)


@promise_test(
    "a stream that fails",
    shows=["imagedecoder-fetch-stream-data-loop:error-steps#1"],
    variants=STAGES,
)
async def failing_stream(t: Test, stage: ImageStage) -> None:
    with stage:
        decoder = stage.new_decoder(stage.stream)
        stage.run(lambda: stage.stream.enqueue("a;0."), lambda: stage.decode(decoder, {"frameIndex": 1}))
        stage.take_log("ready resolved")
        reason = ValueError("as scripted")
        stage.run(lambda: stage.stream.error(reason))
        stage.take_log("decode 1 rejected NotReadableError", "completed rejected NotReadableError")
        assert_equals(getattr(decoder.completed.exception(), "__cause__", None), reason)


def _scripted() -> ScriptedPlatform:
    return ScriptedPlatform(lambda: True)


@promise_test(
    "any asynchronous iterable of bytes is a stream",
    shows=["dom-imagedecoderinit-data", "imagedecoder-fetch-stream-data-loop#2"],
)
async def asynchronous_iterable(t: Test) -> None:
    async def chunks() -> AsyncIterator[BufferSource]:
        yield b"a;"
        yield bytearray(b"0.")
        yield memoryview(b"0.")

    with use_platform(_scripted()):
        decoder = ImageDecoder({"type": IMAGE_TYPE, "data": chunks()})
    (await decoder.decode({"frameIndex": 1}))["image"].close()
    await decoder.completed
    assert_equals(decoder.tracks[0].frameCount, 2)
    decoder.close()


@promise_test(
    "close() ends an asynchronous generator, which may clean up; any other exception of it closes the decoder",
    shows=["imagedecoder-close-imagedecoder#3", "imagedecoder-fetch-stream-data-loop:error-steps#1"],
)
async def generator_is_closed(t: Test) -> None:
    ended = asyncio.Event()
    never = asyncio.Event()

    async def endless() -> AsyncIterator[BufferSource]:
        try:
            yield b"a;0."
            await never.wait()
        finally:
            ended.set()

    async def failing() -> AsyncIterator[BufferSource]:
        yield b"a;0."
        raise OSError("gone")

    with use_platform(_scripted()):
        decoder = ImageDecoder({"type": IMAGE_TYPE, "data": endless()})
        await decoder.tracks.ready
        decoder.close()
        await ended.wait()
        other = ImageDecoder({"type": IMAGE_TYPE, "data": failing()})
    await promise_rejects_dom(t, "NotReadableError", other.completed)
    cause = cast("DOMException", other.completed.exception()).__cause__
    assert_true(isinstance(cause, OSError))

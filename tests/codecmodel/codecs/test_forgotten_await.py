"""A flush that nothing awaits at the end of the event loop loses outputs. A warning says so."""

import asyncio
import gc
import warnings
from collections.abc import Awaitable, Callable

import pytest

from codecmodel import VideoEncoder, VideoFrame
from codecmodel.types import VideoEncoderConfig

_CONFIG: VideoEncoderConfig = {"codec": "vp8", "width": 64, "height": 64}


async def _cancelled(encoder: VideoEncoder) -> None:
    waiting = asyncio.ensure_future(encoder.flush())
    await asyncio.sleep(0)
    waiting.cancel()


async def _closed(encoder: VideoEncoder) -> None:
    encoder.flush().add_done_callback(lambda promise: promise.exception())
    encoder.close()


async def _awaited(encoder: VideoEncoder) -> None:
    await encoder.flush()


async def _never_flushed(encoder: VideoEncoder) -> None:
    pass


async def _forgotten(encoder: VideoEncoder) -> None:
    encoder.flush()


def _warnings_of(end: Callable[[VideoEncoder], Awaitable[None]]) -> list[str]:
    async def main() -> None:
        encoder = VideoEncoder({"output": lambda chunk, metadata: None, "error": print})
        encoder.configure(_CONFIG)
        for number in range(10):
            with VideoFrame(
                bytes(64 * 64 * 4),
                {"format": "RGBX", "codedWidth": 64, "codedHeight": 64, "timestamp": number * 40_000},
            ) as frame:
                encoder.encode(frame)
        await end(encoder)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        asyncio.run(main())
        gc.collect()
    return [str(warning.message) for warning in caught]


def test_a_forgotten_await_is_named() -> None:
    assert _warnings_of(_forgotten) == [
        "outputs are lost: the event loop was closed before VideoEncoder.flush() was done. Await it."
    ]


@pytest.mark.parametrize("end", [_cancelled, _closed, _awaited, _never_flushed])
def test_other_ends_cause_no_warning(end: Callable[[VideoEncoder], Awaitable[None]]) -> None:
    assert _warnings_of(end) == []

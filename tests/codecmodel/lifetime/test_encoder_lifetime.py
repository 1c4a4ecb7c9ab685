"""Encoders that are dropped leave nothing behind, nor do the requests that wait in them."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from codecmodel import AudioData, AudioEncoder, VideoEncoder, VideoFrame
from conformance.media.encoding import first_encoder
from conformance.suite.assertions import OptionalFeatureUnsupportedError
from tests.codecmodel.lifetime.leftovers import assert_nothing_is_left, fail

PROGRAM = Path(__file__).parent / "programs" / "exit_with_busy_encoders.py"

Encoder: TypeAlias = AudioEncoder | VideoEncoder


def frame(number: int) -> VideoFrame:
    return VideoFrame(
        bytes(64 * 48 * 3 // 2), {"format": "I420", "codedWidth": 64, "codedHeight": 48, "timestamp": number * 40_000}
    )


def data(number: int) -> AudioData:
    return AudioData(
        {
            "format": "s16",
            "sampleRate": 48_000,
            "numberOfFrames": 960,
            "numberOfChannels": 2,
            "timestamp": number * 20_000,
            "data": bytes(960 * 4),
        }
    )


def new_video_encoder() -> VideoEncoder:
    encoder = VideoEncoder({"output": lambda chunk, metadata: None, "error": fail})
    encoder.configure({"codec": "vp8", "width": 64, "height": 48, "latencyMode": "realtime"})
    return encoder


def new_audio_encoder() -> AudioEncoder:
    encoder = AudioEncoder({"output": lambda chunk, metadata: None, "error": fail})
    encoder.configure({"codec": "flac", "sampleRate": 48_000, "numberOfChannels": 2})
    return encoder


def busy_encoder(kind: str, requests: int) -> Encoder:
    """An encoder with so many requests. It has the only references to the frames or samples that it encodes."""
    if kind == "video":
        video = new_video_encoder()
        for number in range(requests):
            # Dropped without close().
            video.encode(frame(number))
        return video
    audio = new_audio_encoder()
    for number in range(requests):
        audio.encode(data(number))
    return audio


@pytest.fixture(params=["audio", "video"])
def kind(request: pytest.FixtureRequest) -> str:
    if request.param == "video":
        try:
            first_encoder("libvpx")
        except OptionalFeatureUnsupportedError as error:
            pytest.skip(str(error))
    return str(request.param)


def in_a_loop(run: Callable[[], object]) -> None:
    async def main() -> None:
        run()
        await asyncio.sleep(0)

    asyncio.run(main())


def test_encoders_dropped_after_use_leave_nothing(kind: str) -> None:
    async def use() -> None:
        for _ in range(40):
            encoder = busy_encoder(kind, 5)
            await encoder.flush()
            if kind == "audio":
                encoder.close()

    asyncio.run(use())
    assert_nothing_is_left()


def test_encoders_dropped_at_work_leave_nothing(kind: str) -> None:
    for _ in range(20):
        in_a_loop(lambda: busy_encoder(kind, 20))
    assert_nothing_is_left()


def test_a_loop_closed_at_work_leaves_nothing(kind: str) -> None:
    for _ in range(10):
        loop = asyncio.new_event_loop()

        async def begin() -> Encoder:
            return busy_encoder(kind, 40)

        encoder = loop.run_until_complete(begin())
        loop.close()
        del encoder
    assert_nothing_is_left()


@pytest.mark.parametrize("end", ["reset", "close"])
def test_what_waits_to_be_encoded_is_released_by_reset_and_close(kind: str, end: str) -> None:
    async def run() -> None:
        encoder = new_video_encoder() if kind == "video" else new_audio_encoder()
        media = [frame(number) if kind == "video" else data(number) for number in range(8)]
        references = []
        for each in media:
            encoder.encode(each)  # type: ignore[arg-type]  # each encoder has its own
            # The list that all references to one resource share; a reference that is released leaves it.
            references.append(each._require_open()._references)
            each.close()
        assert [len(shared) for shared in references] == [1] * 8
        # No request has begun: the encoder is being configured.
        assert encoder.encodeQueueSize == 8
        getattr(encoder, end)()
        assert [len(shared) for shared in references] == [0] * 8
        assert encoder.encodeQueueSize == 0
        if end == "reset":
            encoder.close()

    asyncio.run(run())
    assert_nothing_is_left()


def test_interpreter_exit_is_clean() -> None:
    process = subprocess.run(
        [sys.executable, "-X", "faulthandler", str(PROGRAM)], capture_output=True, text=True, timeout=120, check=False
    )
    assert (process.returncode, process.stdout, process.stderr) == (0, "busy\n", "")

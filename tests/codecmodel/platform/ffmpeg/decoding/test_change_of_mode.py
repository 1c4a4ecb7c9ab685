"""A decoder that changes its mode soon after a key chunk loses no frame of the chunks before it."""

import asyncio
import threading
from collections.abc import Sequence

import pytest

from codecmodel import EncodedVideoChunk, VideoDecoder
from codecmodel.platform.codec_implementation import DecodedOutput
from codecmodel.platform.ffmpeg.decoding.video_decoder import FFmpegVideoDecoder
from codecmodel.platform.ffmpeg.decoding.video_stream import Mode, VideoStream
from codecmodel.raw_media.resource_protocols import VideoResource
from ffbind import Decoder
from tests.codecmodel.platform.ffmpeg.decoding.streams import CODECS, HEIGHT, WIDTH, require, stream, use_processors


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("change", range(8, 16))
@pytest.mark.parametrize("processors", [2, 3, 4])
@pytest.mark.parametrize("is_busy_first", [False, True])
def test_no_frame_is_lost(
    name: str, change: int, is_busy_first: bool, processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_processors(monkeypatch, processors)
    codec = require(name)
    chunks = stream(name, 20, (0, 10))
    decoder = FFmpegVideoDecoder()
    decoder.configure({"codec": codec.string, "codedWidth": WIDTH, "codedHeight": HEIGHT})
    timestamps: list[int] = []
    for number, chunk in enumerate(chunks):
        is_busy = is_busy_first == (number < change)
        # The decoder is in the "parallel" mode while chunks wait, and in the "prompt" one when none does.
        decoder.requests.finished = 0
        decoder.requests.accepted = decoder.requests.capacity if is_busy else 1
        for output in decoder.decode(chunk, number, None):
            timestamps.append(output.timestamp)
            output.resource.release()
    for output in decoder.flush():
        timestamps.append(output.timestamp)
        output.resource.release()
    decoder.release()
    assert sorted(timestamps) == list(range(len(chunks)))


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("is_followed", [False, True])
def test_a_decoder_that_is_about_to_be_flushed_keeps_its_mode(
    name: str, is_followed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would decode all chunks since the last key chunk again, for frames that the flush outputs anyway."""
    use_processors(monkeypatch, 3)
    codec = require(name)
    chunks = stream(name, 8, (0,))
    decoder = FFmpegVideoDecoder()
    decoder.configure({"codec": codec.string, "codedWidth": WIDTH, "codedHeight": HEIGHT})
    decoder.requests.is_followed = lambda: is_followed
    decoder.requests.accepted = decoder.requests.capacity
    outputs: list[DecodedOutput[VideoResource]] = []
    for number, chunk in enumerate(chunks):
        if number == 7:
            decoder.requests.accepted = 1
        outputs += decoder.decode(chunk, number, None)
    if decoder._stream is not None and decoder._stream.may_be_parallel:
        assert decoder._mode == ("parallel" if is_followed else "prompt")
    outputs += decoder.flush()
    for output in outputs:
        output.resource.release()
    decoder.release()
    assert sorted(output.timestamp for output in outputs) == list(range(8))


def test_a_decoder_sees_that_it_is_about_to_be_flushed(monkeypatch: pytest.MonkeyPatch) -> None:
    codec = require("vp8")
    chunks = stream("vp8", 3, (0,))
    is_flushed = threading.Event()
    followed: list[bool] = []
    decode = FFmpegVideoDecoder.decode

    def decode_later(
        self: FFmpegVideoDecoder, data: bytes, timestamp: int, duration: int | None
    ) -> Sequence[DecodedOutput[VideoResource]]:
        assert is_flushed.wait(60)
        followed.append(self.requests.is_followed())
        return decode(self, data, timestamp, duration)

    monkeypatch.setattr(FFmpegVideoDecoder, "decode", decode_later)

    async def run() -> None:
        decoder = VideoDecoder({"output": lambda frame: frame.close(), "error": lambda error: pytest.fail(str(error))})
        decoder.configure({"codec": codec.string})
        for number, chunk in enumerate(chunks):
            decoder.decode(
                EncodedVideoChunk({"type": "delta" if number else "key", "timestamp": number, "data": chunk})
            )
        while decoder.decodeQueueSize:
            await asyncio.sleep(0.001)
        flushed = decoder.flush()
        is_flushed.set()
        await flushed
        is_flushed.clear()
        decoder.decode(EncodedVideoChunk({"type": "key", "timestamp": 9, "data": chunks[0]}))
        is_flushed.set()
        while len(followed) < 4:
            await asyncio.sleep(0.001)
        decoder.close()

    asyncio.run(run())
    assert followed == [True, True, True, False]


@pytest.mark.parametrize("are_at_hand", [False, True])
@pytest.mark.parametrize("name", CODECS)
def test_a_decoder_of_chunks_at_hand_is_parallel_from_first_to_last(
    name: str, are_at_hand: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It opens one FFmpeg decoder for each stretch up to a flush."""
    codec = require(name)
    use_processors(monkeypatch, 3)
    opened: list[str] = []
    open_decoder = VideoStream.open

    def recorded(self: VideoStream, chunk: bytes, mode: Mode, count: int, *, error_detection: bool) -> Decoder:
        opened.append(mode)
        return open_decoder(self, chunk, mode, count, error_detection=error_detection)

    monkeypatch.setattr(VideoStream, "open", recorded)
    decoder = FFmpegVideoDecoder()
    decoder.requests.are_at_hand = are_at_hand
    decoder.configure({"codec": codec.string})
    timestamps: list[int] = []
    for stretch in range(2):
        for number, chunk in enumerate(stream(name, 8, (0, 4))):
            # No chunk waits.
            decoder.requests.accepted = decoder.requests.finished + 1
            decoder.prepare(chunk)
            outputs = [*decoder.decode(chunk, 8 * stretch + number, None)]
            timestamps += [output.timestamp for output in outputs]
            for output in outputs:
                output.resource.release()
        for output in decoder.flush():
            timestamps.append(output.timestamp)
            output.resource.release()
    decoder.release()
    assert sorted(timestamps) == list(range(16))
    assert opened == (["parallel"] * 2 if are_at_hand else ["prompt"])

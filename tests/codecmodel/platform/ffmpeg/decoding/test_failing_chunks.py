"""All frames of the chunks before a damaged one come out, with any number of processors and any backlog."""

import numpy as np
import pytest

import ffbind
from codecmodel.platform.codec_implementation import CodecError
from codecmodel.platform.ffmpeg.decoding import chunk_history
from codecmodel.platform.ffmpeg.decoding.video_decoder import FFmpegVideoDecoder
from tests.codecmodel.platform.ffmpeg.decoding.streams import CODECS, require, run, stream, use_processors

BAD = 10


def damaged(kind: str, chunk: bytes) -> bytes:
    match kind:
        case "truncated":
            return chunk[: max(len(chunk) // 2, 6)]
        case "garbage":
            noise = np.random.default_rng(3).integers(1, 255, len(chunk), np.uint8).tobytes()
            return chunk[: len(chunk) // 3] + noise[len(chunk) // 3 :]
        case "zeros":
            return bytes(len(chunk))
        case "ones":
            return chunk[:5] + b"\xff" * (len(chunk) - 5)
        case _:
            return b""


@pytest.mark.parametrize("keys", [(0,), (0, BAD)], ids=["a chunk", "a key chunk"])
@pytest.mark.parametrize("kind", ["truncated", "garbage", "zeros", "ones", "empty"])
@pytest.mark.parametrize("name", CODECS)
def test_good_frames_come_before_the_error(
    name: str, kind: str, keys: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    require(name)
    chunks = list(stream(name, 16, keys))
    good = run(name, chunks[:BAD], flush=True)
    assert sorted(good.timestamps) == list(range(BAD))
    chunks[BAD] = damaged(kind, chunks[BAD])
    results = []
    for processors in (1, 2, 4, 16):
        use_processors(monkeypatch, processors)
        for behind in (0, 1000):
            for count in (BAD + 1, 16):
                result = run(name, chunks[:count], waiting=[behind] * count, flush=True)
                if result.error is None:
                    # Not every decoder notices every damage.
                    assert len(result.timestamps) >= count - 1
                else:
                    results.append(result)
    for result in results:
        assert (result.timestamps, result.pixels) == (good.timestamps, good.pixels)
    assert len(results) in (0, 8, 16)
    if kind == "empty":
        assert len(results) == 16
    assert "Frame" not in ffbind.live_objects()


@pytest.mark.parametrize("limit", ["_MOST_BYTES", "_MOST_CHUNKS"])
@pytest.mark.parametrize("name", ["avc", "hevc", "vp8", "vp9"])
def test_a_history_that_is_too_long(name: str, limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the decoder is drained, and the frames that it still holds come out."""
    require(name)
    monkeypatch.setattr(chunk_history, limit, 0)
    chunks = [*stream(name, 16)[:BAD], b"\xff" * 100]
    for processors in (1, 2, 4):
        use_processors(monkeypatch, processors)
        result = run(name, chunks, waiting=[1000] * len(chunks), flush=True)
        assert result.error is not None
        assert result.timestamps == list(range(len(result.timestamps)))
        assert len(result.timestamps) >= BAD - processors


def test_a_good_stream_after_a_failure() -> None:
    require("vp8")
    decoder = FFmpegVideoDecoder()
    decoder.configure({"codec": "vp8"})
    chunks = stream("vp8", 16)
    for number in range(4):
        for output in decoder.decode(chunks[number], number, None):
            output.resource.release()
    with pytest.raises(CodecError, match="the chunk is empty"):
        decoder.decode(b"", 4, None)
    assert decoder.outputs_before_failure() == ()
    decoder.configure({"codec": "vp8"})
    assert [output.timestamp for output in decoder.decode(chunks[0], 7, None)] == [7]
    decoder.release()

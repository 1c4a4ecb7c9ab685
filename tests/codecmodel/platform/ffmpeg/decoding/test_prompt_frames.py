"""Frames come out at once if chunks come one by one, and fast if many chunks wait."""

import os
from collections.abc import Sequence

import pytest

import ffbind
from codecmodel.hosting import set_thread_limit
from codecmodel.platform import threads
from codecmodel.platform.ffmpeg.decoding.video_decoder import FFmpegVideoDecoder
from codecmodel.platform.ffmpeg.decoding.video_stream import Mode, VideoStream
from codecmodel.web.threads import usable_processors
from tests.codecmodel.platform.ffmpeg.decoding.streams import CODECS, IN_ORDER, require, run, stream, use_processors

FRAMES = 60


def falling(count: int) -> list[int]:
    """The number of requests behind each of this number of chunks, if all were sent at once."""
    return [count - 1 - number for number in range(count)]


@pytest.mark.parametrize("processors", [1, 2, 4, 16])
@pytest.mark.parametrize("name", IN_ORDER)
def test_each_chunk_gives_its_frame(name: str, processors: int, monkeypatch: pytest.MonkeyPatch) -> None:
    require(name)
    use_processors(monkeypatch, processors)
    chunks = stream(name, 16)
    assert run(name, chunks).counts == list(range(1, 17))
    assert run(name, chunks, optimizeForLatency=True).counts == list(range(1, 17))


@pytest.mark.parametrize("processors", [1, 2, 4, 16])
@pytest.mark.parametrize("count", [1, 4, 8, 16, 30])
@pytest.mark.parametrize("name", IN_ORDER)
def test_so_many_chunks_at_once_give_so_many_frames(
    name: str, count: int, processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    require(name)
    use_processors(monkeypatch, processors)
    result = run(name, stream(name, FRAMES)[:count], waiting=falling(count))
    assert result.timestamps == list(range(count))


@pytest.mark.parametrize("name", ["avc with B-frames", "hevc with B-frames"])
@pytest.mark.parametrize("processors", [1, 4])
def test_reordering_holds_back_no_more_than_the_codec_needs(
    name: str, processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    require(name)
    use_processors(monkeypatch, processors)
    chunks = stream(name, 24)
    one_by_one = run(name, chunks)
    assert max(sent + 1 - count for sent, count in enumerate(one_by_one.counts)) <= 4
    at_once = run(name, chunks, waiting=falling(24))
    assert at_once.timestamps == one_by_one.timestamps
    assert at_once.pixels == one_by_one.pixels


BACKLOGS = {
    "none": [0] * FRAMES,
    "all": falling(FRAMES),
    "always": [1000] * FRAMES,
    "builds up": [0, 0, 3, 8, 20] + [30] * (FRAMES - 5),
    "builds up late": [0] * 40 + [30] * 20,
    "ends": [30] * 20 + [0] * 40,
    "comes and goes": ([30] * 7 + [0] * 6) * 4 + [30] * 8,
    "with every key frame": ([30] + [0] * 9) * 6,
    "between key frames": ([0] * 5 + [30] * 5) * 6,
}


@pytest.mark.parametrize("processors", [1, 2, 16])
@pytest.mark.parametrize("keys", [(0,), (0, 10, 20, 30, 40, 50), tuple(range(FRAMES))], ids=["one", "some", "all"])
@pytest.mark.parametrize("name", CODECS)
def test_the_backlog_changes_nothing_but_the_time(
    name: str, keys: tuple[int, ...], processors: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    require(name)
    chunks = stream(name, FRAMES, keys)
    expected = run(name, chunks, flush=True)
    assert sorted(expected.timestamps) == list(range(FRAMES))
    use_processors(monkeypatch, processors)
    for backlog, waiting in BACKLOGS.items():
        result = run(name, chunks, waiting=waiting, flush=True)
        assert result.error is None, backlog
        assert result.timestamps == expected.timestamps, backlog
        assert result.pixels == expected.pixels, backlog
    assert "Frame" not in ffbind.live_objects()
    assert "Decoder" not in ffbind.live_objects()


def modes(name: str, chunks: Sequence[bytes], waiting: Sequence[int]) -> str:
    """The mode after each chunk: "-" is prompt, "=" is parallel."""
    decoder = FFmpegVideoDecoder()
    decoder.configure({"codec": CODECS[name].string})
    seen = ""
    for number, (chunk, behind) in enumerate(zip(chunks, waiting, strict=True)):
        decoder.requests.accepted, decoder.requests.finished = number + 1 + behind, number
        for output in decoder.decode(chunk, number, None):
            output.resource.release()
        seen += "-" if decoder._mode == "prompt" else "="
    decoder.release()
    return seen


def test_the_mode_follows_the_backlog(monkeypatch: pytest.MonkeyPatch) -> None:
    """With 4 processors, the codec is saturated when 11 requests wait behind one."""
    require("vp9")
    use_processors(monkeypatch, 4)
    one_key, keys = stream("vp9", FRAMES), stream("vp9", FRAMES, (0, 10, 20, 30, 40, 50))
    assert modes("vp9", one_key, [0] * 60) == "-" * 60
    assert modes("vp9", one_key, [10] * 60) == "-" * 60
    assert modes("vp9", one_key, [11] * 60) == "=" * 60
    # Soon after a key frame, the decoder decodes the chunks since then again. Later, that is not worth the time.
    assert modes("vp9", one_key, [0] * 31 + [11] * 29) == "-" * 31 + "=" * 29
    assert modes("vp9", one_key, [0] * 32 + [11] * 28) == "-" * 60
    assert modes("vp9", one_key, [11] * 31 + [0] * 29) == "=" * 31 + "-" * 29
    assert modes("vp9", one_key, [11] * 32 + [0] * 28) == "=" * 60
    # Between two key frames the mode changes once.
    assert modes("vp9", one_key, [0, 11, 0, 11] * 15) == "-" + "=" * 59
    assert modes("vp9", keys, [0, 11, 0, 11, 0, 11, 0, 11, 0, 11] * 6) == ("-" + "=" * 9) * 6
    # It stays while any request waits at the next key frame.
    assert modes("vp9", keys, [11] * 5 + [3] * 10 + [0] * 45) == "=" * 15 + "-" * 45


@pytest.mark.parametrize("processors", [1, 4])
def test_optimize_for_latency_is_always_prompt(processors: int, monkeypatch: pytest.MonkeyPatch) -> None:
    require("vp8")
    use_processors(monkeypatch, processors)
    result = run("vp8", stream("vp8", FRAMES), waiting=[1000] * FRAMES, optimizeForLatency=True)
    assert result.counts == list(range(1, FRAMES + 1))


def test_threads_count_the_processors_that_the_process_may_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert (usable_processors(), threads.decoder_threads(), threads.picture_threads()) == (3, 4, 3)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(100)))
    assert (threads.decoder_threads(), threads.picture_threads()) == (16, 16)
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert (threads.decoder_threads(), threads.picture_threads()) == (7, 6)
    try:
        set_thread_limit(2)
        assert (threads.decoder_threads(), threads.picture_threads()) == (2, 2)
        set_thread_limit(1)
        assert FFmpegVideoDecoder().requests.capacity == 9
    finally:
        set_thread_limit(None)
    with pytest.raises(ValueError, match="codecs need at least one thread, not 0"):
        set_thread_limit(0)


def opened(name: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The mode and the threads of each decoder that is opened for a backlog and, after a flush, for single chunks.

    Ensures that the decoder has borrowed just these threads.
    """
    found: list[tuple[str, int]] = []
    open_decoder = VideoStream.open

    def recorded(self: VideoStream, chunk: bytes, mode: Mode, count: int, *, error_detection: bool) -> ffbind.Decoder:
        found.append((mode, count))
        return open_decoder(self, chunk, mode, count, error_detection=error_detection)

    monkeypatch.setattr(VideoStream, "open", recorded)
    lent: set[object] = set()
    monkeypatch.setattr(threads, "_lent", lent)
    decoder = FFmpegVideoDecoder()
    # Pictures without a size are not known to be small.
    decoder.configure({"codec": CODECS[name].string})
    chunks = stream(name, 16)
    for waiting in ([1000] * 16, [0] * 16):
        for number, (chunk, behind) in enumerate(zip(chunks, waiting, strict=True)):
            decoder.requests.accepted, decoder.requests.finished = number + 1 + behind, number
            decoder.prepare(chunk)
            assert len(lent) == (0 if found[-1][1] == 1 else found[-1][1])
            for output in decoder.decode(chunk, number, None):
                output.resource.release()
            assert len(lent) == (0 if found[-1][1] == 1 else found[-1][1])
        for output in decoder.flush():
            output.resource.release()
    decoder.release()
    return found


def test_a_decoder_borrows_the_threads_that_help(monkeypatch: pytest.MonkeyPatch) -> None:
    require("vp9")
    use_processors(monkeypatch, 4)
    assert opened("vp9", monkeypatch) == [("prompt", 5), ("parallel", 5), ("prompt", 5)]


def test_avc_never_shares_the_work_on_one_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does a decoder that is opened after a flush."""
    require("avc")
    use_processors(monkeypatch, 4)
    found = opened("avc", monkeypatch)
    assert found == [("prompt", 1), ("parallel", 5), ("prompt", 1)]


def test_av1_has_as_many_threads_as_there_are_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    require("av1")
    use_processors(monkeypatch, 4)
    assert opened("av1", monkeypatch) == [("prompt", 4), ("parallel", 4), ("prompt", 4)]

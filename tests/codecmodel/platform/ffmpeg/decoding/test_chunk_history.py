"""The chunks that a decoder remembers."""

import pytest

from codecmodel.platform.ffmpeg.decoding import chunk_history
from codecmodel.platform.ffmpeg.decoding.chunk_history import ChunkHistory, PastChunk


def numbers(history: ChunkHistory) -> list[int]:
    return [chunk.number for chunk in history.chunks]


def add(history: ChunkHistory, number: int, *, is_beginning: bool = False, in_work: int = 1) -> None:
    history.add(PastChunk(number, bytes(10), is_beginning), in_work)


def test_it_begins_at_the_last_beginning() -> None:
    history = ChunkHistory()
    add(history, 0)
    assert numbers(history) == []
    for number in range(1, 6):
        add(history, number, is_beginning=number in (1, 5))
    # The decoder may fail at the last beginning.
    assert numbers(history) == [1, 2, 3, 4, 5]
    add(history, 6)
    assert numbers(history) == [5, 6]
    history.clear()
    add(history, 9)
    assert numbers(history) == []


def test_it_goes_back_as_far_as_the_decoder_may_have_chunks_in_work() -> None:
    history = ChunkHistory()
    for number in range(6):
        add(history, number, is_beginning=number in (0, 3, 4), in_work=3)
    # The beginnings 3 and 4 are in work, and 4 will be for another chunk.
    assert numbers(history) == [0, 1, 2, 3, 4, 5]
    add(history, 6, in_work=3)
    assert numbers(history) == [3, 4, 5, 6]
    add(history, 7, in_work=3)
    assert numbers(history) == [4, 5, 6, 7]


def test_it_ends_if_it_is_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    for limit, most in (("_MOST_BYTES", 30), ("_MOST_CHUNKS", 3)):
        with monkeypatch.context() as patched:
            patched.setattr(chunk_history, limit, most)
            history = ChunkHistory()
            for number in range(3):
                add(history, number, is_beginning=number == 0)
            assert numbers(history) == [0, 1, 2]
            add(history, 3)
            assert numbers(history) == []
            add(history, 4)
            assert numbers(history) == []
            add(history, 5, is_beginning=True)
            assert numbers(history) == [5]

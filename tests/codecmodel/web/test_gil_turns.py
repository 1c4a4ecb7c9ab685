"""Short calls of native code keep the GIL, and give it up from time to time."""

from collections.abc import Iterator

import pytest

from codecmodel.web import gil_turns


class _Clock:
    """A clock that stands still until it is told to go on, and the number of times that the GIL was given up."""

    def __init__(self) -> None:
        self.now = 100.0
        self.times_given_up = 0

    def perf_counter(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds == 0
        self.times_given_up += 1


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Clock]:
    clock = _Clock()
    monkeypatch.setattr(gil_turns, "perf_counter", clock.perf_counter)
    monkeypatch.setattr(gil_turns, "sleep", clock.sleep)
    gil_turns.begin_turn()
    yield clock
    monkeypatch.undo()
    gil_turns.begin_turn()


def _calls(clock: _Clock, milliseconds: float) -> int:
    """How often the GIL is given up by calls that take a tenth of a millisecond each."""
    before = clock.times_given_up
    for _ in range(round(milliseconds * 10)):
        clock.now += 0.0001
        gil_turns.give_way()
    return clock.times_given_up - before


def test_a_thread_that_has_waited_does_not_give_way_at_once(clock: _Clock) -> None:
    clock.now += 1
    gil_turns.begin_turn()
    assert _calls(clock, 4.5) == 0


def test_a_thread_gives_way_every_five_milliseconds(clock: _Clock) -> None:
    assert _calls(clock, 50.5) in (8, 9, 10)


def test_a_thread_that_has_woken_a_loop_gives_way_within_a_millisecond(clock: _Clock) -> None:
    gil_turns.an_event_loop_was_woken()
    assert _calls(clock, 1.2) == 1
    assert _calls(clock, 4.5) == 0


def test_a_wait_gives_way_to_the_loop_that_was_woken_before_it(clock: _Clock) -> None:
    gil_turns.an_event_loop_was_woken()
    gil_turns.begin_turn()
    assert _calls(clock, 4.5) == 0

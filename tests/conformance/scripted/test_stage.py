"""The stage notices the faults that scenarios on a scripted codec rely on it to notice."""

import pytest

from conformance.scripted.observed_decoder import Kind
from conformance.scripted.scheduler import replay, seeded, tasks_first, work_first
from conformance.scripted.scripted_codec import Outputs
from conformance.scripted.stage import Stage
from conformance.suite.assertions import ExpectationError

KINDS: list[Kind] = ["audio", "video"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_log_has_calls_outputs_events_and_settlements_in_order(kind: Kind) -> None:
    with Stage(kind) as stage:
        decoder = stage.new_decoder("d: ")
        with stage.script():
            decoder.configure(7)
            decoder.decode(10)
            decoder.flush()
        stage.run(tasks_first)
        stage.assert_log(
            [
                "d: configure(7) [configured 0]",
                "d: decode(10) [configured 1]",
                "d: flush() 1 [configured 1]",
                "d: dequeue [configured 0]",
                "d: output 10 [configured 0]",
                "d: flush 1 resolved [configured 0]",
            ]
        )
        assert stage.calls() == [["configure 7", "decode 10", "flush"]]


def test_a_log_that_differs_is_shown_with_its_schedule() -> None:
    with Stage("audio") as stage:
        stage.new_configured_decoder().reset()
        with pytest.raises(ExpectationError) as caught:
            stage.assert_log(["reset() [configured 0]"])
    message = str(caught.value)
    assert "\n- reset() [configured 0]\n" in message
    assert "\n+ reset() [unconfigured 0]\n" in message
    assert "\nwith the schedule:\nwork 1 of work queue 1: " in message


def test_a_resource_that_is_not_released_is_noticed() -> None:
    def leave_one() -> None:
        with Stage("video") as stage:
            decoder = stage.new_configured_decoder()
            with stage.script():
                decoder.decode(10, Outputs(count=2))
            stage.run(work_first)
            stage.platform.resources.enter()

    with pytest.raises(ExpectationError, match="1 of 3 resources were not released"):
        leave_one()


def test_a_codec_that_is_not_released_is_noticed() -> None:
    def keep_it() -> None:
        with Stage("video") as stage:
            decoder = stage.new_configured_decoder().decoder
            decoder._codec_work_queue.enqueue(lambda: setattr(decoder, "_codec_implementation", None))

    with pytest.raises(ExpectationError, match="the codec was not released"):
        keep_it()


def test_unfinished_business_is_noticed() -> None:
    def leave_it_blocked() -> None:
        with Stage("video") as stage:
            stage.new_configured_decoder().decoder._message_queue_blocked = True

    with pytest.raises(ExpectationError, match=r"nothing is left to run, but \[\[message queue blocked\]\] is True"):
        leave_it_blocked()


def test_an_exception_in_the_block_is_not_replaced_by_what_follows_from_it() -> None:
    def fail() -> None:
        with Stage("video") as stage:
            stage.new_configured_decoder().decoder._message_queue_blocked = True
            raise KeyError("the cause")

    with pytest.raises(KeyError, match="the cause"):
        fail()


@pytest.mark.parametrize("kind", KINDS)
def test_a_recorded_schedule_of_the_model_can_be_replayed(kind: Kind) -> None:
    def play(stage: Stage) -> None:
        first, second = stage.new_decoder("first: "), stage.new_decoder("second: ")
        with stage.script():
            for decoder in (first, second):
                decoder.configure()
                for timestamp in range(5):
                    decoder.decode(timestamp, Outputs(delay=timestamp % 2))
                decoder.flush()

    logs: list[list[str]] = []
    for seed in range(10):
        with Stage(kind, capacity=2) as stage:
            play(stage)
            stage.run(seeded(seed))
            trace, log = list(stage.scheduler.trace), list(stage.log)
        with Stage(kind, capacity=2) as stage:
            play(stage)
            stage.run(replay(trace))
            assert stage.log == log
        logs.append(log)
    assert len({tuple(log) for log in logs}) == 10
    # On every schedule, each decoder's outputs and its flush come in the same order.
    for prefix in ("first: ", "second: "):
        happenings = {
            tuple(
                entry.partition(" [")[0] for entry in log if entry.startswith((f"{prefix}output", f"{prefix}flush 1"))
            )
            for log in logs
        }
        assert happenings == {tuple(f"{prefix}{what}" for what in OUTPUTS_THEN_FLUSH)}


OUTPUTS_THEN_FLUSH = ["output 0", "output 1", "output 2", "output 3", "output 4", "flush 1 resolved"]

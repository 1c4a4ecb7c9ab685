"""The end of a scenario: every status, time limits, callbacks, cleanup."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from conformance.suite.assertions import OptionalFeatureUnsupportedError
from conformance.suite.context import Test as Context
from conformance.suite.execution import SetupError, run_scenario
from conformance.suite.harness import (
    assert_equals,
    assert_implements_optional,
    assert_precondition,
    promise_rejects_exactly,
)
from conformance.suite.results import Result, Status
from conformance.suite.scenario import Collection, Variant


def run(body: Callable[[Context], Awaitable[None]], timeout: float = 5.0) -> Result:
    collection = Collection()
    collection.promise_test("the name", shows=["anchor#1"])(body)
    (scenario,) = collection
    return run_scenario(scenario, timeout=timeout)


def test_a_scenario_that_returns_passes() -> None:
    async def body(t: Context) -> None:
        await asyncio.sleep(0)

    result = run(body)
    assert (result.status, result.message, result.cleanup_failure) == (Status.PASS, None, None)
    assert not result.failed


def test_a_failed_assertion_fails_with_its_message() -> None:
    async def body(t: Context) -> None:
        assert_equals(1, 2, "the number")

    result = run(body)
    assert (result.status, result.message) == (Status.FAIL, "assert_equals: the number expected 2 but got 1")
    assert result.stack is not None
    assert "in body" in result.stack
    assert result.failed


def test_an_unexpected_exception_fails() -> None:
    async def body(t: Context) -> None:
        raise ValueError("surprise")

    result = run(body)
    assert (result.status, result.message) == (Status.FAIL, "Unhandled rejection: ValueError: surprise")


@pytest.mark.parametrize("assertion", [assert_implements_optional, assert_precondition])
def test_a_missing_optional_feature_is_a_failed_precondition(assertion: Callable[[object, str], None]) -> None:
    async def body(t: Context) -> None:
        assertion(True, "present")
        assertion(False, "no such codec")

    result = run(body)
    assert result.status is Status.PRECONDITION_FAILED
    assert result.message is not None
    assert result.message.endswith("no such codec")
    assert not result.failed


def test_a_scenario_that_does_not_end_times_out_and_is_cancelled() -> None:
    events: list[str] = []

    async def body(t: Context) -> None:
        t.add_cleanup(lambda: events.append("cleanup"))
        try:
            await asyncio.Event().wait()
        finally:
            events.append("cancelled")

    result = run(body, timeout=0.05)
    assert (result.status, result.message) == (Status.TIMEOUT, "Test timed out")
    assert events == ["cancelled", "cleanup"]
    assert result.failed


def test_a_scenario_that_blocks_the_event_loop_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.suite.execution._GRACE", 0.05)

    async def body(t: Context) -> None:
        time.sleep(60)

    result = run(body, timeout=0.05)
    assert (result.status, result.message) == (
        Status.TIMEOUT,
        "Test timed out: the event loop was blocked for 0.1 s",
    )


def test_an_own_time_limit_extends_that_of_the_run() -> None:
    collection = Collection()

    @collection.promise_test("slow", shows=["anchor"], timeout=5)
    async def slow(t: Context) -> None:
        await asyncio.sleep(0.1)

    (scenario,) = collection
    assert run_scenario(scenario, timeout=0.01).status is Status.PASS


def test_each_scenario_has_an_event_loop_of_its_own() -> None:
    loops = []

    async def body(t: Context) -> None:
        loops.append(asyncio.get_running_loop())

    run(body)
    run(body)
    assert loops[0] is not loops[1]
    assert all(loop.is_closed() for loop in loops)


# Callbacks


def test_an_exception_reported_to_the_event_loop_fails_the_scenario() -> None:
    def callback() -> None:
        raise ValueError("in a callback")

    async def body(t: Context) -> None:
        asyncio.get_running_loop().call_soon(callback)
        await asyncio.sleep(60)

    result = run(body)
    assert (result.status, result.message) == (Status.FAIL, "Uncaught exception: ValueError: in a callback")
    assert result.duration < 5


def test_an_assertion_in_a_plain_callback_fails_the_scenario() -> None:
    async def body(t: Context) -> None:
        asyncio.get_running_loop().call_soon(assert_equals, 1, 2)
        await asyncio.sleep(60)

    result = run(body)
    assert (result.status, result.message) == (Status.FAIL, "assert_equals: expected 2 but got 1")


def test_collected_exceptions_do_not_fail_the_scenario() -> None:
    error = ValueError("expected")

    def callback() -> None:
        raise error

    async def body(t: Context) -> None:
        uncaught = t.collect_uncaught_exceptions()
        asyncio.get_running_loop().call_soon(callback)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert_equals(uncaught, [error])

    assert run(body).status is Status.PASS


def test_an_unhandled_rejection_fails_the_scenario() -> None:
    async def body(t: Context) -> None:
        promise: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        promise.set_exception(ValueError("rejected"))
        del promise
        await asyncio.sleep(0)

    result = run(body)
    assert (result.status, result.message) == (Status.FAIL, "Unhandled rejection: ValueError: rejected")


def test_a_promise_that_cleanup_rejects_does_not_fail_the_scenario() -> None:
    promises: list[asyncio.Future[None]] = []

    async def body(t: Context) -> None:
        promises.append(asyncio.get_running_loop().create_future())
        t.add_cleanup(lambda: promises.pop().set_exception(ValueError("closed")))

    assert run(body).status is Status.PASS


def test_the_first_failure_is_the_one_that_counts() -> None:
    async def body(t: Context) -> None:
        t.step(assert_equals, 1, 2)
        t.step(assert_equals, 3, 4)
        raise ValueError

    assert run(body).message == "assert_equals: expected 2 but got 1"


def test_step_func_ends_the_scenario_at_once_and_step_returns_values() -> None:
    async def body(t: Context) -> None:
        assert_equals(t.step(lambda a, b: a + b, 1, b=2), 3)
        callback = t.step_func(assert_equals)
        asyncio.get_running_loop().call_soon(callback, "got", "wanted")
        await asyncio.sleep(60)

    result = run(body)
    assert (result.status, result.message) == (Status.FAIL, "assert_equals: expected 'wanted' but got 'got'")
    assert result.duration < 5


def test_unreached_func_fails_when_called() -> None:
    async def body(t: Context) -> None:
        callback = t.unreached_func("no output expected")
        asyncio.get_running_loop().call_soon(callback, "frame")
        await asyncio.sleep(60)

    result = run(body)
    assert (result.status, result.message) == (Status.FAIL, "assert_unreached: no output expected with frame")


def test_step_timeout_runs_later_as_a_step() -> None:
    order: list[str] = []

    async def body(t: Context) -> None:
        t.step_timeout(order.append, 20, "later")
        t.step_timeout(order.append, 5, "sooner")
        await t.step_wait(lambda: len(order) == 2, "both ran")
        t.step_timeout(assert_equals, 1, 1, 2)
        await asyncio.sleep(60)

    result = run(body)
    assert order == ["sooner", "later"]
    assert result.message == "assert_equals: expected 2 but got 1"


def test_step_timeout_does_not_outlive_the_scenario() -> None:
    called: list[str] = []

    async def body(t: Context) -> None:
        t.step_timeout(called.append, 1, "too late")
        t.add_cleanup(lambda: asyncio.sleep(0.02))

    assert run(body).status is Status.PASS
    assert called == []


def test_step_wait_fails_when_the_condition_does_not_come_true() -> None:
    async def body(t: Context) -> None:
        await t.step_wait(lambda: False, "never", milliseconds=10)

    result = run(body)
    assert (result.status, result.message) == (Status.FAIL, "step_wait: never Timed out waiting on condition")


# Cleanup


@pytest.mark.parametrize("ending", ["returns", "raises"])
def test_cleanup_runs_in_order_then_what_it_returned_is_awaited(ending: str) -> None:
    events: list[str] = []

    async def slow_cleanup() -> None:
        events.append("second starts")
        await asyncio.sleep(0.01)
        events.append("second ends")

    async def body(t: Context) -> None:
        t.add_cleanup(lambda: events.append("first"))
        t.add_cleanup(slow_cleanup)
        t.add_cleanup(lambda: events.append("third"))
        events.append("body")
        if ending == "raises":
            raise ValueError

    run(body)
    assert events == ["body", "first", "third", "second starts", "second ends"]


def test_a_failing_cleanup_is_told_apart_from_the_scenario() -> None:
    events: list[str] = []

    def fail() -> None:
        raise ValueError("stuck")

    async def body(t: Context) -> None:
        t.add_cleanup(fail)
        t.add_cleanup(lambda: events.append("second"))

    result = run(body)
    assert result.status is Status.PASS
    expected = "Test named 'the name' specified 2 'cleanup' functions, and 1 failed: ValueError: stuck"
    assert result.cleanup_failure == expected
    assert events == ["second"]


def test_a_cleanup_that_does_not_end_is_abandoned() -> None:
    async def body(t: Context) -> None:
        t.add_cleanup(lambda: asyncio.sleep(60))

    result = run(body, timeout=0.05)
    assert result.cleanup_failure == "Timeout while running cleanup for test named 'the name'."


# Live objects


def test_objects_left_alive_fail_the_scenario(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("conformance.suite.execution._RELEASE", 0.1)
    live = {"Frame": 1}
    collection = Collection()

    @collection.promise_test("leaks", shows=["anchor"])
    async def leaks(t: Context) -> None:
        live["Frame"] += 2
        live["Decoder"] = 1

    (scenario,) = collection
    result = run_scenario(scenario, live_objects=lambda: live)
    assert (result.status, result.message) == (
        Status.FAIL,
        "not released within 0.1 s after the scenario: {'Frame': 3, 'Decoder': 1}",
    )


def test_objects_may_take_a_moment_to_be_released() -> None:
    live: dict[str, int] = {}
    collection = Collection()

    @collection.promise_test("releases late", shows=["anchor"])
    async def releases_late(t: Context) -> None:
        live["Decoder"] = 1
        asyncio.get_running_loop().call_later(0.1, live.clear)

    (scenario,) = collection
    assert run_scenario(scenario, live_objects=lambda: live).status is Status.PASS


# Variants


def test_a_variant_makes_what_the_scenario_gets() -> None:
    collection = Collection()
    got: list[str] = []

    @collection.promise_test("uses media", shows=["anchor"], variants=[Variant("a", lambda: "media a")])
    async def uses_media(t: Context, media: str) -> None:
        got.append(media)

    (scenario,) = collection
    assert run_scenario(scenario).status is Status.PASS
    assert got == ["media a"]
    assert scenario.id == "test_harness_execution.uses_media?a"
    assert scenario.test == "/test_harness_execution?a"


def test_a_variant_may_lack_what_it_needs() -> None:
    def make() -> str:
        raise OptionalFeatureUnsupportedError("FFmpeg has no encoder libvpx")

    collection = Collection()

    @collection.promise_test("uses media", shows=["anchor"], variants=[Variant("vp8", make)])
    async def uses_media(t: Context, media: str) -> None:
        raise AssertionError("not to be run")

    (scenario,) = collection
    result = run_scenario(scenario)
    assert (result.status, result.message) == (Status.PRECONDITION_FAILED, "FFmpeg has no encoder libvpx")


def test_a_variant_that_cannot_be_made_is_a_setup_error() -> None:
    def make() -> str:
        raise RuntimeError("encoder failed")

    collection = Collection()

    @collection.promise_test("uses media", shows=["anchor"], variants=[Variant("vp8", make)])
    async def uses_media(t: Context, media: str) -> None:
        raise AssertionError("not to be run")

    (scenario,) = collection
    with pytest.raises(SetupError, match="RuntimeError: encoder failed"):
        run_scenario(scenario)


def test_promise_rejects_exactly_in_a_scenario() -> None:
    async def body(t: Context) -> None:
        error = ValueError("one")
        promise: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        promise.set_exception(error)
        await promise_rejects_exactly(t, error, promise)

    assert run(body).status is Status.PASS

"""Groups, harness errors, interruption, and the event watcher."""

import asyncio
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest

from codecmodel.web.events import Event, EventTarget
from conformance import scenarios
from conformance.suite.assertions import OptionalFeatureUnsupportedError
from conformance.suite.context import Test as Context
from conformance.suite.event_watcher import EventWatcher
from conformance.suite.execution import run_scenario
from conformance.suite.harness import SCENARIOS
from conformance.suite.results import GroupResult, HarnessStatus, Result, Status
from conformance.suite.runner import collect, grouped, natural_order, run, selected
from conformance.suite.scenario import Collection, Scenario, Variant


class Recorder:
    """An observer that writes down every report."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def scenario_started(self, scenario: Scenario) -> None:
        self.events.append(f"start {scenario.function}{scenario.suffix}")

    def scenario_finished(self, scenario: Scenario, result: Result) -> None:
        self.events.append(f"{result.status.name} {scenario.function}{scenario.suffix}")

    def group_finished(self, result: GroupResult) -> None:
        self.events.append(f"{result.status.name} {result.test}")


def statuses(results: Sequence[GroupResult]) -> list[tuple[str, HarnessStatus, list[Status]]]:
    return [(group.test, group.status, [result.status for result in group.subtests]) for group in results]


def unsupported() -> str:
    raise OptionalFeatureUnsupportedError("no encoder")


def broken() -> str:
    raise RuntimeError("broken encoder")


def test_groups_are_modules_by_variant() -> None:
    collection = Collection()

    @collection.promise_test("plain", shows=["anchor"])
    async def plain(t: Context) -> None: ...

    @collection.promise_test("first", shows=["anchor"], variants=[Variant("a", str), Variant("b", str)])
    async def first(t: Context, media: str) -> None: ...

    @collection.promise_test("second", shows=["anchor"], variants=[Variant("b", str)])
    async def second(t: Context, media: str) -> None: ...

    groups = grouped(collection, "Chapter")
    assert [(group.test, [s.function for s in group.scenarios]) for group in groups] == [
        ("/test_harness_runner", ["plain"]),
        ("/test_harness_runner?a", ["first"]),
        ("/test_harness_runner?b", ["first", "second"]),
    ]
    kept = selected(groups, lambda scenario: scenario.function == "first")
    assert [group.test for group in kept] == ["/test_harness_runner?a", "/test_harness_runner?b"]
    assert [s.id for group in kept for s in group.scenarios] == [
        "test_harness_runner.first?a",
        "test_harness_runner.first?b",
    ]


def test_a_run_of_every_kind() -> None:
    collection = Collection()
    variants = [Variant("good", lambda: "media"), Variant("absent", unsupported), Variant("broken", broken)]

    @collection.promise_test("passes", shows=["anchor"], variants=variants)
    async def passes(t: Context, media: str) -> None: ...

    @collection.promise_test("fails", shows=["anchor"], variants=variants)
    async def fails(t: Context, media: str) -> None:
        raise ValueError

    recorder = Recorder()
    results = run(grouped(collection, "Chapter"), recorder)
    assert statuses(results) == [
        ("/test_harness_runner?good", HarnessStatus.OK, [Status.PASS, Status.FAIL]),
        ("/test_harness_runner?absent", HarnessStatus.PRECONDITION_FAILED, [Status.PRECONDITION_FAILED] * 2),
        ("/test_harness_runner?broken", HarnessStatus.ERROR, [Status.NOTRUN] * 2),
    ]
    assert [result.failed for result in results] == [True, False, True]
    assert results[1].message == "no encoder"
    assert results[2].message is not None
    assert results[2].message.startswith("RuntimeError: broken encoder")
    assert recorder.events == [
        "start passes?good",
        "PASS passes?good",
        "start fails?good",
        "FAIL fails?good",
        "OK /test_harness_runner?good",
        "start passes?absent",
        "PRECONDITION_FAILED passes?absent",
        "start fails?absent",
        "PRECONDITION_FAILED fails?absent",
        "PRECONDITION_FAILED /test_harness_runner?absent",
        "start passes?broken",
        "NOTRUN passes?broken",
        "start fails?broken",
        "NOTRUN fails?broken",
        "ERROR /test_harness_runner?broken",
    ]


def test_a_failing_cleanup_is_an_error_of_the_harness() -> None:
    collection = Collection()

    @collection.promise_test("passes", shows=["anchor"])
    async def passes(t: Context) -> None:
        t.add_cleanup(lambda: 1 // 0)

    @collection.promise_test("goes on", shows=["anchor"])
    async def goes_on(t: Context) -> None: ...

    (result,) = run(grouped(collection, "Chapter"), Recorder())
    assert result.status is HarnessStatus.ERROR
    assert result.failed
    assert result.message is not None
    assert "'passes' specified 1 'cleanup' function, and 1 failed: ZeroDivisionError" in result.message
    assert [subtest.status for subtest in result.subtests] == [Status.PASS, Status.PASS]


def test_an_interruption_leaves_the_rest_not_run() -> None:
    collection = Collection()

    @collection.promise_test("passes", shows=["anchor"])
    async def passes(t: Context) -> None: ...

    @collection.promise_test("interrupted", shows=["anchor"])
    async def interrupted(t: Context) -> None:
        raise KeyboardInterrupt

    @collection.promise_test("after", shows=["anchor"], variants=[Variant("a", str)])
    async def after(t: Context, media: str) -> None: ...

    results = run(grouped(collection, "Chapter"), Recorder())
    assert statuses(results) == [
        ("/test_harness_runner", HarnessStatus.ERROR, [Status.PASS, Status.NOTRUN]),
        ("/test_harness_runner?a", HarnessStatus.ERROR, [Status.NOTRUN]),
    ]
    assert results[1].message == "Interrupted"


def test_a_broken_module_is_an_error_of_the_harness(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chapter_2_broken.py").write_text(
        "from conformance.suite.harness import promise_test\n"
        "@promise_test('never run', shows=['anchor'])\n"
        "async def never_run(t): ...\n"
        "raise RuntimeError('broken module')\n"
    )
    (tmp_path / "chapter_10_good.py").write_text(
        "from conformance.suite.harness import promise_test\n"
        "@promise_test('runs', shows=['anchor'])\n"
        "async def runs(t): ...\n"
    )
    (tmp_path / "registry_good.py").write_text((tmp_path / "chapter_10_good.py").read_text())
    monkeypatch.setattr(scenarios, "__path__", [str(tmp_path)])
    try:
        groups = collect(scenarios)
    finally:
        for module in ("chapter_10_good", "registry_good"):
            SCENARIOS.forget_module(module)
            sys.modules.pop(f"conformance.scenarios.{module}", None)
    assert [(group.test, group.chapter) for group in groups] == [
        ("/chapter_2_broken", "2 Codec Processing Model"),
        ("/chapter_10_good", "10 Image Decoding"),
        ("/registry_good", "Codec registry"),
    ]
    assert groups[0].error is not None
    assert groups[0].error.endswith("RuntimeError: broken module")
    assert groups[1].error is None
    assert list(SCENARIOS.of_module("chapter_2_broken")) == []
    results = run(selected(groups, lambda scenario: False), Recorder())
    assert statuses(results) == [("/chapter_2_broken", HarnessStatus.ERROR, [])]


def test_chapters_are_in_their_order() -> None:
    names = ["registry", "chapter_10_image", "chapter_2_model", "chapter_9_raw"]
    assert sorted(names, key=natural_order) == ["chapter_2_model", "chapter_9_raw", "chapter_10_image", "registry"]


# The event watcher


def watch(events: Sequence[str], waited_for: Sequence[str]) -> tuple[Status, str | None, list[str]]:
    collection = Collection()
    got: list[str] = []

    @collection.promise_test("watches", shows=["anchor"])
    async def watches(t: Context) -> None:
        target = EventTarget()
        watcher = EventWatcher(t, target, ["dequeue", "other"])
        promise = watcher.wait_for(waited_for) if waited_for else None
        for event in events:
            target.dispatchEvent(Event(event))
        if promise is not None:
            got.extend(event.type for event in await promise)

    ((result,),) = (
        group.subtests for group in run(grouped(collection, "Chapter"), Recorder(), partial(run_scenario, timeout=0.2))
    )
    return result.status, result.message, got


def test_expected_events() -> None:
    assert watch(["dequeue", "other"], ["dequeue", "other"]) == (Status.PASS, None, ["dequeue", "other"])


def test_no_events() -> None:
    assert watch([], []) == (Status.PASS, None, [])


def test_an_unexpected_event() -> None:
    assert watch(["dequeue"], []) == (Status.FAIL, "Not expecting event, but got dequeue event", [])


def test_another_event_than_expected() -> None:
    status, message, _ = watch(["other"], ["dequeue"])
    assert status is Status.FAIL
    assert message is not None
    assert message.startswith("assert_equals: Expected dequeue event, but got other event instead")


def test_one_event_too_many() -> None:
    status, message, _ = watch(["dequeue", "dequeue"], ["dequeue"])
    assert (status, message) == (Status.FAIL, "Not expecting event, but got dequeue event")


def test_a_missing_event() -> None:
    assert watch(["dequeue"], ["dequeue", "dequeue"])[0] is Status.TIMEOUT


def test_a_watcher_waits_for_one_thing_at_a_time_and_stops_with_the_scenario() -> None:
    collection = Collection()
    targets: list[EventTarget] = []

    @collection.promise_test("watches", shows=["anchor"])
    async def watches(t: Context) -> None:
        target = EventTarget()
        targets.append(target)
        watcher = EventWatcher(t, target, ["dequeue"])
        watcher.wait_for(["dequeue"])
        watcher.wait_for(["dequeue"])

    ((result,),) = (group.subtests for group in run(grouped(collection, "Chapter"), Recorder()))
    assert (result.status, result.message) == (Status.FAIL, "Already waiting for an event or events")
    assert targets[0]._event_listeners == []


def test_scenarios_do_not_share_state_through_asyncio() -> None:
    collection = Collection()

    async def linger() -> None:
        await asyncio.sleep(60)

    tasks: list[asyncio.Task[None]] = []

    @collection.promise_test("leaves a task", shows=["anchor"])
    async def leaves_a_task(t: Context) -> None:
        tasks.append(asyncio.create_task(linger()))

    run(grouped(collection, "Chapter"), Recorder())
    assert tasks[0].cancelled()

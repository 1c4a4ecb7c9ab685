"""Codecs are reclaimed on request, above a memory budget, and for want of memory. Scenarios show the rules."""

import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from codecmodel import DOMException, QuotaExceededError, reclamation
from codecmodel.messages import structured_clone
from codecmodel.platform.codec_implementation import OutOfResourcesError
from codecmodel.raw_media.resource_protocols import VideoResource
from codecmodel.reclamation import ReclamationPolicy, reclaim_inactive_codecs, use_reclamation
from codecmodel.types import VideoDecoderConfig
from conformance.scripted.observed_decoder import ObservedDecoder
from conformance.scripted.scheduler import Policy, tasks_first, work_first
from conformance.scripted.scripted_codec import Outputs, ScriptedDecoder
from conformance.scripted.stage import Stage

_POLICIES = pytest.mark.parametrize("policy", [tasks_first, work_first])


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Stage("video") as stage:
        yield stage


def _decoders(stage: Stage, *times: float) -> list[ObservedDecoder]:
    """Decoders that were configured at these times."""
    decoders = []
    for number, time in enumerate(times, 1):
        stage.event_loop.time = time
        decoders.append(stage.new_configured_decoder(f"{number}: "))
    return decoders


def _states(decoders: list[ObservedDecoder]) -> list[str]:
    return [decoder.codec.state for decoder in decoders]


def test_codecs_are_reclaimed_from_the_one_that_was_inactive_for_longest(stage: Stage) -> None:
    decoders = _decoders(stage, 5, 3, 4, 90)
    stage.event_loop.time = 100
    assert reclaim_inactive_codecs(2) == [decoders[1].codec, decoders[2].codec]
    stage.run(work_first)
    assert _states(decoders) == ["configured", "closed", "closed", "configured"]
    assert reclaim_inactive_codecs() == [decoders[0].codec]
    stage.run(work_first)
    assert reclaim_inactive_codecs() == []


def test_a_codec_at_work_or_without_an_implementation_is_not_picked(stage: Stage) -> None:
    [busy, flushing, unconfigured] = _decoders(stage, 0, 0, 0)
    with stage.script():
        busy.decode(10, Outputs(delay=9))
        flushing.flush()
        unconfigured.close()
    new = stage.new_decoder()
    stage.event_loop.time = 100
    assert reclaim_inactive_codecs() == []
    assert new.codec.state == "unconfigured"


@_POLICIES
@pytest.mark.parametrize("error", [MemoryError(), OutOfResourcesError("no threads")])
def test_a_codec_that_cannot_be_opened_is_tried_again_when_there_is_room(
    stage: Stage, policy: Policy, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    [old, older] = _decoders(stage, 2, 1)
    stage.event_loop.time = 50
    _fail_while(monkeypatch, lambda: len(_configured(stage)) >= 2, error)
    with use_reclamation(ReclamationPolicy()):
        new = stage.new_decoder("new: ")
    with stage.script():
        new.configure(1)
        new.decode(10)
    stage.run(policy)
    assert _states([old, older, new]) == ["configured", "closed", "configured"]
    assert stage.log[-1] == "new: output 10 [configured 0]"
    assert "2: error QuotaExceededError [closed 0]" in stage.log


@_POLICIES
def test_without_room_the_configuration_is_not_supported(
    stage: Stage, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    [active] = _decoders(stage, 45)
    stage.event_loop.time = 50
    _fail_while(monkeypatch, lambda: True, OutOfResourcesError("no threads"))
    with use_reclamation(ReclamationPolicy()):
        new = stage.new_decoder("new: ")
    with stage.script():
        new.configure(1)
    stage.run(policy)
    assert _states([active, new]) == ["configured", "closed"]
    assert stage.log[-1] == "new: error NotSupportedError [closed 0]"


@_POLICIES
@pytest.mark.parametrize("call", ["reset", "close"])
def test_a_codec_that_waits_for_room_can_be_reset_and_closed(
    stage: Stage, policy: Policy, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _decoders(stage, 1)
    stage.event_loop.time = 50
    _fail_while(monkeypatch, lambda: len(_configured(stage)) >= 1, MemoryError())
    with use_reclamation(ReclamationPolicy()):
        new = stage.new_decoder("new: ")
    with stage.script():
        new.configure(1)
    stage.run_all_work()
    stage.run_tasks()
    with stage.script():
        getattr(new, call)()
    stage.run(policy)
    assert new.codec.state == ("unconfigured" if call == "reset" else "closed")


@pytest.mark.parametrize(("resident", "expected"), [(1001, "closed"), (1000, "configured")])
def test_above_the_memory_budget_configuring_reclaims_another_codec(
    stage: Stage, resident: int, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reclamation, "resident_memory", lambda: resident)
    [old] = _decoders(stage, 1)
    stage.event_loop.time = 50
    with use_reclamation(ReclamationPolicy(memory_budget=1000)):
        new = stage.new_decoder("new: ")
    with stage.script():
        new.configure(1)
    stage.run(work_first)
    assert _states([old, new]) == [expected, "configured"]


def test_nothing_is_reclaimed_unless_asked_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    [old] = _decoders(stage, 1)
    stage.event_loop.time = 50
    _fail_while(monkeypatch, lambda: True, MemoryError())
    with ExitStack() as uses:
        uses.enter_context(use_reclamation(ReclamationPolicy(when_out_of_resources=False)))
        new = stage.new_decoder("new: ")
    other = stage.new_decoder("other: ")
    with stage.script():
        new.configure(1)
        other.configure(1)
    stage.run(work_first)
    assert _states([old, new, other]) == ["configured", "closed", "closed"]


def test_the_resident_memory_of_this_process_is_known() -> None:
    assert 1 << 20 < reclamation.resident_memory() < 1 << 40


def test_quota_exceeded_error_is_a_dom_exception() -> None:
    error = QuotaExceededError("full", quota=3, requested=4)
    assert isinstance(error, DOMException)
    assert (error.name, error.message, error.quota, error.requested) == ("QuotaExceededError", "full", 3, 4)
    assert (QuotaExceededError().quota, QuotaExceededError().requested) == (None, None)
    for copy in (pickle.loads(pickle.dumps(error)), structured_clone(error)):
        assert type(copy) is QuotaExceededError
        assert (copy.message, copy.quota, copy.requested) == ("full", 3, 4)


def _configured(stage: Stage) -> list[object]:
    all_calls = [codec.calls for codec in stage.platform.codecs()]
    return [calls for calls in all_calls if "configure 1" in calls and "release" not in calls]


def _fail_while(monkeypatch: pytest.MonkeyPatch, condition: Callable[[], bool], error: Exception) -> None:
    """Have implementations fail to configure as long as ``condition()`` holds."""
    original = ScriptedDecoder.configure

    def configure(self: ScriptedDecoder[VideoDecoderConfig, VideoResource], config: VideoDecoderConfig) -> None:
        if condition():
            raise error
        original(self, config)

    monkeypatch.setattr(ScriptedDecoder, "configure", configure)

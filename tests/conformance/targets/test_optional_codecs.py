"""A scenario whose media another implementation cannot decode, or that asks nothing of it, shows nothing there."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from conformance.suite.assertions import assert_equals
from conformance.suite.context import Test
from conformance.suite.execution import run_scenario
from conformance.suite.results import Status
from conformance.suite.scenario import Collection, Variant
from conformance.targets.remote.optional_codecs import on_another_implementation


@dataclass
class Material:
    config: Mapping[str, object]
    chunks: tuple[bytes, ...] = ()


@dataclass
class Settings:
    """Media of another kind, with a member of the same name."""

    config: str


class OnlyOpus:
    """Interfaces of an implementation that decodes Opus, and nothing else."""

    @staticmethod
    async def isConfigSupported(config: Mapping[str, object]) -> Mapping[str, object]:  # noqa: N802 - the IDL's name
        return {"supported": config["codec"] == "opus", "config": config}


def interface(name: str) -> type:
    asked.append(name)
    return OnlyOpus


asked: list[str] = []
operations: list[str] = []
MATERIALS: dict[str, tuple[object, Status, str | None, list[str]]] = {
    "opus": (Material({"codec": "opus", "sampleRate": 48_000}), Status.PASS, None, ["AudioDecoder"]),
    "vp8": (
        Material({"codec": "vp8"}),
        Status.PRECONDITION_FAILED,
        "there is no VideoDecoder for vp8",
        ["VideoDecoder"],
    ),
    "settings": (Settings("vp8"), Status.PASS, None, []),
}


@pytest.mark.parametrize("name", MATERIALS)
def test_the_implementation_is_asked_for_its_decoder(name: str) -> None:
    media, status, message, questions = MATERIALS[name]
    given: list[object] = []
    scenarios = Collection()

    @scenarios.promise_test("it runs", shows=["anchor"], variants=[Variant(name, lambda: media)])
    async def runs(t: Test, media: object) -> None:
        given.append(media)
        operations.append("new")

    asked.clear()
    (scenario,) = scenarios
    result = run_scenario(on_another_implementation(scenario, interface, lambda: len(operations)))
    assert (result.status, result.message) == (status, message)
    assert given == ([media] if status is Status.PASS else [])
    assert asked == questions


def test_a_scenario_without_media_asks_nothing() -> None:
    scenarios = Collection()

    @scenarios.promise_test("it runs", shows=["anchor"])
    async def runs(t: Test) -> None:
        operations.append("new")

    asked.clear()
    (scenario,) = scenarios
    assert run_scenario(on_another_implementation(scenario, interface, lambda: len(operations))).status is Status.PASS
    assert asked == []


def test_a_scenario_that_passes_without_an_operation_has_shown_nothing() -> None:
    scenarios = Collection()

    @scenarios.promise_test("it runs", shows=["anchor"], variants=[Variant("opus", lambda: MATERIALS["opus"][0])])
    async def runs(t: Test, media: object) -> None: ...

    @scenarios.promise_test("it fails", shows=["anchor"])
    async def fails(t: Test) -> None:
        assert_equals(1, 2)

    results = [
        run_scenario(on_another_implementation(scenario, interface, lambda: len(operations))) for scenario in scenarios
    ]
    assert [result.status for result in results] == [Status.PRECONDITION_FAILED, Status.FAIL]
    assert results[0].message == "asks nothing of another implementation"

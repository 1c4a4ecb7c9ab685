"""The forecast for a codec comes true, in every state and on every schedule."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Literal, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codecmodel.codecs.live_codecs import GlobalObject
from codecmodel.codecs.scarcity import Scarcity, use_scarcity
from conformance.scripted.observed_codec import Kind
from conformance.scripted.observed_decoder import ObservedDecoder
from conformance.scripted.observed_encoder import ObservedEncoder
from conformance.scripted.stage import Stage
from conformance.wpt.host.forecast import forecast_of

Direction: TypeAlias = Literal["decoder", "encoder"]
#: Calls of a script, or "work": a work queue makes progress meanwhile. After it, the choices of steps to run.
Script: TypeAlias = tuple[Sequence[str], Sequence[int]]

CAPACITY = 3
CODECS: Sequence[tuple[Direction, Kind]] = [
    ("decoder", "audio"),
    ("decoder", "video"),
    ("encoder", "audio"),
    ("encoder", "video"),
]

calls = st.sampled_from([*["request"] * 4, *["work"] * 2, "configure", "flush", "reset"])
programs = st.lists(
    st.tuples(st.lists(calls, max_size=9), st.lists(st.integers(0, 3), max_size=5)), min_size=1, max_size=6
)


class Client:
    """Makes requests of a codec, by what it was told of the codec and by the forecast, as JavaScript does."""

    def __init__(self, stage: Stage, codec: ObservedDecoder | ObservedEncoder) -> None:
        self._stage = stage
        self._codec = codec
        self._next_timestamp = 0
        #: For each request, whether it was forecast.
        self.was_forecast: list[bool] = []

    def run(self, script: Sequence[str]) -> None:
        self._hear()
        with self._stage.script():
            for call in script:
                self._call(call)

    def _hear(self) -> None:
        """Be told of the codec."""
        self._forecast = forecast_of(self._codec.codec)
        self._size = self._codec.queue_size

    def _call(self, name: str) -> None:
        match name:
            case "request":
                self._request()
                return
            case "work":
                self._do_work()
                return
            case "configure":
                self._codec.configure()
            case "flush":
                self._codec.flush()
            case "reset":
                self._codec.reset()
        self._hear()

    def _do_work(self) -> None:
        work = [choice for choice in self._stage.scheduler.enabled() if choice.kind == "work"]
        if work:
            self._stage.scheduler.run(work[0])

    def _request(self) -> None:
        forecast = self._forecast
        if forecast is None or forecast.room == 0:
            self._make_request(is_key=True)
            self._hear()
            self.was_forecast.append(False)
            return
        self._forecast, longer = forecast.after_a_request()
        self._size += longer
        self._make_request(is_key=False)
        assert " throws " not in self._stage.log[-1]
        assert self._codec.queue_size == self._size
        self.was_forecast.append(True)

    def _make_request(self, *, is_key: bool) -> None:
        self._next_timestamp += 1
        if isinstance(self._codec, ObservedDecoder):
            self._codec.decode(self._next_timestamp, type="key" if is_key else "delta")
        else:
            self._codec.encode(self._next_timestamp)


class Plenty:
    """Codecs ask it for room before their first request, and need none."""

    def before_configuring(self, global_object: GlobalObject) -> None:
        pass

    def make_room(self, global_object: GlobalObject, then: Callable[[], None]) -> bool:
        raise AssertionError("there is room")


def run_program(
    direction: Direction, kind: Kind, program: Sequence[Script], scarcity: Scarcity | None = None
) -> Sequence[bool]:
    """Returns for each request whether it was forecast."""
    with Stage(kind, capacity=CAPACITY) as stage, nullcontext() if scarcity is None else use_scarcity(scarcity):
        client = Client(stage, stage.new_decoder() if direction == "decoder" else stage.new_encoder())
        for script, steps in program:
            client.run(script)
            for number in steps:
                enabled = stage.scheduler.enabled()
                if enabled:
                    stage.scheduler.run(enabled[number % len(enabled)])
    return client.was_forecast


@pytest.mark.parametrize(("direction", "kind"), CODECS)
@given(program=programs, scarcity=st.sampled_from([None, Plenty()]))
def test_requests_do_as_forecast(
    direction: Direction, kind: Kind, program: Sequence[Script], scarcity: Scarcity | None
) -> None:
    run_program(direction, kind, program, scarcity)


@pytest.mark.parametrize(("direction", "kind"), CODECS)
def test_most_requests_are_forecast(direction: Direction, kind: Kind) -> None:
    program: Sequence[Script] = [(["configure"], [0] * 9), (["request"] * 8, [])]
    # The first request decides whether others may fail. Only an encoder of sound takes all.
    is_first_forecast = (direction, kind) == ("encoder", "audio")
    # The one that comes when there is no more room may be the first in the queue.
    expected = [True] * 3 + [False] + [True] * 4 if is_first_forecast else [False] + [True] * 2 + [False] + [True] * 4
    assert run_program(direction, kind, program) == expected


@pytest.mark.parametrize(("direction", "kind"), CODECS)
def test_requests_of_a_codec_that_is_being_configured_are_forecast(direction: Direction, kind: Kind) -> None:
    is_first_forecast = (direction, kind) == ("encoder", "audio")
    program: Sequence[Script] = [(["configure", *["request"] * 4], [])]
    assert run_program(direction, kind, program) == [is_first_forecast, True, True, True]


@pytest.mark.parametrize(("direction", "kind"), CODECS)
def test_there_is_no_forecast_without_a_configuration(direction: Direction, kind: Kind) -> None:
    program: Sequence[Script] = [(["request", "configure", "reset", "request", "request"], [])]
    assert run_program(direction, kind, program) == [False, False, False]


@pytest.mark.parametrize(("direction", "kind"), CODECS)
def test_the_request_that_opens_a_codec_is_not_forecast_if_resources_may_be_scarce(
    direction: Direction, kind: Kind
) -> None:
    program: Sequence[Script] = [(["configure"], [0] * 9), (["request"] * 3, [0] * 9), (["request"] * 2, [])]
    assert run_program(direction, kind, program, Plenty()) == [False, True, True, True, True]

"""DOM's events: their dispatch, and the exceptions of listeners."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from codecmodel.web.errors import DOMException
from codecmodel.web.events import Event, EventTarget
from tests.codecmodel.web.scripts import Target

# Exceptions


@pytest.mark.parametrize("exception", [ValueError("listener"), asyncio.CancelledError()])
def test_what_a_listener_raises_is_reported_and_the_rest_run(target: Target, exception: BaseException) -> None:
    def fail(event: Event) -> None:
        target.log.append("fail")
        raise exception

    target.addEventListener("dequeue", fail)
    target.addEventListener("dequeue", SimpleNamespace(handleEvent=fail))
    target.ondequeue = fail
    target.addEventListener("dequeue", target.logging("rest"))
    assert target.fire() == ["fail", "fail", "fail", "rest"]
    assert target.event_loop.reported == [exception] * 3
    target.event_loop.reported.clear()


def test_a_handle_event_that_is_gone_is_reported(target: Target) -> None:
    listener = SimpleNamespace(handleEvent=print)
    target.addEventListener("dequeue", listener)
    target.addEventListener("dequeue", target.logging("rest"))
    listener.handleEvent = None
    assert target.fire() == ["rest"]
    assert [type(exception) for exception in target.event_loop.reported] == [TypeError]
    target.event_loop.reported.clear()


def test_what_ends_the_program_passes_through_and_leaves_the_event_as_after_dispatch(target: Target) -> None:
    def interrupt(event: Event) -> None:
        raise KeyboardInterrupt

    target.addEventListener("dequeue", interrupt, {"passive": True, "once": True})
    event = Event("dequeue", cancelable=True)
    with pytest.raises(KeyboardInterrupt):
        target.dispatchEvent(event)
    assert (event.eventPhase, event.currentTarget) == (Event.NONE, None)
    target.addEventListener("dequeue", lambda event: event.preventDefault())
    assert target.dispatchEvent(event) is False


def test_each_callback_is_a_script(target: Target) -> None:
    def listener(event: Event) -> None:
        target.event_loop.scripts.append("listener")

    target.addEventListener("dequeue", listener)
    target.addEventListener(
        "dequeue", SimpleNamespace(handleEvent=lambda event: target.event_loop.scripts.append("handleEvent"))
    )
    target.fire()
    assert target.event_loop.scripts == ["prepare", "listener", "clean up", "prepare", "handleEvent", "clean up"]


# Dispatch


def test_a_fired_event_is_trusted_and_one_dispatched_is_not(target: Target) -> None:
    events: list[Event] = []

    def listener(event: Event) -> None:
        events.append(event)
        target.log.append(event.isTrusted)

    target.addEventListener("dequeue", listener)
    assert target.fire() == [True]
    assert target.dispatchEvent(events[0]) is True
    assert target.dispatchEvent(Event("dequeue")) is True
    assert target.log == [True, False, False]


def test_an_event_knows_where_it_is_while_it_is_dispatched(target: Target) -> None:
    event = Event("dequeue")

    def where(event: Event) -> tuple[object, ...]:
        return (event.target, event.currentTarget, event.eventPhase, event.composedPath())

    assert where(event) == (None, None, Event.NONE, [])
    target.addEventListener("dequeue", lambda event: target.log.append(where(event)))
    target.addEventListener("dequeue", lambda event: target.log.append(where(event)), True)
    target.dispatchEvent(event)
    assert target.log == [(target, target, Event.AT_TARGET, [target])] * 2
    assert where(event) == (target, None, Event.NONE, [])


def test_an_event_being_dispatched_cannot_be_dispatched_again(target: Target) -> None:
    def again(event: Event) -> None:
        with pytest.raises(DOMException, match="the event is already being dispatched") as raised:
            target.dispatchEvent(event)
        target.log.append(raised.value.name)

    target.addEventListener("dequeue", again)
    event = Event("dequeue")
    target.dispatchEvent(event)
    target.dispatchEvent(event)
    assert target.log == ["InvalidStateError", "InvalidStateError"]


def test_another_event_may_be_dispatched_meanwhile(target: Target) -> None:
    def listener(event: Event) -> None:
        target.dispatchEvent(Event("inner"))
        target.log.append("outer")

    target.addEventListener("outer", listener)
    target.addEventListener("inner", target.logging("inner"))
    assert target.fire("outer") == ["inner", "outer"]


@pytest.mark.parametrize("value", ["dequeue", None, {"type": "dequeue"}])
def test_only_events_can_be_dispatched(target: Target, value: Any) -> None:
    with pytest.raises(TypeError, match="not an Event"):
        target.dispatchEvent(value)


def test_stop_immediate_propagation_keeps_the_event_from_all_listeners_to_come(target: Target) -> None:
    target.addEventListener("dequeue", lambda event: event.stopImmediatePropagation())
    target.addEventListener("dequeue", target.logging("to come"))
    assert target.fire() == []
    capturing = Target(target.event_loop)
    capturing.addEventListener("dequeue", lambda event: event.stopImmediatePropagation(), True)
    capturing.addEventListener("dequeue", capturing.logging("captures"), True)
    capturing.addEventListener("dequeue", capturing.logging("bubbles"))
    assert capturing.fire() == []


def test_stop_propagation_keeps_the_event_from_the_phase_to_come(target: Target) -> None:
    target.addEventListener("dequeue", lambda event: event.stopPropagation())
    target.addEventListener("dequeue", target.logging("same phase"))
    assert target.fire() == ["same phase"]
    target.addEventListener("dequeue", lambda event: event.stopPropagation(), True)
    target.addEventListener("dequeue", target.logging("captures"), True)
    assert target.fire() == ["captures"]


@pytest.mark.parametrize("stop", [Event.stopPropagation, Event.stopImmediatePropagation])
def test_an_event_stopped_before_its_dispatch_reaches_no_listener_once(
    target: Target, stop: Callable[[Event], None]
) -> None:
    for name in ("bubbles", "bubbles too"):
        target.addEventListener("dequeue", target.logging(name))
    event = Event("dequeue")
    stop(event)
    assert target.dispatchEvent(event) is True
    assert target.log == []
    target.dispatchEvent(event)
    assert target.log == ["bubbles", "bubbles too"]


def test_only_an_event_that_is_cancelable_is_canceled(target: Target) -> None:
    def listener(event: Event) -> None:
        event.preventDefault()
        target.log.append(event.defaultPrevented)

    target.addEventListener("dequeue", listener)
    cancelable, other = Event("dequeue", cancelable=True), Event("dequeue")
    assert target.dispatchEvent(cancelable) is False
    assert target.dispatchEvent(other) is True
    assert target.log == [True, False]
    assert (cancelable.defaultPrevented, other.defaultPrevented) == (True, False)


def test_a_passive_listener_cancels_nothing(target: Target) -> None:
    target.addEventListener("dequeue", lambda event: event.preventDefault(), {"passive": True})
    event = Event("dequeue", cancelable=True)
    assert target.dispatchEvent(event) is True
    event.preventDefault()
    assert event.defaultPrevented
    target.addEventListener("dequeue", lambda event: event.preventDefault())
    assert target.dispatchEvent(Event("dequeue", cancelable=True)) is False


def test_an_event_has_what_it_was_made_with() -> None:
    event = Event("dequeue")
    assert (event.type, event.bubbles, event.cancelable, event.composed) == ("dequeue", False, False, False)
    event = Event("e", bubbles=True, cancelable=True, composed=True)
    assert (event.type, event.bubbles, event.cancelable, event.composed) == ("e", True, True, True)
    assert (event.isTrusted, event.defaultPrevented) == (False, False)
    assert (Event.NONE, Event.CAPTURING_PHASE, Event.AT_TARGET, Event.BUBBLING_PHASE) == (0, 1, 2, 3)
    assert repr(event) == "Event('e')"


def test_time_stamps_grow() -> None:
    stamps = [Event("dequeue").timeStamp for _ in range(100)]
    assert stamps == sorted(stamps)


@pytest.mark.parametrize("name", ["target", "currentTarget", "eventPhase", "isTrusted", "defaultPrevented"])
def test_what_dispatch_says_cannot_be_set(name: str) -> None:
    with pytest.raises(AttributeError):
        setattr(Event("dequeue"), name, True)


def test_without_an_event_loop_of_its_own_a_target_uses_the_current_one() -> None:
    async def main() -> list[BaseException]:
        reported: list[BaseException] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context["exception"]))
        target = EventTarget()
        target.addEventListener("dequeue", lambda event: 1 / 0)
        target.dispatchEvent(Event("dequeue"))
        return reported

    assert [type(exception) for exception in asyncio.run(main())] == [ZeroDivisionError]

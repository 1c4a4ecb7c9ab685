"""DOM's event listeners, and HTML's event handler attributes."""

from types import SimpleNamespace
from typing import Any

import pytest

from codecmodel.web.events import Event
from tests.codecmodel.web.scripts import Target


def test_listeners_run_in_the_order_in_which_they_were_added(target: Target) -> None:
    for name in "abc":
        target.addEventListener("dequeue", target.logging(name))
    assert target.fire() == ["a", "b", "c"]
    assert target.fire() == ["a", "b", "c"]


def test_listeners_run_for_their_type_only(target: Target) -> None:
    target.addEventListener("dequeue", target.logging("dequeue"))
    target.addEventListener("Dequeue", target.logging("Dequeue"))
    assert target.fire("dequeue") == ["dequeue"]
    assert target.fire("Dequeue") == ["Dequeue"]
    assert target.fire("other") == []


def test_a_listener_added_twice_runs_once_in_its_first_place(target: Target) -> None:
    first, second = target.logging("first"), target.logging("second")
    for listener in (first, second, first):
        target.addEventListener("dequeue", listener)
    assert target.fire() == ["first", "second"]
    target.removeEventListener("dequeue", first)
    assert target.fire() == ["second"]
    target.addEventListener("dequeue", first)
    assert target.fire() == ["second", "first"]


def test_the_same_listener_may_listen_to_several_types(target: Target) -> None:
    listener = target.logging("called")
    target.addEventListener("dequeue", listener)
    target.addEventListener("other", listener)
    assert target.fire("dequeue") == ["called"]
    assert target.fire("other") == ["called"]
    target.removeEventListener("other", listener)
    assert target.fire("dequeue") == ["called"]
    assert target.fire("other") == []


def test_the_same_listener_may_capture_and_not_capture(target: Target) -> None:
    listener = target.logging("called")
    target.addEventListener("dequeue", listener)
    target.addEventListener("dequeue", listener, True)
    target.addEventListener("dequeue", listener, {"capture": True})
    assert target.fire() == ["called", "called"]
    target.removeEventListener("dequeue", listener, {"capture": True})
    assert target.fire() == ["called"]
    target.removeEventListener("dequeue", listener, True)
    assert target.fire() == ["called"]
    target.removeEventListener("dequeue", listener, False)
    assert target.fire() == []


def test_options_do_not_tell_listeners_apart_but_for_capture(target: Target) -> None:
    listener = target.logging("called")
    target.addEventListener("dequeue", listener)
    target.addEventListener("dequeue", listener, {"once": True, "passive": True})
    assert target.fire() == ["called"]
    assert target.fire() == ["called"]


def test_bound_methods_are_told_apart_by_their_object(target: Target) -> None:
    class Listener:
        def __init__(self, name: str) -> None:
            self.name = name

        def listen(self, event: Event) -> None:
            target.log.append(self.name)

    a, b = Listener("a"), Listener("b")
    for listener in (a, b, a):
        target.addEventListener("dequeue", listener.listen)
    assert target.fire() == ["a", "b"]
    target.removeEventListener("dequeue", a.listen)
    assert target.fire() == ["b"]


def test_none_is_added_and_removed_without_effect(target: Target) -> None:
    target.addEventListener("dequeue", None)
    target.removeEventListener("dequeue", None)
    target.removeEventListener("dequeue", target.logging("never added"))
    assert target.fire() == []


def test_an_object_is_called_by_its_handle_event(target: Target) -> None:
    listener = SimpleNamespace(handleEvent=lambda event: target.log.append(event.type))
    target.addEventListener("dequeue", listener)
    assert target.fire() == ["dequeue"]
    # It is looked up at each event.
    listener.handleEvent = lambda event: target.log.append("replaced")
    assert target.fire() == ["replaced"]
    target.removeEventListener("dequeue", listener)
    assert target.fire() == []


def test_an_object_that_can_be_called_is_called_itself(target: Target) -> None:
    class Listener(SimpleNamespace):
        def __call__(self, event: Event) -> None:
            target.log.append("called")

    target.addEventListener("dequeue", Listener(handleEvent=lambda event: target.log.append("handleEvent")))
    assert target.fire() == ["called"]


@pytest.mark.parametrize("listener", [1, "listener", object(), [print]])
def test_what_cannot_be_called_is_no_listener(target: Target, listener: Any) -> None:
    with pytest.raises(TypeError, match="an event listener must be callable or have a handleEvent method"):
        target.addEventListener("dequeue", listener)


def test_coroutine_functions_are_no_listeners(target: Target) -> None:
    async def listener(event: Event) -> None:
        pass

    with pytest.raises(TypeError, match="the event listener is a coroutine function"):
        target.addEventListener("dequeue", listener)
    with pytest.raises(TypeError, match="ondequeue is a coroutine function"):
        target.ondequeue = listener
    assert target.fire() == []


def test_a_listener_for_once_runs_once(target: Target) -> None:
    target.addEventListener("dequeue", target.logging("once"), {"once": True})
    target.addEventListener("dequeue", target.logging("always"))
    assert target.fire() == ["once", "always"]
    assert target.fire() == ["always"]


def test_a_listener_for_once_is_removed_before_it_is_called(target: Target) -> None:
    def listener(event: Event) -> None:
        target.log.append("called")
        target._fire("dequeue")
        target.addEventListener("dequeue", listener, {"once": True})

    target.addEventListener("dequeue", listener, {"once": True})
    assert target.fire() == ["called"]
    assert target.fire() == ["called"]


def test_a_listener_added_during_dispatch_waits_for_the_next_event(target: Target) -> None:
    late = target.logging("late")
    target.addEventListener("dequeue", lambda event: target.addEventListener("dequeue", late))
    assert target.fire() == []
    assert target.fire() == ["late"]


def test_a_listener_removed_during_dispatch_is_not_called(target: Target) -> None:
    later, earlier = target.logging("later"), target.logging("earlier")

    def remove(event: Event) -> None:
        for listener in (earlier, remove, later):
            target.removeEventListener("dequeue", listener)
        target.log.append("removed")

    for listener in (earlier, remove, later, target.logging("last")):
        target.addEventListener("dequeue", listener)
    assert target.fire() == ["earlier", "removed", "last"]
    assert target.fire() == ["last"]


def test_a_listener_removed_and_added_again_during_dispatch_waits_for_the_next_event(target: Target) -> None:
    later = target.logging("later")

    def remove_and_add(event: Event) -> None:
        target.removeEventListener("dequeue", later)
        target.addEventListener("dequeue", later)

    target.addEventListener("dequeue", remove_and_add, {"once": True})
    target.addEventListener("dequeue", later)
    assert target.fire() == []
    assert target.fire() == ["later"]


def test_at_the_target_capturing_listeners_come_first(target: Target) -> None:
    target.addEventListener("dequeue", target.logging("first added"))
    target.addEventListener("dequeue", target.logging("captures"), {"capture": True})
    assert target.fire() == ["captures", "first added"]


def test_a_listener_that_captures_may_add_one_that_does_not(target: Target) -> None:
    added = target.logging("added")
    target.addEventListener("dequeue", lambda event: target.addEventListener("dequeue", added), True)
    target.addEventListener(
        "dequeue", lambda event: target.addEventListener("dequeue", target.logging("late"), True), True
    )
    assert target.fire() == ["added"]


# Event handlers


def test_an_event_handler_is_a_listener_in_the_place_where_it_was_first_set(target: Target) -> None:
    assert target.ondequeue is None
    target.addEventListener("dequeue", target.logging("before"))
    first, second = target.logging("first handler"), target.logging("second handler")
    target.ondequeue = first
    assert target.ondequeue is first
    target.addEventListener("dequeue", target.logging("after"))
    assert target.fire() == ["before", "first handler", "after"]
    target.ondequeue = second
    assert target.ondequeue is second
    assert target.fire() == ["before", "second handler", "after"]


def test_an_event_handler_set_to_none_loses_its_place(target: Target) -> None:
    handler = target.logging("handler")
    target.ondequeue = handler
    target.addEventListener("dequeue", target.logging("listener"))
    target.ondequeue = None
    assert target.ondequeue is None
    assert target.fire() == ["listener"]
    target.ondequeue = None
    target.ondequeue = handler
    assert target.fire() == ["listener", "handler"]


@pytest.mark.parametrize("value", [1, "handler", object(), [print]])
def test_what_cannot_be_called_sets_an_event_handler_to_none(target: Target, value: Any) -> None:
    target.ondequeue = target.logging("handler")
    target.ondequeue = value
    assert target.ondequeue is None
    assert target.fire() == []


def test_an_event_handler_and_a_listener_of_the_same_function_are_two(target: Target) -> None:
    function = target.logging("called")
    target.ondequeue = function
    target.addEventListener("dequeue", function)
    assert target.fire() == ["called", "called"]
    target.removeEventListener("dequeue", function)
    assert target.fire() == ["called"]
    target.removeEventListener("dequeue", function)
    assert target.fire() == ["called"]
    assert target.ondequeue is function


def test_an_event_handler_replaced_during_dispatch_is_called_as_it_is_now(target: Target) -> None:
    target.addEventListener(
        "dequeue", lambda event: setattr(target, "ondequeue", target.logging("new")), {"once": True}
    )
    target.ondequeue = target.logging("old")
    assert target.fire() == ["new"]


def test_an_event_handler_removed_during_dispatch_is_not_called(target: Target) -> None:
    target.addEventListener("dequeue", lambda event: setattr(target, "ondequeue", None))
    target.ondequeue = target.logging("handler")
    assert target.fire() == []


def test_an_event_handler_that_returns_false_cancels_the_event(target: Target) -> None:
    target.ondequeue = lambda event: False
    assert target.dispatchEvent(Event("dequeue", cancelable=True)) is False
    assert target.dispatchEvent(Event("dequeue")) is True
    target.ondequeue = lambda event: 0
    assert target.dispatchEvent(Event("dequeue", cancelable=True)) is True
    target.ondequeue = None
    target.addEventListener("dequeue", lambda event: False)
    assert target.dispatchEvent(Event("dequeue", cancelable=True)) is True

"""DOM's Event and EventTarget, and the global scope of a dedicated worker, described."""

from typing import Final

from codecmodel.web.events import Event, EventHandler, EventTarget
from codecmodel.web.webidl import Dictionary, Member, boolean, dom_string
from conformance.wpt.host.description import (
    EVENT_HANDLER,
    EVENT_LISTENER,
    Argument,
    Attribute,
    Interface,
    Operation,
    operation,
    optional,
    platform_object,
    union,
)

_event_init: Final = Dictionary[dict[str, bool]](
    "EventInit",
    Member("bubbles", boolean, default=False),
    Member("cancelable", boolean, default=False),
    Member("composed", boolean, default=False),
)
_event_listener_options: Final = Dictionary[dict[str, bool]]("EventListenerOptions", Member("capture", boolean))
_add_event_listener_options: Final = Dictionary[dict[str, bool]](
    "AddEventListenerOptions", Member("capture", boolean), Member("once", boolean), Member("passive", boolean)
)


def _new_event(type: str, init: object = None) -> Event:
    options = _event_init({} if init is None else init, "eventInitDict")
    return Event(type, bubbles=options["bubbles"], cancelable=options["cancelable"], composed=options["composed"])


class GlobalScope(EventTarget):
    """The global object as an EventTarget."""


def _handler(type: str) -> property:
    def get(scope: GlobalScope) -> EventHandler:
        return scope._event_handler(type)

    def set(scope: GlobalScope, value: EventHandler) -> None:
        scope._set_event_handler(type, value)

    return property(get, set)


_SCOPE_EVENTS: Final = ("error", "message", "messageerror", "rejectionhandled", "unhandledrejection")
for _type in _SCOPE_EVENTS:
    setattr(GlobalScope, f"on{_type}", _handler(_type))


def dispatch_as_user_agent(target: EventTarget, event: Event) -> bool:
    """Dispatch an event that the host has made. Returns False if a listener canceled it."""
    event._is_trusted = True
    return target._dispatch(event)


def _change_of_listeners(name: str, options: Dictionary[dict[str, bool]]) -> Operation:
    arguments = (
        Argument("type", dom_string),
        Argument("callback", EVENT_LISTENER),
        optional("options", union(boolean, options)),
    )
    return Operation(name, (arguments,), never_fails=True)


INTERFACES: Final = (
    Interface(
        "EventTarget",
        EventTarget,
        constructors=((),),
        operations=(
            _change_of_listeners("addEventListener", _add_event_listener_options),
            _change_of_listeners("removeEventListener", _event_listener_options),
            operation("dispatchEvent", Argument("event", platform_object("Event"))),
        ),
    ),
    Interface(
        "Event",
        Event,
        constructors=((Argument("type", dom_string), optional("eventInitDict", _event_init)),),
        construct=_new_event,
        attributes=tuple(
            Attribute(name)
            for name in (
                "type",
                "target",
                "currentTarget",
                "eventPhase",
                "bubbles",
                "cancelable",
                "composed",
                "defaultPrevented",
                "isTrusted",
                "timeStamp",
            )
        ),
        operations=tuple(
            operation(name)
            for name in ("composedPath", "stopPropagation", "stopImmediatePropagation", "preventDefault")
        ),
        constants={"NONE": 0, "CAPTURING_PHASE": 1, "AT_TARGET": 2, "BUBBLING_PHASE": 3},
    ),
    Interface("WorkerGlobalScope", type("WorkerGlobalScope", (GlobalScope,), {}), parent="EventTarget"),
    Interface(
        "DedicatedWorkerGlobalScope",
        GlobalScope,
        parent="WorkerGlobalScope",
        attributes=tuple(Attribute(f"on{type}", EVENT_HANDLER) for type in _SCOPE_EVENTS),
    ),
)

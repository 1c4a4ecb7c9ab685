"""DOM: Event, EventTarget and event handler attributes, as far as objects outside a tree need them."""

from collections.abc import Callable
from time import perf_counter
from typing import Final, Protocol, TypeAlias, TypedDict, Union, cast

from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import EventLoop, current_event_loop
from codecmodel.web.webidl import invoke_callback, refuse_coroutine_function


class EventListenerObject(Protocol):
    """A listener given as an object."""

    def handleEvent(self, event: "Event") -> object: ...


EventListener: TypeAlias = Union["Callable[[Event], object]", EventListenerObject]
EventHandler: TypeAlias = Union["Callable[[Event], object]", None]


class AddEventListenerOptions(TypedDict, total=False):
    """``signal`` is left out: there is no AbortSignal."""

    capture: bool
    once: bool
    passive: bool


class Event:
    """DOM § 2.2. ``timeStamp`` is in milliseconds, on a monotonic clock."""

    NONE: Final = 0
    CAPTURING_PHASE: Final = 1
    AT_TARGET: Final = 2
    BUBBLING_PHASE: Final = 3

    # What an event starts with; dispatching changes it on the instance.
    _target: "EventTarget | None" = None
    _current_target: "EventTarget | None" = None
    _event_phase = NONE
    _is_trusted = False
    _dispatched = False
    _canceled = False
    _in_passive_listener = False
    _stop_propagation = False
    _stop_immediate_propagation = False

    def __init__(self, type: str, *, bubbles: bool = False, cancelable: bool = False, composed: bool = False) -> None:
        self.type: Final = type
        self.bubbles: Final = bubbles
        self.cancelable: Final = cancelable
        self.composed: Final = composed
        self.timeStamp: Final = perf_counter() * 1000

    @property
    def target(self) -> "EventTarget | None":
        """The object the event was dispatched to."""
        return self._target

    @property
    def currentTarget(self) -> "EventTarget | None":
        """The object whose listener is being called."""
        return self._current_target

    @property
    def eventPhase(self) -> int:
        return self._event_phase

    @property
    def isTrusted(self) -> bool:
        """Whether the model fired the event, rather than a caller of ``dispatchEvent()``."""
        return self._is_trusted

    @property
    def defaultPrevented(self) -> bool:
        return self._canceled

    def preventDefault(self) -> None:
        if self.cancelable and not self._in_passive_listener:
            self._canceled = True

    def stopPropagation(self) -> None:
        """Keep the event from the phases to come: with no tree, from listeners that do not capture."""
        self._stop_propagation = True

    def stopImmediatePropagation(self) -> None:
        """Keep the event from all listeners to come."""
        self._stop_propagation = True
        self._stop_immediate_propagation = True

    def composedPath(self) -> "list[EventTarget]":
        """The objects whose listeners will be called: the target, while the event is being dispatched."""
        return [] if self._current_target is None else [self._current_target]

    def __repr__(self) -> str:
        return f"Event({self.type!r})"


class _Listener:
    """DOM: event listener. That of an event handler attribute is told apart from any that has the same callback."""

    __slots__ = ("callback", "capture", "is_event_handler", "once", "passive", "removed", "type")

    def __init__(self, type: str, callback: EventListener, options: AddEventListenerOptions) -> None:
        self.type = type
        self.callback = callback
        self.capture = bool(options.get("capture"))
        self.once = bool(options.get("once"))
        self.passive = bool(options.get("passive"))
        self.removed = False
        self.is_event_handler = False


class EventTarget:
    """DOM § 2.7. Listeners run in the order in which they were added, on the thread that fires the event."""

    def __init__(self, event_loop: EventLoop | None = None) -> None:
        self._event_listeners: list[_Listener] = []
        self._event_handlers: dict[str, _Listener] = {}
        self._listeners_event_loop = event_loop

    def addEventListener(
        self,
        type: str,
        callback: EventListener | None,
        options: AddEventListenerOptions | bool | None = None,
    ) -> None:
        """Call ``callback`` for each event of ``type``. A listener added twice is one listener.

        Raises TypeError for a callback that can't be called, and for a coroutine function.
        """
        if callback is None:
            return
        if not callable(callback) and not hasattr(callback, "handleEvent"):
            raise TypeError(f"an event listener is callable or has handleEvent: {callback!r}")
        refuse_coroutine_function(callback, "the event listener")
        listener = _Listener(type, callback, _flatten_more(options))
        if self._find(type, callback, listener.capture) is None:
            self._event_listeners.append(listener)

    def removeEventListener(
        self,
        type: str,
        callback: EventListener | None,
        options: AddEventListenerOptions | bool | None = None,
    ) -> None:
        """Call ``callback`` no more, not even for the event that is being dispatched."""
        listener = self._find(type, callback, bool(_flatten_more(options).get("capture")))
        if listener is not None:
            self._remove(listener)

    def dispatchEvent(self, event: Event) -> bool:
        """Dispatch an event of the caller's own. Returns False if a listener canceled it.

        Raises InvalidStateError if the event is being dispatched already.
        """
        if not isinstance(event, Event):
            raise TypeError(f"not an Event: {event!r}")
        if event._dispatched:
            raise DOMException("the event is being dispatched already", "InvalidStateError")
        event._is_trusted = False
        return self._dispatch(event)

    def _fire(self, type: str) -> bool:
        """DOM: fire an event."""
        if not self._event_listeners:
            return True
        event = Event(type)
        event._is_trusted = True
        return self._dispatch(event)

    def _dispatch(self, event: Event) -> bool:
        """DOM § 2.9: dispatch, along a path that is the target alone."""
        event._dispatched = True
        event._target = self
        event._event_phase = Event.AT_TARGET
        try:
            # A target is passed twice: on the way down by its capturing listeners, then by the others.
            self._invoke(event, capturing=True)
            self._invoke(event, capturing=False)
        finally:
            event._event_phase = Event.NONE
            event._current_target = None
            event._dispatched = False
            event._in_passive_listener = False
            event._stop_propagation = False
            event._stop_immediate_propagation = False
        return not event._canceled

    def _invoke(self, event: Event, *, capturing: bool) -> None:
        """DOM: invoke, and inner invoke."""
        if event._stop_propagation:
            return
        event._current_target = self
        # Listeners added meanwhile are not called, those removed meanwhile neither.
        for listener in list(self._event_listeners):
            if listener.removed or listener.type != event.type or listener.capture is not capturing:
                continue
            if listener.once:
                self._remove(listener)
            event._in_passive_listener = listener.passive
            self._call(listener, event)
            if event._stop_immediate_propagation:
                return

    def _call(self, listener: _Listener, event: Event) -> None:
        """Call a listener; what it raises is reported."""
        event_loop = self._listeners_event_loop
        if event_loop is None:
            event_loop = current_event_loop()
        callback = listener.callback
        if not callable(callback):
            listener_object = callback
            invoke_callback(event_loop, lambda event: listener_object.handleEvent(event), event)
        elif invoke_callback(event_loop, callback, event) is False and listener.is_event_handler:
            # HTML § 8.1.8.1, the event handler processing algorithm.
            event.preventDefault()

    def _find(self, type: str, callback: EventListener | None, capture: bool) -> _Listener | None:
        for listener in self._event_listeners:
            if (
                listener.type == type
                and listener.capture == capture
                and not listener.is_event_handler
                and listener.callback == callback
            ):
                return listener
        return None

    def _remove(self, listener: _Listener) -> None:
        listener.removed = True
        self._event_listeners.remove(listener)

    def _event_handler(self, type: str) -> EventHandler:
        """HTML: the getter of an event handler IDL attribute."""
        listener = self._event_handlers.get(type)
        return cast("EventHandler", listener.callback) if listener is not None else None

    def _set_event_handler(self, type: str, value: object) -> None:
        """HTML: the setter. What is not callable sets it to null; a new value keeps the old one's place."""
        refuse_coroutine_function(value, f"on{type}")
        handler = cast("EventHandler", value) if callable(value) else None
        listener = self._event_handlers.get(type)
        if handler is None:
            if listener is not None:
                del self._event_handlers[type]
                self._remove(listener)
        elif listener is not None:
            listener.callback = handler
        else:
            listener = _Listener(type, handler, {})
            listener.is_event_handler = True
            self._event_handlers[type] = listener
            self._event_listeners.append(listener)


def _flatten_more(options: AddEventListenerOptions | bool | None) -> AddEventListenerOptions:
    """DOM: flatten more."""
    if options is None:
        return {}
    if isinstance(options, bool):
        return {"capture": options}
    return options

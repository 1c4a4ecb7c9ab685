"""DOM's Event and EventTarget, and HTML's event handler attributes, for objects that are not part of a tree.

DOM: https://dom.spec.whatwg.org/. Without a tree, an event's path is its target alone.
"""

from collections.abc import Callable
from time import perf_counter
from typing import Final, Protocol, TypeAlias, TypedDict, Union, cast

from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import EventLoop, current_event_loop
from codecmodel.web.webidl import invoke_callback, refuse_coroutine_function


class EventListenerObject(Protocol):
    """An event listener that is an object: its ``handleEvent`` method is called with each event."""

    def handleEvent(self, event: "Event") -> object: ...


EventListener: TypeAlias = Union["Callable[[Event], object]", EventListenerObject]
EventHandler: TypeAlias = Union["Callable[[Event], object]", None]


class AddEventListenerOptions(TypedDict, total=False):
    """The options of ``addEventListener()``. The member ``signal`` is left out, because there is no AbortSignal."""

    capture: bool
    once: bool
    passive: bool


class Event:
    """An event (DOM § 2.2). ``timeStamp`` is in milliseconds on a monotonic clock."""

    NONE: Final = 0
    CAPTURING_PHASE: Final = 1
    AT_TARGET: Final = 2
    BUBBLING_PHASE: Final = 3

    # For speed: the initial values of an event's flags belong to the class. Dispatching an event sets its own.
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
        """The object that the event was dispatched to, or None before that."""
        return self._target

    @property
    def currentTarget(self) -> "EventTarget | None":
        """The object whose listener is being called, or None if no listener is."""
        return self._current_target

    @property
    def eventPhase(self) -> int:
        """``NONE``, or ``AT_TARGET`` while the event is being dispatched."""
        return self._event_phase

    @property
    def isTrusted(self) -> bool:
        """True if the library fired the event, False if a program dispatched it with ``dispatchEvent()``."""
        return self._is_trusted

    @property
    def defaultPrevented(self) -> bool:
        """Whether ``preventDefault()`` has canceled the event."""
        return self._canceled

    def preventDefault(self) -> None:
        """Cancel the event, if it is cancelable and the running listener is not passive."""
        if self.cancelable and not self._in_passive_listener:
            self._canceled = True

    def stopPropagation(self) -> None:
        """Skip the phases that follow. Without a tree these are the listeners that do not capture."""
        self._stop_propagation = True

    def stopImmediatePropagation(self) -> None:
        """Skip all listeners that have not been called yet."""
        self._stop_propagation = True
        self._stop_immediate_propagation = True

    def composedPath(self) -> "list[EventTarget]":
        """The objects whose listeners are called: the target while the event is being dispatched, otherwise none."""
        return [] if self._current_target is None else [self._current_target]

    def __repr__(self) -> str:
        return f"Event({self.type!r})"


class _Listener:
    """DOM: event listener.

    ``is_event_handler`` marks the listener of an event handler attribute. ``addEventListener()`` and
    ``removeEventListener()`` never find that one, even if it has the callback that they are given.
    """

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
    """An event target (DOM § 2.7).

    Listeners are called in the order in which they were added, on the thread that fires the event. ``event_loop``
    reports exceptions of listeners; without it, the event loop that is current at that time reports them.
    """

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
        """Call ``callback`` for each event of type ``type``. Adding the same listener again has no effect.

        Raises TypeError if ``callback`` can't be called, or is a coroutine function.
        """
        if callback is None:
            return
        if not callable(callback) and not hasattr(callback, "handleEvent"):
            raise TypeError(f"an event listener must be callable or have a handleEvent method: {callback!r}")
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
        """Stop calling ``callback``, even for an event that is being dispatched."""
        listener = self._find(type, callback, bool(_flatten_more(options).get("capture")))
        if listener is not None:
            self._remove(listener)

    def dispatchEvent(self, event: Event) -> bool:
        """Dispatch an event that the program has made. Returns False if a listener canceled the event.

        Raises TypeError if ``event`` is not an Event, and InvalidStateError if it is already being dispatched.
        """
        if not isinstance(event, Event):
            raise TypeError(f"not an Event: {event!r}")
        if event._dispatched:
            raise DOMException("the event is already being dispatched", "InvalidStateError")
        event._is_trusted = False
        return self._dispatch(event)

    def _fire(self, type: str) -> bool:
        """DOM: fire an event. Returns False if a listener canceled it."""
        # For speed: an event that has no listener is not made.
        if not self._event_listeners:
            return True
        event = Event(type)
        event._is_trusted = True
        return self._dispatch(event)

    def _dispatch(self, event: Event) -> bool:
        """DOM § 2.9: dispatch an event, along a path that is the target alone."""
        event._dispatched = True
        event._target = self
        event._event_phase = Event.AT_TARGET
        try:
            # The path is walked down and up again: capturing listeners are called first, then the others.
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
        """DOM: invoke and inner invoke, for the listeners of one phase."""
        if event._stop_propagation:
            return
        event._current_target = self
        # The list is copied, so a listener that is added by another is not called for this event. A listener that
        # is removed by another is not called either.
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
        """Call a listener with an event. An exception that it raises is reported."""
        event_loop = self._listeners_event_loop
        if event_loop is None:
            event_loop = current_event_loop()
        callback = listener.callback
        if not callable(callback):
            listener_object = callback
            invoke_callback(event_loop, lambda event: listener_object.handleEvent(event), event)
        elif invoke_callback(event_loop, callback, event) is False and listener.is_event_handler:
            # HTML § 8.1.8.1, the event handler processing algorithm: an event handler cancels by returning False.
            event.preventDefault()

    def _find(self, type: str, callback: EventListener | None, capture: bool) -> _Listener | None:
        """The listener that was added with the same type, callback and phase, or None."""
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
        """DOM: remove an event listener."""
        listener.removed = True
        self._event_listeners.remove(listener)

    def _event_handler(self, type: str) -> EventHandler:
        """HTML: the getter of an event handler IDL attribute."""
        listener = self._event_handlers.get(type)
        return cast("EventHandler", listener.callback) if listener is not None else None

    def _set_event_handler(self, type: str, value: object) -> None:
        """HTML: the setter of an event handler IDL attribute.

        A value that is not callable removes the handler. A new handler takes the old one's place among the listeners.
        Raises TypeError if ``value`` is a coroutine function.
        """
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
    """DOM: flatten more. A boolean stands for the option ``capture``."""
    if options is None:
        return {}
    if isinstance(options, bool):
        return {"capture": options}
    return options

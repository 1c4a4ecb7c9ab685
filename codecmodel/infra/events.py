"""DOM: Event, EventTarget and event handler attributes, as far as objects outside a tree need them."""

from collections.abc import Callable
from time import perf_counter
from typing import Final, Protocol, TypeAlias, TypedDict, cast

from codecmodel.infra.errors import DOMException
from codecmodel.infra.event_loop import EventLoop, current_event_loop


class EventListenerObject(Protocol):
    """A listener given as an object."""

    def handleEvent(self, event: "Event") -> None: ...


EventListener: TypeAlias = "Callable[[Event], object] | EventListenerObject"
EventHandler: TypeAlias = "Callable[[Event], object] | None"


class AddEventListenerOptions(TypedDict, total=False):
    capture: bool
    once: bool
    passive: bool


class Event:
    """DOM § 2.2. ``timeStamp`` is in milliseconds, on a monotonic clock."""

    NONE: Final = 0
    CAPTURING_PHASE: Final = 1
    AT_TARGET: Final = 2
    BUBBLING_PHASE: Final = 3

    def __init__(self, type: str, *, bubbles: bool = False, cancelable: bool = False) -> None:
        self.type: Final = type
        self.bubbles: Final = bubbles
        self.cancelable: Final = cancelable
        self.timeStamp: Final = perf_counter() * 1000
        self.target: EventTarget | None = None
        self.currentTarget: EventTarget | None = None
        self.eventPhase: int = Event.NONE
        self.isTrusted = False
        self._dispatched = False
        self._canceled = False
        self._stop_immediate_propagation = False

    @property
    def defaultPrevented(self) -> bool:
        return self._canceled

    def preventDefault(self) -> None:
        if self.cancelable:
            self._canceled = True

    def stopPropagation(self) -> None:
        """No effect: there is no tree to propagate through."""

    def stopImmediatePropagation(self) -> None:
        self._stop_immediate_propagation = True

    def __repr__(self) -> str:
        return f"Event({self.type!r})"


class _Listener:
    __slots__ = ("callback", "capture", "once", "removed", "type")

    def __init__(self, type: str, callback: EventListener, capture: bool, once: bool) -> None:
        self.type = type
        self.callback = callback
        self.capture = capture
        self.once = once
        self.removed = False


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
        """Call ``callback`` for each event of ``type``. A listener added twice is one listener."""
        if callback is None:
            return
        if not callable(callback) and not hasattr(callback, "handleEvent"):
            raise TypeError(f"an event listener is callable or has handleEvent: {callback!r}")
        capture, once = _flatten(options)
        for listener in self._event_listeners:
            if (listener.type, listener.callback, listener.capture) == (type, callback, capture):
                return
        self._event_listeners.append(_Listener(type, callback, capture, once))

    def removeEventListener(
        self,
        type: str,
        callback: EventListener | None,
        options: AddEventListenerOptions | bool | None = None,
    ) -> None:
        capture, _ = _flatten(options)
        for listener in self._event_listeners:
            if (listener.type, listener.callback, listener.capture) == (type, callback, capture):
                self._remove(listener)
                return

    def dispatchEvent(self, event: Event) -> bool:
        """Dispatch an event of the caller's own. Returns False if a listener canceled it."""
        if not isinstance(event, Event):
            raise TypeError(f"not an Event: {event!r}")
        if event._dispatched:
            raise DOMException("the event is being dispatched already", "InvalidStateError")
        event.isTrusted = False
        return self._dispatch(event)

    def _fire(self, type: str) -> bool:
        """DOM: fire an event."""
        if not self._event_listeners:
            return True
        event = Event(type)
        event.isTrusted = True
        return self._dispatch(event)

    def _dispatch(self, event: Event) -> bool:
        event._dispatched = True
        event.target = event.currentTarget = self
        event.eventPhase = Event.AT_TARGET
        event_loop = self._listeners_event_loop or current_event_loop()
        # Listeners added meanwhile are not called, those removed meanwhile neither.
        for listener in list(self._event_listeners):
            if listener.type != event.type or listener.removed:
                continue
            if listener.once:
                self._remove(listener)
            callback = listener.callback
            try:
                if callable(callback):
                    callback(event)
                else:
                    callback.handleEvent(event)
            except Exception as exception:
                event_loop.report_exception(exception)
            event_loop.clean_up_after_running_script()
            if event._stop_immediate_propagation:
                break
        event.eventPhase = Event.NONE
        event.currentTarget = None
        event._dispatched = False
        event._stop_immediate_propagation = False
        return not event._canceled

    def _remove(self, listener: _Listener) -> None:
        listener.removed = True
        if listener in self._event_listeners:
            self._event_listeners.remove(listener)

    def _event_handler(self, type: str) -> EventHandler:
        """HTML: the getter of an event handler IDL attribute."""
        listener = self._event_handlers.get(type)
        return cast("EventHandler", listener.callback) if listener is not None else None

    def _set_event_handler(self, type: str, value: object) -> None:
        """HTML: the setter. What is not callable sets it to null; a new value keeps the old one's place."""
        handler = cast("EventHandler", value) if callable(value) else None
        listener = self._event_handlers.get(type)
        if handler is None:
            if listener is not None:
                del self._event_handlers[type]
                self._remove(listener)
        elif listener is not None:
            listener.callback = handler
        else:
            listener = _Listener(type, handler, capture=False, once=False)
            self._event_handlers[type] = listener
            self._event_listeners.append(listener)


def _flatten(options: AddEventListenerOptions | bool | None) -> tuple[bool, bool]:
    """DOM: flatten more. Returns (capture, once)."""
    if options is None:
        return False, False
    if isinstance(options, bool):
        return options, False
    return bool(options.get("capture", False)), bool(options.get("once", False))

"""HTML § 9.4: channel messaging, between event loops in the same or in different threads.

A MessagePort belongs to the event loop on which it was started, by ``start()`` or by setting ``onmessage``; until then
its messages wait. So both ports of a channel may be made in one thread and one of them handed to another. Messages that
nobody can receive any more are dropped, and what they refer to is released.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias, Union, cast

from codecmodel.web.errors import DOMException
from codecmodel.web.event_loop import EventLoop, EventLoopClosed, TaskSource, current_event_loop
from codecmodel.web.events import Event, EventTarget
from codecmodel.web.structured_data import (
    SerializedWithTransfer,
    TransferableObject,
    structured_deserialize_with_transfer,
    structured_serialize_with_transfer,
)

MessageEventHandler: TypeAlias = Union["Callable[[MessageEvent], object]", None]

_posted_message_task_source: Final = TaskSource("posted message")


class MessageEvent(Event):
    """HTML § 9.1: ``data`` is the message, ``ports`` the ports that were transferred with it."""

    def __init__(self, type: str, *, data: object = None, ports: "Iterable[MessagePort]" = ()) -> None:
        super().__init__(type)
        self.data: Final = data
        self.ports: Final = tuple(ports)


class _PortMessageQueue:
    """HTML: port message queue, with what it is entangled with. It moves from port to port when one is transferred."""

    def __init__(self, lock: threading.Lock) -> None:
        # Of both ends: what one does to the other is seen by both at once.
        self._lock: Final = lock
        self._messages: Final[deque[SerializedWithTransfer]] = deque()
        self._event_loop: EventLoop | None = None
        self._port: MessagePort | None = None
        self._remote: _PortMessageQueue | None = None

    def entangle(self, remote: "_PortMessageQueue") -> None:
        self._remote, remote._remote = remote, self

    @property
    def remote(self) -> "_PortMessageQueue | None":
        return self._remote

    def add(self, message: SerializedWithTransfer) -> None:
        """Called on any thread."""
        with self._lock:
            self._messages.append(message)
            self._announce(1)

    def enable(self, port: "MessagePort", event_loop: EventLoop) -> None:
        """From now on messages become events at ``port``."""
        with self._lock:
            if self._event_loop is None:
                self._port, self._event_loop = port, event_loop
                self._announce(len(self._messages))

    def disable(self) -> None:
        """Messages wait for another port."""
        with self._lock:
            self._port = self._event_loop = None

    def close(self) -> None:
        """Nothing is received any more at this end, nor at the other."""
        with self._lock:
            if self._remote is not None:
                self._remote._remote = None
            self._remote = self._port = self._event_loop = None
            messages = list(self._messages)
            self._messages.clear()
        # Dropped outside of the lock: what goes with them may be other ports.
        del messages

    def _announce(self, messages: int) -> None:
        event_loop = self._event_loop
        if event_loop is None:
            return
        try:
            for _ in range(messages):
                event_loop.queue_task(_posted_message_task_source, self._deliver_one)
        except EventLoopClosed:
            self._messages.clear()

    def _deliver_one(self) -> None:
        with self._lock:
            port = self._port
            if port is None or not self._messages:
                return
            message = self._messages.popleft()
        port._receive(message)


class MessagePort(EventTarget, TransferableObject):
    """One end of a channel."""

    def __init__(self) -> None:
        raise TypeError("ports are made by MessageChannel")

    @classmethod
    def _of(cls, queue: _PortMessageQueue) -> "MessagePort":
        port = cls.__new__(cls)
        port._detached = False
        port._take_over(queue)
        return port

    def _take_over(self, queue: _PortMessageQueue) -> None:
        EventTarget.__init__(self)
        self._queue: _PortMessageQueue | None = queue

    @property
    def onmessage(self) -> MessageEventHandler:
        """Called with a MessageEvent for each message. Setting it starts the port."""
        return cast("MessageEventHandler", self._event_handler("message"))

    @onmessage.setter
    def onmessage(self, value: MessageEventHandler) -> None:
        self._set_event_handler("message", value)
        self.start()

    @property
    def onmessageerror(self) -> MessageEventHandler:
        """Called for a message that can't be deserialized here."""
        return cast("MessageEventHandler", self._event_handler("messageerror"))

    @onmessageerror.setter
    def onmessageerror(self, value: MessageEventHandler) -> None:
        self._set_event_handler("messageerror", value)

    def postMessage(self, message: object, transfer: Iterable[object] = ()) -> None:
        """Send a clone of ``message`` to the other end; objects in ``transfer`` move there, and are detached here.

        Raises as ``structured_serialize_with_transfer`` does, and DataCloneError if this port is to be transferred.
        """
        transfer = list(transfer)
        if any(item is self for item in transfer):
            raise DOMException("a port cannot be sent through itself", "DataCloneError")
        target = self._queue.remote if self._queue is not None else None
        is_doomed = any(isinstance(item, MessagePort) and item._queue is target for item in transfer)
        record = structured_serialize_with_transfer(message, transfer)
        if target is None:
            return
        if is_doomed:
            # The other end was sent to itself, where nobody can receive it.
            target.close()
        else:
            target.add(record)

    def start(self) -> None:
        """Receive messages, on the running event loop. Again: no effect. Raises RuntimeError without an event loop."""
        if self._queue is not None:
            event_loop = current_event_loop()
            self._listeners_event_loop = event_loop
            self._queue.enable(self, event_loop)

    def close(self) -> None:
        """Disconnect both ends. What is still on its way to the other arrives there."""
        self._detached = True
        if self._queue is not None:
            self._queue.close()
            self._queue = None

    def _receive(self, message: SerializedWithTransfer) -> None:
        try:
            data, transferred = structured_deserialize_with_transfer(message)
        except DOMException:
            event = MessageEvent("messageerror")
        else:
            ports = (value for value in transferred if isinstance(value, MessagePort))
            event = MessageEvent("message", data=data, ports=ports)
        event._is_trusted = True
        self._dispatch(event)

    def _transfer_steps(self, data_holder: dict[str, object]) -> None:
        assert self._queue is not None, "it is not detached"
        self._queue.disable()
        data_holder["queue"] = self._queue
        self._queue = None

    def _transfer_receiving_steps(self, data_holder: Mapping[str, object]) -> None:
        self._take_over(cast("_PortMessageQueue", data_holder["queue"]))


class MessageChannel:
    """Two ports: what one posts the other receives."""

    def __init__(self) -> None:
        lock = threading.Lock()
        first, second = _PortMessageQueue(lock), _PortMessageQueue(lock)
        first.entangle(second)
        self.port1: Final = MessagePort._of(first)
        self.port2: Final = MessagePort._of(second)

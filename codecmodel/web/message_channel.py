"""HTML § 9.4: channel messaging, between event loops of the same thread or of different threads.

HTML: https://html.spec.whatwg.org/multipage/web-messaging.html. A MessagePort belongs to the event loop on which it was
started, by ``start()`` or by setting ``onmessage``. Until then its messages wait, so a program can make both ports in
one thread and give one of them to another thread. A message that can't be received any more is dropped, which releases
the objects in it.
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
    """HTML § 9.1. ``data`` is the message. ``ports`` are the ports that were transferred with it."""

    def __init__(self, type: str, *, data: object = None, ports: "Iterable[MessagePort]" = ()) -> None:
        super().__init__(type)
        self.data: Final = data
        self.ports: Final = tuple(ports)


class _PortMessageQueue:
    """HTML: port message queue. It also holds the entanglement, and moves on when its port is transferred."""

    def __init__(self, lock: threading.Lock) -> None:
        # The queues of both ends share the lock, so a change that concerns both is never seen in part.
        self._lock: Final = lock
        self._messages: Final[deque[SerializedWithTransfer]] = deque()
        self._event_loop: EventLoop | None = None
        self._port: MessagePort | None = None
        self._remote: _PortMessageQueue | None = None

    def entangle(self, remote: "_PortMessageQueue") -> None:
        """HTML: entangle the two ports that own the queues."""
        self._remote, remote._remote = remote, self

    @property
    def remote(self) -> "_PortMessageQueue | None":
        """The queue of the port at the other end, or None if the ports are disentangled."""
        return self._remote

    def add(self, message: SerializedWithTransfer) -> None:
        """Add a message. May be called on any thread."""
        with self._lock:
            self._messages.append(message)
            self._announce(1)

    def enable(self, port: "MessagePort", event_loop: EventLoop) -> None:
        """HTML: enable the queue. Each message now becomes an event at ``port``, in a task of ``event_loop``."""
        with self._lock:
            if self._event_loop is None:
                self._port, self._event_loop = port, event_loop
                self._announce(len(self._messages))

    def disable(self) -> None:
        """Keep the messages until another port enables the queue."""
        with self._lock:
            self._port = self._event_loop = None

    def close(self) -> None:
        """HTML: disentangle the ports. No message is received at this end any more, and none can be sent to it."""
        with self._lock:
            if self._remote is not None:
                self._remote._remote = None
            self._remote = self._port = self._event_loop = None
            messages = list(self._messages)
            self._messages.clear()
        # The messages are dropped outside of the lock, because they may hold ports whose queues take it, too.
        del messages

    def _announce(self, messages: int) -> None:
        """Queue a task for each of so many messages, if the queue is enabled."""
        event_loop = self._event_loop
        if event_loop is None:
            return
        try:
            for _ in range(messages):
                event_loop.queue_task(_posted_message_task_source, self._deliver_one)
        except EventLoopClosed:
            self._messages.clear()

    def _deliver_one(self) -> None:
        """In a task: have the port receive the oldest message."""
        with self._lock:
            port = self._port
            if port is None or not self._messages:
                return
            message = self._messages.popleft()
        port._receive(message)


class MessagePort(EventTarget, TransferableObject):
    """HTML: MessagePort, one end of a channel."""

    def __init__(self) -> None:
        raise TypeError("MessagePort has no constructor: MessageChannel makes ports")

    @classmethod
    def _of(cls, queue: _PortMessageQueue) -> "MessagePort":
        """A new port that owns ``queue``."""
        port = cls.__new__(cls)
        port._detached = False
        port._take_over(queue)
        return port

    def _take_over(self, queue: _PortMessageQueue) -> None:
        EventTarget.__init__(self)
        self._queue: _PortMessageQueue | None = queue

    @property
    def onmessage(self) -> MessageEventHandler:
        """The event handler for messages, which is called with a MessageEvent. Setting it starts the port."""
        return cast("MessageEventHandler", self._event_handler("message"))

    @onmessage.setter
    def onmessage(self, value: MessageEventHandler) -> None:
        self._set_event_handler("message", value)
        self.start()

    @property
    def onmessageerror(self) -> MessageEventHandler:
        """The event handler for messages that can't be deserialized. It is called with a MessageEvent."""
        return cast("MessageEventHandler", self._event_handler("messageerror"))

    @onmessageerror.setter
    def onmessageerror(self, value: MessageEventHandler) -> None:
        self._set_event_handler("messageerror", value)

    def postMessage(self, message: object, transfer: Iterable[object] = ()) -> None:
        """Send a clone of ``message`` to the other end. The objects in ``transfer`` are detached, and move there.

        Raises DataCloneError if the message can't be cloned, or an object can't be transferred, or this port is in
        ``transfer``; TypeError if a buffer in ``transfer`` is in use.
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
            # The message carries the port that it is sent to, so it can't be received any more.
            target.close()
        else:
            target.add(record)

    def start(self) -> None:
        """Begin to receive messages, on the current event loop. Starting a port again has no effect.

        Raises RuntimeError if there is no event loop.
        """
        if self._queue is not None:
            event_loop = current_event_loop()
            self._listeners_event_loop = event_loop
            self._queue.enable(self, event_loop)

    def close(self) -> None:
        """Disconnect both ends. Messages that were sent from this end before are still received at the other end."""
        self._detached = True
        if self._queue is not None:
            self._queue.close()
            self._queue = None

    def _receive(self, message: SerializedWithTransfer) -> None:
        """HTML: the steps of a message's task at the port that receives it."""
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
    """HTML: MessageChannel, two entangled ports. Each receives the messages that are posted at the other."""

    def __init__(self) -> None:
        lock = threading.Lock()
        first, second = _PortMessageQueue(lock), _PortMessageQueue(lock)
        first.entangle(second)
        self.port1: Final = MessagePort._of(first)
        self.port2: Final = MessagePort._of(second)

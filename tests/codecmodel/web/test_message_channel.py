"""Message channels: messages arrive in order, on the loop of the port that receives them, as clones or moved."""

import asyncio
import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any, cast

import pytest

from codecmodel.web.errors import DOMException
from codecmodel.web.message_channel import MessageChannel, MessageEvent, MessagePort
from codecmodel.web.structured_data import SerializableObject


def run(main: Callable[[], Any]) -> Any:
    async def bounded() -> Any:
        async with asyncio.timeout(20):
            return await main()

    return asyncio.run(bounded())


class Inbox:
    """The messages that a port has received."""

    def __init__(self, port: MessagePort) -> None:
        self.events: asyncio.Queue[MessageEvent] = asyncio.Queue()
        port.onmessage = self.events.put_nowait

    async def next(self) -> Any:
        return (await self.events.get()).data


def test_messages_arrive_in_order_as_clones() -> None:
    async def main() -> None:
        channel = MessageChannel()
        inbox = Inbox(channel.port2)
        sent = [{"number": number, "of": [3]} for number in range(3)]
        for message in sent:
            channel.port1.postMessage(message)
        for message in sent:
            received = await inbox.next()
            assert received == message
            assert received is not message

    run(main)


def test_a_message_is_a_task_of_its_own() -> None:
    async def main() -> None:
        channel = MessageChannel()
        inbox = Inbox(channel.port2)
        channel.port1.postMessage(1)
        assert inbox.events.empty()
        assert await inbox.next() == 1

    run(main)


def test_both_ends_send_and_receive() -> None:
    async def main() -> None:
        channel = MessageChannel()
        channel.port2.onmessage = lambda event: channel.port2.postMessage(cast("int", event.data) + 1)
        inbox = Inbox(channel.port1)
        channel.port1.postMessage(41)
        assert await inbox.next() == 42

    run(main)


def test_messages_wait_until_the_port_is_started() -> None:
    async def main() -> None:
        channel = MessageChannel()
        received: list[object] = []
        channel.port2.addEventListener("message", lambda event: received.append(event.data))
        channel.port1.postMessage("early")
        inbox = Inbox(channel.port1)
        channel.port2.postMessage("other way")
        assert await inbox.next() == "other way"
        assert received == []
        channel.port2.start()
        channel.port2.start()
        channel.port2.postMessage("again")
        assert await inbox.next() == "again"
        assert received == ["early"]

    run(main)


def test_an_event_says_what_it_is() -> None:
    async def main() -> None:
        channel = MessageChannel()
        inbox = Inbox(channel.port2)
        channel.port1.postMessage(None)
        event = await inbox.events.get()
        assert (event.type, event.data, event.ports, event.isTrusted) == ("message", None, (), True)
        assert event.target is channel.port2

    run(main)


def test_another_thread_has_its_own_loop() -> None:
    channel = MessageChannel()
    threads: list[threading.Thread] = []

    async def worker() -> None:
        inbox = Inbox(channel.port2)
        while (message := await inbox.next()) is not None:
            threads.append(threading.current_thread())
            channel.port2.postMessage(message * 2)

    async def main() -> list[object]:
        thread = threading.Thread(target=run, args=(worker,))
        thread.start()
        inbox = Inbox(channel.port1)
        for number in range(100):
            channel.port1.postMessage(number)
        received = [await inbox.next() for _ in range(100)]
        channel.port1.postMessage(None)
        await asyncio.to_thread(thread.join)
        assert set(threads) == {thread}
        return received

    assert run(main) == [2 * number for number in range(100)]


def test_a_port_moves_with_the_messages_that_it_has_not_received() -> None:
    async def main() -> None:
        outer, inner = MessageChannel(), MessageChannel()
        inner.port1.postMessage("before")
        outer.port1.postMessage({"port": inner.port2}, [inner.port2])
        inner.port1.postMessage("meanwhile")
        inbox = Inbox(outer.port2)
        event = await inbox.events.get()
        (moved,) = event.ports
        assert event.data["port"] is moved  # type: ignore[index]
        inner.port1.postMessage("after")
        inner_inbox = Inbox(moved)
        assert [await inner_inbox.next() for _ in range(3)] == ["before", "meanwhile", "after"]
        answers = Inbox(inner.port1)
        moved.postMessage("answer")
        assert await answers.next() == "answer"
        inner.port2.postMessage("of nobody")
        with pytest.raises(DOMException, match="is detached"):
            outer.port1.postMessage(None, [inner.port2])

    run(main)


def test_ports_that_cannot_be_sent() -> None:
    async def main() -> None:
        channel = MessageChannel()
        with pytest.raises(DOMException, match="through itself") as raised:
            channel.port1.postMessage(None, [channel.port1])
        assert raised.value.name == "DataCloneError"
        with pytest.raises(DOMException, match="MessagePort is not a serializable object"):
            channel.port1.postMessage(MessageChannel().port1)
        # A port that is sent to its own other end is lost, and so is the message.
        channel.port1.postMessage("doomed", [channel.port2])
        channel.port1.postMessage("to nobody")

    run(main)


def test_a_message_that_is_refused_is_not_sent() -> None:
    async def main() -> None:
        channel = MessageChannel()
        inbox = Inbox(channel.port2)
        with pytest.raises(DOMException, match="object is not a serializable object"):
            channel.port1.postMessage([object()])
        channel.port1.postMessage("next")
        assert await inbox.next() == "next"

    run(main)


class Unreadable(SerializableObject):
    def _serialization_steps(self, serialized: dict[str, object], for_storage: bool) -> None:
        pass

    def _deserialization_steps(self, serialized: object) -> None:
        raise DOMException("not here", "DataCloneError")


def test_a_message_that_cannot_be_read_is_an_event_of_its_own() -> None:
    async def main() -> None:
        channel = MessageChannel()
        inbox = Inbox(channel.port2)
        errors: list[MessageEvent] = []
        channel.port2.onmessageerror = errors.append
        channel.port1.postMessage(Unreadable())
        channel.port1.postMessage("next")
        assert await inbox.next() == "next"
        assert [(event.type, event.data) for event in errors] == [("messageerror", None)]
        assert channel.port2.onmessageerror is not None

    run(main)


def test_after_close_nothing_is_received() -> None:
    async def main() -> None:
        channel = MessageChannel()
        received: list[object] = []
        channel.port2.onmessage = lambda event: received.append(event.data)
        channel.port1.postMessage("dropped")
        channel.port2.close()
        channel.port2.close()
        channel.port1.postMessage("to nobody")
        channel.port2.postMessage("of nobody")
        with pytest.raises(DOMException, match="is detached"):
            MessageChannel().port1.postMessage(None, [channel.port2])
        await asyncio.sleep(0.01)
        assert received == []

    run(main)


def test_what_was_sent_before_the_close_arrives() -> None:
    async def main() -> None:
        channel = MessageChannel()
        inbox = Inbox(channel.port2)
        channel.port1.postMessage("last")
        channel.port1.close()
        assert await inbox.next() == "last"

    run(main)


class Memory(bytearray):
    """Memory that shows when it is released."""


def test_a_loop_that_is_closed_receives_nothing_and_keeps_nothing() -> None:
    channel = MessageChannel()

    async def start() -> None:
        channel.port2.onmessage = lambda event: None

    run(start)
    memory = Memory(3)
    gone = weakref.ref(memory)
    view = memoryview(memory)
    del memory
    channel.port1.postMessage(None, [view])
    assert gone() is None


def test_messages_are_dropped_with_the_port_that_was_to_receive_them() -> None:
    for end in ("port1", "port2"):
        channel, memory = MessageChannel(), Memory(3)
        gone = weakref.ref(memory)
        view = memoryview(memory)
        del memory
        channel.port1.postMessage(None, [view])
        assert gone() is not None
        getattr(channel, end).close()
        if channel.port2._detached:
            assert gone() is None
        else:
            assert gone() is not None, "a message from before the close arrives"


def test_ports_need_a_channel_and_an_event_loop() -> None:
    with pytest.raises(TypeError, match="MessageChannel makes ports"):
        MessagePort()
    with pytest.raises(RuntimeError, match="belong to an event loop"):
        MessageChannel().port1.start()


def test_a_channel_without_references_is_collected() -> None:
    async def main() -> None:
        channel = MessageChannel()
        Inbox(channel.port2)
        channel.port1.postMessage(1)
        ends = [weakref.ref(channel.port1), weakref.ref(channel.port2)]
        del channel
        await asyncio.sleep(0.01)
        gc.collect()
        assert [end() for end in ends] == [None, None]

    run(main)

"""Another implementation's objects in Python. A module of JavaScript in Node stands in for one."""

import asyncio
import contextlib
import gc
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import NoReturn, Protocol, cast

import pytest

from codecmodel import DOMException
from codecmodel.web.errors import RangeError
from conformance import interfaces
from conformance.interfaces import ByteStream, FilledStream
from conformance.suite.assertions import OptionalFeatureUnsupportedError
from conformance.targets.node import NodeNotFoundError, find_node
from conformance.targets.remote import connections
from conformance.targets.remote.connections import BrowserConnection, NodeConnection, TargetLostError
from conformance.targets.remote.event_loop import new_event_loop
from conformance.targets.remote.objects import Target
from tests.conformance.browsers import installed_browser

_MODULE = """
let closed = 0;
export class VideoFrame {
  #data;
  constructor(data, init = {}) {
    if (!(data instanceof Uint8Array)) throw new TypeError('data is no bytes');
    this.#data = data;
    this.init = init;
    if (init.transfer) structuredClone(init.transfer[0], { transfer: init.transfer });
  }
  get timestamp() { return this.init.timestamp; }
  get size() { return [this.#data.length, { half: 0.5 }, null, undefined, NaN]; }
  async copyTo(destination) { await null; destination.set(this.#data); return [{ offset: 0 }]; }
  close() { closed += 1; }
  static get closed() { return closed; }
}
export class VideoDecoder extends EventTarget {
  #init;
  #name = 'none';
  constructor(init) { super(); this.#init = init; this.ready = Promise.resolve(this); }
  get state() { return 'configured'; }
  get name() { return this.#name; }
  set name(value) { this.#name = value; }
  get length() { return 2; }
  configure(config) {
    if (config === null) throw new TypeError('null');
    if (config.range) throw new RangeError('range');
    this.config = config;
  }
  fail() { throw new DOMException('no', 'EncodingError'); }
  decode(count) {
    for (let timestamp = 0; timestamp < count; timestamp++) {
      setTimeout(() => this.#init.output(new VideoFrame(new Uint8Array(1), { timestamp })));
    }
  }
  now() { this.dispatchEvent(new Event('dequeue')); return 'after'; }
  async flush() { throw this.error ??= new DOMException('aborted', 'AbortError'); }
  abort() { this.#init.error(this.error); }
  end() { process.exit(3); }
  static isConfigSupported(config) { return Promise.resolve({ supported: true, config }); }
}
VideoDecoder.prototype[0] = 'first';
VideoDecoder.prototype[1] = 'second';
"""


class _Interface(Protocol):
    """Any interface, or an object of it."""

    def __call__(self, *arguments: object) -> "_Interface": ...

    def __getattr__(self, name: str) -> "_Interface": ...

    def __setattr__(self, name: str, value: object) -> None: ...

    def __eq__(self, other: object) -> bool: ...

    def __getitem__(self, index: int) -> object: ...

    def __len__(self) -> int: ...


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    try:
        node = find_node()
    except NodeNotFoundError as error:
        pytest.skip(str(error))
    module = tmp_path_factory.mktemp("module") / "index.mjs"
    module.write_text(_MODULE, encoding="utf-8")
    with Target(NodeConnection(node, module.as_uri())) as target:
        yield target


def _decoder(target: Target, **init: object) -> _Interface:
    return cast("_Interface", target.interface("VideoDecoder"))(init)


def _frame_class(target: Target) -> _Interface:
    return cast("_Interface", target.interface("VideoFrame"))


def _run(target: Target, body: Callable[[], Coroutine[object, object, None]]) -> None:
    with asyncio.Runner(loop_factory=lambda: new_event_loop(target.engine)) as runner:
        runner.run(asyncio.wait_for(body(), 60))


def test_attributes_methods_and_items(target: Target) -> None:
    decoder = _decoder(target)
    assert decoder.state == "configured"
    decoder.name = "a name"
    assert decoder.name == "a name"
    assert (len(decoder), decoder[1], list(cast("list[str]", decoder))) == (2, "second", ["first", "second"])
    frame = _frame_class(target)(b"abc", {"timestamp": 2**53 + 1})
    size = cast("list[object]", frame.size)
    assert size[:4] == [3, {"half": 0.5}, None, None]
    assert size[4] != size[4]
    assert frame.timestamp == 2**53
    assert isinstance(frame, target.interface("VideoFrame"))
    with pytest.raises(AttributeError):
        decoder.state = 1
    assert not hasattr(decoder, "missing")


def test_exceptions(target: Target) -> None:
    decoder = _decoder(target)
    with pytest.raises(TypeError, match="null"):
        decoder.configure(None)
    with pytest.raises(RangeError, match="range"):
        decoder.configure({"range": True})
    with pytest.raises(DOMException, match="no") as raised:
        decoder.fail()
    assert raised.value.name == "EncodingError"
    needs: list[Callable[[], object]] = [
        lambda: decoder._codec_saturated,
        lambda: decoder.from_arrays,
        lambda: decoder.planes,
        lambda: decoder.configure(object()),
    ]
    for need in needs:
        with pytest.raises(OptionalFeatureUnsupportedError, match=r"^needs .* of codecmodel$"):
            need()


def test_buffers_are_copied_and_written_back(target: Target) -> None:
    class Detachable:
        detached = False

        def detach(self) -> None:
            self.detached = True

        def view(self) -> memoryview:
            return memoryview(bytearray(4))

    async def body() -> None:
        frame = _frame_class(target)(bytearray(b"abcd"))
        destination = bytearray(4)
        promise = cast("Awaitable[object]", frame.copyTo(destination))
        assert destination == bytes(4)
        assert await promise == [{"offset": 0}]
        assert destination == b"abcd"
        buffer, kept = Detachable(), Detachable()
        _frame_class(target)(b"a", {"transfer": [buffer], "other": kept})
        assert (buffer.detached, kept.detached) == (True, False)
        array, view = bytearray(b"ab"), memoryview(bytearray(b"c"))
        _frame_class(target)(array, {"transfer": [array, view]})
        assert array == b""
        with pytest.raises(ValueError, match="released"):
            view.tobytes()
        for unwritable in (b"abcd", memoryview(b"abcd")):
            with pytest.raises(OptionalFeatureUnsupportedError, match="cannot be written"):
                frame.copyTo(unwritable)

    _run(target, body)


def test_clones_transfers_and_messages(target: Target) -> None:
    clone, transfer, receive = (
        cast("_Interface", target.provide(name)) for name in ("structured_clone", "transfer", "receive")
    )

    async def body() -> None:
        source = bytearray(b"ab")
        value = {"a": [source, 1.5], "b": None}
        assert clone(value) == {"a": [b"ab", 1.5]}
        channel = cast("_Interface", target.provide("MessageChannel"))()
        received: asyncio.Future[_Interface] = asyncio.get_running_loop().create_future()
        channel.port2.onmessage = received.set_result
        with pytest.raises(DOMException) as raised:
            channel.port1.postMessage(print)
        assert raised.value.name == "DataCloneError"
        channel.port1.postMessage({"again": [1, 2]})
        assert (await received).data == {"again": [1, 2]}
        channel.port1.close()
        port = cast("_Interface", target.provide("MessageChannel"))().port1
        moved = receive(transfer(port))
        assert moved is not port
        moved.close()

    _run(target, body)


def test_streams(target: Target) -> None:
    async def body() -> None:
        decoder = _decoder(target)
        decoder.configure({"data": ByteStream([b"ab", b"c"])})
        config = cast("dict[str, _Interface]", decoder.config)
        reader = config["data"].getReader()
        for value in (b"ab", b"c"):
            assert await cast("Awaitable[object]", reader.read()) == {"value": value, "done": False}
        assert await cast("Awaitable[object]", reader.read()) == {"value": None, "done": True}

    _run(target, body)


def test_streams_that_are_filled(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interfaces._Choice, "provider", target.provide)

    async def body() -> None:
        stream, failing = FilledStream(), FilledStream()
        reader = cast("_Interface", stream.readable).getReader()
        for value in (b"ab", 7):
            promise = cast("Awaitable[object]", reader.read())
            stream.enqueue(value)
            assert await promise == {"value": value, "done": False}
        states = [stream.is_canceled]
        await cast("Awaitable[object]", reader.cancel())
        states.append(stream.is_canceled)
        assert states == [False, True]
        failing.fail()
        reader = cast("_Interface", failing.readable).getReader()
        with pytest.raises(Exception, match="as the scenario says"):
            await cast("Awaitable[object]", reader.read())

    _run(target, body)


def test_interfaces_that_may_be_missing(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OptionalFeatureUnsupportedError, match=r"^needs ReadableStream, which is a browser's$"):
        interfaces.interface_of_html("ReadableStream")
    monkeypatch.setattr(interfaces._Choice, "provider", target.provide)
    assert interfaces.interface_of_html("ReadableStream") is target.interface("ReadableStream")
    with pytest.raises(OptionalFeatureUnsupportedError, match=r"^needs OffscreenCanvas, which is not there$"):
        interfaces.interface_of_html("OffscreenCanvas")
    with pytest.raises(OptionalFeatureUnsupportedError, match=r"^needs indexedDB, which is not there$"):
        interfaces.interface_of_html("indexedDB")


def test_a_stretch_of_python_is_one_task(target: Target) -> None:
    log: list[str] = []

    async def body() -> None:
        outputs: list[_Interface] = []
        done = asyncio.Event()

        def output(frame: _Interface) -> None:
            outputs.append(frame)
            log.append(f"output {frame.timestamp}")
            asyncio.get_running_loop().call_soon(log.append, "same task")
            if len(outputs) == 2:
                done.set()

        decoder = _decoder(target, output=output)
        decoder.decode(2)
        for _ in range(3):
            # Python has something to run, so nothing of JavaScript's comes between.
            await asyncio.sleep(0)
            log.append(f"state {decoder.state}")
        await done.wait()
        await asyncio.sleep(0.01)

    _run(target, body)
    assert log == [*["state configured"] * 3, "output 0", "same task", "output 1", "same task"]


def test_callbacks_during_a_call(target: Target) -> None:
    log: list[object] = []

    async def body() -> None:
        decoder = _decoder(target)

        def listener(event: _Interface) -> None:
            log.append((event.type, event.target is decoder, decoder.state))

        decoder.configure({"listener": listener})
        assert decoder.config == {"listener": listener}
        decoder.addEventListener("dequeue", listener)
        decoder.addEventListener("dequeue", listener)
        log.append(decoder.now())
        decoder.removeEventListener("dequeue", listener)
        log.append(decoder.now())

        def broken(event: object) -> None:
            raise ValueError("broken")

        asyncio.get_running_loop().set_exception_handler(lambda loop, context: log.append(str(context["exception"])))
        decoder.addEventListener("dequeue", broken)
        log.append(decoder.now())

    _run(target, body)
    assert log == [("dequeue", True, "configured"), "after", "after", "broken", "after"]


def test_promises_and_the_identity_of_errors_and_objects(target: Target) -> None:
    async def body() -> None:
        errors: list[object] = []
        decoder = _decoder(target, error=errors.append)
        assert decoder.ready is decoder.ready
        assert await cast("Awaitable[object]", decoder.ready) is decoder
        with pytest.raises(DOMException) as raised:
            await cast("Awaitable[object]", decoder.flush())
        assert raised.value.name == "AbortError"
        decoder.abort()
        assert errors == [raised.value]
        supported = cast("_Interface", target.interface("VideoDecoder")).isConfigSupported({"codec": "a", "none": None})
        assert await cast("Awaitable[object]", supported) == {"supported": True, "config": {"codec": "a"}}

    _run(target, body)


def test_objects_are_released_and_frames_closed(target: Target) -> None:
    frames = _frame_class(target)
    before = cast("int", frames.closed)
    frame = frames(b"a")
    config = {"frame": frame}
    decoder = _decoder(target)
    decoder.configure(config)
    assert decoder.config == {"frame": frame}
    del frame, config
    gc.collect()
    # The command that asks has it released first.
    assert frames.closed == before + 1


def test_an_implementation_that_ends(tmp_path: Path, target: Target) -> None:
    module = tmp_path / "index.mjs"
    module.write_text(_MODULE, encoding="utf-8")
    with Target(NodeConnection(find_node(), module.as_uri())) as lost:
        decoder = _decoder(lost)
        with pytest.raises(TargetLostError, match="Node ended with status 3"):
            decoder.end()
        assert lost.engine.is_out_of_step


def test_an_operation_that_is_interrupted(tmp_path: Path, target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its reply must not be taken for that of the next one."""
    module = tmp_path / "index.mjs"
    module.write_text(_MODULE, encoding="utf-8")
    connection = NodeConnection(find_node(), module.as_uri())
    with Target(connection) as interrupted:
        decoder = _decoder(interrupted)

        def interrupt() -> NoReturn:
            raise KeyboardInterrupt

        with monkeypatch.context() as patched:
            patched.setattr(connection, "receive", interrupt)
            with pytest.raises(KeyboardInterrupt):
                decoder.name  # noqa: B018 - an attribute that is asked for
        assert interrupted.engine.is_out_of_step
        with pytest.raises(TargetLostError, match="an operation was interrupted"):
            decoder.state  # noqa: B018


def test_a_page_that_gives_no_sign_of_life_has_crashed(monkeypatch: pytest.MonkeyPatch) -> None:
    browser = installed_browser("chromium")
    with contextlib.closing(BrowserConnection(browser)) as connection:
        assert connection.receive()["event"] == "tick"
        before = connection._server.last_sign
        # The worker waits for an answer, and the page is alive all the same.
        deadline = monotonic() + 60
        while connection._server.last_sign == before and monotonic() < deadline:
            sleep(0.01)
        assert connection._server.last_sign != before
        monkeypatch.setattr(connections, "_SIGNLESS_SECONDS", -1e9)
        with pytest.raises(TargetLostError, match="the page has crashed"):
            connection.receive()

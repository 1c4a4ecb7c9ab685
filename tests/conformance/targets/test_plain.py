"""Scenarios as plain JavaScript: a program makes the same calls at the same moments. Node stands in for a browser."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from pathlib import Path
from typing import Protocol, cast

import pytest

from conformance import interfaces
from conformance.interfaces import ByteStream, FilledStream
from conformance.suite.context import Test
from conformance.suite.execution import run_scenario
from conformance.suite.results import Result, Status
from conformance.suite.scenario import Scenario
from conformance.targets.node import NodeNotFoundError, find_node
from conformance.targets.plain.confirmation import Confirmer
from conformance.targets.plain.listing import Listing, listing_of
from conformance.targets.plain.programs import BrowserRunner, NodeRunner, ProgramError
from conformance.targets.plain.transcript import RecordingConnection
from conformance.targets.remote.connections import NodeConnection, TargetLostError
from conformance.targets.remote.event_loop import new_event_loop
from conformance.targets.remote.objects import Target
from tests.conformance.browsers import installed_browser

_MODULE = """
let opened = 0;
export class VideoFrame {
  #data;
  constructor(data, init = {}) {
    if (!(data instanceof Uint8Array)) throw new TypeError('data is no bytes');
    opened += 1;
    this.#data = data;
    this.timestamp = init.timestamp ?? NaN;
    if (init.transfer) structuredClone(init.transfer[0], { transfer: init.transfer });
  }
  get length() { return this.#data.length; }
  get parent() { return this.list ??= new VideoFrame(new Uint8Array(1)); }
  async copyTo(destination) { await null; destination.set(this.#data); return [{ offset: 0 }]; }
  copyNow(destination) { destination.set(this.#data); }
  close() { opened -= 1; }
  static get opened() { return opened; }
}
export class VideoDecoder extends EventTarget {
  #init;
  #looks = 0;
  constructor(init) { super(); this.#init = init; }
  decode(count) {
    for (let timestamp = 0; timestamp < count; timestamp++) {
      setTimeout(() => this.#init.output(new VideoFrame(new Uint8Array(1), { timestamp }), { more: -0 }));
    }
  }
  later() { setTimeout(() => { this.#looks = 1; }, 20); }
  get looks() { return this.#looks; }
  now() { this.dispatchEvent(new Event('dequeue')); return [1, Infinity, null]; }
  async flush() { throw this.error ??= new DOMException('aborted', 'AbortError'); }
  wait() { return new Promise(() => {}); }
  async image() { return { image: new VideoFrame(new Uint8Array(3)) }; }
  read(stream) { this.stream = stream; return stream.getReader().read(); }
  end() { process.exit(3); }
  fail() { throw this.error ??= new DOMException('aborted', 'AbortError'); }
}
"""


class _Interface(Protocol):
    """Any interface, or an object of it."""

    def __call__(self, *arguments: object) -> "_Interface": ...

    def __getattr__(self, name: str) -> "_Interface": ...

    def __eq__(self, other: object) -> bool: ...

    def __getitem__(self, index: object) -> "_Interface": ...


class _Recorded:
    """The stand-in, whose scenarios are recorded, and a runner of programs on it."""

    def __init__(self, module: str) -> None:
        self.connection = RecordingConnection(NodeConnection(find_node(), module))
        self.target = Target(self.connection)
        self.runner = NodeRunner(find_node(), module)

    def interface(self, name: str) -> _Interface:
        return cast("_Interface", self.target.interface(name))

    def listing(self, body: Callable[[], Coroutine[object, object, None]], *, timed_out: bool = False) -> Listing:
        self.connection.begin()
        with asyncio.Runner(loop_factory=lambda: new_event_loop(self.target.engine)) as runner:
            runner.run(asyncio.wait_for(body(), 60))
        return listing_of(self.connection.end(), ["a heading"], timed_out=timed_out)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Recorded]:
    try:
        find_node()
    except NodeNotFoundError as error:
        pytest.skip(str(error))
    module = tmp_path_factory.mktemp("module") / "index.mjs"
    module.write_text(_MODULE, encoding="utf-8")
    recorded = _Recorded(module.as_uri())
    with recorded.target:
        yield recorded


def _confirmed(recorded: _Recorded, listing: Listing) -> list[str]:
    """The program's own part, whose facts are confirmed first."""
    assert listing.text.startswith("// a heading\n\nconst facts = [];\n")
    assert recorded.runner.confirmation(listing) == "confirmed"
    return listing.text.rpartition("\n\n")[2].splitlines()


def test_calls_attributes_and_errors(recorded: _Recorded) -> None:
    async def body() -> None:
        frame = recorded.interface("VideoFrame")(b"abc", {"timestamp": 5, "no-name": [1, True, "x"]})
        assert frame.timestamp == 5
        assert frame.length == 3
        assert frame.parent is frame.parent
        with pytest.raises(TypeError):
            recorded.interface("VideoFrame")(1)
        assert recorded.interface("VideoFrame").opened == 1
        frame.close()

    assert _confirmed(recorded, recorded.listing(body)) == [
        'const frame1 = new VideoFrame(bytes("YWJj"), { timestamp: 5, "no-name": [1, true, "x"] });',
        'log("frame1.timestamp", frame1.timestamp); // 5',
        'log("frame1.length", frame1.length); // 3',
        "const frame2 = frame1.parent;",
        'log("frame1.parent === frame2", frame1.parent === frame2); // true',
        "frame2.close();",
        'thrown("new VideoFrame", () => new VideoFrame(1)); // TypeError: data is no bytes',
        'log("VideoFrame.opened", VideoFrame.opened); // 1',
        "frame1.close();",
    ]


def test_callbacks_promises_and_the_identity_of_errors(recorded: _Recorded) -> None:
    async def body() -> None:
        done = asyncio.Event()
        frames: list[_Interface] = []

        def output(frame: _Interface, more: object) -> None:
            frames.append(frame)
            if frame.timestamp == 1:
                done.set()

        decoder = recorded.interface("VideoDecoder")({"output": output, "error": print})
        decoder.decode(2)
        await done.wait()
        for _ in range(2):
            with pytest.raises(Exception, match="aborted"):
                await cast("Awaitable[object]", decoder.flush())
        with pytest.raises(Exception, match="aborted"):
            decoder.fail()
        result = cast("_Interface", await cast("Awaitable[object]", decoder.image()))
        assert result["image"].length == 3

    program = _confirmed(recorded, recorded.listing(body))
    assert program[:10] == [
        "let frame1, frame2, flush1;",
        'const output1 = callback("output1");',
        'const error1 = callback("error1");',
        "const decoder1 = new VideoDecoder({ output: output1, error: error1 });",
        "decoder1.decode(2);",
        "await called(output1, 1, (value1, value2) => {",
        "  frame1 = value1;",
        '  log("frame1.timestamp", frame1.timestamp); // 0',
        "});",
        "await called(output1, 2, (value1, value2) => {",
    ]
    assert 'thrown("decoder1.fail()", () => decoder1.fail()); // AbortError: aborted' in program
    assert program[-4:-1] == [
        'const image1 = watch("image1", decoder1.image());',
        "const result1 = await settled(image1);",
        "const frame3 = result1.image;",
    ]


def test_callbacks_during_a_call(recorded: _Recorded) -> None:
    async def body() -> None:
        decoder = recorded.interface("VideoDecoder")({})
        decoder.addEventListener("dequeue", lambda event: decoder.looks)
        decoder.now()

    assert _confirmed(recorded, recorded.listing(body))[2:] == [
        'decoder1.addEventListener("dequeue", dequeue1);',
        "called(dequeue1, 1, (value1) => {",
        '  log("decoder1.looks", decoder1.looks); // 0',
        "});",
        'log("decoder1.now()", decoder1.now()); // [1, "Infinity", null]',
    ]


def test_buffers(recorded: _Recorded) -> None:
    pattern = bytes(range(256)) * 2

    async def body() -> None:
        frame = recorded.interface("VideoFrame")(pattern)
        destination = bytearray(512)
        await cast("Awaitable[object]", frame.copyTo(destination))
        assert destination == pattern
        data = bytearray(b"ab")
        recorded.interface("VideoFrame")(data, {"transfer": [data]})
        assert data == b""

    listing = recorded.listing(body)
    program = _confirmed(recorded, listing)
    assert program[0].startswith('const data1 = await inflated("')
    assert program[1:4] == [
        "const frame1 = new VideoFrame(data1.slice());",
        "const buffer1 = new Uint8Array(512);",
        'const copyTo1 = watch("copyTo1", frame1.copyTo(buffer1), ["buffer1", buffer1]);',
    ]
    assert 'const buffer2 = bytes("YWI=");' in program
    assert program[-1].endswith("= new VideoFrame(buffer2, { transfer: [buffer2.buffer] });")
    assert ("buffer1", "512 bytes: 0 1 2 3 4 5 6 7 …, sum 2498625792") in listing.facts


def test_objects_of_earlier_scenarios_are_made_first(recorded: _Recorded) -> None:
    older = recorded.interface("VideoFrame")(b"abc")

    async def body() -> None:
        assert older.length == 3

    assert _confirmed(recorded, recorded.listing(body)) == [
        'const frame1 = new VideoFrame(bytes("YWJj"));',
        'log("frame1.length", frame1.length); // 3',
    ]


def test_a_poll_is_a_delay(recorded: _Recorded) -> None:
    async def body() -> None:
        decoder = recorded.interface("VideoDecoder")({})
        decoder.later()
        while not decoder.looks:
            await asyncio.sleep(0.002)

    program = _confirmed(recorded, recorded.listing(body))
    assert len(program) == 5
    assert program[2] == 'log("decoder1.looks", decoder1.looks); // 0'
    assert program[3].startswith("await delay(")


def test_the_end_of_a_scenario_that_timed_out_is_waited_for(recorded: _Recorded) -> None:
    async def body() -> None:
        recorded.interface("VideoDecoder")({}).wait()

    program = _confirmed(recorded, recorded.listing(body, timed_out=True))
    assert program[-2:] == ["await delay(3000); // Nothing comes any more.", "// wait1 is not settled."]


@pytest.mark.parametrize(
    ("text", "confirmation"),
    [
        ("const facts = [['a', 1], ['b', 3]];", "not confirmed: b: 3, not b: 2"),
        ("const facts = [['a', 1]];", "not confirmed: b: 2 is missing"),
        ("const facts = [['b', 2], ['a', 1]];", "confirmed, in another order"),
        ("const facts = [['a', 1], ['b', 2], ['c', 3]];", "confirmed"),
        ("const facts = []; throw new TypeError('no');", "not confirmed: the program fails with TypeError: no"),
        ("const facts = process.exit(1);", "not confirmed: Node ended"),
    ],
)
def test_a_program_with_other_facts_confirms_nothing(recorded: _Recorded, text: str, confirmation: str) -> None:
    assert recorded.runner.confirmation(Listing(text, [("a", 1), ("b", 2)])) == confirmation


def test_nothing_may_follow_the_end_of_a_scenario_that_timed_out(recorded: _Recorded) -> None:
    listing = Listing("const facts = [['a', 1], ['b', 2]];", [("a", 1)], is_whole=True)
    assert recorded.runner.confirmation(listing) == "not confirmed: b: 2 is new"


def test_a_call_that_ends_the_implementation_is_the_last(tmp_path: Path) -> None:
    module = tmp_path / "index.mjs"
    module.write_text(_MODULE, encoding="utf-8")
    lost = _Recorded(module.as_uri())
    lost.connection.begin()
    with lost.target, pytest.raises(TargetLostError):
        lost.interface("VideoDecoder")({}).end()
    listing = listing_of(lost.connection.end(), ["a heading"])
    assert _confirmed(lost, listing)[1:] == ["decoder1.end();", "// Nothing comes back."]
    survivor = Listing("const facts = [];", [], is_last=True)
    assert lost.runner.confirmation(survivor) == "not confirmed: the program ends"


def test_streams(recorded: _Recorded) -> None:
    async def body() -> None:
        await cast("Awaitable[object]", recorded.interface("VideoDecoder")({}).read(ByteStream([b"ab"])))

    program = _confirmed(recorded, recorded.listing(body))
    assert program[1] == 'const read1 = watch("read1", decoder1.read(streamed([bytes("YWI=")])));'


def test_an_object_that_a_callback_gets_during_a_call(recorded: _Recorded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interfaces._Choice, "provider", recorded.target.provide)

    async def body() -> None:
        stream = FilledStream()
        promise = recorded.interface("VideoDecoder")({}).read(stream.readable)
        stream.enqueue(b"ab")
        await cast("Awaitable[object]", promise)

    program = _confirmed(recorded, recorded.listing(body))
    assert program[3:7] == [
        "called(start1, 1, (value1) => {",
        "  readableStreamDefaultController1 = value1;",
        "});",
        "const readableStream1 = new ReadableStream({ start: start1, cancel: cancel1 });",
    ]


def test_the_end_of_a_program_waits_for_its_last_facts(recorded: _Recorded) -> None:
    async def body() -> None:
        called: list[object] = []
        decoder = recorded.interface("VideoDecoder")({"output": lambda *values: called.append(values)})
        promise = cast("asyncio.Future[object]", decoder.flush())
        decoder.decode(2)
        while len(called) < 2:
            await asyncio.sleep(0.002)
        assert promise.done()

    program = _confirmed(recorded, recorded.listing(body))
    assert program[-2:] == ["await settled(flush1);", "await called(output1, 2);"]


def test_failures_are_confirmed_and_others_are_not(recorded: _Recorded) -> None:
    confirmer = Confirmer(recorded.connection, recorded.runner, "a stand-in")

    def result(length: int) -> Result:
        async def body(t: Test) -> None:
            t.add_cleanup(lambda: frame.close())
            frame = recorded.interface("VideoFrame")(b"abc")
            assert frame.length == length

        scenario = Scenario("module", "function", "a frame has a length", ("dom-videoframe",), None, None, lambda: body)
        return confirmer.confirmed(
            run_scenario(
                confirmer.recorded(scenario), new_event_loop=lambda: new_event_loop(recorded.target.engine), timeout=60
            )
        )

    passed = result(3)
    assert (passed.status, passed.javascript, passed.confirmation) == (Status.PASS, None, None)
    failed = result(4)
    assert failed.confirmation == "confirmed"
    assert failed.javascript is not None
    assert failed.javascript.startswith("// module.function, in a stand-in\n// a frame has a length\n")
    assert failed.javascript.endswith('log("frame1.length", frame1.length); // 3\n')


def test_programs_in_a_browser(tmp_path: Path) -> None:
    runner = BrowserRunner(installed_browser("chromium"))
    try:
        facts = [("state", "unconfigured"), ("url", None)]
        text = (
            "const decoder = new VideoDecoder({ output() {}, error() {} });\n"
            f"const facts = await Promise.resolve([['state', decoder.state], {json.dumps(facts[1])}]);"
        )
        assert runner.confirmation(Listing(text, facts)) == "confirmed"
        with pytest.raises(ProgramError, match="ReferenceError: missing is not defined"):
            runner.run("const facts = missing;")
    finally:
        runner.close()

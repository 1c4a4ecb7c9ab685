"""Scripts of one's own: modules, standard streams, files, errors, and how they end."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeAlias

import pytest

from conformance.cli import main
from conformance.wpt.host.channel import Channel, Json
from tests.processes import kill_once_it_prints, needs_proc, wait_for_the_end_of

_MODULE = """
import { readFileSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { describe } from 'described';
const [source, target] = process.argv.slice(2);
const pixels = new Uint8Array(await readFile(source));
const frame = new VideoFrame(pixels, { format: 'RGBA', codedWidth: 16, codedHeight: 16, timestamp: 5 });
const chunks = [];
const encoder = new VideoEncoder({ output: (chunk) => chunks.push(chunk), error: console.error });
encoder.configure({ codec: 'vp8', width: 16, height: 16 });
encoder.encode(frame);
frame.close();
await encoder.flush();
const decoded = [];
const decoder = new VideoDecoder({ output: (frame) => decoded.push(frame), error: console.error });
decoder.configure({ codec: 'vp8' });
for (const chunk of chunks) decoder.decode(chunk);
await decoder.flush();
writeFileSync(target, describe(decoded));
console.log('%s %d', typeof process, decoded.length);
console.error('a warning');
"""

_MANY_LISTENERS = """
const { signal } = new AbortController();
for (let index = 0; index < 20; index++) signal.addEventListener('abort', () => index);
"""

_FETCHING = """
import { writeFileSync } from 'node:fs';
const told = [];
const tell = async (response) => {
  const { status, headers } = response;
  told.push([status, await response.text(), headers.get('Content-Range'), headers.get('Content-Type')].join('|'));
};
await tell(await fetch('digits.txt'));
await tell(await fetch(new Request(new URL('digits.txt', import.meta.url), { headers: { Range: 'bytes=2-4' } })));
await tell(await fetch('digits.txt', { headers: { Range: 'bytes=-3' } }));
await tell(await fetch('digits.txt', { headers: { Range: 'bytes=10-' } }));
await tell(await fetch('digits.txt', { method: 'HEAD' }));
await tell(await fetch('none.txt'));
const blob = new Blob(['0123456789'], { type: 'text/x-digits' });
await tell(await fetch(URL.createObjectURL(blob), { headers: { Range: 'bytes=7-' } }));
await tell(await fetch('data:text/plain;base64,aGVsbG8='));
await tell(await fetch('data:,a%20b').then((response) => response.clone()));
await tell(new Response(blob));
told.push(await fetch('http://elsewhere.test/').catch((error) => error.name));
told.push(await fetch('digits.txt', { signal: AbortSignal.abort() }).catch((error) => error.name));
console.log(told.join('\\n'));
"""


_ASKING = """
const frame = new VideoFrame(new Uint8Array(4), { format: 'RGBA', codedWidth: 1, codedHeight: 1, timestamp: 7 });
const chunk = new EncodedAudioChunk({ type: 'key', timestamp: 3, data: new Uint8Array(2) });
for (let index = 0; index < 5; index++) {
  const { format, timestamp, duration, codedWidth, displayHeight, rotation, flip } = frame;
  const { x, y, width, height } = frame.visibleRect;
  const { primaries, transfer, matrix, fullRange } = frame.colorSpace;
  const { type, byteLength } = chunk;
}
frame.clone().close();
new VideoFrame(frame, { timestamp: 8 }).close();
frame.close();
const target = new EventTarget();
target.addEventListener('end', close);
target.removeEventListener('end', close);
"""

#: Seconds in which a script that waits for nothing ends.
_MOMENT = 1.0
#: Work in a thread of Node's, of which Node does not tell. It takes longer than a moment.
_DERIVING = """
import { pbkdf2 } from 'node:crypto';
const derive = (callback) => pbkdf2('secret', 'salt', 2_000_000, 32, 'sha256', callback);
"""

#: A request in a callback of Node's own, of which no other message tells, while Node is at work for longer.
_ENCODING_WHILE_NODE_WORKS = """
import { stat } from 'node:fs';
const timestamps = [];
const encoder = new VideoEncoder({ output: (chunk) => timestamps.push(chunk.timestamp), error: console.error });
encoder.configure({ codec: 'vp8', width: 16, height: 16, latencyMode: 'realtime' });
const init = { format: 'RGBA', codedWidth: 16, codedHeight: 16, timestamp: 0 };
const frame = new VideoFrame(new Uint8Array(1024), init);
encoder.encode(frame);
await encoder.flush();
derive(() => console.log(timestamps.join()));
stat('.', () => encoder.encode(frame));
"""

_ONCE_MORE = """
import process from 'node:process';
process.once('beforeExit', () => (
"""

_REFUSED = """
new AudioDecoder({ output() {}, error() {} }).flush().catch((error) => console.log(error.name))
"""

_READING = """
import process from 'node:process';
process.stdin.on('data', (data) => console.log(`read ${data}`));
process.stdin.on('end', () => console.log('ended'));
console.log('ready');
"""


class _Ran(NamedTuple):
    status: int
    output: str
    error: str


_Run: TypeAlias = Callable[..., _Ran]


@pytest.fixture
def run(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> _Run:
    """Runs a script of this name and text. Node writes to the standard streams of the process."""

    def run_text(name: str, text: str, *arguments: str) -> _Ran:
        script = tmp_path / name
        script.write_text(text, encoding="utf-8")
        status = main(["run", str(script), *arguments])
        return _Ran(status, *capfd.readouterr())

    return run_text


@pytest.mark.usefixtures("node")
def test_a_module_with_a_package_files_and_codecs(tmp_path: Path, run: _Run) -> None:
    package = tmp_path / "node_modules" / "described"
    package.mkdir(parents=True)
    (package / "package.json").write_text(
        '{"type": "module", "exports": {"browser": "./index.js", "default": "./none.js"}}',
        encoding="utf-8",
    )
    (package / "index.js").write_text(
        "export const describe = (frames) => frames.map((f) => `${f.format} ${f.codedWidth} ${f.timestamp}`).join();",
        encoding="utf-8",
    )
    source, target = tmp_path / "pixels", tmp_path / "target"
    source.write_bytes(bytes([200, 100, 50, 255]) * 256)
    ran = run("module.mjs", _MODULE, str(source), str(target))
    assert ran == (0, "object 1\n", "a warning\n")
    assert target.read_text(encoding="utf-8") == "I420 16 5"


@pytest.mark.usefixtures("node")
def test_every_module_runs_once_and_has_webcodecs(tmp_path: Path, run: _Run) -> None:
    telling = "console.log(typeof VideoFrame, typeof process);"
    (tmp_path / "module.mjs").write_text(f"{telling} export const one = 1;", encoding="utf-8")
    (tmp_path / "common.cjs").write_text(f"{telling} exports.two = 2;", encoding="utf-8")
    imports = "import { one } from './module.mjs'; import { two } from './common.cjs';"
    ran = run("main.mjs", f"{imports} {telling} console.log(one, two);")
    assert ran == (0, "function undefined\n" * 3 + "1 2\n", "")


@pytest.mark.usefixtures("node")
def test_a_module_that_cannot_be_parsed(tmp_path: Path, run: _Run) -> None:
    (tmp_path / "odd.mjs").write_text("export const;", encoding="utf-8")
    ran = run("main.mjs", "import './odd.mjs'; console.log('late');")
    assert (ran.status, ran.output) == (1, "")
    assert ran.error.count("SyntaxError") == 1


@pytest.mark.usefixtures("node")
def test_fetching_files_blobs_and_data(tmp_path: Path, run: _Run) -> None:
    (tmp_path / "digits.txt").write_text("0123456789", encoding="ascii")
    ran = run("module.mjs", _FETCHING)
    assert ran.output.splitlines() == [
        "200|0123456789||text/plain",
        "206|234|bytes 2-4/10|text/plain",
        "206|789|bytes 7-9/10|text/plain",
        "416||bytes */10|text/plain",
        "200|||text/plain",
        "404|||",
        "206|789|bytes 7-9/10|text/x-digits",
        "200|hello||text/plain",
        "200|a b||text/plain;charset=US-ASCII",
        "200|0123456789||text/x-digits",
        "TypeError",
        "AbortError",
    ]
    assert ran.error == ""


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    ("name", "text", "status", "output", "error"),
    [
        ("a.js", "setTimeout(() => console.log(require('node:path').sep), 20);", 0, "/\n", ""),
        ("b.mjs", "setTimeout(() => { throw new RangeError('no'); });", 1, "", "Uncaught RangeError: no\n"),
        ("c.mjs", "Promise.reject(3); setTimeout(() => console.log('late'), 9999);", 1, "", "Uncaught 3\n"),
        ("d.mjs", "import process from 'node:process'; process.exit(7);", 7, "", ""),
        ("k.mjs", f"import process from 'node:process';{_ASKING}process.exit(5);", 5, "", ""),
        ("e.mjs", "import process from 'node:process'; process.exitCode = 4;", 4, "", ""),
        ("f.mjs", "close(); setTimeout(() => console.log('late'), 9999);", 0, "", ""),
        ("g.mjs", "await new Promise(() => {});", 13, "", "awaits something that will not happen"),
        ("h.mjs", "import 'nowhere';", 1, "", "Cannot find package 'nowhere'"),
        ("j.mjs", _MANY_LISTENERS, 0, "", ""),
        ("l.mjs", f"{_DERIVING}derive(() => console.log('derived'));", 0, "derived\n", ""),
        ("m.mjs", f"{_DERIVING}derive(() => setTimeout(() => derive(() => console.log('twice'))));", 0, "twice\n", ""),
        ("n.mjs", f"{_DERIVING}derive(() => {{ close(); derive(() => console.log('late')); }});", 0, "", ""),
        ("o.mjs", f"{_DERIVING}derive(() => {{ throw new RangeError('no'); }});", 1, "", "Uncaught RangeError: no\n"),
        ("r.mjs", f"{_DERIVING}{_ENCODING_WHILE_NODE_WORKS}", 0, "0,0\n", ""),
        ("p.mjs", f"{_ONCE_MORE}setTimeout(() => console.log('more'), 5)));", 0, "more\n", ""),
        ("q.mjs", f"{_ONCE_MORE}{_REFUSED}));", 0, "InvalidStateError\n", ""),
        ("i.mjs", "addEventListener('error', (e) => e.preventDefault()); reportError(1);", 0, "", ""),
    ],
)
def test_how_a_script_ends(run: _Run, name: str, text: str, status: int, output: str, error: str) -> None:
    ran = run(name, text)
    assert (ran.status, ran.output) == (status, output)
    assert error in ran.error
    assert bool(error) == bool(ran.error)
    assert "/host/js/" not in ran.error


@pytest.mark.usefixtures("node")
def test_a_script_lasts_as_long_as_its_standard_input(tmp_path: Path) -> None:
    script = tmp_path / "reading.mjs"
    script.write_text(_READING, encoding="utf-8")
    command = [sys.executable, "-m", "conformance", "run", str(script)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(_MOMENT)
        process.stdin.write("a line")
        process.stdin.flush()
        assert process.stdout.readline() == "read a line\n"
        process.stdin.close()
        assert process.stdout.read() == "ended\n"
    assert process.returncode == 0


_ASKING_ABOUT_OUTPUTS = """
const chunks = [];
const encoder = new VideoEncoder({ output: (chunk) => chunks.push(chunk), error() {} });
encoder.configure({ codec: 'vp8', width: 16, height: 16 });
const init = { format: 'RGBA', codedWidth: 16, codedHeight: 16 };
for (let timestamp = 0; timestamp < 3; timestamp++) {
  encoder.encode(new VideoFrame(new Uint8Array(1024), { ...init, timestamp }));
}
await encoder.flush();
for (const chunk of chunks) chunk.copyTo(new Uint8Array(chunk.byteLength));
async function decode(chunks) {
  const decoder = new VideoDecoder({
    output(frame) { console.log(frame.timestamp, frame.colorSpace.matrix, frame.visibleRect.width); },
    error() {},
  });
  decoder.configure({ codec: 'vp8' });
  for (const chunk of chunks) decoder.decode(chunk);
  await decoder.flush();
}
await decode(chunks.slice(0, 1));
await decode(chunks);
"""


_ASKING_A_CODEC = """
const told = [];
const decoder = new VideoDecoder({ output() {}, error() {} });
decoder.configure({ codec: 'vp8' });
const chunk = new EncodedVideoChunk({ type: 'delta', timestamp: 3, data: new Uint8Array(2) });
told.push(decoder.state, decoder.state, decoder.decodeQueueSize);
try { decoder.decode(chunk); } catch (error) { told.push(error.name); }
const key = new EncodedVideoChunk({ type: 'key', timestamp: 3, data: new Uint8Array(2) });
decoder.decode(key);
decoder.decode(key);
told.push(decoder.decodeQueueSize, decoder.decodeQueueSize);
decoder.reset();
told.push(decoder.state, decoder.decodeQueueSize);
decoder.configure({ codec: 'vp8' });
decoder.ondequeue = () => told.push(decoder.decodeQueueSize, decoder.state);
decoder.decode(key);
await decoder.flush().catch(() => {});
console.log(told.join(), decoder.state);
"""


class _Asked(NamedTuple):
    ran: _Ran
    kinds: list[str]


@pytest.fixture
def asked(run: _Run, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], _Asked]:
    """Runs a script, and gives the kinds of its questions about platform objects."""
    received: list[str] = []
    receive = Channel.receive

    def noted(channel: Channel) -> tuple[list[Json], list[bytes]]:
        message, buffers = receive(channel)
        # What is told together with a message comes before it.
        received.append(str(message[4] if message[0] == "after" else message[0]))
        return message, buffers

    def run_text(text: str) -> _Asked:
        ran = run("asking.mjs", text)
        return _Asked(ran, [kind for kind in received if kind in ("get", "snapshot", "object", "invoke", "construct")])

    monkeypatch.setattr(Channel, "receive", noted)
    return run_text


@pytest.mark.usefixtures("node")
def test_attributes_that_do_not_change_are_asked_for_once(asked: Callable[[str], _Asked]) -> None:
    assert asked(_ASKING) == (_Ran(0, "", ""), ["construct", "object", "object", "construct"])


@pytest.mark.usefixtures("node")
def test_the_state_of_a_codec_comes_with_its_operations_and_events(asked: Callable[[str], _Asked]) -> None:
    ran, kinds = asked(_ASKING_A_CODEC)
    assert ran.output == "configured,configured,0,DataError,2,2,unconfigured,0,1,configured,0,configured closed\n"
    assert not {"get", "snapshot"} & set(kinds)


@pytest.mark.usefixtures("node")
def test_outputs_come_with_what_a_script_asks_of_them(asked: Callable[[str], _Asked]) -> None:
    ran, kinds = asked(_ASKING_ABOUT_OUTPUTS)
    assert ran.output == "0 bt470bg 16\n0 bt470bg 16\n1 bt470bg 16\n2 bt470bg 16\n"
    # Three times configure, the first request and flush; two objects of the first frame, whose callback is the only one
    # that JavaScript has got by then.
    assert kinds.count("invoke") == 9
    assert kinds.count("object") == 2
    assert not {"get", "snapshot"} & set(kinds)


_MAKING = """
const told = [];
for (let width = 1; width <= 3; width++) {
  const init = { format: 'RGBA', codedWidth: width, codedHeight: 1, timestamp: 0, colorSpace: { matrix: 'rgb' } };
  const frame = new VideoFrame(new Uint8Array(4 * width), init);
  told.push(frame.visibleRect.width, frame.colorSpace.matrix, frame.visibleRect === frame.visibleRect);
  frame.close();
}
console.log(told.join());
"""


@pytest.mark.usefixtures("node")
def test_frames_that_a_script_makes_come_with_what_it_asks_of_them(asked: Callable[[str], _Asked]) -> None:
    ran, kinds = asked(_MAKING)
    assert ran == (0, "1,rgb,true,2,rgb,true,3,rgb,true\n", "")
    assert kinds == ["construct", "object", "object", "construct", "construct"]


_DRAWING = """
const canvas = new OffscreenCanvas(4, 4);
const context = canvas.getContext('2d');
const sizes = () => [canvas.width, canvas.height, canvas.width, canvas.height].join();
const told = [sizes()];
canvas.width = 5;
told.push(sizes());
try { canvas.height = -1; } catch (error) { told.push(error.name); }
told.push(sizes());
for (let x = 0; x < 4; x++) {
  context.imageSmoothingQuality = 'high';
  context.save();
  context.imageSmoothingQuality = 'none';
  context.globalCompositeOperation = 'copy';
  context.globalCompositeOperation = 'source-over';
  context.translate(x, 0);
  context.scale(1, 2);
  context.rotate(0);
  context.transform(1, 0, 0, 1, NaN, 0);
  context.fillRect(0, 0, 1, context.canvas === canvas ? 1 : 2);
  context.restore();
}
try { context.globalCompositeOperation = 'xor'; } catch (error) { told.push(error.name); }
const { data } = context.getImageData(0, 0, 5, 4);
told.push(data.filter((value, index) => index % 4 === 3).join(''));
told.push(context.imageSmoothingQuality, context.globalCompositeOperation);
console.log(told.join(' '));
"""


@pytest.mark.usefixtures("node")
def test_a_canvas_is_asked_for_what_may_fail_or_change(asked: Callable[[str], _Asked]) -> None:
    ran, kinds = asked(_DRAWING)
    rows = ("255" * 4 + "0") * 2 + "0" * 10
    assert ran == (0, f"4,4,4,4 5,4,5,4 TypeError 5,4,5,4 NotSupportedError {rows} high source-over\n", "")
    # getContext(), and what is drawn.
    assert kinds.count("invoke") == 1 + 4
    assert kinds.count("object") == 1
    # Both sizes at first, when one has been assigned, and when one may have been; two attributes of the context.
    assert kinds.count("get") == 3 * 2 + 2


_CANVAS = """
const canvas = new OffscreenCanvas(2, 1);
const context = canvas.getContext('2d');
context.fillStyle = '#f00c';
context.translate(1, 0);
context.fillRect(0, 0, 1, 1);
const blob = await canvas.convertToBlob({ type: 'image/webp' });
const { image } = await new ImageDecoder({ data: await blob.arrayBuffer(), type: blob.type }).decode();
const pixels = new Uint8Array(8);
await image.copyTo(pixels, { format: 'RGBA' });
console.log(blob.type, pixels.join());
console.log(await new OffscreenCanvas(0, 1).convertToBlob().catch((error) => error.name));
"""


@pytest.mark.usefixtures("node")
def test_a_canvas_becomes_a_file(run: _Run) -> None:
    assert run("canvas.mjs", _CANVAS) == (0, "image/png 0,0,0,0,255,0,0,204\nIndexSizeError\n", "")


_WORKER = """
const { onmessage: nobody } = self;
addEventListener('message', async ({ data }) => {
  const { frame, again, view, image, nested, error } = data;
  const pixels = new Uint8Array(frame.allocationSize());
  await frame.copyTo(pixels);
  const facts = [nobody, frame === again, pixels[0], view.constructor.name, view[1]];
  facts.push(image.data[3], nested.get('a'), error.name);
  const init = { format: 'RGBA', codedWidth: 2, codedHeight: 1, timestamp: frame.timestamp + 1 };
  const reply = new VideoFrame(pixels, init);
  frame.close();
  postMessage({ facts, reply }, [reply]);
});
"""

_POSTING = """
const source = %s;
const worker = new Worker(URL.createObjectURL(new Blob([source])), { type: '%s' });
const data = new Uint8Array([9, 8, 7, 6, 5, 4, 3, 2]);
const frame = new VideoFrame(data, { format: 'RGBA', codedWidth: 2, codedHeight: 1, timestamp: 40 });
worker.onmessage = ({ data: { facts, reply }, target }) => {
  console.log(facts.join(), reply.timestamp, target === worker);
  reply.close();
  worker.terminate();
};
const image = new ImageData(1, 1);
image.data[3] = 77;
const message = { frame, again: frame, view: new Uint16Array([1, 258]), image };
Object.assign(message, { nested: new Map([['a', 1n]]), error: new RangeError('e') });
worker.postMessage(message, { transfer: [frame, message.view.buffer] });
console.log(frame.format, message.view.length);
"""


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize("type", ["classic", "module"])
def test_messages_to_and_from_a_worker(run: _Run, type: str) -> None:
    ran = run("posting.mjs", _POSTING % (json.dumps(_WORKER), type))
    assert ran == (0, "null 0\n,true,9,Uint16Array,258,77,1,RangeError 41 true\n", "")


@pytest.mark.usefixtures("node")
def test_messages_that_no_worker_can_get(run: _Run) -> None:
    text = """
    const worker = new Worker('data:text/javascript,close()');
    const { port1 } = new MessageChannel();
    const tried = [
      [() => {}], [new SharedArrayBuffer(1)], [new Blob()], [port1], [port1, [port1]], [new OffscreenCanvas(1, 1)],
    ];
    for (const message of tried) {
      try { worker.postMessage(...message); } catch (error) { console.log(error.name); }
    }
    """
    assert run("refused.mjs", text) == (0, "DataCloneError\n" * 6, "")


@pytest.mark.usefixtures("node")
def test_errors_of_workers(tmp_path: Path, run: _Run) -> None:
    (tmp_path / "failing.js").write_text("\n  setTimeout(() => { throw new RangeError('no'); });", encoding="utf-8")
    text = """
    const told = (worker, text) => new Promise((resolve) => worker.addEventListener('error', (event) => {
      event.preventDefault();
      const { message, filename, lineno, colno, error, constructor } = event;
      console.log(text, constructor.name, message, filename?.split('/').pop(), lineno, colno, error);
      resolve();
    }));
    await told(new Worker('failing.js'), 'a');
    await told(new Worker('none.js'), 'b');
    await told(new Worker('data:text/javascript,import "nowhere"', { type: 'module' }), 'c').then(close);
    """
    ran = run("errors.mjs", text)
    a, b, c = ran.output.splitlines()
    assert a == "a ErrorEvent Uncaught RangeError: no failing.js 2 28 undefined"
    assert b == "b Event undefined undefined undefined undefined undefined"
    assert c.startswith("c ErrorEvent Uncaught TypeError")
    assert ran.error == ""


@pytest.mark.usefixtures("node")
@pytest.mark.parametrize(
    ("worker", "rest", "status", "output", "error"),
    [
        # An idle worker keeps nothing alive, a busy one does.
        ("onmessage = () => {};", "", 0, "", ""),
        ("setTimeout(() => postMessage(1), 100);", "", 0, "1\n", ""),
        ("onmessage = () => postMessage(2);", "worker.postMessage(0);", 0, "2\n", ""),
        ("postMessage(3); close(); postMessage(4);", "", 0, "3\n4\n", ""),
        ("postMessage(5); for (;;) ;", "worker.onmessage = () => worker.terminate();", 0, "", ""),
        ("for (;;) ;", "setTimeout(close, 300);", 0, "", ""),
        ("import process from 'node:process'; process.exit(3);", "", 0, "", ""),
        ("throw new RangeError('no');", "", 1, "", "Uncaught RangeError: no"),
        ("fetch('digits.txt', { base: 1 }).catch((e) => postMessage(e.name));", "", 0, "TypeError\n", ""),
        ("fetch('%s').then((r) => r.text()).then(postMessage);", "", 0, "0123\n", ""),
        (
            "const w = new Worker('data:,postMessage(6)'); w.onmessage = (e) => postMessage(e.data + 1);",
            "",
            0,
            "7\n",
            "",
        ),
    ],
)
def test_the_life_of_a_worker(
    tmp_path: Path, run: _Run, worker: str, rest: str, status: int, output: str, error: str
) -> None:
    file = tmp_path / "digits.txt"
    file.write_text("0123", encoding="ascii")
    source = json.dumps(worker.replace("%s", file.as_uri()))
    type = "module" if "import process" in worker else "classic"
    text = f"""
    const worker = new Worker(URL.createObjectURL(new Blob([{source}])), {{ type: '{type}' }});
    worker.onmessage = (event) => console.log(event.data);
    {rest}
    """
    ran = run("life.mjs", text)
    assert (ran.status, ran.output) == (status, output)
    assert error in ran.error
    assert bool(error) == bool(ran.error)


def test_a_file_that_is_not_there(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(tmp_path / "none.mjs")]) == 2
    assert capfd.readouterr() == ("", f"{tmp_path / 'none.mjs'} is no file\n")


_KILLED_RUN = """
import sys
from conformance.cli import main
main(["run", sys.argv[1]])
"""


@needs_proc
def test_a_script_ends_with_a_run_that_is_killed(node: Path, tmp_path: Path) -> None:
    script = tmp_path / "endless.mjs"
    script.write_text("import process from 'node:process'; console.log(process.pid); while (true);", encoding="utf-8")
    wait_for_the_end_of(int(kill_once_it_prints(_KILLED_RUN, str(script))))

"""Programs as plain JavaScript and as plain Python, to show a finding to somebody who has neither model nor checker."""

import base64
from collections.abc import Callable
from string import Template
from typing import Final

from conformance.litmus.programs import CHUNKS, MICRO, PLACES, Program
from conformance.litmus.runs import chunks_of
from conformance.litmus.subjects import Interface

_JAVASCRIPT: Final = Template("""\
// $program
const bytes = base64 => Uint8Array.from(atob(base64), character => character.charCodeAt(0));
const chunks = {
$chunks
};
const log = (...what) => console.log(...what, decoder.state, decoder.decodeQueueSize);
let made = 0;
function call(what, make) {
  const number = ++made;
  try { make(number); log(number, what); } catch (error) { log(number, what, "throws", error.name); }
}
const configure = () => call("configure", () => decoder.configure($good));
const bad = () => call("bad", () => decoder.configure($bad));
const decode = name => call(name, number => decoder.decode(
  new $chunk({ type: chunks[name][0], data: bytes(chunks[name][1]), timestamp: number * 20000 })));
const flush = () => call("flush", number => decoder.flush().then(
  () => happened("settled", number, "resolved"), error => happened("settled", number, error.name)));
const reset = () => call("reset", () => decoder.reset());
const close = () => call("close", () => decoder.close());
const look = () => call("look", () => {});
const callbacks = {
$callbacks
};
function happened(place, ...what) {
  log(place, ...what);
  (callbacks[place].shift() || (() => {}))();
}
const decoder = new $interface({
  output: output => { const time = output.timestamp; output.close(); happened("output", time / 20000); },
  error: error => happened("error", error.name),
});
decoder.ondequeue = () => happened("dequeue");
// Milliseconds before each script. Events are waited for generously.
const scripts = [
$scripts
];
(function next() {
  if (scripts.length === 0) return;
  const [delay, script] = scripts.shift();
  setTimeout(() => { script(); next(); }, delay);
})();
""")

_PYTHON: Final = Template("""\
# $program
import asyncio
from base64 import b64decode
from codecmodel import $chunk, $interface

chunks = {
$chunks
}
made = 0

def log(*what):
    print(*what, decoder.state, decoder.decodeQueueSize)

def call(what, make):
    global made
    made += 1
    number = made
    try:
        make(number)
        log(number, what)
    except Exception as error:
        log(number, what, "throws", getattr(error, "name", type(error).__name__))

def configure():
    call("configure", lambda number: decoder.configure($good))

def bad():
    call("bad", lambda number: decoder.configure($bad))

def decode(name):
    kind, data = chunks[name]
    call(name, lambda number: decoder.decode($chunk(
        {"type": kind, "data": b64decode(data), "timestamp": number * 20000})))

def flush():
    def settled(number, promise):
        error = promise.exception()
        happened("settled", number, "resolved" if error is None else error.name)
    call("flush", lambda number: decoder.flush().add_done_callback(lambda promise: settled(number, promise)))

def reset():
    call("reset", lambda number: decoder.reset())

def close():
    call("close", lambda number: decoder.close())

def look():
    call("look", lambda number: None)

def microtask(*calls):
    asyncio.get_running_loop().call_soon(lambda: [each() for each in calls])

callbacks = {
$callbacks
}

def happened(place, *what):
    log(place, *what)
    for each in callbacks[place].pop(0) if callbacks[place] else ():
        each()

def output(output):
    number = output.timestamp // 20000
    output.close()
    happened("output", number)

async def main():
    global decoder
    decoder = $interface({"output": output, "error": lambda error: happened("error", error.name)})
    decoder.ondequeue = lambda event: happened("dequeue")
    # Seconds before each script. Events are waited for generously.
    for delay, script in [
$scripts
    ]:
        await asyncio.sleep(delay)
        for each in script:
            each()
    await asyncio.sleep(1)

asyncio.run(main())
""")

#: Milliseconds for each delay of a script; events and quiet are waited for so long.
_MILLISECONDS: Final = {"now": 0, "task": 0, "ms0": 0, "ms1": 1, "ms4": 4}
_EVENT_MILLISECONDS: Final = 100


def javascript(interface: Interface, program: Program) -> str:
    """The program as a script for a browser's console, or for Node with an implementation of WebCodecs."""
    return _JAVASCRIPT.substitute(
        _common(interface, program, lambda name, type, data: f'  {name}: ["{type}", "{data}"],'),
        good='{ codec: "vp8" }'
        if interface == "VideoDecoder"
        else '{ codec: "opus", sampleRate: 48000, numberOfChannels: 1 }',
        bad='{ codec: "bogus" }'
        if interface == "VideoDecoder"
        else '{ codec: "bogus", sampleRate: 48000, numberOfChannels: 1 }',
        callbacks="\n".join(
            f"  {place}: [{', '.join(f'() => {{ {_javascript_calls(calls)} }}' for calls in program.plan(place))}],"
            for place in PLACES
        ),
        scripts="\n".join(
            f"  [{_milliseconds(script.after)}, () => {{ {_javascript_calls(script.calls)} }}],"
            for script in program.scripts
        ),
    )


def python(interface: Interface, program: Program) -> str:
    """The program as a script that needs the package alone."""
    return _PYTHON.substitute(
        _common(interface, program, lambda name, type, data: f'    "{name}": ("{type}", "{data}"),'),
        good='{"codec": "vp8"}'
        if interface == "VideoDecoder"
        else '{"codec": "opus", "sampleRate": 48000, "numberOfChannels": 1}',
        bad='{"codec": "bogus"}'
        if interface == "VideoDecoder"
        else '{"codec": "bogus", "sampleRate": 48000, "numberOfChannels": 1}',
        callbacks="\n".join(
            f'    "{place}": [{", ".join(f"({_python_calls(calls)})" for calls in program.plan(place))}],'
            for place in PLACES
        ),
        scripts="\n".join(
            f"        ({_milliseconds(script.after) / 1000}, ({_python_calls(script.calls)})),"
            for script in program.scripts
        ),
    )


def _common(interface: Interface, program: Program, row: Callable[[str, str, str], str]) -> dict[str, str]:
    chunks = chunks_of(interface)
    used = [name for name in chunks if name in str(program).split()]
    return {
        "program": str(program),
        "interface": interface,
        "chunk": "EncodedVideoChunk" if interface == "VideoDecoder" else "EncodedAudioChunk",
        "chunks": "\n".join(row(name, chunks[name][0], base64.b64encode(chunks[name][1]).decode()) for name in used),
    }


def _milliseconds(after: str) -> int:
    return _MILLISECONDS.get(after, _EVENT_MILLISECONDS)


def _javascript_calls(calls: tuple[str, ...]) -> str:
    if MICRO in calls:
        place = calls.index(MICRO)
        inner = _javascript_calls(calls[place + 1 :])
        return f"{_javascript_calls(calls[:place])} queueMicrotask(() => {{ {inner} }});".strip()
    return " ".join(f'decode("{name}");' if name in CHUNKS else f"{name}();" for name in calls)


def _python_calls(calls: tuple[str, ...]) -> str:
    """The elements of a tuple of functions."""
    if MICRO in calls:
        place = calls.index(MICRO)
        inner = _python_calls(calls[place + 1 :])
        return f"{_python_calls(calls[:place])} lambda: microtask({inner}),".strip()
    return " ".join(f'lambda: decode("{name}"),' if name in CHUNKS else f"{name}," for name in calls)

"""Programs as plain JavaScript and as plain Python, to show a finding to somebody who has neither model nor checker."""

import base64
import json
from collections.abc import Mapping
from string import Template
from typing import Final

from conformance.litmus.encoder_subject import CHANNELS, HEIGHT, SAMPLE_RATE, WIDTHS
from conformance.litmus.image_listings import image_javascript, image_python
from conformance.litmus.image_subject import FRAME_INDICES
from conformance.litmus.listing_parts import (
    JAVASCRIPT_CALLBACKS,
    JAVASCRIPT_CALLS,
    JAVASCRIPT_SCRIPTS,
    PYTHON_CALLBACKS,
    PYTHON_CALLS,
    PYTHON_SCRIPTS,
)
from conformance.litmus.programs import Program
from conformance.litmus.runs import STEP, chunks_of
from conformance.litmus.subjects import (
    DecoderInterface,
    EncoderInterface,
    Family,
    Interface,
    family_of,
    is_image_interface,
)
from conformance.litmus.vocabularies import MICRO, PLACES

_JAVASCRIPT: Final = Template(
    """\
// $program
const log = (...what) => console.log(...what, codec.state, codec.$size);
"""
    + JAVASCRIPT_CALLS
    + """\
$calls
const flush = () => call("flush", number => {
  const promise = codec.flush();$gap
  promise.then(() => happened("settled", number, "resolved"), error => happened("settled", number, error.name));
});
const reset = () => call("reset", () => codec.reset());
const close = () => call("close", () => codec.close());
const look = () => call("look", () => {});
"""
    + JAVASCRIPT_CALLBACKS
    + """\
const codec = new $interface({ output, error: error => happened("error", error.name) });
codec.ondequeue = () => happened("dequeue");
"""
    + JAVASCRIPT_SCRIPTS
)

_JAVASCRIPT_OF_DECODERS: Final = Template("""\
const bytes = base64 => Uint8Array.from(atob(base64), character => character.charCodeAt(0));
const chunks = {
$chunks
};
const configure = () => call("configure", () => codec.configure($configure));
const bad = () => call("bad", () => codec.configure($bad));
const request = name => call(name, number => codec.decode(
  new $chunk({ type: chunks[name][0], data: bytes(chunks[name][1]), timestamp: number * $step })));
function output(output) {
  const time = output.timestamp;
  output.close();
  happened("output", time / $step);
}""")

_JAVASCRIPT_OF_ENCODERS: Final = Template("""\
const configurations = { configure: $configure, bad: $bad, other: $other };
// Each input begins where the one before ends; a flush, a configuration and broken data leave a gap.
let time = $step, channels = 1;
const leaveAGap = () => { time += 2 * $step; };
function configureAs(name) {
  call(name, () => {
    codec.configure(configurations[name]);
    channels = configurations[name].numberOfChannels;
    leaveAGap();
  });
}
const configure = () => configureAs("configure");
const bad = () => configureAs("bad");
const other = () => configureAs("other");
const request = name => call(name, () => {
  if (name === "broken") leaveAGap();
  const input = newInput(name === "broken" ? 3 - channels : channels);
  console.log("input", time);
  if (name === "closed") input.close();
  try { codec.encode(input, { keyFrame: name === "key" }); } finally { input.close(); }
  time += $step;
});
function newInput(numberOfChannels) {
$input
}
function output(chunk, metadata) {
  happened("output", chunk.timestamp, chunk.type, metadata.decoderConfig ? "described" : "-");
}""")

_JAVASCRIPT_INPUTS: Final[Mapping[EncoderInterface, str]] = {
    "VideoEncoder": f"""\
  const init = {{ format: "I420", codedWidth: {WIDTHS["configure"]}, codedHeight: {HEIGHT}, timestamp: time }};
  return new VideoFrame(new Uint8Array({WIDTHS["configure"] * HEIGHT * 3 // 2}), init);""",
    "AudioEncoder": f"""\
  const numberOfFrames = {SAMPLE_RATE * STEP // 1_000_000};
  const data = new Float32Array(numberOfFrames * numberOfChannels);
  return new AudioData(
    {{ format: "f32", sampleRate: {SAMPLE_RATE}, numberOfFrames, numberOfChannels, timestamp: time, data }});""",
}

_PYTHON: Final = Template(
    """\
# $program
import asyncio
from base64 import b64decode
from codecmodel import $names

made = 0

def log(*what):
    print(*what, codec.state, codec.$size)

"""
    + PYTHON_CALLS
    + """\

$calls

def flush():
    def settled(number, promise):
        error = promise.exception()
        happened("settled", number, "resolved" if error is None else error.name)
    def make(number):
        promise = codec.flush()$gap
        promise.add_done_callback(lambda promise: settled(number, promise))
    call("flush", make)

def reset():
    call("reset", lambda number: codec.reset())

def close():
    call("close", lambda number: codec.close())

def look():
    call("look", lambda number: None)

def microtask(*calls):
    asyncio.get_running_loop().call_soon(lambda: [each() for each in calls])

"""
    + PYTHON_CALLBACKS
    + """\

async def main():
    global codec
    codec = $interface({"output": output, "error": lambda error: happened("error", error.name)})
    codec.ondequeue = lambda event: happened("dequeue")
"""
    + PYTHON_SCRIPTS
    + """\

asyncio.run(main())
"""
)

_PYTHON_OF_DECODERS: Final = Template("""\
chunks = {
$chunks
}

def configure():
    call("configure", lambda number: codec.configure($configure))

def bad():
    call("bad", lambda number: codec.configure($bad))

def request(name):
    kind, data = chunks[name]
    call(name, lambda number: codec.decode($chunk(
        {"type": kind, "data": b64decode(data), "timestamp": number * $step})))

def output(output):
    number = output.timestamp // $step
    output.close()
    happened("output", number)""")

_PYTHON_OF_ENCODERS: Final = Template("""\
configurations = {"configure": $configure, "bad": $bad, "other": $other}
# Each input begins where the one before ends; a flush, a configuration and broken data leave a gap.
time, channels = $step, 1

def leave_a_gap():
    global time
    time += 2 * $step

def configure_as(name):
    def make(number):
        global channels
        codec.configure(configurations[name])
        channels = configurations[name].get("numberOfChannels")
        leave_a_gap()
    call(name, make)

def configure():
    configure_as("configure")

def bad():
    configure_as("bad")

def other():
    configure_as("other")

def request(name):
    def make(number):
        global time
        if name == "broken":
            leave_a_gap()
        media = new_input(3 - channels if name == "broken" else channels)
        print("input", time)
        if name == "closed":
            media.close()
        try:
            codec.encode(media$options)
        finally:
            media.close()
        time += $step
    call(name, make)

def new_input(channels):
$input

def output(chunk, metadata):
    happened("output", chunk.timestamp, chunk.type, "described" if "decoderConfig" in metadata else "-")""")

_PYTHON_INPUTS: Final[Mapping[EncoderInterface, str]] = {
    "VideoEncoder": f"""\
    return VideoFrame(bytes({WIDTHS["configure"] * HEIGHT * 3 // 2}), {{
        "format": "I420", "codedWidth": {WIDTHS["configure"]}, "codedHeight": {HEIGHT}, "timestamp": time}})""",
    "AudioEncoder": f"""\
    frames = {SAMPLE_RATE * STEP // 1_000_000}
    return AudioData({{
        "format": "f32", "sampleRate": {SAMPLE_RATE}, "numberOfFrames": frames, "numberOfChannels": channels,
        "timestamp": time, "data": bytes(4 * frames * channels)}})""",
}

#: Calls of decode() and of encode(), which have an argument.
_REQUESTS: Final = frozenset({"decode", "delta", "liar", "broken", "encode", "key", "closed", *FRAME_INDICES})
#: Milliseconds for each delay of a script; events and quiet are waited for so long.
_MILLISECONDS: Final = {"now": 0, "task": 0, "ms0": 0, "ms1": 1, "ms4": 4}
_EVENT_MILLISECONDS: Final = 100


def javascript(interface: Interface, program: Program) -> str:
    """The program as a script for a browser's console, or for Node with an implementation of WebCodecs."""
    callbacks = "\n".join(
        f"  {place}: [{', '.join(f'() => {{ {_javascript_calls(calls)} }}' for calls in program.plan(place))}],"
        for place in PLACES
    )
    scripts = "\n".join(
        f"  [{_milliseconds(script.after)}, () => {{ {_javascript_calls(script.calls)} }}],"
        for script in program.scripts
    )
    if is_image_interface(interface):
        return image_javascript(interface, program, callbacks, scripts)
    configurations = {name: _javascript_of(config) for name, config in _configurations(interface).items()}
    if interface == "VideoDecoder" or interface == "AudioDecoder":
        rows = "\n".join(f'  {name}: ["{type}", "{data}"],' for name, type, data in _chunks(interface, program))
        calls = _JAVASCRIPT_OF_DECODERS.substitute(configurations, chunks=rows, chunk=_chunk(interface), step=STEP)
    else:
        calls = _JAVASCRIPT_OF_ENCODERS.substitute(configurations, input=_JAVASCRIPT_INPUTS[interface], step=STEP)
    return _JAVASCRIPT.substitute(
        program=str(program),
        interface=interface,
        size=_SIZES[family_of(interface)],
        calls=calls,
        gap="\n  leaveAGap();" if family_of(interface) == "encoder" else "",
        callbacks=callbacks,
        scripts=scripts,
    )


def python(interface: Interface, program: Program) -> str:
    """The program as a script that needs the package alone."""
    callbacks = "\n".join(
        f'    "{place}": [{", ".join(f"({_python_calls(calls)})" for calls in program.plan(place))}],'
        for place in PLACES
    )
    scripts = "\n".join(
        f"        ({_milliseconds(script.after) / 1000}, ({_python_calls(script.calls)})),"
        for script in program.scripts
    )
    if is_image_interface(interface):
        return image_python(interface, program, callbacks, scripts)
    configurations = {name: json.dumps(config) for name, config in _configurations(interface).items()}
    if interface == "VideoDecoder" or interface == "AudioDecoder":
        rows = "\n".join(f'    "{name}": ("{type}", "{data}"),' for name, type, data in _chunks(interface, program))
        chunk = _chunk(interface)
        calls = _PYTHON_OF_DECODERS.substitute(configurations, chunks=rows, chunk=chunk, step=STEP)
        names = f"{chunk}, {interface}"
    else:
        calls = _PYTHON_OF_ENCODERS.substitute(
            configurations,
            input=_PYTHON_INPUTS[interface],
            options=', {"keyFrame": name == "key"}' if interface == "VideoEncoder" else "",
            step=STEP,
        )
        names = f"{'VideoFrame' if interface == 'VideoEncoder' else 'AudioData'}, {interface}"
    return _PYTHON.substitute(
        program=str(program),
        interface=interface,
        names=names,
        size=_SIZES[family_of(interface)],
        calls=calls,
        gap="\n        leave_a_gap()" if family_of(interface) == "encoder" else "",
        callbacks=callbacks,
        scripts=scripts,
    )


_SIZES: Final[Mapping[Family, str]] = {"decoder": "decodeQueueSize", "encoder": "encodeQueueSize"}


def _configurations(interface: DecoderInterface | EncoderInterface) -> Mapping[str, Mapping[str, str | int]]:
    """The configurations by the names of the calls."""
    codecs = {name: "bogus" if name == "bad" else _GOOD[interface] for name in WIDTHS}
    if interface == "VideoEncoder":
        return {name: {"codec": codecs[name], "width": WIDTHS[name], "height": HEIGHT} for name in WIDTHS}
    if interface == "VideoDecoder":
        return {name: {"codec": codecs[name]} for name in WIDTHS}
    return {
        name: {"codec": codecs[name], "sampleRate": SAMPLE_RATE, "numberOfChannels": CHANNELS[name]} for name in WIDTHS
    }


_GOOD: Final[Mapping[DecoderInterface | EncoderInterface, str]] = {
    "VideoDecoder": "vp8",
    "AudioDecoder": "opus",
    "VideoEncoder": "vp8",
    "AudioEncoder": "opus",
}


def _javascript_of(config: Mapping[str, str | int]) -> str:
    return f"{{ {', '.join(f'{name}: {json.dumps(value)}' for name, value in config.items())} }}"


def _chunk(interface: DecoderInterface) -> str:
    return "EncodedVideoChunk" if interface == "VideoDecoder" else "EncodedAudioChunk"


def _chunks(interface: DecoderInterface, program: Program) -> list[tuple[str, str, str]]:
    """Names, types and data of the chunks that are used."""
    calls = set(program.calls)
    return [
        (name, type, base64.b64encode(data).decode())
        for name, (type, data) in chunks_of(interface).items()
        if name in calls
    ]


def _moments(program: Program) -> list[tuple[str, tuple[str, ...]]]:
    """The delays and the calls of the scripts."""
    return [(script.after, script.calls) for script in program.scripts]


def _milliseconds(after: str) -> int:
    return _MILLISECONDS.get(after, _EVENT_MILLISECONDS)


def _javascript_calls(calls: tuple[str, ...]) -> str:
    if MICRO in calls:
        place = calls.index(MICRO)
        inner = _javascript_calls(calls[place + 1 :])
        return f"{_javascript_calls(calls[:place])} queueMicrotask(() => {{ {inner} }});".strip()
    return " ".join(f'request("{name}");' if name in _REQUESTS else f"{name}();" for name in calls)


def _python_calls(calls: tuple[str, ...]) -> str:
    """The elements of a tuple of functions."""
    if MICRO in calls:
        place = calls.index(MICRO)
        inner = _python_calls(calls[place + 1 :])
        return f"{_python_calls(calls[:place])} lambda: microtask({inner}),".strip()
    return " ".join(f'lambda: request("{name}"),' if name in _REQUESTS else f"{name}," for name in calls)

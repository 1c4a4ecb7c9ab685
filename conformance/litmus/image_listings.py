"""Programs on an ImageDecoder as plain JavaScript and as plain Python, see listings."""

import base64
import json
from string import Template
from typing import Final

from conformance.litmus.image_subject import FRAME_DURATION, FRAME_INDICES, REDUCED, SELECTIONS, is_stream
from conformance.litmus.listing_parts import (
    JAVASCRIPT_CALLBACKS,
    JAVASCRIPT_CALLS,
    JAVASCRIPT_SCRIPTS,
    PYTHON_CALLBACKS,
    PYTHON_CALLS,
    PYTHON_SCRIPTS,
)
from conformance.litmus.programs import Program
from conformance.litmus.runs import image_file
from conformance.litmus.subjects import ImageInterface

_JAVASCRIPT: Final = Template(
    """\
// $program
const file = Uint8Array.from(atob("$file"), character => character.charCodeAt(0));
const log = (...what) => console.log(
  ...what, decoder.complete, decoder.tracks.length, decoder.tracks.selectedIndex,
  Array.from(decoder.tracks, track => track.frameCount + (track.selected ? " selected" : "")).join(", "));
"""
    + JAVASCRIPT_CALLS
    + """\
const indices = $indices;
const optionsOf = name => ({ frameIndex: indices[name], completeFramesOnly: name !== "$reduced" });
const request = name => call(name, number => decoder.decode(optionsOf(name)).then(
  ({ image, complete }) => {
    image.close();
    const frame = image.duration === null ? "still" : `frame $${image.timestamp / $duration}`;
    happened("settled", number, frame, complete ? "complete" : "in part");
  },
  error => happened("settled", number, error.name)));
$selections
const reset = () => call("reset", () => decoder.reset());
const close = () => call("close", () => decoder.close());
const look = () => call("look", () => {});
const ends = $ends;
let controller, given = 0;
const stream = new ReadableStream({ start(begun) { controller = begun; } });
// A stream that was canceled takes no more.
const give = steps => { try { steps(); } catch {} };
const feed = () => call("feed", () => give(() => {
  if (ends.length > 0) controller.enqueue(file.slice(given, given = ends.shift()));
}));
const finish = () => call("finish", () => give(() => controller.close()));
const fail = () => call("fail", () => give(() => controller.error(new Error("as the program wants"))));
"""
    + JAVASCRIPT_CALLBACKS
    + """\
const decoder = new ImageDecoder({ type: "$type", data: $data });
decoder.tracks.ready.then(() => happened("ready", "resolved"), error => happened("ready", error.name));
decoder.completed.then(() => happened("completed", "resolved"), error => happened("completed", error.name));
"""
    + JAVASCRIPT_SCRIPTS
)

_PYTHON: Final = Template(
    """\
# $program
import asyncio
from base64 import b64decode
from codecmodel import ImageDecoder

file = b64decode("$file")
made = 0

def log(*what):
    tracks = decoder.tracks
    frames = ", ".join(f"{track.frameCount}{' selected' if track.selected else ''}" for track in tracks)
    print(*what, decoder.complete, len(tracks), tracks.selectedIndex, frames)

"""
    + PYTHON_CALLS
    + """\

indices = $indices

def request(name):
    def settled(number, promise):
        error = promise.exception()
        if error is not None:
            happened("settled", number, getattr(error, "name", type(error).__name__))
            return
        with promise.result()["image"] as image:
            frame = "still" if image.duration is None else f"frame {image.timestamp // $duration}"
        happened("settled", number, frame, "complete" if promise.result()["complete"] else "in part")
    def make(number):
        options = {"frameIndex": indices[name], "completeFramesOnly": name != "$reduced"}
        decoder.decode(options).add_done_callback(lambda promise: settled(number, promise))
    call(name, make)

def set_selected(name, index, value):
    def make(number):
        decoder.tracks[index].selected = value
    call(name, make)

$selections

def reset():
    call("reset", lambda number: decoder.reset())

def close():
    call("close", lambda number: decoder.close())

def look():
    call("look", lambda number: None)

class Stream:
    def __init__(self):
        self.given = asyncio.Queue()
        ends = $ends
        self.pieces = [file[first:last] for first, last in zip([0, *ends], ends)]

    def __aiter__(self):
        return self

    async def __anext__(self):
        piece = await self.given.get()
        if isinstance(piece, Exception):
            raise piece
        return piece

def feed():
    call("feed", lambda number: stream.pieces and stream.given.put_nowait(stream.pieces.pop(0)))

def finish():
    call("finish", lambda number: stream.given.put_nowait(StopAsyncIteration()))

def fail():
    call("fail", lambda number: stream.given.put_nowait(OSError("as the program wants")))

def microtask(*calls):
    asyncio.get_running_loop().call_soon(lambda: [each() for each in calls])

"""
    + PYTHON_CALLBACKS
    + """\

def tell(place, promise):
    error = promise.exception()
    happened(place, "resolved" if error is None else error.name)

async def main():
    global decoder, stream
    stream = Stream()
    decoder = ImageDecoder({"type": "$type", "data": $data})
    decoder.tracks.ready.add_done_callback(lambda promise: tell("ready", promise))
    decoder.completed.add_done_callback(lambda promise: tell("completed", promise))
"""
    + PYTHON_SCRIPTS
    + """\
    decoder.close()

asyncio.run(main())
"""
)


def image_javascript(interface: ImageInterface, program: Program, callbacks: str, scripts: str) -> str:
    """The program as a script for a browser's console. ``callbacks`` and ``scripts`` are those parts of it."""
    selections = "\n".join(
        f'const {name} = () => call("{name}", () => {{ decoder.tracks[{index}].selected = {json.dumps(value)}; }});'
        for name, (index, value) in _selections(program)
    )
    return _JAVASCRIPT.substitute(
        _common(interface, program), callbacks=callbacks, scripts=scripts, selections=selections
    )


def image_python(interface: ImageInterface, program: Program, callbacks: str, scripts: str) -> str:
    """The program as a script that needs the package alone. ``callbacks`` and ``scripts`` are those parts of it."""
    selections = "\n\n".join(
        f'def {name}():\n    set_selected("{name}", {index}, {value})' for name, (index, value) in _selections(program)
    )
    return _PYTHON.substitute(_common(interface, program), callbacks=callbacks, scripts=scripts, selections=selections)


def _selections(program: Program) -> list[tuple[str, tuple[int, bool]]]:
    """The selections that the program makes."""
    return [(name, selection) for name, selection in SELECTIONS.items() if name in program.calls]


def _common(interface: ImageInterface, program: Program) -> dict[str, str | int]:
    file = image_file(interface)
    return {
        "program": str(program),
        "file": base64.b64encode(file.data).decode(),
        "type": file.type,
        "data": "stream" if is_stream(interface) else "file",
        "indices": json.dumps(FRAME_INDICES),
        "reduced": REDUCED,
        "duration": FRAME_DURATION,
        "ends": json.dumps(list(file.ends)),
    }

"""Programs on an ImageDecoder as plain JavaScript and as plain Python, see listings."""

import base64
import json
from string import Template
from typing import Final

from conformance.litmus.image_subject import FRAME_DURATION, FRAME_INDICES, IMAGE_TYPE, PIECES
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
  ...what, decoder.complete, decoder.tracks.length, decoder.tracks.selectedIndex, decoder.tracks[0]?.frameCount ?? "-");
"""
    + JAVASCRIPT_CALLS
    + """\
const indices = $indices;
const request = name => call(name, number => decoder.decode({ frameIndex: indices[name] }).then(
  ({ image }) => { image.close(); happened("settled", number, `frame $${image.timestamp / $duration}`); },
  error => happened("settled", number, error.name)));
const select = () => call("select", () => { decoder.tracks[0].selected = true; });
const deselect = () => call("deselect", () => { decoder.tracks[0].selected = false; });
const reset = () => call("reset", () => decoder.reset());
const close = () => call("close", () => decoder.close());
const look = () => call("look", () => {});
let controller, given = 0;
const stream = new ReadableStream({ start(begun) { controller = begun; } });
// A stream that was canceled takes no more.
const give = steps => { try { steps(); } catch {} };
const feed = () => call("feed", () => give(() => {
  if (given < file.length) controller.enqueue(file.slice(given, given += $length));
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
    print(*what, decoder.complete, len(tracks), tracks.selectedIndex, tracks[0].frameCount if len(tracks) else "-")

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
            frame = image.timestamp // $duration
        happened("settled", number, f"frame {frame}")
    def make(number):
        decoder.decode({"frameIndex": indices[name]}).add_done_callback(lambda promise: settled(number, promise))
    call(name, make)

def set_selected(name):
    def make(number):
        decoder.tracks[0].selected = name == "select"
    call(name, make)

def select():
    set_selected("select")

def deselect():
    set_selected("deselect")

def reset():
    call("reset", lambda number: decoder.reset())

def close():
    call("close", lambda number: decoder.close())

def look():
    call("look", lambda number: None)

class Stream:
    def __init__(self):
        self.given = asyncio.Queue()
        self.pieces = [file[first : first + $length] for first in range(0, len(file), $length)]

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
    return _JAVASCRIPT.substitute(_common(interface, program), callbacks=callbacks, scripts=scripts)


def image_python(interface: ImageInterface, program: Program, callbacks: str, scripts: str) -> str:
    """The program as a script that needs the package alone. ``callbacks`` and ``scripts`` are those parts of it."""
    return _PYTHON.substitute(_common(interface, program), callbacks=callbacks, scripts=scripts)


def _common(interface: ImageInterface, program: Program) -> dict[str, str | int]:
    file = image_file()
    return {
        "program": str(program),
        "file": base64.b64encode(file).decode(),
        "type": IMAGE_TYPE,
        "data": "file" if interface == "ImageDecoder" else "stream",
        "indices": json.dumps(FRAME_INDICES),
        "duration": FRAME_DURATION,
        "length": -(-len(file) // PIECES),
    }

"""The parts of a program in JavaScript that it may need beside ``prelude.js``, by the names that it uses."""

from collections.abc import Mapping
from typing import Final

#: In the order of the program: later parts use earlier ones.
PARTS: Final[Mapping[str, str]] = {
    "bytes": """\
const bytes = base64 => Uint8Array.from(atob(base64), character => character.charCodeAt(0));
""",
    "inflated": """\
const inflated = async base64 => {
  const stream = new Blob([Uint8Array.from(atob(base64), character => character.charCodeAt(0))]).stream();
  return new Uint8Array(await new Response(stream.pipeThrough(new DecompressionStream("deflate"))).arrayBuffer());
};
""",
    "streamed": """\
const streamed = parts => new ReadableStream({
  start(controller) {
    for (const part of parts) controller.enqueue(part);
    controller.close();
  },
});
""",
    "detached": """\
const detached = view => { structuredClone(view.buffer, { transfer: [view.buffer] }); return view; };
""",
    "thrown": """\
/** Logs the error that a call throws. */
function thrown(name, make) {
  try { log(name, make()); } catch (error) { log(`${name} throws`, error); }
}
""",
    "watch": """\
/** Logs how a promise is settled, and what a buffer holds then. */
function watch(name, promise, ...buffers) {
  const logBuffers = () => buffers.forEach(([name, buffer]) => log(name, buffer));
  promise.then(
    value => { log(`${name} is resolved with`, value); logBuffers(); },
    error => { log(`${name} is rejected with`, error); logBuffers(); },
  );
  return promise;
}
""",
    "settled": """\
/** The value of a promise, or the error with which it is rejected. */
const settled = promise => promise.then(value => value, error => error);
""",
    "delay": """\
const delay = milliseconds => new Promise(resolve => setTimeout(resolve, milliseconds));
""",
    "callback": """\
/** A function that logs its calls. */
function callback(name) {
  const made = (...values) => {
    log(name, values);
    made.calls.push(values);
    made.within[made.calls.length]?.(...values);
  };
  return Object.assign(made, { called: name, calls: [], within: {} });
}
""",
    "called": """\
/** Runs ``body`` within the call of a callback with this number, and returns a promise of its arguments. */
const called = (callback, number, body = () => {}) => new Promise(resolve => {
  const run = (...values) => { body(...values); resolve(values); };
  if (callback.calls.length >= number) run(...callback.calls[number - 1]);
  else callback.within[number] = run;
});
""",
}

// The JavaScript half of the host, run by Node: node main.js FD [URL], where FD is a socket on whose other end Python is.
// The module at URL is loaded first.
'use strict';

const { setMaxListeners } = require('node:events');
const vm = require('node:vm');
const { Channel } = require('./channel.js');
const { Values } = require('./values.js');
const { Interfaces } = require('./interfaces.js');
const { installGlobals } = require('./globals.js');

const { process, setImmediate, performance } = globalThis;

const channel = new Channel(Number(process.argv[2]));
const values = new Values(channel);
const interfaces = new Interfaces(channel, values);
const host = {
  channel, values, interfaces, service, define, runScript, process, require,
  // Functions that Python calls by name.
  performs: Object.create(null),
  // Objects of JavaScript's own that can be cloned: { has(value), serialize(value, part), deserialize(fields, part) }.
  cloneables: [],
  // Whether Node is at work on something that it needs a turn of its event loop for.
  isAtWork: () => false,
  // Is told of an error that no listener of the global object has cancelled.
  uncaught: () => {},
};

/** Calls a service that Python's side registered under `name`; returns what it returns. */
function service(name, ...args) {
  const out = [];
  return values.request(['service', name], args.map((arg) => values.encodeAny(arg, out)), out);
}

/** Defines a global as Web IDL defines interface objects and namespaces: writable, configurable, not enumerable. */
function define(name, value) {
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
}

function runScript(source, filename) {
  return new vm.Script(source, { filename }).runInThisContext();
}

// What Python tells this side to do. Those that return `undefined` without a reply are marked silent.
const performers = {
  install: ([isolated, secure, url, kind, originUrl]) => {
    installGlobals(host, { isolated, secure, url, kind, originUrl });
  },
  interfaces: ([descriptions]) => interfaces.install(descriptions),
  hostScript: ([path]) => { require(path)(host); },
  run: ([source, filename]) => { runScript(source, filename); },
  call: ([ref, thisValue, args], buffers) => {
    const callback = values.valueOfReference(ref);
    const thisArgument = values.decode(thisValue, buffers);
    const argumentList = args.map((arg) => values.decode(arg, buffers));
    if (typeof callback === 'function') return Reflect.apply(callback, thisArgument, argumentList);
    const { handleEvent } = callback;
    if (typeof handleEvent !== 'function') throw new TypeError('the listener has no handleEvent method');
    return Reflect.apply(handleEvent, callback, argumentList);
  },
  perform: ([name, args], buffers) => {
    return host.performs[name](...args.map((arg) => values.decode(arg, buffers)));
  },
  detach: ([ref]) => values.detach(ref),
};
const silentPerformers = {
  settle: ([id, fulfilled, value], buffers) => values.settle(id, fulfilled, values.decode(value, buffers)),
  write: ([ref, index], buffers) => values.write(ref, buffers[index]),
  release: ([refs]) => values.releaseReferences(refs),
  news: ([news]) => values.noteNews(news),
  // Arguments of a call that is not made. The objects among them are let go of as others are.
  forget: ([args], buffers) => { for (const arg of args) values.decode(arg, buffers); },
};

channel.perform = function perform([operation, ...operands], buffers) {
  const silent = silentPerformers[operation];
  if (silent !== undefined) {
    silent(operands, buffers);
    return;
  }
  let reply;
  const out = [];
  try {
    reply = ['done', values.encodeAny(performers[operation](operands, buffers), out)];
  } catch (error) {
    out.length = 0;
    reply = ['threw', values.encodeError(error)];
  }
  channel.send(reply, out);
};

// The outermost loop. This side is parked in receive() whenever Python is at work. A checkpoint is performed by
// unwinding: Node drains its microtasks before it calls what setImmediate() was given.
function park() {
  for (;;) {
    const { message, buffers } = channel.receive();
    if (message[0] === 'checkpoint') {
      setImmediate(afterCheckpoint);
      return;
    }
    if (message[0] === 'rest') {
      isResting = true;
      return;
    }
    if (message[0] === 'callInTurn') {
      if (callInTurn(message[1], buffers, performance.now() + message[2])) return;
    } else {
      channel.perform(message, buffers);
    }
  }
}

/**
 * Makes calls, of which `made` are behind, with a checkpoint after each. Stops after one that throws, without a
 * checkpoint, or in which JavaScript has asked Python for anything, or at the time `end`. Returns whether a checkpoint
 * will follow. The result is told if there is only one.
 */
function callInTurn(calls, buffers, end, made = 0) {
  const [reference, thisValue, args, count] = calls[made];
  const out = [];
  let result = ['u'];
  channel.hasAsked = false;
  try {
    const returned = performers.call([reference, thisValue, args], buffers.slice(0, count));
    if (calls.length === 1) result = values.encodeAny(returned, out);
  } catch (error) {
    channel.send(['called', made + 1, false, ['u'], values.encodeError(error)], []);
    return false;
  }
  setImmediate(() => {
    if (made + 1 < calls.length && !channel.hasAsked && performance.now() < end) {
      if (!callInTurn(calls, buffers.slice(count), end, made + 1)) park();
      return;
    }
    channel.send(['called', made + 1, host.isAtWork(), result, null], out);
    park();
  });
  return true;
}

function afterCheckpoint() {
  endTurn(host.isAtWork());
}

/** Ends a turn of Node's event loop: tells whether Node needs further ones, and parks. */
function endTurn(isAtWork) {
  channel.send(['done', isAtWork], []);
  park();
}

// A rest: this side is not parked, and Node alone is at work. It ends when nothing keeps Node's event loop alive any more,
// or after the callback that asks Python for anything.
let isResting = false;

process.on('beforeExit', () => endRest(afterCheckpoint));
// Node does not tell of all that it does, so there may be more.
channel.onrequest = () => endRest(() => endTurn(true));

/** Ends a rest, if there is one, after the running callback. */
function endRest(end) {
  if (!isResting) return;
  isResting = false;
  setImmediate(end);
}

process.on('uncaughtException', (error) => service('uncaughtException', values.opaque(error)));
process.on('unhandledRejection', (reason, promise) => {
  service('unhandledRejection', values.opaque(reason), values.opaque(promise));
});

// No browser warns of many listeners.
setMaxListeners(0);

// Python is still loading the model.
const [, , , moduleUrl] = process.argv;
const loaded = moduleUrl === undefined ? Promise.resolve() : require('./load_ahead.js')(moduleUrl);
loaded.then(() => setImmediate(park));

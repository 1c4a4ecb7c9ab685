// The other implementation's side: enters Python with each event, and does what Python says until Python yields.
// `exchange(message)` sends a message, waits for Python's command, and blocks this agent meanwhile.
'use strict';

function serve(globals, exchange, setInterval) {
  const TICK_MILLISECONDS = 4;
  // Objects that Python refers to: id → { value, count }, and back; functions that stand for Python's, by their id.
  const objects = new Map();
  const ids = new Map();
  const functions = new Map();
  const functionIds = new WeakMap();
  let nextId = 1;

  function idOf(value) {
    let id = ids.get(value);
    if (id === undefined) {
      id = nextId++;
      ids.set(value, id);
      objects.set(id, { value, count: 0 });
    }
    objects.get(id).count += 1;
    return id;
  }

  const base64 = (bytes) => {
    let text = '';
    for (let start = 0; start < bytes.length; start += 8192) {
      text += String.fromCharCode(...bytes.subarray(start, start + 8192));
    }
    return btoa(text);
  };
  const bytesOf = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  /** A name of the module's, or of the language's and HTML's, some of which are not enumerable. */
  const globalOf = (name) => globals[name] ?? globalThis[name];
  /** The name of the interface. A module's class may have inherited the tag of another one. */
  const nameOf = (value) => {
    const name = value.constructor?.name;
    return globalOf(name) === value.constructor ? name : Object.prototype.toString.call(value).slice(8, -1);
  };

  // Values to Python

  function put(value, lent = []) {
    if (value === undefined) return { t: 'u' };
    if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))) {
      return { t: 'n', n: Object.is(value, -0) ? '-0' : String(value) };
    }
    if (value === null || ['number', 'string', 'boolean'].includes(typeof value)) return { t: 'v', v: value };
    if (functionIds.has(value)) return { t: 'f', id: functionIds.get(value) };
    if (typeof value !== 'object') return { t: 'v', v: String(value) };
    if (Array.isArray(value)) return { t: 'a', a: value.map((item) => put(item)) };
    if (value instanceof ArrayBuffer) return { t: 'b', b: base64(new Uint8Array(value)) };
    if (ArrayBuffer.isView(value)) {
      return { t: 'b', b: base64(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)) };
    }
    if (value instanceof Promise) return putPromise(value, lent);
    if (value instanceof Error || value instanceof DOMException) {
      const isDom = value instanceof DOMException;
      return { t: 'e', id: idOf(value), name: value.name, message: value.message, dom: isDom };
    }
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      return { t: 'd', d: Object.fromEntries(Object.entries(value).map(([key, item]) => [key, put(item)])) };
    }
    return { t: 'o', id: idOf(value), k: nameOf(value) };
  }

  function putPromise(promise, lent) {
    const isNew = !ids.has(promise);
    const id = idOf(promise);
    if (isNew) {
      promise.then(
        (value) => enter({ event: 'settled', id, value: put(value), lent: contentsOf(lent) }),
        (reason) => enter({ event: 'settled', id, error: put(reason), lent: contentsOf(lent) }),
      );
    }
    return { t: 'p', id };
  }

  /** What is in the buffers that were lent: null for one that is detached. */
  const contentsOf = (lent) => lent.map(({ buffer, length, returned }) => {
    if (buffer.byteLength !== length) return null;
    return returned && length > 0 ? base64(new Uint8Array(buffer)) : '';
  });

  // Values from Python

  function take(value, buffers) {
    switch (value.t) {
      case 'u': return undefined;
      case 'n': return Number(value.n);
      case 'a': return value.a.map((item) => take(item, buffers));
      case 'd': return Object.fromEntries(Object.entries(value.d).map(([key, item]) => [key, take(item, buffers)]));
      case 's': return new ReadableStream({
        start(controller) {
          for (const part of value.a) controller.enqueue(take(part, buffers));
          controller.close();
        },
      });
      case 'o': return objects.get(value.id).value;
      case 'i': return globalOf(value.name);
      case 'b': {
        const { buffer, view } = buffers[value.i];
        return value.whole ? buffer : view;
      }
      case 'f':
        if (!functions.has(value.id)) {
          const called = (...args) => enter({ event: 'called', id: value.id, args: args.map((arg) => put(arg)) });
          functions.set(value.id, called);
          functionIds.set(called, value.id);
        }
        return functions.get(value.id);
      default: return value.v;
    }
  }

  const lend = ({ b, returned, detached }) => {
    const view = bytesOf(b);
    const { buffer } = view;
    if (detached) structuredClone(buffer, { transfer: [buffer] });
    return { buffer, view, length: buffer.byteLength, returned };
  };

  /** The members of an object or of a prototype, own and inherited: "method", "attribute" or "writable". */
  function membersOf(start) {
    const members = {};
    for (let object = start; object && object !== Object.prototype && object !== Function.prototype;
      object = Object.getPrototypeOf(object)) {
      for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(object))) {
        if (name in members || name === 'constructor' || name === 'prototype') continue;
        if (typeof descriptor.value === 'function') members[name] = 'method';
        else members[name] = descriptor.set || descriptor.writable ? 'writable' : 'attribute';
      }
    }
    return members;
  }

  const performers = {
    describe: ({ name }) => ({
      exists: typeof globalOf(name) === 'function',
      instance: membersOf(globalOf(name)?.prototype),
      static: membersOf(globalOf(name)),
    }),
    members: ({ of }, buffers) => membersOf(take(of, buffers)),
    new: ({ name, args }, buffers) => new (globalOf(name))(...args.map((arg) => take(arg, buffers))),
    call: ({ of, name, args }, buffers) => take(of, buffers)[name](...args.map((arg) => take(arg, buffers))),
    get: ({ of, name }, buffers) => take(of, buffers)[name],
    set: ({ of, name, value }, buffers) => { take(of, buffers)[name] = take(value, buffers); },
  };

  function perform(command) {
    for (const [id, count] of command.freed) {
      const entry = objects.get(id);
      if ((entry.count -= count) > 0) continue;
      objects.delete(id);
      ids.delete(entry.value);
      // Nobody else would: decoders stall while many outputs are open.
      if (['VideoFrame', 'AudioData'].includes(nameOf(entry.value))) entry.value.close();
    }
    const lent = command.buffers.map(lend);
    try {
      const value = put(performers[command.op](command, lent), lent);
      return { value, lent: contentsOf(lent) };
    } catch (error) {
      return { error: put(error), lent: contentsOf(lent) };
    }
  }

  function enter(event) {
    for (let message = event; ;) {
      const command = exchange(message);
      if (command.op === 'yield') return;
      message = perform(command);
    }
  }

  setInterval(() => enter({ event: 'tick' }), TICK_MILLISECONDS);
}

if (typeof module === 'object') module.exports = { serve };

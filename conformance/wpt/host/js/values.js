// How values cross between JavaScript and Python. Primitives and plain objects are JSON; everything else is an array
// whose first item is a tag, listed in conformance/wpt/host/values.py. Buffers travel beside the JSON.
'use strict';

const { isDisturbed } = require('node:stream');
const { types: { isArrayBuffer, isSharedArrayBuffer } } = require('node:util');

const { structuredClone, Buffer, SharedArrayBuffer, ReadableStream } = globalThis;
/** Python is told of so many operations at once, and performs them while the script goes on. */
const LATER_OPERATIONS = 32;
const locked = Object.getOwnPropertyDescriptor(ReadableStream.prototype, 'locked').get;
const resizable = Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'resizable').get;
const growable = Object.getOwnPropertyDescriptor(SharedArrayBuffer.prototype, 'growable').get;

function hasBrand(getter, value) {
  try {
    Reflect.apply(getter, value, []);
    return true;
  } catch {
    return false;
  }
}

const isObject = (value) => (typeof value === 'object' && value !== null) || typeof value === 'function';
const isReadableStream = (value) => isObject(value) && hasBrand(locked, value);
const isBufferSource = (value) => ArrayBuffer.isView(value) || isArrayBuffer(value);

/** ECMAScript: not IsFixedLengthArrayBuffer(), of a buffer source or of the ArrayBuffer that it is a view of. */
function isResizable(value) {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
  return Reflect.apply(isSharedArrayBuffer(buffer) ? growable : resizable, buffer, []);
}

/** Whether an ArrayBuffer is detached; only a detached one refuses to be viewed. */
function isDetached(buffer) {
  if (isSharedArrayBuffer(buffer)) return false;
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

class Same {
  constructor(object) { return object; }
}

/**
 * What a wrapper stands for: `handle` and `interfaceName`; as far as Python has told, `attributes` that stay as they
 * are, or of whose changes it tells, in the order of their indices, and `contents` that never change; attributes of its
 * `own` that were asked for, by name; its `forecast` of requests (conformance/wpt/host/forecast.py); whether it
 * `hasEnded`, because it was closed or transferred. This is a private field of the wrapper, which is faster than a
 * WeakMap.
 */
class Branded extends Same {
  #brand;

  constructor(object, brand) {
    super(object);
    this.#brand = brand;
  }

  static brandOf(value) {
    return isObject(value) && #brand in value ? value.#brand : undefined;
  }
}

class Opaque {
  constructor(value) {
    this.value = value;
  }
}

class Values {
  constructor(channel) {
    this.channel = channel;
    // Values that Python refers to: id → value, and back.
    this.referenced = new Map();
    this.referenceIds = new WeakMap();
    this.nextReference = 1;
    // Platform objects, which are Python's: the wrapper of each handle.
    this.wrappers = new Map();
    // Operations that cannot fail, of which Python is told with the next message. Handles chosen here are negative.
    this.later = [];
    this.laterBuffers = [];
    this.nextHandle = -1;
    this.dropped = [];
    this.collected = new FinalizationRegistry((handle) => this.wrapperCollected(handle));
    // Promises of Python's, and errors that came from there.
    this.promises = new Map();
    this.errors = new Map();
    this.forgotten = new FinalizationRegistry(({ map, id }) => map.delete(id));
    this.wrapperFactory = null;
    channel.completed = (message, buffers) => this.completed(message, buffers);
  }

  /** A message, with what Python is to be told before. Its buffers come first. */
  completed(message, buffers) {
    const { later, laterBuffers, dropped } = this;
    if (later.length === 0 && dropped.length === 0) return { message, buffers };
    this.later = [];
    this.laterBuffers = [];
    this.dropped = [];
    return { message: ['after', later, dropped, buffers.length, ...message], buffers: [...buffers, ...laterBuffers] };
  }

  // References to JavaScript's values

  reference(value) {
    const known = isObject(value) ? this.referenceIds.get(value) : undefined;
    if (known !== undefined) {
      this.referenced.get(known).count += 1;
      return known;
    }
    const id = this.nextReference++;
    this.referenced.set(id, { value, count: 1 });
    if (isObject(value)) this.referenceIds.set(value, id);
    return id;
  }

  valueOfReference(id) {
    return this.referenced.get(id).value;
  }

  releaseReferences(references) {
    for (const [id, count] of references) {
      const entry = this.referenced.get(id);
      entry.count -= count;
      if (entry.count === 0) {
        this.referenced.delete(id);
        if (isObject(entry.value)) this.referenceIds.delete(entry.value);
      }
    }
  }

  opaque(value) {
    return new Opaque(value);
  }

  // Platform objects

  brandOf(value) {
    return Branded.brandOf(value);
  }

  /** `object` stands for Python's object `handle`, which was sent here `count` times. */
  adopt(object, handle, interfaceName, count, attributes, contents) {
    new Branded(object, { handle, interfaceName, attributes, contents, own: undefined, hasEnded: false });
    this.wrappers.set(handle, { object: new WeakRef(object), count });
    this.collected.register(object, handle);
    return object;
  }

  wrapperCollected(handle) {
    const entry = this.wrappers.get(handle);
    if (entry === undefined || entry.object.deref() !== undefined) return;
    this.wrappers.delete(handle);
    this.dropped.push([handle, entry.count]);
  }

  wrapper(handle, interfaceName, attributes, contents) {
    const entry = this.wrappers.get(handle);
    const existing = entry?.object.deref();
    if (existing !== undefined) {
      entry.count += 1;
      return existing;
    }
    const object = this.wrapperFactory(interfaceName);
    return this.adopt(object, handle, interfaceName, (entry?.count ?? 0) + 1, attributes, contents);
  }

  /** Python tells of attributes that have changed, and of what it forecasts now. */
  noteNews(news) {
    for (const [handle, attributes, forecast] of news) {
      const object = this.wrappers.get(handle)?.object.deref();
      const brand = Branded.brandOf(object);
      if (brand === undefined) continue;
      brand.attributes = attributes.map((item) => this.decode(item, []));
      brand.forecast = forecast === null ? undefined : { room: forecast[0], attributes: forecast[1] };
    }
  }

  /** The object was closed or transferred. */
  end(object) {
    const brand = Branded.brandOf(object);
    brand.attributes = undefined;
    brand.hasEnded = true;
  }

  doLater(operation) {
    this.later.push(operation);
    // For speed: a script that takes long is at work together with Python.
    if (this.later.length >= LATER_OPERATIONS) this.channel.send(['told'], []);
  }

  closeLater(object, handle, operation) {
    this.end(object);
    this.doLater(['close', handle, operation]);
  }

  cloneLater(handle, operation) {
    const clone = this.nextHandle--;
    this.doLater(['clone', clone, handle, operation]);
    return clone;
  }

  invokeLater(handle, operation, index, converted) {
    // Node may be resting.
    this.channel.onrequest();
    this.doLater(['invoke', handle, operation, index, converted]);
  }

  setLater(handle, name, converted) {
    this.doLater(['set', handle, name, [converted]]);
  }

  /** The arguments are encoded, with buffers of their members in `out`. They are copied, as they may change. */
  constructLater(interfaceName, argumentList, out) {
    const own = argumentList.map((argument) => (Array.isArray(argument) ? argument : this.ownMembers(argument, out)));
    const made = this.nextHandle--;
    this.doLater(['construct', made, interfaceName, own]);
    return made;
  }

  ownMembers(dictionary, out) {
    const own = {};
    for (const [name, value] of Object.entries(dictionary)) {
      if (Array.isArray(value)) {
        own[name] = ['b', 0, this.laterBuffers.length];
        this.laterBuffers.push(Buffer.from(out[value[2]]));
      } else {
        own[name] = value;
      }
    }
    return own;
  }

  // Promises

  promise(id, state, value) {
    const existing = this.promises.get(id);
    const promise = existing?.promise ?? existing?.settled.deref();
    if (promise !== undefined) return promise;
    const entry = {};
    entry.promise = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
    this.promises.set(id, entry);
    const result = entry.promise;
    if (state !== 'pending') this.settle(id, state === 'fulfilled', value);
    return result;
  }

  settle(id, fulfilled, value) {
    const { promise, resolve, reject } = this.promises.get(id);
    this.promises.set(id, { settled: new WeakRef(promise) });
    this.forgotten.register(promise, { map: this.promises, id });
    if (fulfilled) resolve(value);
    else reject(value);
  }

  // Buffers

  bytesOf(value) {
    if (ArrayBuffer.isView(value)) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    return Buffer.from(value);
  }

  detach(reference) {
    const buffer = this.valueOfReference(reference);
    structuredClone(buffer, { transfer: [buffer] });
  }

  /** Writes the bytes of a destination that was lent. One that was detached meanwhile has nowhere to write to. */
  write(reference, bytes) {
    const target = this.valueOfReference(reference);
    const buffer = ArrayBuffer.isView(target) ? target.buffer : target;
    if (isDetached(buffer)) return;
    const offset = ArrayBuffer.isView(target) ? target.byteOffset : 0;
    new Uint8Array(buffer, offset, Math.min(bytes.byteLength, target.byteLength)).set(bytes.subarray(0, target.byteLength));
  }

  // Encoding

  encodeNumber(number) {
    if (!Number.isFinite(number)) return ['n', String(number)];
    return Object.is(number, -0) ? ['n', '-0'] : number;
  }

  encodeBuffer(value, out, lent) {
    const buffer = ArrayBuffer.isView(value) ? value.buffer : value;
    const reference = lent ? this.reference(value) : 0;
    if (isDetached(buffer)) return ['b', reference, -1];
    out.push(this.bytesOf(value));
    return ['b', reference, out.length - 1];
  }

  encodeStream(value) {
    return ['t', this.reference(value), Reflect.apply(locked, value, []), isDisturbed(value)];
  }

  encodeReference(value) {
    return ['r', this.reference(value), typeof value];
  }

  encodeAny(value, out) {
    switch (typeof value) {
      case 'undefined':
        return ['u'];
      case 'number':
        return this.encodeNumber(value);
      case 'boolean':
      case 'string':
        return value;
      case 'object':
        break;
      default:
        return this.encodeReference(value);
    }
    if (value === null) return null;
    if (value instanceof Opaque) return this.encodeReference(value.value);
    const brand = Branded.brandOf(value);
    if (brand !== undefined) return ['h', brand.handle];
    if (isBufferSource(value) || isSharedArrayBuffer(value)) return this.encodeBuffer(value, out, false);
    if (Array.isArray(value)) return ['s', value.map((item) => this.encodeAny(item, out))];
    const prototype = Object.getPrototypeOf(value);
    if (prototype === Object.prototype || prototype === null) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.encodeAny(item, out)]));
    }
    return this.encodeReference(value);
  }

  encodeError(error) {
    let text;
    try {
      text = isObject(error) && typeof error.stack === 'string' ? error.stack : String(error);
    } catch {
      text = 'an error that cannot be described';
    }
    return ['r', this.reference(error), text];
  }

  // Decoding

  decode(value, buffers) {
    if (typeof value !== 'object' || value === null) return value;
    if (!Array.isArray(value)) {
      const object = {};
      for (const [key, item] of Object.entries(value)) object[key] = this.decode(item, buffers);
      return object;
    }
    const [tag, ...rest] = value;
    switch (tag) {
      case 'u':
        return undefined;
      case 'n':
        return Number(rest[0]);
      case 's':
        return rest[0].map((item) => this.decode(item, buffers));
      case 'o':
        return this.wrapper(rest[0], rest[1], rest[2]?.map((item) => this.decode(item, buffers)), buffers[rest[3]]);
      case 'r':
        return this.valueOfReference(rest[0]);
      case 'p':
        return this.promise(rest[0], rest[1], this.decode(rest[2], buffers));
      case 'b': {
        const bytes = buffers[rest[0]];
        return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
      }
      case 'x':
        return this.error(...rest);
      default:
        throw new Error(`no value has the tag ${tag}`);
    }
  }

  /** The JavaScript error that stands for Python's exception `id`: always the same one. */
  error(id, kind, message, name) {
    const existing = this.errors.get(id)?.deref();
    if (existing !== undefined) return existing;
    const error = kind === 'DOMException' ? new DOMException(message, name) : new globalThis[kind](message);
    this.errors.set(id, new WeakRef(error));
    this.forgotten.register(error, { map: this.errors, id });
    return error;
  }

  /** Asks Python; returns or throws its answer. `out` has the buffers of the arguments, which are encoded. */
  request(head, argumentList = [], out = []) {
    head.push(argumentList);
    const { message: [kind, encoded], buffers } = this.channel.request(head, out);
    const value = this.decode(encoded, buffers);
    if (kind === 'throw') throw value;
    return value;
  }
}

module.exports = {
  Values, isObject, isArrayBuffer, isSharedArrayBuffer, isBufferSource, isReadableStream, isResizable,
  isDetached,
};

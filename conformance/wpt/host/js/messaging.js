// Safe passing of structured data (HTML § 2.7): structuredClone(), MessageChannel and postMessage(), which platform
// objects take part in. A record of one of these is Python's; everything else is cloned here.
'use strict';

const v8 = require('node:v8');
const { isObject, isArrayBuffer, isSharedArrayBuffer, isDetached } = require('./values.js');

const TYPED_ARRAY_NAME = Object.getOwnPropertyDescriptor(
  Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag,
).get;
const NATIVE_ERRORS = ['EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'];

module.exports = function installMessaging(host) {
  const { define, service, values, performs, interfaces, native } = host;
  const refuse = (message) => { throw new DOMException(message, 'DataCloneError'); };

  // Serializing

  /**
   * What has been serialized so far: from objects to their records. `held` are Python's records of platform objects. A
   * message that is `packable` can be sent to another process.
   */
  class Memory extends Map {
    held = [];

    packable;

    constructor(packable) {
      super();
      this.packable = packable;
    }

    hold(record) { return this.held.push(record) - 1; }
  }

  /** A record of `value`: an object with `kind`, so that one of an object in two places is one. */
  function serialize(value, memory) {
    if (typeof value === 'symbol' || typeof value === 'function') {
      return refuse(`${typeof value === 'symbol' ? String(value) : 'a function'} cannot be cloned`);
    }
    if (!isObject(value)) return { kind: 'primitive', value };
    if (memory.has(value)) return memory.get(value);
    const remember = (record) => {
      memory.set(value, record);
      return record;
    };
    const brand = values.brandOf(value);
    if (brand !== undefined) {
      if (!interfaces.descriptions.get(brand.interfaceName).serializable) {
        return refuse(`a ${brand.interfaceName} cannot be cloned`);
      }
      return remember({ kind: 'platform', held: memory.hold(service('serialize', value)) });
    }
    const cloneable = host.cloneables.findIndex(({ has }) => has(value));
    if (cloneable !== -1) {
      const record = remember({ kind: 'cloneable', cloneable, fields: null });
      record.fields = host.cloneables[cloneable].serialize(value, (part) => serialize(part, memory));
      return record;
    }
    if (value instanceof MessagePort) return refuse('a MessagePort must be transferred');
    if (isSharedArrayBuffer(value)) {
      const canBeShared = globalThis.crossOriginIsolated && !memory.packable;
      return canBeShared ? { kind: 'primitive', value } : refuse('a SharedArrayBuffer cannot be shared');
    }
    if (isArrayBuffer(value)) {
      if (isDetached(value)) refuse('a detached ArrayBuffer cannot be cloned');
      return remember({ kind: 'native', value: native.structuredClone(value) });
    }
    if (ArrayBuffer.isView(value)) {
      const buffer = serialize(value.buffer, memory);
      const length = value instanceof DataView ? value.byteLength : value.length;
      const type = Reflect.apply(TYPED_ARRAY_NAME, value, []) ?? 'DataView';
      return remember({ kind: 'view', buffer, type, offset: value.byteOffset, length });
    }
    if (value instanceof Map) {
      const record = remember({ kind: 'map', entries: null });
      record.entries = [...value].map(([key, item]) => [serialize(key, memory), serialize(item, memory)]);
      return record;
    }
    if (value instanceof Set) {
      const record = remember({ kind: 'set', items: null });
      record.items = [...value].map((item) => serialize(item, memory));
      return record;
    }
    if (value instanceof DOMException) {
      return remember({ kind: 'DOMException', message: value.message, name: value.name });
    }
    if (value instanceof Error) {
      const name = NATIVE_ERRORS.includes(value.name) ? value.name : 'Error';
      return remember({ kind: 'error', name, message: value.message });
    }
    if (Array.isArray(value)) return serializeProperties(value, remember({ kind: 'array', length: value.length }), memory);
    // Some versions of Node would send an empty object.
    if (memory.packable && value instanceof Blob) return refuse('a Blob cannot be sent to a worker');
    const tag = Object.prototype.toString.call(value);
    if (tag === '[object Object]') return serializeProperties(value, remember({ kind: 'object' }), memory);
    try {
      if (memory.packable) v8.serialize(value);
      return remember({ kind: 'native', value: native.structuredClone(value) });
    } catch (error) {
      return refuse(error.message);
    }
  }

  function serializeProperties(value, record, memory) {
    record.properties = [];
    for (const key of Object.keys(value)) record.properties.push([key, serialize(value[key], memory)]);
    return record;
  }

  function serializeWithTransfer(value, transferList, packable = false) {
    const memory = new Memory(packable);
    const transfers = [];
    for (const transferable of transferList) {
      const kind = transferableKind(transferable);
      if (kind === null || (packable && kind === 'port')) refuse('an object in the transfer list cannot be transferred');
      if (memory.has(transferable)) refuse('an object is in the transfer list twice');
      const record = { kind: 'transferred', of: kind };
      memory.set(transferable, record);
      transfers.push([transferable, record]);
    }
    const serialized = serialize(value, memory);
    for (const [transferable, record] of transfers) {
      if (record.of === 'buffer') {
        if (isDetached(transferable)) refuse('an ArrayBuffer to transfer is detached');
        record.value = native.structuredClone(transferable, { transfer: [transferable] });
      } else if (record.of === 'port') {
        record.value = transferable[MOVE]();
      } else {
        record.held = memory.hold(service('transfer', transferable));
        values.end(transferable);
      }
    }
    return { serialized, transferred: transfers.map(([, record]) => record), held: memory.held };
  }

  function transferableKind(value) {
    if (isArrayBuffer(value)) return 'buffer';
    if (value instanceof MessagePort) return 'port';
    const brand = values.brandOf(value);
    return brand !== undefined && interfaces.descriptions.get(brand.interfaceName).transferable ? 'platform' : null;
  }

  // Deserializing

  function deserialize(record, memory) {
    if (record.kind === 'primitive') return record.value;
    if (memory.has(record)) return memory.get(record);
    const remember = (value) => {
      memory.set(record, value);
      return value;
    };
    switch (record.kind) {
      case 'platform':
        return remember(service('deserialize', memory.held[record.held]));
      case 'cloneable':
        return remember(host.cloneables[record.cloneable].deserialize(record.fields, (part) => deserialize(part, memory)));
      case 'native':
        return remember(native.structuredClone(record.value));
      case 'view':
        return remember(new globalThis[record.type](deserialize(record.buffer, memory), record.offset, record.length));
      case 'map': {
        const map = remember(new Map());
        for (const [key, item] of record.entries) map.set(deserialize(key, memory), deserialize(item, memory));
        return map;
      }
      case 'set': {
        const set = remember(new Set());
        for (const item of record.items) set.add(deserialize(item, memory));
        return set;
      }
      case 'DOMException':
        return remember(new DOMException(record.message, record.name));
      case 'error':
        return remember(new globalThis[record.name](record.message));
      default: {
        const object = remember(record.kind === 'array' ? new Array(record.length) : {});
        for (const [key, item] of record.properties) object[key] = deserialize(item, memory);
        return object;
      }
    }
  }

  function deserializeWithTransfer({ serialized, transferred, held }) {
    const memory = new Memory(false);
    memory.held = held;
    for (const record of transferred) {
      memory.set(record, record.of === 'platform' ? service('receive', held[record.held]) : record.value);
    }
    const value = deserialize(serialized, memory);
    return { value, ports: transferred.filter(({ of }) => of === 'port').map(({ value: port }) => port) };
  }

  function transferListOf(options) {
    if (options === undefined || options === null) return [];
    return [...(options[Symbol.iterator] !== undefined ? options : options.transfer ?? [])];
  }

  /** A message for another process: bytes, and Python's records. Ports and shared memory stay in their process. */
  host.packed = (message, options) => {
    const { held, ...records } = serializeWithTransfer(message, transferListOf(options), true);
    return [v8.serialize(records), held];
  };

  /** Fires the event of a message that came `packed`. */
  host.deliverPacked = (target, bytes, held) => deliver(target, { ...v8.deserialize(new Uint8Array(bytes)), held });

  function structuredClone(value, options = undefined) {
    if (arguments.length === 0) throw new TypeError('structuredClone: 1 argument required');
    return deserializeWithTransfer(serializeWithTransfer(value, transferListOf(options))).value;
  }

  // Ports. A message is a task of Python's event loop.

  const tasks = new Map();
  let nextTask = 1;
  performs.messageTask = (number) => {
    const steps = tasks.get(number);
    tasks.delete(number);
    steps();
  };
  function queueMessageTask(steps) {
    tasks.set(nextTask, steps);
    service('queueMessageTask', nextTask++);
  }

  function deliver(target, record) {
    let event;
    try {
      const { value, ports } = deserializeWithTransfer(record);
      event = new MessageEvent('message', { data: value, ports: Object.freeze(ports) });
    } catch {
      event = new MessageEvent('messageerror');
    }
    host.fire(target, event);
  }

  const MOVE = Symbol('move');
  const INTERNAL = Symbol('internal');

  class MessagePort extends EventTarget {
    #channel;
    constructor(secret, channel) {
      if (secret !== INTERNAL) throw new TypeError('Illegal constructor');
      super();
      this.#channel = channel;
      channel.port = this;
    }

    static entangle() {
      const [one, other] = [{ queue: [], enabled: false }, { queue: [], enabled: false }];
      one.other = other;
      other.other = one;
      return [new MessagePort(INTERNAL, one), new MessagePort(INTERNAL, other)];
    }

    [MOVE]() {
      const channel = this.#channel;
      if (channel === null) refuse('a MessagePort to transfer is detached');
      this.#channel = null;
      channel.enabled = false;
      return new MessagePort(INTERNAL, channel);
    }

    postMessage(message, options = undefined) {
      const transferList = transferListOf(options);
      if (transferList.includes(this)) refuse('a port cannot be sent through itself');
      const record = serializeWithTransfer(message, transferList);
      const target = this.#channel?.other;
      if (!target) return;
      target.queue.push(record);
      MessagePort.#flush(target);
    }

    static #flush(channel) {
      if (!channel.enabled) return;
      for (const record of channel.queue.splice(0)) queueMessageTask(() => deliver(channel.port, record));
    }

    start() {
      if (this.#channel === null) return;
      this.#channel.enabled = true;
      MessagePort.#flush(this.#channel);
    }

    close() {
      if (this.#channel?.other) this.#channel.other.other = null;
      this.#channel = null;
    }

  }
  host.defineHandlers(MessagePort.prototype, ['message', 'messageerror']);
  const onmessage = Object.getOwnPropertyDescriptor(MessagePort.prototype, 'onmessage');
  Object.defineProperty(MessagePort.prototype, 'onmessage', {
    ...onmessage,
    set(handler) {
      Reflect.apply(onmessage.set, this, [handler]);
      this.start();
    },
  });
  const { entangle } = MessagePort;
  delete MessagePort.entangle;
  Object.defineProperty(MessagePort.prototype, Symbol.toStringTag, { value: 'MessagePort', configurable: true });

  class MessageChannel {
    #ports = entangle();

    get port1() { return this.#ports[0]; }

    get port2() { return this.#ports[1]; }
  }
  Object.defineProperty(MessageChannel.prototype, Symbol.toStringTag, { value: 'MessageChannel', configurable: true });

  /** What a worker posts to the page that started it; here nobody has. */
  function postMessage(message, options = undefined) {
    serializeWithTransfer(message, transferListOf(options));
  }

  define('MessagePort', MessagePort);
  define('MessageChannel', MessageChannel);
  for (const operation of [structuredClone, postMessage]) {
    Object.defineProperty(globalThis, operation.name, {
      value: operation, writable: true, enumerable: true, configurable: true,
    });
  }
};

// The events of a global scope that carry more than an Event does; and how errors are reported.
'use strict';

const { isObject } = require('./values.js');

module.exports = function installEvents(host) {
  const { define, service, values, performs } = host;
  const slots = new WeakMap();

  /** A subclass of Event whose further attributes come from its init dictionary: name → default. */
  function subclass(name, attributes) {
    const Class = {
      [name]: class extends Event {
        constructor(type, init = {}) {
          super(type, init);
          slots.set(this, Object.fromEntries(
            Object.entries(attributes).map(([key, missing]) => [key, init?.[key] === undefined ? missing() : init[key]]),
          ));
        }
      },
    }[name];
    for (const key of Object.keys(attributes)) {
      Object.defineProperty(Class.prototype, key, Object.getOwnPropertyDescriptor({
        get [key]() {
          if (!slots.has(this)) throw new TypeError(`Illegal invocation: ${key} of what is no ${name}`);
          return slots.get(this)[key];
        },
      }, key));
    }
    Object.defineProperty(Class.prototype, Symbol.toStringTag, { value: name, configurable: true });
    define(name, Class);
    return Class;
  }

  const nothing = () => undefined;
  const ErrorEvent = subclass('ErrorEvent', {
    message: () => '', filename: () => '', lineno: () => 0, colno: () => 0, error: nothing,
  });
  subclass('MessageEvent', {
    data: () => null, origin: () => '', lastEventId: () => '', source: () => null, ports: () => Object.freeze([]),
  });
  const PromiseRejectionEvent = subclass('PromiseRejectionEvent', { promise: nothing, reason: nothing });
  subclass('CustomEvent', { detail: () => null });

  /** Dispatches an event of the host's own; returns false if a listener canceled it. */
  host.fire = (target, event) => service('fire', target, event);

  /** HTML: report an exception. `place` is where it was thrown, with its message, if that is known. */
  performs.reportError = (error, place = placeOf(error)) => {
    const event = new ErrorEvent('error', { ...place, error, cancelable: true });
    if (host.fire(globalThis, event)) host.uncaught(error, place);
  };

  performs.reportRejection = (reason, promise) => {
    const event = new PromiseRejectionEvent('unhandledrejection', { reason, promise, cancelable: true });
    if (host.fire(globalThis, event)) host.uncaught(reason, placeOf(reason));
  };

  function placeOf(error) {
    const position = /[(\s]((?:https?:|blob:|file:|\/)[^\s()]*):(\d+):(\d+)/.exec(String(error?.stack ?? ''));
    return {
      message: `Uncaught ${describe(error)}`,
      filename: position?.[1] ?? '',
      lineno: Number(position?.[2] ?? 0),
      colno: Number(position?.[3] ?? 0),
    };
  }

  /** Event handlers of a class that is made here, by the types of their events. */
  host.defineHandlers = (prototype, types) => {
    const handlers = new WeakMap();
    for (const type of types) {
      const entryOf = (target) => handlers.get(target)?.get(type);
      Object.defineProperty(prototype, `on${type}`, Object.getOwnPropertyDescriptor({
        get [type]() { return entryOf(this)?.handler ?? null; },
        set [type](handler) {
          const previous = entryOf(this);
          if (previous !== undefined) this.removeEventListener(type, previous.listener);
          if (!handlers.has(this)) handlers.set(this, new Map());
          handlers.get(this).delete(type);
          if (!isObject(handler)) return;
          const listener = function listener(event) {
            if (typeof handler === 'function') Reflect.apply(handler, this, [event]);
          };
          handlers.get(this).set(type, { handler, listener });
          this.addEventListener(type, listener);
        },
      }, type));
    }
  };

  function describe(error) {
    try {
      return String(error);
    } catch {
      return 'an error that cannot be described';
    }
  }
};

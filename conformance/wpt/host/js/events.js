// The events of a global scope that carry more than an Event does; and how errors are reported.
'use strict';

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

  performs.reportError = (error) => {
    const message = describe(error);
    const position = /[(\s]((?:https?:|\/)[^\s()]*):(\d+):(\d+)/.exec(String(error?.stack ?? ''));
    const event = new ErrorEvent('error', {
      message: `Uncaught ${message}`, error, cancelable: true,
      filename: position?.[1] ?? '', lineno: Number(position?.[2] ?? 0), colno: Number(position?.[3] ?? 0),
    });
    if (host.fire(globalThis, event)) host.uncaught(error);
  };

  performs.reportRejection = (reason, promise) => {
    const event = new PromiseRejectionEvent('unhandledrejection', { reason, promise, cancelable: true });
    if (host.fire(globalThis, event)) host.uncaught(reason);
  };

  function describe(error) {
    try {
      return String(error);
    } catch {
      return 'an error that cannot be described';
    }
  }
};

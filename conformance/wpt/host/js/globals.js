// The global object: what of Node's stays, what goes, and what a dedicated worker has instead.
'use strict';

const { completeArrayBuffer } = require('./array_buffer.js');

const NODE_ONLY = [
  'process', 'Buffer', 'global', 'setImmediate', 'clearImmediate', 'WebSocket', 'EventSource', 'BroadcastChannel',
  'PerformanceObserver', 'PerformanceObserverEntryList', 'PerformanceResourceTiming', 'navigator', 'Navigator',
  'CustomEvent', 'Storage', 'localStorage', 'sessionStorage', 'CloseEvent', 'MessageEvent', 'MessageChannel',
  'MessagePort', 'structuredClone', 'fetch', 'Request', 'Response', 'Headers', 'FormData', 'Event', 'EventTarget', 'ErrorEvent',
];

function installGlobals(host, { isolated, secure, url, kind, originUrl }) {
  const { define, service, values, performs } = host;
  host.native = {
    structuredClone: globalThis.structuredClone,
    SharedArrayBuffer: globalThis.SharedArrayBuffer,
  };
  completeArrayBuffer();
  for (const name of NODE_ONLY) delete globalThis[name];
  delete globalThis[Symbol.toStringTag];
  if (!isolated) delete globalThis.SharedArrayBuffer;

  const readOnly = (name, value) => {
    Object.defineProperty(globalThis, name, { get: () => value, set: undefined, enumerable: true, configurable: true });
  };
  readOnly('self', globalThis);
  readOnly('isSecureContext', secure);
  readOnly('crossOriginIsolated', isolated);
  const parsed = new URL(url);
  // A URL of the origin: that of the page, for a worker whose script has a blob: URL.
  host.origin = new URL(originUrl);
  readOnly('origin', host.origin.origin);
  readOnly('location', makeLocation(parsed));
  readOnly('navigator', makeNavigator());

  // Timers are tasks of Python's event loop.
  const timers = new Map();
  const setTimer = (repeat) => (handler, delay = 0, ...args) => {
    const milliseconds = Math.max(0, Math.trunc(Number(delay)) || 0);
    const id = service('setTimer', milliseconds, repeat);
    const steps = typeof handler === 'function'
      ? () => Reflect.apply(handler, globalThis, args)
      : () => host.runScript(String(handler), 'timer handler');
    timers.set(id, { steps, repeat });
    return id;
  };
  const clearTimer = (id) => {
    if (timers.delete(Number(id))) service('clearTimer', Number(id));
  };
  performs.timer = (id) => {
    const timer = timers.get(id);
    if (timer === undefined) return;
    if (!timer.repeat) timers.delete(id);
    timer.steps();
  };
  const operations = {
    setTimeout: setTimer(false),
    setInterval: setTimer(true),
    clearTimeout(id) { clearTimer(id); },
    clearInterval(id) { clearTimer(id); },
    /** Frames of rendering come 60 times a second; the callback gets the time at which it is called. */
    requestAnimationFrame(callback) {
      if (typeof callback !== 'function') throw new TypeError('callback is not a function');
      return globalThis.setTimeout(() => callback(performance.now()), 16);
    },
    cancelAnimationFrame(id) { clearTimer(id); },
    reportError(error) { service('reportException', values.opaque(error)); },
    close() {},
  };
  for (const [name, operation] of Object.entries(operations)) {
    Object.defineProperty(operation, 'name', { value: name, configurable: true });
    Object.defineProperty(globalThis, name, { value: operation, writable: true, enumerable: true, configurable: true });
  }

  define('GLOBAL', { isWindow: () => kind === 'window', isWorker: () => kind === 'worker', isShadowRealm: () => false });
  performs.installScope = (handle) => {
    Object.setPrototypeOf(globalThis, host.interfaces.classes.get('DedicatedWorkerGlobalScope').prototype);
    values.adopt(globalThis, handle, 'DedicatedWorkerGlobalScope', 1);
  };
}

function makeLocation(url) {
  class WorkerLocation {
    toString() { return url.href; }
  }
  for (const name of ['href', 'origin', 'protocol', 'host', 'hostname', 'port', 'pathname', 'search', 'hash']) {
    Object.defineProperty(WorkerLocation.prototype, name, { get: () => url[name], enumerable: true, configurable: true });
  }
  return new WorkerLocation();
}

function makeNavigator() {
  class WorkerNavigator {
    get userAgent() { return 'codecmodel'; }

    get platform() { return ''; }

    get language() { return 'en'; }

    get hardwareConcurrency() { return 1; }
  }
  return new WorkerNavigator();
}

module.exports = { installGlobals };

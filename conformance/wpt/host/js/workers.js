// Worker (HTML § 10.2.6.3). Python has a realm for each, in a Node of its own; conformance/wpt/host/workers.py.
'use strict';

module.exports = function installWorkers(host) {
  const { define, service, performs } = host;
  // Workers live as long as their realm, or until they are terminated.
  const workers = new Map();

  class Worker extends EventTarget {
    #number;

    constructor(url, options = {}) {
      if (arguments.length === 0) throw new TypeError('Worker: 1 argument required, 0 given');
      super();
      const type = String(options?.type ?? 'classic');
      if (!['classic', 'module'].includes(type)) throw new TypeError(`${type} is no WorkerType`);
      let parsed;
      try {
        parsed = new URL(String(url), globalThis.location.href);
      } catch {
        throw new DOMException(`${url} is no URL`, 'SyntaxError');
      }
      this.#number = service('newWorker', parsed.href);
      workers.set(this.#number, this);
      this.#start(parsed.href, type);
    }

    async #start(url, type) {
      try {
        const response = await fetch(url);
        if (!response.ok) throw new TypeError(`${url} cannot be loaded`);
        service('startWorker', this.#number, await response.text(), type);
      } catch {
        // A simple event, without a message, as HTML says.
        this.terminate();
        host.fire(this, new Event('error'));
      }
    }

    postMessage(message, options = undefined) {
      if (arguments.length === 0) throw new TypeError('postMessage: 1 argument required, 0 given');
      service('postToWorker', this.#number, ...host.packed(message, options));
    }

    terminate() {
      workers.delete(this.#number);
      service('terminateWorker', this.#number);
    }
  }
  host.defineHandlers(Worker.prototype, ['message', 'messageerror', 'error']);
  Object.defineProperty(Worker.prototype, Symbol.toStringTag, { value: 'Worker', configurable: true });
  define('Worker', Worker);

  // A message of a worker that has been terminated is not delivered.
  performs.messageFromWorker = (number, bytes, held) => {
    const worker = workers.get(number);
    if (worker !== undefined) host.deliverPacked(worker, bytes, held);
  };

  /** An error that nobody in the worker has taken, with its place. */
  performs.workerFailed = (number, message, filename, lineno, colno) => {
    const worker = workers.get(number);
    if (worker === undefined) return;
    const event = new ErrorEvent('error', { message, filename, lineno, colno, cancelable: true });
    if (host.fire(worker, event)) performs.reportError(message, { message, filename, lineno, colno });
  };
};

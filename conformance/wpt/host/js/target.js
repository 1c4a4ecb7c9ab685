// Runs one test file against another implementation of WebCodecs: in plain Node, on Node's own event loop. What to run
// comes as JSON on standard input; results go to a pipe, a line of JSON each.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const vm = require('node:vm');
const { pathToFileURL } = require('node:url');

const { completeArrayBuffer } = require('./array_buffer.js');

const { process, setTimeout } = globalThis;

let reports = null;

function report(...message) {
  fs.writeSync(reports, `${JSON.stringify(message)}\n`);
}

const text = (value) => (value === null || value === undefined ? null : String(value));

function define(name, value) {
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true });
}

/** The global of a dedicated worker, as far as testharness.js and the tests look at it. */
function installGlobals({ url, kind, isolated, secure }) {
  class WorkerGlobalScope extends EventTarget {}
  class DedicatedWorkerGlobalScope extends WorkerGlobalScope {}
  const events = new EventTarget();
  for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent']) {
    define(name, (...args) => events[name](...args));
  }
  define('WorkerGlobalScope', WorkerGlobalScope);
  define('DedicatedWorkerGlobalScope', DedicatedWorkerGlobalScope);
  Object.setPrototypeOf(globalThis, DedicatedWorkerGlobalScope.prototype);
  define('self', globalThis);
  define('postMessage', () => {});
  define('location', new URL(url));
  define('isSecureContext', secure);
  define('crossOriginIsolated', isolated);
  define('requestAnimationFrame', (callback) => setTimeout(() => callback(performance.now()), 16));
  define('GLOBAL', { isWindow: () => kind === 'window', isWorker: () => kind === 'worker', isShadowRealm: () => false });
  completeArrayBuffer();
  if (!isolated) delete globalThis.SharedArrayBuffer;

  const fire = (type, properties) => events.dispatchEvent(Object.assign(new Event(type, { cancelable: true }), properties));
  process.on('uncaughtException', (error) => fire('error', { error, message: `Uncaught ${error}`, filename: '', lineno: 0 }));
  process.on('unhandledRejection', (reason, promise) => fire('unhandledrejection', { reason, promise }));
}

function installFetch({ checkout, url }) {
  const root = path.resolve(checkout);
  define('fetch', async (input) => {
    const requested = new URL(String(input), url);
    const file = path.join(root, decodeURIComponent(requested.pathname));
    if (requested.origin !== new URL(url).origin || !file.startsWith(root + path.sep)) {
      throw new TypeError(`only files of the checkout can be fetched, not ${requested.href}`);
    }
    try {
      return new Response(await fs.promises.readFile(file));
    } catch {
      return new Response('', { status: 404 });
    }
  });
}

/** Imports the module and makes global what it exports, unless importing it has done so. */
async function installTarget(name, importModule) {
  const exported = await importModule(name);
  for (const names of [exported.default ?? {}, exported]) {
    for (const [key, value] of Object.entries(names)) {
      if (key !== 'default' && /^[A-Za-z_$]/.test(key) && value !== globalThis[key]) define(key, value);
    }
  }
}

function installReporter() {
  globalThis.add_result_callback((test) => {
    report('subtest', test.name, test.status, text(test.message), text(test.stack));
  });
  globalThis.add_completion_callback((tests, status) => {
    const subtests = tests.map((test) => [test.name, test.status, text(test.message), text(test.stack)]);
    report('complete', subtests, status.status, text(status.message), text(status.stack));
  });
}

module.exports = async function main(importModule) {
  const settings = JSON.parse(fs.readFileSync(0, 'utf8'));
  ({ reports } = settings);
  try {
    await installTarget(settings.module, importModule);
  } catch (error) {
    report('complete', [], 1, `${settings.module} cannot be imported: ${error}`, null);
    return;
  }
  installGlobals(settings);
  installFetch(settings);
  if (settings.prelude !== null) {
    try {
      await importModule(pathToFileURL(settings.prelude).href);
    } catch (error) {
      report('complete', [], 1, `${settings.prelude} cannot be run: ${error}`, null);
      return;
    }
  }
  const [harness, ...scripts] = settings.scripts;
  const run = ([filename, source]) => {
    try {
      new vm.Script(source, { filename }).runInThisContext();
    } catch (error) {
      process.emit('uncaughtException', error);
    }
  };
  run(harness);
  installReporter();
  if (settings.title !== null) define('META_TITLE', settings.title);
  scripts.forEach(run);
  setTimeout(() => globalThis.timeout(), settings.timeout * 1000);
  globalThis.done();
};

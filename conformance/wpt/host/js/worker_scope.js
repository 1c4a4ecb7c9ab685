// The global scope of a worker that a script has started.
'use strict';

module.exports = function installWorkerScope(host) {
  const { service, performs, values } = host;

  function postMessage(message, options = undefined) {
    if (arguments.length === 0) throw new TypeError('postMessage: 1 argument required, 0 given');
    service('postToOwner', ...host.packed(message, options));
  }

  function close() { service('closeWorker'); }

  for (const operation of [postMessage, close]) {
    Object.defineProperty(globalThis, operation.name, {
      value: operation, writable: true, enumerable: true, configurable: true,
    });
  }

  performs.messageFromOwner = (bytes, held) => host.deliverPacked(globalThis, bytes, held);

  /** Runs the script. Messages are delivered afterwards. */
  performs.runWorkerScript = (url, source, type) => {
    if (type === 'module') {
      // Node imports files and data: URLs. A module from elsewhere has no URL that it knows.
      const known = url.startsWith('file:') ? url : `data:text/javascript,${encodeURIComponent(source)}`;
      import(known)
        .catch((error) => service('reportException', values.opaque(error)))
        .then(() => service('workerScriptRan'));
      return;
    }
    try {
      host.runScript(source, url);
    } finally {
      service('workerScriptRan');
    }
  };

  host.uncaught = (error, { message, filename, lineno, colno }) => (
    service('workerFailed', message, filename, lineno, colno)
  );
};

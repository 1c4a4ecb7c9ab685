// A script of one's own: how it begins, the files that it fetches, and how it ends.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const util = require('node:util');

/** What keeps Node's event loop alive when no script is at work: the standard streams, and the host itself. */
const ALWAYS_THERE = new Set(['PipeWrap', 'TTYWrap', 'Immediate']);
/** Where the scripts of the host are, which are of no interest in the stack of an error. */
const HOST = `${path.dirname(__dirname)}${path.sep}host${path.sep}`;
const CHUNK_BYTES = 2 ** 20;

module.exports = function installRun(host) {
  const { process, channel, service, values, performs } = host;

  host.isAtWork = () => process.getActiveResourcesInfo().some((name) => !ALWAYS_THERE.has(name));

  host.uncaught = (error) => {
    const lines = util.inspect(error).split('\n').filter((line) => !line.includes(HOST));
    process.stderr.write(`Uncaught ${lines.join('\n')}\n`);
    service('scriptFailed');
  };

  process.on('exit', (status) => {
    try {
      channel.write(['exit', status], []);
    } catch {
      // Python has ended.
    }
  });

  performs.exit = (status) => process.exit(status ?? process.exitCode);

  performs.importScript = (url, file, args) => {
    process.argv.splice(1, Infinity, file, ...args);
    import(url).then(
      () => service('scriptEvaluated'),
      (error) => service('reportException', values.opaque(error)),
    );
  };

  globalThis.close = function close() { service('scriptClosed'); };

  host.fileAt = (path) => {
    if (!fs.statSync(path, { throwIfNoEntry: false })?.isFile()) return null;
    return { size: fs.statSync(path).size, part: (start, end) => streamOf(path, start, end) };
  };
};

/** A part of a file, which is read when somebody asks for it. */
function streamOf(path, start, end) {
  const descriptor = fs.openSync(path);
  let offset = start;
  return new ReadableStream({
    type: 'bytes',
    autoAllocateChunkSize: CHUNK_BYTES,
    pull(controller) {
      const { view } = controller.byobRequest;
      const count = fs.readSync(descriptor, view, 0, Math.min(view.byteLength, end - offset), offset);
      offset += count;
      if (count === 0) {
        fs.closeSync(descriptor);
        controller.close();
      }
      controller.byobRequest.respond(count);
    },
    cancel() { fs.closeSync(descriptor); },
  });
}

// ReadableStreams that Python reads, by the number of the request.
'use strict';

module.exports = function installStreams(host) {
  const { performs, service, values } = host;
  const readers = new WeakMap();
  const { ReadableStreamDefaultReader, Uint8Array } = globalThis;

  performs.getReader = (stream) => {
    readers.set(stream, new ReadableStreamDefaultReader(stream));
  };
  performs.readChunk = (stream, number) => {
    readers.get(stream).read().then(
      ({ done, value }) => {
        if (done) service('streamClosed', number);
        else service('chunkRead', number, value instanceof Uint8Array ? value : values.opaque(value));
      },
      (reason) => service('streamFailed', number, values.opaque(reason)),
    );
  };
  performs.cancelReader = (stream) => {
    readers.get(stream).cancel().catch(() => {});
  };
};

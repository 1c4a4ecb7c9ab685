// META: title=A secure and cross-origin isolated global
'use strict';

test(() => {
  assert_true(isSecureContext);
  assert_true(crossOriginIsolated);
  assert_equals(typeof AudioDecoder, 'function');
  assert_equals(location.origin, origin);
  assert_true(location.pathname.endsWith('/isolation.https.any.worker.js'));
}, 'the global says so');

test(() => {
  const shared = new SharedArrayBuffer(4);
  new Uint8Array(shared).set([1, 2, 3, 4]);
  const chunk = new EncodedAudioChunk({ type: 'key', timestamp: 0, data: shared });
  const destination = new SharedArrayBuffer(8);
  chunk.copyTo(new Uint8Array(destination, 2));
  assert_array_equals(new Uint8Array(destination), [0, 0, 1, 2, 3, 4, 0, 0]);
  assert_equals(new Uint8Array(structuredClone(shared))[3], 4);
}, 'shared memory is read and written');

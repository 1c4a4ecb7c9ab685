// META: title=Buffers that are copied, written to, detached
'use strict';

const chunk = (data, transfer = []) => new EncodedVideoChunk({ type: 'key', timestamp: 0, data, transfer });

test(() => {
  const data = new Uint8Array([0, 1, 2, 3, 4, 5]);
  const copied = chunk(new Uint16Array(data.buffer, 2, 1));
  data.fill(9);
  const destination = new Uint8Array(6).fill(7);
  copied.copyTo(destination.subarray(1));
  assert_array_equals(destination, [7, 2, 3, 7, 7, 7]);
  copied.copyTo(new DataView(destination.buffer, 4));
  assert_array_equals(destination, [7, 2, 3, 7, 2, 3]);
  copied.copyTo(destination.buffer);
  assert_array_equals(destination, [2, 3, 3, 7, 2, 3]);
  assert_throws_js(TypeError, () => copied.copyTo(new Uint8Array(1)));
}, 'a view says which bytes are copied, and where to');

test(() => {
  const buffer = new Uint8Array([1, 2]).buffer;
  const view = new Uint8Array(buffer);
  assert_equals(chunk(view, [buffer]).byteLength, 2);
  assert_true(buffer.detached);
  assert_equals(view.byteLength, 0);
  assert_throws_dom('DataCloneError', () => chunk(new Uint8Array(1), [buffer]));
  const other = new ArrayBuffer(1);
  assert_throws_dom('DataCloneError', () => chunk(other, [other, other]));
  assert_false(other.detached);
  assert_equals(chunk(view).byteLength, 0);
}, 'transferred buffers are detached, once');

promise_test(async () => {
  const frame = new VideoFrame(new Uint8Array([1, 2, 3, 4]), { format: 'RGBA', codedWidth: 1, codedHeight: 1, timestamp: 0 });
  const destination = new Uint8Array(8);
  const layout = await frame.copyTo(destination, { layout: [{ offset: 2, stride: 4 }] });
  assert_array_equals(destination, [0, 0, 1, 2, 3, 4, 0, 0]);
  assert_equals(JSON.stringify(layout), '[{"offset":2,"stride":4}]');
  const lost = new Uint8Array(4);
  const copied = frame.copyTo(lost);
  const kept = structuredClone(lost, { transfer: [lost.buffer] });
  await copied;
  assert_array_equals(kept, [0, 0, 0, 0]);
}, 'a destination is written to before the promise is resolved; one that is detached meanwhile is not');

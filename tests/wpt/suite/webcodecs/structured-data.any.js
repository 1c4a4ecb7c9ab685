// META: title=Structured data, messages and fetch
'use strict';

function frameOf(bytes, init = {}) {
  return new VideoFrame(new Uint8Array(bytes), { format: 'RGBX', codedWidth: 1, codedHeight: 1, timestamp: 5, ...init });
}

test(() => {
  const frame = frameOf([1, 2, 3, 4]);
  const { clone, list, map } = structuredClone({ clone: frame, list: [frame, -0, NaN, undefined], map: new Map([[1, frame]]) });
  assert_not_equals(clone, frame);
  assert_equals(list[0], clone);
  assert_equals(map.get(1), clone);
  assert_array_equals(list.slice(1), [-0, NaN, undefined]);
  frame.close();
  assert_equals(clone.timestamp, 5);
  assert_equals(clone.format, 'RGBX');
  clone.close();
  assert_throws_dom('DataCloneError', () => structuredClone(frame));
  assert_throws_dom('DataCloneError', () => structuredClone(() => {}));
}, 'frames are cloned within other values');

promise_test(async () => {
  const frame = frameOf([1, 2, 3, 4]);
  const buffer = new ArrayBuffer(2);
  const { port1, port2 } = new MessageChannel();
  port1.postMessage({ frame, view: new Uint8Array(buffer, 1) }, [frame, buffer]);
  assert_equals(frame.format, null);
  assert_equals(buffer.byteLength, 0);
  const { data } = await new Promise((resolve) => { port2.onmessage = resolve; });
  assert_equals(data.frame.timestamp, 5);
  assert_equals(data.view.length, 1);
  data.frame.close();
  assert_throws_dom('DataCloneError', () => port1.postMessage(frame, [frame]));
  assert_throws_dom('DataCloneError', () => port1.postMessage(buffer, [buffer, buffer]));
}, 'frames and buffers are transferred through a channel');

promise_test(async () => {
  const pixels = new Uint8Array([9, 1, 2, 3, 4, 9]);
  const frame = frameOf(pixels.subarray(1, 5));
  const destination = new Uint8Array(6);
  const layout = await frame.copyTo(destination.subarray(1), { layout: [{ offset: 1, stride: 4 }] });
  assert_array_equals(destination, [0, 0, 1, 2, 3, 4]);
  assert_equals(`${layout.length} ${layout[0].offset} ${layout[0].stride}`, '1 1 4');
  frame.close();
}, 'copyTo() writes into a view of a buffer');

promise_test(async (t) => {
  const frame = frameOf([1, 2, 3, 4]);
  const buffer = new ArrayBuffer(4);
  const copied = frame.copyTo(buffer);
  structuredClone(buffer, { transfer: [buffer] });
  await copied;
  await promise_rejects_js(t, TypeError, frame.copyTo(buffer));
  await promise_rejects_js(t, TypeError, frame.copyTo('a string'));
  frame.close();
  await promise_rejects_dom(t, 'InvalidStateError', frame.copyTo(new ArrayBuffer(4)));
}, 'a destination may be detached meanwhile');

test(() => {
  const bytes = new Uint8Array([1, 2, 3]);
  const chunk = new EncodedAudioChunk({ type: 'key', timestamp: 1.9, data: bytes, transfer: [bytes.buffer] });
  assert_equals(bytes.length, 0);
  assert_equals(chunk.timestamp, 1);
  const copy = new Uint8Array(3);
  structuredClone(chunk).copyTo(copy);
  assert_array_equals(copy, [1, 2, 3]);
  assert_throws_js(TypeError, () => chunk.copyTo(new Uint8Array(2)));
  assert_throws_js(TypeError, () => new EncodedAudioChunk({ type: 'other', timestamp: 0, data: copy }));
  assert_throws_js(TypeError, () => new EncodedAudioChunk({ type: 'key', timestamp: 2 ** 63, data: copy }));
  assert_throws_js(TypeError, () => EncodedAudioChunk({ type: 'key', timestamp: 0, data: copy }));
}, 'chunks: conversions, and buffers that are handed over');

test(() => {
  const getters = [];
  const init = new Proxy({ type: 'key', timestamp: 0, data: new Uint8Array() }, {
    get(target, name) {
      getters.push(name);
      return target[name];
    },
  });
  new EncodedAudioChunk(init);
  assert_array_equals(getters, ['data', 'duration', 'timestamp', 'transfer', 'type']);
  const failure = new Error('from a getter');
  try {
    new EncodedAudioChunk({ get data() { throw failure; } });
  } catch (error) {
    assert_equals(error, failure);
    return;
  }
  assert_unreached('the getter throws');
}, 'members of dictionaries are read in the order of their names, once');

promise_test(async (t) => {
  const response = await fetch('canvas-utils.js');
  assert_true(response.ok);
  assert_equals(response.headers.get('content-type'), 'text/javascript');
  const reader = response.body.getReader({ mode: 'byob' });
  const { value } = await reader.read(new Uint8Array(5));
  assert_equals(new TextDecoder().decode(value), "'use ");
  reader.releaseLock();
  assert_equals((await fetch('/webcodecs/no-such-file')).status, 404);
  await promise_rejects_js(t, TypeError, fetch('https://example.com/'));
}, 'fetch() of files beside the test');

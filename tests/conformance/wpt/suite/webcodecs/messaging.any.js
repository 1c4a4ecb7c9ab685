// META: title=Structured clones, transfer, channels
'use strict';

const audioData = () => new AudioData({
  format: 'u8', sampleRate: 8000, numberOfFrames: 2, numberOfChannels: 1, timestamp: 5, data: new Uint8Array([1, 2]),
});

test(() => {
  const shared = { deep: [1, 'two', 3n, null, undefined, new Date(0)] };
  const value = { shared, again: shared, map: new Map([[shared, new Set([NaN, -0])]]), pattern: /a+/g };
  value.itself = value;
  const clone = structuredClone(value);
  assert_equals(clone.itself, clone);
  assert_equals(clone.shared, clone.again);
  assert_not_equals(clone.shared, shared);
  assert_equals(clone.map.get(clone.shared).size, 2);
  assert_equals(`${clone.pattern} ${clone.shared.deep[2]} ${clone.shared.deep[5].getTime()}`, '/a+/g 3 0');
  const error = structuredClone(new RangeError('too far'));
  assert_equals(`${error instanceof RangeError} ${error.message}`, 'true too far');
  assert_equals(structuredClone(new DOMException('no', 'DataError')).name, 'DataError');
  const view = structuredClone(new Uint16Array([1, 2, 3]).subarray(1));
  assert_array_equals([view.length, view.byteOffset, view[1]], [2, 2, 3]);
}, 'values are cloned with their shape');

test(() => {
  const thrown = new Error('from a getter');
  assert_throws_dom('DataCloneError', () => structuredClone(() => {}));
  assert_throws_dom('DataCloneError', () => structuredClone({ in: [Symbol()] }));
  assert_throws_dom('DataCloneError', () => structuredClone(new MessageChannel().port1));
  assert_throws_dom('DataCloneError', () => structuredClone(null, { transfer: [{}] }));
  assert_throws_exactly(thrown, () => structuredClone({ get bad() { throw thrown; } }));
  assert_throws_js(TypeError, () => structuredClone());
}, 'what cannot be cloned');

test(() => {
  const data = audioData();
  const { one, two } = structuredClone({ one: data, two: data });
  assert_equals(one, two);
  data.close();
  assert_equals(`${one.numberOfFrames} ${one.timestamp}`, '2 5');
  const moved = structuredClone([one], { transfer: [one] });
  assert_equals(`${one.format} ${moved[0].format}`, 'null u8');
  assert_throws_dom('DataCloneError', () => structuredClone(one));
  assert_throws_dom('DataCloneError', () => structuredClone(1, { transfer: [moved[0], moved[0]] }));
  assert_equals(moved[0].format, 'u8');
}, 'platform objects are cloned and transferred');

promise_test(async () => {
  const { port1, port2 } = new MessageChannel();
  const received = [];
  const data = audioData();
  const { port1: sent, port2: kept } = new MessageChannel();
  port1.postMessage({ data, sent }, [data, sent]);
  port1.postMessage('second');
  assert_equals(data.format, null);
  await new Promise((resolve) => {
    port2.onmessage = (event) => {
      received.push(event);
      if (received.length === 2) resolve();
    };
  });
  assert_equals(received[1].data, 'second');
  const [first] = received;
  assert_equals(first.data.data.timestamp, 5);
  assert_array_equals(first.ports, [first.data.sent]);
  const answer = new Promise((resolve) => { kept.onmessage = resolve; });
  first.ports[0].postMessage('through a port that was sent');
  assert_equals((await answer).data, 'through a port that was sent');
  assert_throws_dom('DataCloneError', () => port1.postMessage(0, [port1]));
}, 'messages keep their order, and take ports and frames along');

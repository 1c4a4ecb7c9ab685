// META: title=What Python is told later, or has told before: nobody can tell the difference

'use strict';

const chunkOf = (init) => new EncodedVideoChunk({ type: 'key', timestamp: 0, data: new Uint8Array([1, 2, 3]), ...init });

function bytesOf(chunk) {
  const bytes = new Uint8Array(chunk.byteLength);
  chunk.copyTo(bytes);
  return [...bytes];
}

function frameOf(timestamp) {
  const init = { format: 'RGBA', codedWidth: 2, codedHeight: 1, timestamp, duration: 4, rotation: 90 };
  return new VideoFrame(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]), init);
}

function audioOf(timestamp) {
  const init = { format: 'f32', sampleRate: 8000, numberOfFrames: 2, numberOfChannels: 1, timestamp };
  return new AudioData({ ...init, data: new Float32Array([0.5, -0.5]) });
}

async function encodedChunk() {
  const chunks = [];
  const encoder = new VideoEncoder({ output: (chunk) => chunks.push(chunk), error() {} });
  encoder.configure({ codec: 'vp8', width: 16, height: 16 });
  const frame = new VideoFrame(new Uint8Array(1024), { format: 'RGBA', codedWidth: 16, codedHeight: 16, timestamp: 5 });
  encoder.encode(frame);
  frame.close();
  await encoder.flush();
  encoder.close();
  return chunks[0];
}

test(() => {
  for (const [init, timestamp, duration] of [
    [{ timestamp: 7, duration: 2 }, 7, 2],
    [{ timestamp: -7 }, -7, null],
    [{ timestamp: 1.9, duration: 2.9 }, 1, 2],
    [{ timestamp: -0, duration: -0 }, 0, 0],
    [{ timestamp: '8', duration: { valueOf: () => 9 } }, 8, 9],
    [{ timestamp: Number.MAX_SAFE_INTEGER, duration: undefined }, Number.MAX_SAFE_INTEGER, null],
    [{ unknown: 3 }, 0, null],
  ]) {
    const chunk = chunkOf(init);
    assert_array_equals([chunk.timestamp, chunk.duration, chunk.type, chunk.byteLength], [timestamp, duration, 'key', 3]);
    assert_array_equals(bytesOf(chunk), [1, 2, 3]);
    const copy = structuredClone(chunk);
    assert_array_equals([copy.timestamp, copy.duration, copy.type, copy.byteLength], [timestamp, duration, 'key', 3]);
  }
}, 'A chunk of valid arguments');

test(() => {
  const detached = new ArrayBuffer(3);
  structuredClone(detached, { transfer: [detached] });
  for (const init of [
    { type: 'keys' }, { type: undefined }, { timestamp: undefined }, { timestamp: NaN }, { timestamp: Infinity },
    { timestamp: 2 ** 53 }, { duration: -1 }, { duration: null, timestamp: 2 ** 54 }, { duration: NaN },
    { data: undefined }, { data: [1, 2] }, { data: 'text' },
  ]) assert_throws_js(TypeError, () => chunkOf(init), JSON.stringify(init));
  assert_throws_js(TypeError, () => new EncodedAudioChunk());
  assert_throws_js(TypeError, () => new EncodedAudioChunk(null));
  assert_equals(chunkOf({ data: detached }).byteLength, 0);
  assert_throws_dom('DataCloneError', () => chunkOf({ transfer: [detached] }));
}, 'A chunk of invalid arguments');

test(() => {
  const data = new Uint8Array([1, 2, 3, 4]);
  const whole = chunkOf({ data });
  const part = chunkOf({ data: new DataView(data.buffer, 1, 2) });
  const moved = chunkOf({ data, transfer: [data.buffer] });
  assert_equals(data.byteLength, 0);
  assert_array_equals(bytesOf(whole), [1, 2, 3, 4]);
  assert_array_equals(bytesOf(part), [2, 3]);
  assert_array_equals(bytesOf(moved), [1, 2, 3, 4]);
  const changing = new Uint8Array([1]);
  const early = chunkOf({ data: changing });
  changing[0] = 2;
  assert_array_equals(bytesOf(early), [1]);
}, 'A chunk has the data of the moment when it was made');

promise_test(async () => {
  const chunk = await encodedChunk();
  const { byteLength } = chunk;
  const expected = bytesOf(structuredClone(chunk));
  assert_true(byteLength > 10);
  assert_array_equals(bytesOf(chunk), expected);
  const buffer = new ArrayBuffer(byteLength + 4);
  chunk.copyTo(new DataView(buffer, 3, byteLength));
  assert_array_equals([...new Uint8Array(buffer)], [0, 0, 0, ...expected, 0]);
  chunk.copyTo(buffer);
  assert_array_equals([...new Uint8Array(buffer, 0, byteLength)], expected);
  const shared = new SharedArrayBuffer(byteLength);
  chunk.copyTo(shared);
  assert_array_equals([...new Uint8Array(shared)], expected);
  new Uint8Array(buffer).fill(0);
  chunk.copyTo(buffer);
  assert_array_equals([...new Uint8Array(buffer, 0, byteLength)], expected, 'the contents are still the same');
  assert_throws_js(TypeError, () => chunk.copyTo(new Uint8Array(byteLength - 1)));
  assert_throws_js(TypeError, () => chunk.copyTo(new ArrayBuffer(byteLength, { maxByteLength: byteLength })));
  assert_throws_js(TypeError, () => chunk.copyTo());
  assert_throws_js(TypeError, () => chunk.copyTo([]));
  assert_throws_js(TypeError, () => EncodedVideoChunk.prototype.copyTo.call({}, buffer));
  structuredClone(buffer, { transfer: [buffer] });
  assert_throws_js(TypeError, () => chunk.copyTo(buffer));
}, 'Contents of a chunk that an encoder made');

for (const [kind, make] of [['VideoFrame', frameOf], ['AudioData', audioOf]]) {
  const names = Object.entries(Object.getOwnPropertyDescriptors(globalThis[kind].prototype))
    .filter(([, { get }]) => get !== undefined).map(([name]) => name);
  const attributesOf = (object) => JSON.stringify(names.map((name) => object[name]));

  test(() => {
    const original = make(9);
    const expected = attributesOf(original);
    const clone = original.clone();
    const second = clone.clone();
    assert_true(clone instanceof globalThis[kind]);
    assert_not_equals(clone, original);
    assert_equals(attributesOf(clone), expected);
    original.close();
    assert_equals(attributesOf(clone), expected, 'the original was closed');
    clone.close();
    assert_equals(attributesOf(second), expected, 'a clone was closed');
    assert_equals(second.allocationSize({ planeIndex: 0 }), 8);
    assert_equals(attributesOf(structuredClone(second)), expected);
    second.close();
  }, `Clones of a ${kind}`);

  test(() => {
    const closed = make(9);
    closed.close();
    assert_equals(closed.timestamp, 9);
    assert_throws_dom('InvalidStateError', () => closed.clone());
    const transferred = make(9);
    structuredClone(transferred, { transfer: [transferred] }).close();
    assert_equals(transferred.format, null);
    assert_throws_dom('InvalidStateError', () => transferred.clone());
    assert_throws_js(TypeError, () => globalThis[kind].prototype.clone.call({}));
  }, `A closed ${kind} has no clones`);
}

promise_test(async () => {
  const told = [];
  const data = new Uint8Array(await encodedChunk().then(bytesOf));
  const decoder = new VideoDecoder({ output() {}, error() {} });
  decoder.configure({ codec: 'vp8' });
  for (let index = 0; index < 3; index++) {
    decoder.decode(chunkOf({ data }));
    told.push(decoder.decodeQueueSize);
  }
  decoder.addEventListener('dequeue', () => told.push(decoder.decodeQueueSize), { once: true });
  await new Promise((resolve) => { decoder.ondequeue = () => decoder.decodeQueueSize === 0 && resolve(); });
  assert_array_equals(told.slice(0, 3), [1, 2, 3]);
  assert_true(told[3] < 3);
  await decoder.flush();
  assert_equals(decoder.state, 'configured');
  decoder.close();
  assert_equals(decoder.state, 'closed');
}, 'The queue size in the task of a script, and in later ones');

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

const frameAttributes = Object.entries(Object.getOwnPropertyDescriptors(VideoFrame.prototype))
  .filter(([, { get }]) => get !== undefined).map(([name]) => name);
const allOf = (frame) => JSON.stringify(frameAttributes.map((name) => frame[name]));

test(() => {
  const original = frameOf(9);
  for (const [init, timestamp, duration] of [
    [undefined, 9, 4],
    [{}, 9, 4],
    [{ timestamp: 7 }, 7, 4],
    [{ timestamp: -7, duration: 0 }, -7, 0],
    [{ timestamp: undefined, duration: 2 }, 9, 2],
    [{ timestamp: 1.9, duration: '3' }, 1, 3],
    [{ timestamp: -0 }, 0, 4],
    [{ timestamp: 7, unknown: 5 }, 7, 4],
  ]) {
    const copy = new VideoFrame(original, init);
    assert_array_equals([copy.timestamp, copy.duration, copy.rotation, copy.codedWidth], [timestamp, duration, 90, 2]);
    assert_equals(allOf(copy), allOf(structuredClone(copy)));
    const second = new VideoFrame(copy, { timestamp: 11 });
    copy.close();
    assert_equals(second.timestamp, 11);
    assert_equals(allOf(second), allOf(structuredClone(second)));
    second.close();
  }
  const turned = new VideoFrame(original, { timestamp: 7, rotation: 90 });
  assert_array_equals([turned.timestamp, turned.rotation], [7, 180]);
  class OtherFrame extends VideoFrame {}
  assert_true(new OtherFrame(original, { timestamp: 7 }) instanceof OtherFrame);
}, 'A frame that is made from another one');

test(() => {
  const original = frameOf(9);
  for (const init of [
    { timestamp: 2 ** 64, visibleRect: { x: 0, y: 0, width: 9, height: 9 } }, { duration: 4, alpha: 'drop' },
    { displayWidth: 3 }, { duration: Symbol() }, 5,
  ]) assert_throws_js(TypeError, () => new VideoFrame(original, init));
  original.close();
  assert_throws_dom('InvalidStateError', () => new VideoFrame(original, { timestamp: 7 }));
  assert_throws_dom('InvalidStateError', () => new VideoFrame(original));
}, 'A frame that cannot be made from another one');

/** A configured codec that has taken its first request. */
async function encoderAtWork(outputs) {
  const encoder = new VideoEncoder({ output: (chunk) => outputs.push(chunk.timestamp), error() {} });
  encoder.configure({ codec: 'vp8', width: 2, height: 2 });
  encode(encoder, 0);
  await encoder.flush();
  return encoder;
}

function encode(encoder, timestamp, options) {
  const frame = new VideoFrame(new Uint8Array(16), { format: 'RGBA', codedWidth: 2, codedHeight: 2, timestamp });
  encoder.encode(frame, options);
  frame.close();
}

promise_test(async () => {
  const outputs = [];
  const encoder = await encoderAtWork(outputs);
  const sizes = [];
  for (let timestamp = 1; timestamp < 60; timestamp++) {
    encode(encoder, timestamp, { keyFrame: timestamp % 10 === 0 });
    sizes.push(encoder.encodeQueueSize);
  }
  sizes.forEach((size, index) => {
    const before = index === 0 ? 0 : sizes[index - 1];
    assert_true(size === before || size === before + 1, `${before}, ${size}`);
  });
  await encoder.flush();
  assert_equals(encoder.encodeQueueSize, 0);
  assert_array_equals(outputs, [...Array(60).keys()]);
  encoder.close();
}, 'Requests of a script, more than the codec can take');

promise_test(async () => {
  const outputs = [];
  const encoder = await encoderAtWork(outputs);
  encode(encoder, 1);
  const closed = frameOf(2);
  closed.close();
  assert_throws_js(TypeError, () => encoder.encode(closed));
  const frame = frameOf(2);
  const clone = new VideoFrame(frame, { timestamp: 3 });
  assert_throws_dom('DataError', () => encoder.encode(frame), 'rotation');
  assert_throws_dom('DataError', () => encoder.encode(clone), 'rotation');
  assert_throws_js(TypeError, () => encode(encoder, 2, { vp9: 5 }), 'options');
  assert_throws_js(TypeError, () => encode(encoder, 2, 5), 'options');
  assert_throws_js(TypeError, () => encoder.encode({}));
  assert_equals(encode(encoder, 4, { keyFrame: 'yes' }), undefined);
  await encoder.flush();
  assert_array_equals(outputs, [0, 1, 4]);
  encode(encoder, 5);
  encoder.reset();
  assert_equals(encoder.encodeQueueSize, 0);
  assert_throws_dom('InvalidStateError', () => encode(encoder, 6));
  encoder.configure({ codec: 'vp8', width: 2, height: 1 });
  encoder.encode(clone);
  assert_throws_dom('DataError', () => encode(encoder, 7), 'no rotation');
  encoder.close();
  assert_throws_dom('InvalidStateError', () => encoder.encode(clone));
}, 'Requests that fail after others that did not');

promise_test(async () => {
  const outputs = [];
  const encoder = new AudioEncoder({ output: (chunk) => outputs.push(chunk.timestamp), error() {} });
  encoder.configure({ codec: 'pcm-f32', sampleRate: 8000, numberOfChannels: 1 });
  await encoder.flush();
  const [first, second] = [audioOf(1), audioOf(2)];
  encoder.encode(first);
  second.close();
  assert_throws_js(TypeError, () => encoder.encode(second));
  encoder.encode(first);
  first.close();
  await encoder.flush();
  assert_array_equals(outputs, [1, 1]);
  encoder.close();
}, 'Sound that is refused after other sound that was not');

promise_test(async () => {
  const data = new Uint8Array(await encodedChunk().then(bytesOf));
  const outputs = [];
  const decoder = new VideoDecoder({ output(frame) { outputs.push(frame.timestamp); frame.close(); }, error() {} });
  decoder.configure({ codec: 'vp8' });
  assert_throws_dom('DataError', () => decoder.decode(chunkOf({ data, type: 'delta' })));
  decoder.decode(chunkOf({ data }));
  decoder.decode(chunkOf({ data, timestamp: 1 }));
  const flushed = decoder.flush();
  assert_throws_dom('DataError', () => decoder.decode(chunkOf({ data, type: 'delta' })));
  await flushed;
  assert_array_equals(outputs, [0, 1]);
  decoder.close();
  assert_throws_dom('InvalidStateError', () => decoder.decode(chunkOf({ data })));
}, 'Chunks that are refused after others that were not');

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

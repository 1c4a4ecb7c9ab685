// META: title=Interfaces as Web IDL makes them, and what it converts
'use strict';

const audioDataInit = (more) => ({
  format: 'u8', sampleRate: 8000, numberOfFrames: 4, numberOfChannels: 1, timestamp: 0, data: new Uint8Array(4), ...more,
});

test(() => {
  const global = Object.getOwnPropertyDescriptor(self, 'AudioData');
  assert_equals(`${global.writable} ${global.enumerable} ${global.configurable}`, 'true false true');
  assert_equals(`${AudioData.name} ${AudioData.length} ${VideoFrame.length} ${VideoColorSpace.length}`, 'AudioData 1 1 0');
  assert_equals(Object.getPrototypeOf(AudioData), Function.prototype);
  assert_false(Object.getOwnPropertyDescriptor(AudioData, 'prototype').writable);
  assert_equals(String(new AudioData(audioDataInit())), '[object AudioData]');
  const getter = Object.getOwnPropertyDescriptor(AudioData.prototype, 'timestamp');
  assert_equals(`${getter.get.name} ${getter.set} ${getter.enumerable}`, 'get timestamp undefined true');
  const method = Object.getOwnPropertyDescriptor(AudioData.prototype, 'copyTo');
  assert_equals(`${method.value.name} ${method.value.length} ${method.enumerable} ${method.writable}`, 'copyTo 2 true true');
  assert_throws_js(TypeError, () => new method.value());
}, 'properties of interface objects and prototypes');

test(() => {
  assert_throws_js(TypeError, () => AudioData(audioDataInit()));
  assert_throws_js(TypeError, () => new AudioData());
  assert_throws_js(TypeError, () => AudioData.prototype.timestamp);
  assert_throws_js(TypeError, () => AudioData.prototype.close.call(new VideoColorSpace()));
  assert_throws_js(TypeError, () => new DedicatedWorkerGlobalScope());
  assert_equals(typeof AudioDecoder, 'undefined', 'exposed in secure contexts only');
}, 'what is no object of the interface, and what cannot be constructed');

test(() => {
  class Labelled extends AudioData {
    get label() { return `at ${this.timestamp}`; }
  }
  const labelled = new Labelled(audioDataInit({ timestamp: 7 }));
  assert_equals(labelled.label, 'at 7');
  assert_true(labelled.clone() instanceof AudioData);
  assert_false(labelled.clone() instanceof Labelled);
  assert_true(Reflect.construct(AudioData, [audioDataInit()], Array) instanceof Array);
}, 'subclasses, and another new.target');

test(() => {
  const read = [];
  const init = new Proxy(audioDataInit(), { get(target, name) { read.push(name); return target[name]; } });
  new AudioData(init);
  assert_array_equals(
    read, ['data', 'format', 'numberOfChannels', 'numberOfFrames', 'sampleRate', 'timestamp', 'transfer'],
  );
  const data = new AudioData(audioDataInit({
    format: { toString: () => 's16' }, timestamp: { valueOf: () => '-12.9' }, numberOfFrames: true, sampleRate: '0x10',
  }));
  assert_equals(`${data.format} ${data.timestamp} ${data.numberOfFrames} ${data.sampleRate}`, 's16 -12 1 16');
  assert_true(Object.is(new DOMRectReadOnly(-0).x, -0));
  assert_true(Number.isNaN(new DOMRectReadOnly(NaN).x));
  assert_equals(new DOMRectReadOnly(0, 0, Infinity).right, Infinity);
}, 'members are read in order and coerced');

test(() => {
  for (const wrong of [
    { format: 'u24' }, { format: undefined }, { timestamp: NaN }, { timestamp: 2 ** 53 }, { timestamp: 1n },
    { timestamp: Symbol() }, { numberOfFrames: -1 }, { numberOfFrames: 2 ** 32 }, { sampleRate: Infinity },
    { data: null }, { data: [1, 2, 3, 4] }, { transfer: 5 }, { transfer: [new Uint8Array(4)] },
  ]) assert_throws_js(TypeError, () => new AudioData(audioDataInit(wrong)), Object.keys(wrong)[0]);
  assert_throws_js(TypeError, () => new AudioData('u8'));
  assert_throws_js(TypeError, () => new VideoFrame({}, { timestamp: 0 }));
  assert_throws_js(TypeError, () => new VideoFrame(new Uint8Array(4)));
  const thrown = new Error('from a getter');
  assert_throws_exactly(thrown, () => new AudioData({ get data() { throw thrown; } }));
}, 'what cannot be converted is a TypeError; what a getter throws is passed on');

promise_test(async (t) => {
  const frame = new VideoFrame(new Uint8Array(4), { format: 'RGBA', codedWidth: 1, codedHeight: 1, timestamp: 0 });
  await promise_rejects_js(t, TypeError, frame.copyTo());
  await promise_rejects_js(t, TypeError, frame.copyTo(5));
  await promise_rejects_js(t, TypeError, VideoFrame.prototype.copyTo.call({}, new Uint8Array(4)));
  await promise_rejects_js(t, TypeError, frame.copyTo(new Uint8Array(3)));
  const thrown = new Error('from a getter');
  await promise_rejects_exactly(t, thrown, frame.copyTo(new Uint8Array(4), { get rect() { throw thrown; } }));
  assert_equals(frame.colorSpace, frame.colorSpace);
  frame.close();
  await promise_rejects_dom(t, 'InvalidStateError', frame.copyTo(new Uint8Array(4)));
  assert_throws_dom('InvalidStateError', () => frame.clone());
  assert_equals(frame.visibleRect, null);
}, 'methods that return promises never throw');

const smallFrame = () => new VideoFrame(new Uint8Array(16), { format: 'RGBA', codedWidth: 2, codedHeight: 2, timestamp: 7 });
const attributesOf = (object, ...names) => names.map((name) => object[name]);

test(() => {
  const frame = smallFrame();
  assert_array_equals(attributesOf(frame, 'format', 'codedWidth', 'timestamp', 'duration'), ['RGBA', 2, 7, null]);
  assert_array_equals(attributesOf(frame.visibleRect, 'x', 'y', 'width', 'height', 'right'), [0, 0, 2, 2, 2]);
  assert_equals(frame.visibleRect, frame.visibleRect);
  assert_equals(frame.colorSpace, frame.colorSpace);
  const clone = frame.clone();
  assert_equals(frame.close(), undefined);
  assert_equals(frame.close(), undefined);
  assert_array_equals(attributesOf(frame, 'format', 'codedWidth', 'timestamp', 'visibleRect'), [null, 0, 7, null]);
  assert_throws_dom('InvalidStateError', () => frame.clone());
  assert_array_equals(attributesOf(clone, 'format', 'codedWidth', 'timestamp'), ['RGBA', 2, 7]);
  const moved = structuredClone(clone, { transfer: [clone] });
  assert_array_equals(attributesOf(clone, 'format', 'codedWidth', 'visibleRect'), [null, 0, null]);
  assert_array_equals(attributesOf(moved, 'format', 'codedWidth', 'timestamp'), ['RGBA', 2, 7]);
  assert_throws_js(TypeError, () => VideoFrame.prototype.close.call({}));
  assert_throws_js(TypeError, () => AudioData.prototype.close.call(moved));
  moved.close();
}, 'attributes stay as they are until an object is closed or transferred');

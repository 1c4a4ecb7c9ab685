// META: title=Buffers that can be resized (Web IDL: no type of WebCodecs has [AllowResizable])
'use strict';

const LENGTH = 4;
const SOURCES = {
  'a resizable ArrayBuffer': () => new ArrayBuffer(LENGTH, { maxByteLength: 8 }),
  'a view of a resizable ArrayBuffer': () => new Uint8Array(new ArrayBuffer(LENGTH, { maxByteLength: 8 })),
  'a view of fixed length of a resizable ArrayBuffer': () => (
    new Uint8Array(new ArrayBuffer(LENGTH, { maxByteLength: LENGTH }), 0, LENGTH)
  ),
  'a DataView of a resizable ArrayBuffer': () => new DataView(new ArrayBuffer(LENGTH, { maxByteLength: 8 })),
  'a growable SharedArrayBuffer': () => new SharedArrayBuffer(LENGTH, { maxByteLength: 8 }),
  'a view of a growable SharedArrayBuffer': () => new Uint8Array(new SharedArrayBuffer(LENGTH, { maxByteLength: 8 })),
};
const detached = () => {
  const buffer = new ArrayBuffer(LENGTH, { maxByteLength: 8 });
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
};

const callbacks = { output() {}, error() {} };
const chunkInit = { type: 'key', timestamp: 0 };
const frameInit = { format: 'RGBA', codedWidth: 1, codedHeight: 1, timestamp: 0 };
const audioInit = { format: 'u8', sampleRate: 8000, numberOfFrames: LENGTH, numberOfChannels: 1, timestamp: 0 };
const fixed = () => new Uint8Array(LENGTH);
const frame = () => new VideoFrame(fixed(), frameInit);
const audioData = () => new AudioData({ ...audioInit, data: fixed() });

// Each throws, or returns a promise that is rejected.
const TAKERS = {
  'EncodedVideoChunk()': (data) => new EncodedVideoChunk({ ...chunkInit, data }),
  'EncodedAudioChunk()': (data) => new EncodedAudioChunk({ ...chunkInit, data }),
  'EncodedVideoChunk.copyTo()': (data) => new EncodedVideoChunk({ ...chunkInit, data: fixed() }).copyTo(data),
  'EncodedAudioChunk.copyTo()': (data) => new EncodedAudioChunk({ ...chunkInit, data: fixed() }).copyTo(data),
  'VideoFrame()': (data) => new VideoFrame(data, frameInit),
  'VideoFrame.copyTo()': (data) => frame().copyTo(data),
  'AudioData()': (data) => new AudioData({ ...audioInit, data }),
  'AudioData.copyTo()': (data) => audioData().copyTo(data, { planeIndex: 0 }),
  'ImageDecoder()': (data) => new ImageDecoder({ data, type: 'image/png' }),
  'VideoDecoder.configure()': (description) => new VideoDecoder(callbacks).configure({ codec: 'vp8', description }),
  'AudioDecoder.configure()': (description) => (
    new AudioDecoder(callbacks).configure({ codec: 'opus', sampleRate: 48000, numberOfChannels: 2, description })
  ),
  'VideoDecoder.isConfigSupported()': (description) => VideoDecoder.isConfigSupported({ codec: 'vp8', description }),
  'AudioDecoder.isConfigSupported()': (description) => (
    AudioDecoder.isConfigSupported({ codec: 'opus', sampleRate: 48000, numberOfChannels: 2, description })
  ),
};
const RETURN_PROMISES = ['VideoFrame.copyTo()', 'VideoDecoder.isConfigSupported()', 'AudioDecoder.isConfigSupported()'];

for (const [taker, take] of Object.entries(TAKERS)) {
  promise_test(async (t) => {
    for (const [name, make] of Object.entries({ ...SOURCES, 'a detached resizable ArrayBuffer': detached })) {
      if (RETURN_PROMISES.includes(taker)) await promise_rejects_js(t, TypeError, take(make()), name);
      else assert_throws_js(TypeError, () => take(make()), name);
    }
  }, `${taker} refuses buffers that can be resized`);
}

test(() => {
  const buffer = new ArrayBuffer(LENGTH, { maxByteLength: 8 });
  const transfer = [buffer];
  const data = fixed();
  assert_throws_js(TypeError, () => new EncodedVideoChunk({ ...chunkInit, data, transfer }));
  assert_throws_js(TypeError, () => new EncodedAudioChunk({ ...chunkInit, data, transfer }));
  assert_throws_js(TypeError, () => new VideoFrame(data, { ...frameInit, transfer }));
  assert_throws_js(TypeError, () => new AudioData({ ...audioInit, data, transfer }));
  assert_throws_js(TypeError, () => new ImageDecoder({ data, type: 'image/png', transfer }));
  assert_equals(buffer.byteLength, LENGTH);
}, 'a transfer list refuses them, and they are not detached');

test(() => {
  const pixels = new Uint8ClampedArray(new ArrayBuffer(LENGTH, { maxByteLength: 8 }));
  assert_throws_js(TypeError, () => new ImageData(pixels, 1));
  assert_throws_js(TypeError, () => new Response(pixels));
  assert_throws_js(TypeError, () => new Response(pixels.buffer));
}, 'ImageData() and Response() refuse them');

test(() => {
  const shared = new Uint8Array(new SharedArrayBuffer(LENGTH)).fill(5);
  const chunk = new EncodedVideoChunk({ ...chunkInit, data: shared });
  const destination = new SharedArrayBuffer(LENGTH);
  chunk.copyTo(destination);
  assert_array_equals(new Uint8Array(destination), [5, 5, 5, 5]);
}, 'shared buffers of fixed length are taken');

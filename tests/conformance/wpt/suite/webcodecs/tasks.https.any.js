// META: title=Tasks, microtask checkpoints, and how a codec's callbacks come
'use strict';

setup({ allow_uncaught_exception: true });

const CONFIG = { codec: 'pcm-u8', sampleRate: 8000, numberOfChannels: 1 };
const chunk = (timestamp, ...samples) => new EncodedAudioChunk({ type: 'key', timestamp, data: new Uint8Array(samples) });
const turn = () => new Promise((resolve) => setTimeout(resolve));

promise_test(async () => {
  const order = [];
  const note = (text) => {
    order.push(text);
    queueMicrotask(() => {
      order.push(`after ${text}`);
      Promise.resolve().then(() => order.push(`and ${text}`));
    });
  };
  const decoder = new AudioDecoder({ output: (data) => note(`output ${data.timestamp}`), error: note });
  decoder.configure(CONFIG);
  decoder.decode(chunk(1, 128));
  decoder.decode(chunk(2, 128));
  await decoder.flush().then(() => note('flushed'));
  await turn();
  assert_array_equals(order, ['output 1', 'output 2', 'flushed'].flatMap((text) => [text, `after ${text}`, `and ${text}`]));
}, 'microtasks run after each callback, before the next');

promise_test(async () => {
  const order = [];
  const decoder = new AudioDecoder({ output() {}, error() {} });
  decoder.addEventListener('dequeue', () => { order.push(1); queueMicrotask(() => order.push(2)); });
  decoder.ondequeue = function handler(event) {
    order.push(3, event.type, event.target === decoder, event.currentTarget === this, event.isTrusted);
  };
  decoder.configure(CONFIG);
  decoder.decode(chunk(0, 128));
  await decoder.flush();
  await turn();
  assert_array_equals(order, [1, 2, 3, 'dequeue', true, true, true]);
  const { ondequeue } = decoder;
  decoder.ondequeue = 'nothing';
  assert_equals(`${typeof ondequeue} ${decoder.ondequeue}`, 'function null');
}, 'microtasks run between the listeners of an event that the codec fires');

test(() => {
  const order = [];
  const target = new EventTarget();
  target.addEventListener('call', () => { order.push(1); queueMicrotask(() => order.push(3)); });
  target.addEventListener('call', { handleEvent(event) { order.push(2, this !== undefined, event.isTrusted); } });
  assert_true(target.dispatchEvent(new Event('call')));
  assert_array_equals(order, [1, 2, true, false]);
}, 'but not between those of an event that a script dispatches');

promise_test(async (t) => {
  const samples = [];
  const errors = [];
  const listener = (event) => errors.push(event.error, event.target === self, event.isTrusted);
  addEventListener('error', listener);
  t.add_cleanup(() => removeEventListener('error', listener));
  const thrown = new Error('from the output callback');
  const decoder = new AudioDecoder({
    output(data) {
      const copied = new Uint8Array(data.allocationSize({ planeIndex: 0 }));
      data.copyTo(copied, { planeIndex: 0 });
      samples.push(...copied);
      throw thrown;
    },
    error() {},
  });
  decoder.configure(CONFIG);
  decoder.decode(chunk(0, 1, 2));
  decoder.decode(chunk(1, 3, 4));
  await decoder.flush();
  assert_array_equals(samples, [1, 2, 3, 4]);
  assert_array_equals(errors, [thrown, true, true, thrown, true, true]);
}, 'what a callback throws is reported, and the codec goes on');

promise_test(async (t) => {
  let error = null;
  const decoder = new AudioDecoder({ output() {}, error(reason) { error = reason; } });
  decoder.configure({ ...CONFIG, codec: 'flac' });
  const flushed = decoder.flush();
  await promise_rejects_dom(t, 'NotSupportedError', flushed);
  assert_equals(await flushed.catch((reason) => reason), error);
  assert_equals(decoder.state, 'closed');
  await promise_rejects_dom(t, 'InvalidStateError', decoder.flush());
}, 'the error callback and the flush get one and the same exception');

promise_test(async () => {
  const order = [];
  const repeated = new Promise((resolve) => {
    const interval = setInterval(() => {
      order.push('again');
      if (order.filter((text) => text === 'again').length < 2) return;
      clearInterval(interval);
      resolve();
    }, 5);
  });
  setTimeout((...args) => order.push(...args), 1, 'one', 'two');
  clearTimeout(setTimeout(() => order.push('never'), 0));
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = ({ data }) => order.push(data);
  port2.postMessage('message');
  order.push('script');
  await repeated;
  assert_array_equals(order, ['script', 'message', 'one', 'two', 'again', 'again']);
}, 'timers and messages');

promise_test(async (t) => {
  const seen = [];
  const onError = (event) => seen.push(event.error);
  const onRejection = (event) => seen.push(event.reason, event.promise instanceof Promise);
  addEventListener('error', onError);
  self.onunhandledrejection = onRejection;
  t.add_cleanup(() => {
    removeEventListener('error', onError);
    self.onunhandledrejection = null;
  });
  queueMicrotask(() => { throw 'from a microtask'; });
  Promise.reject('nobody cares');
  Promise.reject('somebody does').catch(() => {});
  reportError('reported');
  await new Promise((resolve) => setTimeout(resolve, 10));
  assert_array_equals(seen, ['reported', 'from a microtask', 'nobody cares', true]);
}, 'errors that nobody catches');

promise_test(async () => {
  const smallFrame = () => new VideoFrame(new Uint8Array(16), { format: 'RGBA', codedWidth: 2, codedHeight: 2, timestamp: 7 });
  const frame = smallFrame();
  const encoder = new VideoEncoder({ output() {}, error() {} });
  encoder.configure({ codec: 'vp8', width: 2, height: 2 });
  encoder.encode(frame);
  frame.close();
  assert_throws_js(TypeError, () => encoder.encode(frame));
  const options = { get keyFrame() { again.close(); return true; } };
  const again = smallFrame();
  assert_throws_js(TypeError, () => encoder.encode(again, options));
  await encoder.flush();
  encoder.close();
}, 'a frame is closed at once for all that comes after');

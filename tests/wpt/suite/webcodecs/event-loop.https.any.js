// META: title=Tasks, microtasks, timers and errors
'use strict';

const microtask = (steps) => { Promise.resolve().then(steps); };

promise_test(async (t) => {
  const order = [];
  setTimeout(() => {
    order.push('timer');
    microtask(() => order.push('microtask'));
    microtask(() => microtask(() => order.push('nested microtask')));
  });
  setTimeout(() => order.push('next timer'));
  const canceled = setTimeout(t.unreached_func('a timer that was cleared'));
  clearTimeout(canceled);
  await new Promise((resolve) => { setTimeout(resolve); });
  assert_array_equals(order, ['timer', 'microtask', 'nested microtask', 'next timer']);
}, 'microtasks run between tasks');

promise_test(async () => {
  let count = 0;
  await new Promise((resolve) => {
    const id = setInterval((step) => {
      count += step;
      if (count < 3) return;
      clearInterval(id);
      resolve();
    }, 1, 1);
  });
  await new Promise((resolve) => { setTimeout(resolve, 5); });
  assert_equals(count, 3);
}, 'intervals');

/** Decoded PCM: an output for each chunk, and what happened in which order. */
function decodePcm(order, chunks, { output = () => {}, error = () => {} } = {}) {
  const decoder = new AudioDecoder({
    output(data) {
      order.push(`output ${data.timestamp}`);
      microtask(() => order.push(`microtask ${data.timestamp}`));
      output(data);
      data.close();
    },
    error(exception) {
      order.push(`error ${exception.name}`);
      error(exception);
    },
  });
  decoder.configure({ codec: 'pcm-s16', sampleRate: 8000, numberOfChannels: 1 });
  for (let timestamp = 0; timestamp < chunks; timestamp++) {
    decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp, data: new Uint8Array(4) }));
  }
  return decoder;
}

promise_test(async () => {
  const order = [];
  const decoder = decodePcm(order, 2);
  assert_equals(decoder.decodeQueueSize, 2);
  assert_array_equals(order, []);
  decoder.ondequeue = function ondequeue(event) {
    assert_equals(this, decoder);
    assert_equals(event.target, decoder);
    assert_true(event.isTrusted);
    if (!order.includes('dequeue')) order.push('dequeue');
  };
  await decoder.flush();
  order.push('flushed');
  assert_equals(decoder.decodeQueueSize, 0);
  assert_array_equals(
    order.filter((entry) => entry !== 'dequeue'),
    ['output 0', 'microtask 0', 'output 1', 'microtask 1', 'flushed'],
  );
  assert_true(order.includes('dequeue'));
}, 'outputs come one by one, each with its microtasks, then the flush');

promise_test(async (t) => {
  const order = [];
  const failure = new Error('from a callback');
  const reported = [];
  const onError = (event) => {
    reported.push(event.error);
    event.stopImmediatePropagation();
  };
  self.addEventListener('error', onError, { capture: true });
  t.add_cleanup(() => self.removeEventListener('error', onError, { capture: true }));
  const decoder = decodePcm(order, 2, { output() { throw failure; } });
  await decoder.flush();
  assert_array_equals(reported, [failure, failure]);
  assert_array_equals(order.filter((entry) => entry.startsWith('output')), ['output 0', 'output 1']);
}, 'what a callback throws is reported and goes no further');

promise_test(async (t) => {
  const order = [];
  let reason;
  const decoder = decodePcm(order, 1, { error(exception) { reason = exception; } });
  decoder.configure({ codec: 'no such codec', sampleRate: 8000, numberOfChannels: 1 });
  const flush = decoder.flush();
  await promise_rejects_dom(t, 'NotSupportedError', flush);
  await flush.catch((exception) => assert_equals(exception, reason));
  assert_equals(decoder.state, 'closed');
  assert_throws_dom('InvalidStateError', () => decoder.reset());
}, 'the error callback and the promise get the same exception');

promise_test(async (t) => {
  const reason = new Error('nobody handles it');
  const rejected = new Promise((resolve) => {
    const listener = (event) => {
      event.preventDefault();
      resolve(event);
    };
    self.addEventListener('unhandledrejection', listener, { once: true });
  });
  const promise = Promise.reject(reason);
  const event = await rejected;
  assert_equals(event.reason, reason);
  assert_equals(event.promise, promise);
  await promise_rejects_js(t, Error, promise);
}, 'unhandled rejections');

test(() => {
  const order = [];
  const target = new EventTarget();
  const listener = { handleEvent(event) { order.push(`object ${this === listener} ${event.type}`); } };
  target.addEventListener('x', listener);
  target.addEventListener('x', listener);
  target.addEventListener('x', () => order.push('once'), { once: true });
  target.addEventListener('x', (event) => { order.push('capture'); event.preventDefault(); }, true);
  assert_false(target.dispatchEvent(new Event('x', { cancelable: true })));
  target.removeEventListener('x', listener);
  target.dispatchEvent(new Event('x'));
  assert_array_equals(order, ['capture', 'object true x', 'once', 'capture']);
  assert_throws_js(TypeError, () => target.dispatchEvent({}));
}, 'events');

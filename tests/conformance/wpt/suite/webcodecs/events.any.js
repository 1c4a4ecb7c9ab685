// META: title=Intervals, and events that a script dispatches
'use strict';

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

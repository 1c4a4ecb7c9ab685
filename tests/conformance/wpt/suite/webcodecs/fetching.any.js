// META: title=Files of the suite, fetched
// META: script=/webcodecs/canvas-utils.js
// META: variant=?one
// META: variant=?two
'use strict';

promise_test(async () => {
  const response = await fetch('canvas-utils.js');
  assert_equals(`${response.ok} ${response.status} ${response.headers.get('content-type')}`, 'true 200 text/javascript');
  assert_equals(response.url, new URL('canvas-utils.js', location.href).href);
  const text = await response.text();
  assert_true(text.includes('quadrants'));
  assert_true(response.bodyUsed);
  assert_equals((await (await fetch('/webcodecs/canvas-utils.js')).arrayBuffer()).byteLength, text.length);
  assert_equals((await fetch('none.js')).status, 404);
  assert_equals((await fetch('/../test_own_suite.py')).status, 404);
}, 'a file');

promise_test(async (t) => {
  await promise_rejects_js(t, TypeError, fetch('https://elsewhere.test/'));
  await promise_rejects_js(t, TypeError, fetch('https://'));
}, 'nothing from elsewhere');

promise_test(async () => {
  const { body } = await fetch('canvas-utils.js');
  const reader = body.getReader({ mode: 'byob' });
  const { value } = await reader.read(new Uint8Array(5));
  assert_equals(new TextDecoder().decode(value), "'use ".slice(0, 5));
  const json = new Response('{"a": [1]}');
  assert_equals((await json.json()).a[0], 1);
  const chunks = [];
  for await (const part of new Response(new Uint8Array([1, 2])).body) chunks.push(...part);
  assert_array_equals(chunks, [1, 2]);
}, 'bodies are streams of bytes');

test(() => {
  assert_true(['?one', '?two'].includes(location.search));
  assert_true(GLOBAL.isWorker());
  assert_equals(typeof quadrants, 'function');
  assert_equals(`${typeof process} ${typeof Buffer} ${typeof require} ${typeof global}`, 'undefined '.repeat(4).trim());
  importScripts('fetching-imported.js');
  assert_equals(self.imported, 'yes');
  assert_throws_dom('NetworkError', () => importScripts('none.js'));
}, 'the global of a worker');

// META: title=A script for windows
// META: script=canvas-utils.js
'use strict';

test(() => {
  assert_true(GLOBAL.isWindow());
  assert_equals(location.pathname, '/webcodecs/document.window.html');
  assert_equals(document.querySelector('canvas'), null);
  assert_equals(document.createElement('canvas').width, 300);
}, 'the page of a script for windows has a document');

// Tells Python what testharness.js finds out, as it finds it out.
'use strict';

module.exports = function installReporter(host) {
  const { service } = host;
  const text = (value) => (value === null || value === undefined ? null : String(value));
  globalThis.add_result_callback((test) => {
    service('subtest', test.name, test.status, text(test.message), text(test.stack));
  });
  globalThis.add_completion_callback((tests, status) => {
    const subtests = tests.map((test) => [test.name, test.status, text(test.message), text(test.stack)]);
    service('complete', subtests, status.status, text(status.message), text(status.stack));
  });
};

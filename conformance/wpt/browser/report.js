// Served as /resources/testharnessreport.js: sends what testharness.js finds out, then goes on to the next test.
'use strict';

{
  const settings = __SETTINGS__;
  const text = (value) => (value === null || value === undefined ? null : String(value));
  const row = (test) => [test.name, test.status, text(test.message), text(test.stack)];
  const seen = new Map();
  let sent = false;

  const send = async (status, message, stack, subtests) => {
    if (sent) return;
    sent = true;
    const body = JSON.stringify({ status, message, stack, subtests });
    const path = location.pathname + location.search;
    const answer = await fetch(`/~result?${encodeURIComponent(path)}`, { method: 'POST', body });
    location.replace(await answer.text());
  };

  setup({ timeout_multiplier: settings.timeoutMultiplier, output: false });
  add_result_callback((test) => seen.set(test.name, row(test)));
  add_completion_callback((tests, status) => {
    send(status.status, text(status.message), text(status.stack), tests.map(row));
  });
  // The harness has a time limit, too. A test whose page is busy for ever is ended by the server.
  setTimeout(() => send(2, 'the test did not end', null, [...seen.values()]), settings.limit * 1000);
}

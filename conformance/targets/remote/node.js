// A module of npm in Node: a line of JSON each way, on a pipe that blocks.
'use strict';

const fs = require('node:fs');

const [reading, writing, name, script] = JSON.parse(process.env.CODECMODEL_REMOTE);
let rest = '';

function readLine() {
  const buffer = Buffer.alloc(65536);
  const parts = [rest];
  while (!parts.at(-1).includes('\n')) {
    const count = fs.readSync(reading, buffer, 0, buffer.length, null);
    if (count === 0) process.exit(0);
    parts.push(buffer.toString('latin1', 0, count));
  }
  const text = parts.join('');
  const end = text.indexOf('\n');
  rest = text.slice(end + 1);
  return text.slice(0, end);
}

function writeAll(text) {
  const bytes = Buffer.from(text, 'utf8');
  for (let offset = 0; offset < bytes.length;) offset += fs.writeSync(writing, bytes, offset);
}

module.exports = async function main(importModule) {
  const exported = await importModule(name);
  const globals = { ...globalThis, ...(exported.default ?? {}), ...exported };
  const { serve } = require(script);
  serve(globals, (message) => {
    writeAll(`${JSON.stringify(message)}\n`);
    return JSON.parse(readLine());
  }, setInterval);
};

// Runs programs on the exports of a module of npm. The module, the setup and the programs come on standard input.
// Each entry of a log goes at once to a pipe of its own, with the index of its program: the module may print, and it
// may end the process.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const vm = require("node:vm");

vm.runInThisContext(fs.readFileSync(path.join(__dirname, "programs.js"), "utf8"));

function writeAll(text) {
  const bytes = Buffer.from(text, "utf8");
  const pipe = Number(process.env.CODECMODEL_LITMUS);
  for (let offset = 0; offset < bytes.length;) offset += fs.writeSync(pipe, bytes, offset);
}

module.exports = async function main(importModule) {
  const { module, setup, programs } = JSON.parse(fs.readFileSync(0, "utf8"));
  const exported = await importModule(module);
  const interfaces = { ...globalThis, ...(exported.default ?? {}), ...exported };
  await programRunner(interfaces, setup)(programs, (index, entry) => writeAll(JSON.stringify([index, entry]) + "\n"));
  process.exit(0);
};

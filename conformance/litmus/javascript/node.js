// Runs programs on the exports of a module of npm. The module, the setup and the programs come on standard input.
// The logs go to a pipe of their own, as the module may print.
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
  writeAll(JSON.stringify(await programRunner(interfaces, setup)(programs)));
  process.exit(0);
};

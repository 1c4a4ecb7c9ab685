// Runs one program with a module's exports as globals, and writes the facts, or the error.
'use strict';

const fs = require('node:fs');

const [name, program, answer] = JSON.parse(process.env.CODECMODEL_PLAIN);

module.exports = async function main(importModule) {
  let told;
  try {
    const exported = await importModule(name);
    for (const [key, value] of Object.entries({ ...(exported.default ?? {}), ...exported })) {
      Object.defineProperty(globalThis, key, { value, configurable: true, writable: true });
    }
    told = { facts: (await importModule(program)).facts };
  } catch (error) {
    told = { error: String(error) };
  }
  fs.writeFileSync(answer, JSON.stringify(told));
  process.exit(0);
};

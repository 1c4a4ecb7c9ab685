// Imports the module named on standard input, and prints a line of JSON: the error, or the versions of it and of Node.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { fileURLToPath } = require('node:url');

/** The version in the package.json that is nearest to the module. */
function versionOf(url) {
  if (!url.startsWith('file:')) return null;
  for (let folder = path.dirname(fileURLToPath(url)); ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'package.json');
    const version = fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, 'utf8')).version : undefined;
    if (version !== undefined) return version;
    if (folder === path.dirname(folder)) return null;
  }
}

module.exports = async function probe(importModule, resolve) {
  const name = fs.readFileSync(0, 'utf8');
  const told = { error: null, version: null, node: process.versions.node };
  try {
    await importModule(name);
    told.version = versionOf(resolve(name));
  } catch (error) {
    [told.error] = String(error?.message ?? error).split('\n');
  }
  fs.writeSync(1, `\n${JSON.stringify(told)}\n`);
  process.exit(0);
};

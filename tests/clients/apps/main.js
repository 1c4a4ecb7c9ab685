// Does jobs on this implementation: main.js JOBS.json FOLDER. A line of standard output has the facts of a job; its
// file is in the folder, under its number.

import process from 'node:process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { done } from './jobs.js';

const [jobs, folder] = process.argv.slice(2);
for (const [number, job] of JSON.parse(readFileSync(jobs, 'utf8')).entries()) {
  const { facts = null, file, error = null } = await done(job, (name) => `media/${name}`);
  if (file !== undefined) writeFileSync(join(folder, String(number)), new Uint8Array(file));
  console.log(JSON.stringify({ facts, error }));
}

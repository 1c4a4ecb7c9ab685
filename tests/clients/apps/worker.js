// Does jobs in a browser, in a worker as it has no document either. The server has the jobs, and takes the results.

import { done } from './jobs.js';

const jobs = await (await fetch('jobs')).json();
for (const [number, job] of jobs.entries()) {
  const { facts = null, file, error = null } = await done(job, (name) => `media/${name}`);
  if (file !== undefined) await fetch(`file/${number}`, { method: 'POST', body: file });
  await fetch(`result/${number}`, { method: 'POST', body: JSON.stringify({ facts, error }) });
}

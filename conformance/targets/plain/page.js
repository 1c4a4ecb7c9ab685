// Asks for programs and runs them one after the other, each in a worker of its own; posts the facts, or the error.
'use strict';

const WORKER = `
onmessage = async ({ data }) => {
  const url = URL.createObjectURL(new Blob([data], { type: 'text/javascript' }));
  try {
    postMessage({ facts: (await import(url)).facts });
  } catch (error) {
    postMessage({ error: String(error) });
  }
};`;

async function run(program) {
  const worker = new Worker(URL.createObjectURL(new Blob([WORKER], { type: 'text/javascript' })));
  const answer = await new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => { event.preventDefault(); resolve({ error: event.message }); };
    setTimeout(() => resolve({ error: 'no end within the time limit' }), LIMIT);
    worker.postMessage(program);
  });
  worker.terminate();
  return answer;
}

(async () => {
  for (;;) {
    const program = await (await fetch('/program')).text();
    await fetch('/facts', { method: 'POST', body: JSON.stringify(await run(program)) });
  }
})();

// Runs programs in a dedicated worker, and posts their logs.
"use strict";

importScripts("/programs.js");

async function main() {
  const runAll = programRunner(self, await (await fetch("/setup")).json());
  for (;;) {
    const programs = await (await fetch("/programs")).json();
    if (programs.length === 0) return;
    await fetch("/logs", { method: "POST", body: JSON.stringify(await runAll(programs)) });
  }
}

main().catch(error => fetch("/failure", { method: "POST", body: String(error.stack) }));

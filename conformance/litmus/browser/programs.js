// Runs programs on VideoDecoder or AudioDecoder in a dedicated worker, and posts their logs; see litmus/log.py.
"use strict";

const channel = new MessageChannel();
const due = [];
channel.port1.onmessage = () => due.shift()();

/** Runs steps in a task of their own, soon. */
function queueTask(steps) {
  due.push(steps);
  channel.port2.postMessage(null);
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), character => character.charCodeAt(0));
}

/** Runs one program. Calls `done` with its log. */
function run(setup, chunks, program, done) {
  const isVideo = setup.interface === "VideoDecoder";
  const log = [];
  const counts = { output: 0, dequeue: 0, error: 0, settled: 0 };
  let made = 0, unsettled = 0, last = performance.now(), isOver = false, waiters = [];

  const decoder = new self[setup.interface]({
    output(output) {
      const number = Math.round(output.timestamp / setup.step);
      output.close();
      callback("output", number);
    },
    error(error) { callback("error", error.name); },
  });
  decoder.ondequeue = () => callback("dequeue");

  function look() { return [decoder.state, decoder.decodeQueueSize]; }

  function configure(codec) {
    decoder.configure(isVideo ? { codec } : { codec, sampleRate: 48000, numberOfChannels: 1 });
  }

  function call(name, number) {
    if (name in chunks) {
      const [type, data] = chunks[name];
      const Chunk = isVideo ? EncodedVideoChunk : EncodedAudioChunk;
      decoder.decode(new Chunk({ type, data, timestamp: number * setup.step }));
    } else if (name === "configure") configure(isVideo ? "vp8" : "opus");
    else if (name === "bad") configure("bogus");
    else if (name === "flush") {
      unsettled += 1;
      decoder.flush().then(() => settled(number, "resolved"), error => settled(number, error.name));
    } else if (name === "reset") decoder.reset();
    else if (name === "close") decoder.close();
  }

  function calls(names, end) {
    for (const [place, name] of names.entries()) {
      if (name === "micro") {
        const rest = names.slice(place + 1);
        log.push(["queue microtask"]);
        queueMicrotask(() => { log.push(["micro"]); calls(rest, "return"); });
        break;
      }
      const number = ++made;
      log.push(["do", name, number]);
      let thrown = null;
      try { call(name, number); } catch (error) { thrown = error.name; }
      log.push(["did", name, number, thrown, ...look()]);
    }
    log.push([end]);
  }

  function happened(place) {
    last = performance.now();
    const woken = waiters.filter(waiter => waiter.place === place);
    waiters = waiters.filter(waiter => waiter.place !== place);
    for (const waiter of woken) queueTask(waiter.steps);
  }

  function callback(place, ...what) {
    if (isOver) return;
    const index = counts[place]++;
    log.push([place, ...what, ...look()]);
    happened(place);
    calls(program[place][index] || [], "return");
  }

  function settled(number, outcome) {
    unsettled -= 1;
    callback("settled", number, outcome);
  }

  /** Runs steps when nothing is due and nothing has come for a while. */
  function whenQuiet(steps) {
    const deadline = performance.now() + setup.patience;
    const poll = () => {
      const isDue = unsettled > 0 || (decoder.state === "configured" && decoder.decodeQueueSize > 0);
      const now = performance.now();
      if (now > deadline || (!isDue && now - last > setup.quiet)) steps();
      else setTimeout(poll, 4);
    };
    setTimeout(poll, 4);
  }

  function rest() {
    log.push(["rest", ...look()]);
    isOver = true;
    if (decoder.state !== "closed") decoder.close();
    done(log);
  }

  function goOn(index) {
    if (index === program.script.length) return whenQuiet(rest);
    const [after, names] = program.script[index];
    const script = () => {
      last = performance.now();
      log.push(["task"]);
      calls(names, "end");
      goOn(index + 1);
    };
    if (after === "now" || after === "task") queueTask(script);
    else if (after === "quiet") whenQuiet(script);
    else if (after.startsWith("ms")) setTimeout(script, Number(after.slice(2)));
    else {
      let hasRun = false;
      const once = () => { if (!hasRun) { hasRun = true; script(); } };
      waiters.push({ place: after, steps: once });
      setTimeout(once, 20);
    }
  }

  goOn(0);
}

/** Runs all programs, some at a time. */
function runAll(setup, chunks, programs) {
  return new Promise(resolve => {
    const logs = new Array(programs.length);
    let started = 0, left = programs.length;
    const startNext = () => {
      if (started === programs.length) return;
      const index = started++;
      run(setup, chunks, programs[index], log => {
        logs[index] = log;
        left -= 1;
        if (left === 0) resolve(logs);
        else setTimeout(startNext);
      });
    };
    for (let lane = 0; lane < setup.lanes; lane++) startNext();
  });
}

async function main() {
  const setup = await (await fetch("/setup")).json();
  const chunks = {};
  for (const [name, [type, data]] of Object.entries(setup.chunks)) chunks[name] = [type, bytesOf(data)];
  for (;;) {
    const programs = await (await fetch("/programs")).json();
    if (programs.length === 0) return;
    const logs = await runAll(setup, chunks, programs);
    await fetch("/logs", { method: "POST", body: JSON.stringify(logs) });
  }
}

main().catch(error => fetch("/failure", { method: "POST", body: String(error.stack) }));

// Runs programs on objects of WebCodecs, and keeps their logs; see litmus/log.py.
"use strict";

/**
 * Gives a function that runs programs, some at a time, and promises their logs. It may tell each entry at once, with the
 * index of the program. `interfaces` has VideoDecoder and so on, `setup` says which of them is meant, and has what its
 * calls need.
 */
function programRunner(interfaces, setup) {
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

  const isVideo = setup.interface.startsWith("Video");
  const chunks = {};
  for (const [name, [type, data]] of Object.entries(setup.chunks)) chunks[name] = [type, bytesOf(data)];

  /** The members of a codec that do not depend on its kind. `callback` is told of events. */
  function codecSubject(codec, sizeName, callback, settled, call) {
    codec.ondequeue = () => callback("dequeue");
    return {
      look: () => [codec.state, codec[sizeName]],
      isDue: unsettled => unsettled > 0 || (codec.state === "configured" && codec[sizeName] > 0),
      end() { if (codec.state !== "closed") codec.close(); },
      call(name, number) {
        if (name === "flush") {
          const promise = codec.flush();
          settled(promise, number);
        } else if (name === "reset") codec.reset();
        else if (name === "close") codec.close();
        else if (name !== "look") call(name, number);
      },
    };
  }

  function decoderSubject(callback, settled) {
    const decoder = new interfaces[setup.interface]({
      output(output) {
        const number = Math.round(output.timestamp / setup.step);
        output.close();
        callback("output", number);
      },
      error(error) { callback("error", error.name); },
    });

    function configure(codec) {
      decoder.configure(isVideo ? { codec } : { codec, sampleRate: 48000, numberOfChannels: 1 });
    }

    return codecSubject(decoder, "decodeQueueSize", callback, settled, (name, number) => {
      if (name in chunks) {
        const [type, data] = chunks[name];
        const Chunk = isVideo ? interfaces.EncodedVideoChunk : interfaces.EncodedAudioChunk;
        decoder.decode(new Chunk({ type, data, timestamp: number * setup.step }));
      } else if (name === "configure") configure(isVideo ? "vp8" : "opus");
      else configure("bogus");
    });
  }

  function encoderSubject(callback, settled) {
    const { configurations, height, sampleRate } = setup;
    // Each input begins where the one before ends; a flush, a configuration and broken data leave a gap.
    const numbers = new Map();
    let place = 1, channels = 1;
    const encoder = new interfaces[setup.interface]({
      output(chunk, metadata) {
        const number = numbers.get(Math.round(chunk.timestamp / setup.step)) ?? 0;
        callback("output", number, chunk.type, metadata?.decoderConfig ? "described" : null);
      },
      error(error) { callback("error", error.name); },
    });

    function newInput(timestamp, numberOfChannels) {
      if (isVideo) {
        const { width } = configurations.configure;
        const data = new Uint8Array(width * height * 3 / 2);
        return new interfaces.VideoFrame(
          data, { format: "I420", codedWidth: width, codedHeight: height, timestamp });
      }
      const numberOfFrames = sampleRate * setup.step / 1e6;
      const data = new Float32Array(numberOfFrames * numberOfChannels);
      return new interfaces.AudioData(
        { format: "f32", sampleRate, numberOfFrames, numberOfChannels, timestamp, data });
    }

    const subject = codecSubject(encoder, "encodeQueueSize", callback, settled, (name, number) => {
      if (name in configurations) {
        const codec = name === "bad" ? "bogus" : isVideo ? "vp8" : "opus";
        const { width, numberOfChannels } = configurations[name];
        encoder.configure(isVideo ? { codec, width, height } : { codec, sampleRate, numberOfChannels });
        channels = numberOfChannels;
        return;
      }
      if (name === "broken") place += 2;
      const input = newInput(place * setup.step, name === "broken" ? 3 - channels : channels);
      if (name === "closed") input.close();
      try {
        if (isVideo) encoder.encode(input, { keyFrame: name === "key" });
        else encoder.encode(input);
      } finally {
        input.close();
      }
      numbers.set(place, number);
      place += 1;
    });
    const { call } = subject;
    subject.call = (name, number) => {
      call(name, number);
      if (name === "flush" || name in configurations) place += 2;
    };
    return subject;
  }

  function imageSubject(callback, settled) {
    const { file, type, ends, isStream, indices, reduced, selections, duration } = setup.image;
    const data = bytesOf(file);
    const left = [...ends];
    let given = 0, controller;
    let isOpen = isStream;
    const stream = new ReadableStream({
      start(begun) { controller = begun; },
      cancel() { isOpen = false; },
    });
    const decoder = new interfaces.ImageDecoder({ type, data: isOpen ? stream : data });
    const { tracks } = decoder;
    for (const [place, promise] of [["ready", tracks.ready], ["completed", decoder.completed]]) {
      promise.then(() => callback(place, "resolved"), error => callback(place, error.name));
    }

    function give(name) {
      if (!isOpen) return;
      if (name === "feed") {
        if (left.length > 0) controller.enqueue(data.slice(given, given = left.shift()));
        return;
      }
      isOpen = false;
      if (name === "finish") controller.close();
      else controller.error(new Error("as the program wants"));
    }

    return {
      look() {
        let counts = tracks[0]?.frameCount ?? null;
        if (tracks.length > 1) {
          counts = Array.from(tracks, track => track.frameCount + (track.selected ? " selected" : "")).join(", ");
        }
        return [decoder.complete ? "complete" : "incomplete", tracks.length, tracks.selectedIndex, counts];
      },
      // A request may wait for data that never comes.
      isDue: unsettled => unsettled > 0 && !isOpen,
      end() { decoder.close(); },
      call(name, number) {
        if (name in indices) {
          const options = { frameIndex: indices[name] };
          if (name === reduced) options.completeFramesOnly = false;
          settled(decoder.decode(options), number, ({ image, complete }) => {
            // A still image has no duration.
            const outcome = image.duration === null ? "still" : `frame ${Math.floor(image.timestamp / duration)}`;
            image.close();
            return complete ? outcome : `${outcome} in part`;
          });
        } else if (name === "feed" || name === "finish" || name === "fail") give(name);
        else if (name in selections) {
          const [index, isSelected] = selections[name];
          tracks[index].selected = isSelected;
        }
        else if (name === "reset") decoder.reset();
        else if (name === "close") decoder.close();
      },
    };
  }

  const subjects = { image: imageSubject, decoder: decoderSubject, encoder: encoderSubject };

  /** Runs one program. Calls `done` with its log, and `tell` with each entry. */
  function run(program, done, tell) {
    const log = { entries: [], push(entry) { this.entries.push(entry); tell(entry); } };
    const counts = {};
    let made = 0, unsettled = 0, last = performance.now(), isOver = false, waiters = [];

    /** Has the program run when a promise settles. `outcomeOf` tells the result. */
    function settled(promise, number, outcomeOf = () => "resolved") {
      unsettled += 1;
      const happened = outcome => {
        unsettled -= 1;
        callback("settled", number, outcome);
      };
      promise.then(result => happened(outcomeOf(result)), error => happened(error.name));
    }

    const subject = subjects[setup.family](callback, settled);
    const { look } = subject;

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
        try { subject.call(name, number); } catch (error) { thrown = error.name; }
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
      const index = counts[place] ?? 0;
      counts[place] = index + 1;
      log.push([place, ...what, ...look()]);
      happened(place);
      calls(program[place][index] || [], "return");
    }

    /** Runs steps when nothing is due and nothing has come for a while. */
    function whenQuiet(steps) {
      const deadline = performance.now() + setup.patience;
      const poll = () => {
        const isDue = subject.isDue(unsettled);
        const now = performance.now();
        if (now > deadline || (!isDue && now - last > setup.quiet)) steps();
        else setTimeout(poll, 4);
      };
      setTimeout(poll, 4);
    }

    function rest() {
      log.push(["rest", ...look()]);
      isOver = true;
      subject.end();
      done(log.entries);
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

  return (programs, tell = () => {}) => new Promise(resolve => {
    const logs = new Array(programs.length);
    let started = 0, left = programs.length;
    const startNext = () => {
      if (started === programs.length) return;
      const index = started++;
      run(programs[index], log => {
        logs[index] = log;
        left -= 1;
        if (left === 0) resolve(logs);
        else setTimeout(startNext);
      }, entry => tell(index, entry));
    };
    for (let lane = 0; lane < setup.lanes; lane++) startNext();
  });
}

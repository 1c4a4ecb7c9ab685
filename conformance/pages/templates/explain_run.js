"use strict";
// A recording: its events, and the state of the machine at each of them.
const ALGORITHM = 0, PROGRAM = 1, TASK = 2, WORK = 3;
const MESSAGE = 0, TASK_ITEM = 1, WORK_ITEM = 2, PROMISE = 3, AWAIT = 4;
const ITEM_CLASS = ["message", "task", "work", "promise", "await", "steps"];
const KEY_STATE_EVERY = 1000;

class Run {
  constructor(data) {
    this.data = data;
    this.frames = data.frames;
    this.items = data.items;
    this.ops = data.ops;
    this.length = data.f.length;
    this.frameOf = Int32Array.from(data.f);
    this.placeOf = Int32Array.from(data.p);
    this.source = data.program.split("\n");
    this.times = new Float64Array(this.length);
    for (let i = 0, time = 0; i < this.length; i++) this.times[i] = time += data.t.length ? data.t[i] : 0;
    this.index();
    this.makeKeyStates();
  }

  // ------------------------------------------------------------ what is looked up often
  kind(i) { return this.frames[this.frameOf[i]][0]; }
  parent(i) { return this.frames[this.frameOf[i]][2]; }
  itemOf(i) { return this.frames[this.frameOf[i]][3]; }
  lane(i) { return this.frames[this.frameOf[i]][4]; }
  codec(i) { return this.frames[this.frameOf[i]][6]; }
  isOnLoop(i) { return this.lane(i) === 0; }
  algorithm(i) { return this.data.functions[this.data.places[this.placeOf[i]][0]]; }
  rows(i) { return this.data.places[this.placeOf[i]][1]; }
  operations(i) { return this.ops[i] || []; }
  number(i) { const {rows} = this.algorithm(i); return this.rows(i).map(row => rows[row][0]).join(", "); }

  index() {
    const {frames, length, frameOf} = this;
    this.eventsOfFrame = Array.from({length: frames.length}, () => []);
    this.eventsOfPlace = new Map();
    this.eventsOfLine = new Map();
    this.depth = new Uint8Array(length);
    const depths = new Uint8Array(frames.length);
    const add = (map, key, i) => { const list = map.get(key); if (list) list.push(i); else map.set(key, [i]); };
    frames.forEach((frame, f) => { depths[f] = frame[2] < 0 ? 0 : Math.min(255, depths[frameOf[frame[2]]] + 1); });
    for (let i = 0; i < length; i++) {
      this.eventsOfFrame[frameOf[i]].push(i);
      this.depth[i] = depths[frameOf[i]];
      if (this.kind(i) === ALGORITHM) add(this.eventsOfPlace, this.placeOf[i], i);
      else if (this.kind(i) === PROGRAM) add(this.eventsOfLine, this.placeOf[i], i);
    }
    this.placesOfRow = new Map();
    this.data.places.forEach(([fn, rows], place) => rows.forEach(row => add(this.placesOfRow, `${fn} ${row}`, place)));
    // Chunks, data and frames are known by the order in which they were asked for.
    this.ordinals = new Map();
    for (const [kind, , , codec, stamps] of this.items)
      if (kind === MESSAGE && stamps && !this.ordinals.has(`${codec} ${stamps[0]}`)) {
        const before = [...this.ordinals.keys()].filter(key => key.startsWith(`${codec} `)).length;
        this.ordinals.set(`${codec} ${stamps[0]}`, this.ordinals.size > 2000 ? this.ordinals.size + 1 : before + 1);
      }
    this.isChange = new Uint8Array(length);
    this.prints = [];
    this.settles = new Map();
    const changes = new Set(["s", "m+", "m-", "m0", "w+", "t+", "x", "e"]);
    // Frames that change nothing, and in which nothing is called that does.
    this.isQuiet = new Uint8Array(frames.length).fill(1);
    for (const key of Object.keys(this.ops)) {
      const i = +key;
      for (const op of this.ops[i]) {
        if (changes.has(op[0]) || (op[0] === "p" && this.items[op[1]][0] === PROMISE)) this.isChange[i] = 1;
        if (op[0] === "o") this.prints.push([i, op[1]]);
        if (op[0] === "p") this.settles.set(op[1], i);
      }
      if (this.isChange[i] || this.ops[i].some(op => op[0] === "o" || op[0] === "c")) this.makeLoud(frameOf[i]);
    }
    for (let f = 0; f < frames.length; f++) if (frames[f][0] !== ALGORITHM) this.makeLoud(f);
    this.prints.sort((a, b) => a[0] - b[0]);
    this.resets = [];
    for (const key of Object.keys(this.ops)) for (const op of this.ops[key])
      if (op[0] === "s" && this.slotName(op[1], op[2]) === "[[state]]" && op[3] !== "configured") this.resets.push([+key, op[1]]);
  }

  makeLoud(f) {
    while (f >= 0 && this.isQuiet[f]) { this.isQuiet[f] = 0; const parent = this.frames[f][2]; f = parent < 0 ? -1 : this.frameOf[parent]; }
  }

  slotName(codec, slot) { return this.data.codecs[codec][1][slot]; }
  slotNumber(codec, name) { return this.data.codecs[codec][1].indexOf(name); }
  codecName(codec) {
    const name = this.data.codecs[codec][0], alike = this.data.codecs.filter(other => other[0] === name);
    return alike.length === 1 ? name : `${name} ${this.data.codecs.slice(0, codec + 1).filter(other => other[0] === name).length}`;
  }

  // ------------------------------------------------------------ state: changes, and key states to begin from
  makeKeyStates() {
    this.slotChanges = new Map();
    this.waiting = new Uint16Array(this.length);
    this.closed = new Uint8Array(this.length);
    this.keyStates = [];
    const state = new State();
    for (let i = 0; i < this.length; i++) {
      for (const op of this.operations(i)) {
        this.apply(state, op);
        if (op[0] === "s") { const key = `${op[1]} ${op[2]}`, list = this.slotChanges.get(key); if (list) list.push(i); else this.slotChanges.set(key, [i]); }
      }
      this.waiting[i] = state.messages.length;
      this.closed[i] = state.gates(this);
      if (i % KEY_STATE_EVERY === 0) this.keyStates.push(state.copy());
    }
    this.at = 0;
    this.state = this.keyStates.length ? this.keyStates[0].copy() : new State();
  }

  seek(i) {
    if (i < this.at || i - this.at > KEY_STATE_EVERY) {
      const key = Math.floor(i / KEY_STATE_EVERY);
      this.state = this.keyStates[key].copy();
      this.at = key * KEY_STATE_EVERY;
    }
    while (this.at < i) { this.at++; for (const op of this.operations(this.at)) this.apply(this.state, op); }
    return this.state;
  }

  apply(state, [op, a, b, c]) {
    const remove = (list, item) => { const at = list.indexOf(item); if (at >= 0) list.splice(at, 1); };
    switch (op) {
      case "c": state.codecs.push(a); state.slots[a] ??= []; break;
      case "s": (state.slots[a] ??= [])[b] = c; break;
      case "m+": state.messages.push(a); break;
      case "m-": remove(state.messages, a); break;
      case "m0": state.messages = state.messages.filter(item => this.items[item][3] !== a); break;
      case "w+": state.work.push(a); break;
      case "w-": remove(state.work, a); state.atWork.push(a); break;
      case "w.": remove(state.atWork, a); break;
      case "t+": state.tasks.push(a); break;
      case "t-": remove(state.tasks, a); state.task = a; break;
      case "t.": state.task = -1; break;
      case "p+": state.promises.push([a, "pending"]); break;
      case "p": { const known = state.promises.find(promise => promise[0] === a); if (known) state.promises[state.promises.indexOf(known)] = [a, b]; break; }
    }
  }

  // ------------------------------------------------------------ causes
  // The events that called each other, from the outermost to this one.
  stack(i) { const events = [i]; for (let p = this.parent(i); p >= 0; p = this.parent(p)) events.unshift(p); return events; }
  // What caused an event: up the frames to an item whose steps these are, and to what queued or settled that.
  cause(i) {
    const events = this.stack(i);
    for (let n = events.length - 1; n >= 0; n--) {
      const item = this.itemOf(events[n]);
      if (item >= 0 && this.items[item][2] >= 0 && this.items[item][2] < i) return {event: this.items[item][2], item, at: events[n]};
    }
    return null;
  }
  chain(i, most) { const causes = []; for (let c = this.cause(i); c && causes.length < most; c = this.cause(c.event)) causes.push(c); return causes; }
  // The line of the program that runs, or that has led to this.
  programLine(i) {
    for (const e of this.stack(i).reverse()) if (this.kind(e) === PROGRAM) return {line: this.placeOf[e], hasLed: false, event: e};
    for (const cause of this.chain(i, 24)) for (const e of this.stack(cause.event).reverse())
      if (this.kind(e) === PROGRAM) return {line: this.placeOf[e], hasLed: true, event: e};
    return null;
  }

  // ------------------------------------------------------------ words
  label(item) {
    const [kind, name, , codec, stamps] = this.items[item];
    if (kind === 5) return "";
    let words = name.replace(/ (task|work)$/, "").replace("process the control message queue", "process messages").replace("dequeue event", "dequeue event");
    if (kind === PROMISE) words = name;
    if (stamps) words += " " + stamps.slice(0, 3).map(stamp => { const n = this.ordinals.get(`${codec} ${stamp}`); return n ? `#${n}` : `${stamp / 1000} ms`; }).join(" ") + (stamps.length > 3 ? " …" : "");
    return words;
  }
  words(i) {
    const kind = this.kind(i);
    if (kind === ALGORITHM) return `${this.algorithm(i).title}, step ${this.number(i)}`;
    if (kind === PROGRAM) return `line ${this.placeOf[i]}: ${(this.source[this.placeOf[i] - 1] || "").trim()}`;
    if (kind === TASK || kind === WORK) return `${kind === TASK ? "task" : "work"} ${this.placeOf[i] ? "ends" : "begins"}: ${this.itemOf(i) >= 0 ? this.label(this.itemOf(i)) : this.data.names[this.frames[this.frameOf[i]][1]]}`;
    return "before the program";
  }
  shown(value) { return value === null || value === undefined ? "–" : String(value); }
  // What a step has changed, in a few words each.
  effects(i) {
    const effects = [];
    for (const [op, a, b, c] of this.operations(i)) {
      if (op === "s") effects.push(`${this.slotName(a, b)} = ${this.shown(c)}`);
      else if (op === "m+") effects.push(`queues message ${this.label(a)}`);
      else if (op === "m-") effects.push(`${this.label(a)} leaves the queue`);
      else if (op === "m0") effects.push(`drops ${b} ${b === 1 ? "message" : "messages"}`);
      else if (op === "w+") effects.push(`enqueues work ${this.label(a)}`);
      else if (op === "t+") effects.push(`queues task ${this.label(a)}`);
      else if (op === "p" && this.items[a][0] === PROMISE) effects.push(`${this.label(a)} ${b}`);
      else if (op === "r") effects.push(`returns “${a}”`);
      else if (op === "x") effects.push(`throws ${a}`);
      else if (op === "o") effects.push(`prints ${a.trim()}`);
      else if (op === "c") effects.push(`${this.codecName(a)} is made`);
      else if (op === "a") effects.push("awaits a promise");
      else if (op === "b") effects.push(b ? "it is so" : "it is not so");
    }
    return effects;
  }
  // Whole sentences for what a reader may wonder about: [text, tone].
  sentences(i) {
    const sentences = [];
    for (const [op, a, b, c] of this.operations(i)) {
      const slot = op === "s" ? this.slotName(a, b) : "";
      if (slot === "[[codec saturated]]") sentences.push(c ? ["The codec is saturated: it takes no more requests until work is done. Later messages wait.", "stop"] : ["The codec is no longer saturated: the messages that have been waiting are tried again.", "go"]);
      else if (slot === "[[message queue blocked]]" && i > 0) { if (c) sentences.push(["The queue is blocked: later messages wait until the codec is configured.", "stop"]); else if (this.isLater(a, b, i)) sentences.push(["The queue is open again: messages that have been waiting can be processed.", "go"]); }
      else if (slot === "[[state]]" && c === "closed") sentences.push(["The codec is closed, for good.", "stop"]);
      else if (op === "m0") sentences.push([`${b} ${b === 1 ? "message is" : "messages are"} dropped: nobody will process ${b === 1 ? "it" : "them"}.`, "stop"]);
      else if (op === "r" && a === "not processed") sentences.push(["The message is not processed: it stays at the front of the queue, and is tried again later.", "stop"]);
      else if (op === "p" && this.items[a][0] === PROMISE && b.startsWith("rejected")) sentences.push([`The ${this.label(a)} is ${b}.`, "stop"]);
      else if (op === "p" && this.items[a][0] === PROMISE) sentences.push([`The ${this.label(a)} is ${b}.`, "go"]);
      else if (op === "x") sentences.push([this.parent(i) >= 0 && this.kind(i) === ALGORITHM && this.kind(this.parent(i)) === PROGRAM ? `The call throws ${a} to the program.` : `${a} is thrown.`, "stop"]);
      else if (op === "e") sentences.push([`A ${a} is reported: a callback of the program has raised it.`, "stop"]);
      else if ((op === "t-" || op === "w-") && this.isOfThePast(a, i)) sentences.push(["This was queued before the codec was reset. Its outputs are dropped: the program gets none of them.", "stop"]);
    }
    return sentences;
  }
  isLater(codec, slot, i) { const list = this.slotChanges.get(`${codec} ${slot}`); return list !== undefined && list[0] < i; }
  isOfThePast(item, i) {
    const [, name, cause, codec] = this.items[item];
    if (!/^(output|flush|decode|encode|flushed|configure|resolve)/.test(name)) return false;
    const queued = this.chainTo(item);
    return this.resets.some(([at, of]) => of === codec && at > queued && at <= i) && cause >= 0;
  }
  // The event that began what an item belongs to: that of its message.
  chainTo(item) {
    let [kind, , cause] = this.items[item];
    for (let n = 0; n < 6 && kind !== MESSAGE; n++) { const up = cause >= 0 ? this.cause(cause) : null; if (!up) break; [kind, , cause] = this.items[up.item]; }
    return cause;
  }
}

class State {
  slots = {}; codecs = []; messages = []; work = []; atWork = []; tasks = []; task = -1; promises = [];
  copy() {
    const copy = new State();
    for (const [codec, values] of Object.entries(this.slots)) copy.slots[codec] = values.slice();
    for (const name of ["codecs", "messages", "work", "atWork", "tasks", "promises"]) copy[name] = this[name].slice();
    copy.task = this.task;
    return copy;
  }
  gates(run) {
    let closed = 0;
    for (const codec of this.codecs) {
      const values = this.slots[codec];
      if (values[run.slotNumber(codec, "[[message queue blocked]]")] === true) closed |= 1;
      if (values[run.slotNumber(codec, "[[codec saturated]]")] === true) closed |= 2;
    }
    return closed;
  }
}

// Draws one recording: program, machine, specification.
const escaped = text => String(text).replace(/[&<>"]/g, c => ({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}[c]));
const grouped = number => number.toLocaleString("en");
const MOST_BOXES = 10;

class View {
  constructor(run, root) {
    this.run = run;
    this.root = root;
    this.drawn = new Map();
    this.codec = 0;
    this.current = -1;
    this.drawSource();
  }

  part(name) { return this.root.querySelector(`[data-part="${name}"]`); }
  // Replaces what has changed only, and leaves the focus where it was.
  put(name, html) {
    if (this.drawn.get(name) === html) return;
    this.drawn.set(name, html);
    const part = this.part(name), focused = part.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    part.innerHTML = html;
    if (focused !== undefined) part.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({preventScroll: true});
  }

  show(i, isForward) {
    const before = isForward ? this.placesOfBoxes() : null;
    this.current = i;
    const state = this.run.seek(i);
    const codec = this.run.codec(i);
    if (codec >= 0 && state.codecs.includes(codec)) this.codec = codec;
    if (!state.codecs.includes(this.codec)) this.codec = state.codecs.length ? state.codecs[state.codecs.length - 1] : 0;
    this.drawProgram(i);
    this.drawMachine(i, state);
    this.drawSpecification(i);
    this.drawWhy(i);
    this.reveal();
    if (before) this.fly(i, before);
  }

  // Scrolls to the line and the step, when everything around them has its size.
  reveal() {
    const line = this.part("program").querySelector(".now, .led"), step = this.part("steps").querySelector("li.now"), steps = this.part("steps");
    if (line) keepInView(line);
    steps.scrollTop = step ? Math.max(0, step.offsetTop - Math.max(0, Math.min(steps.clientHeight * .35, steps.clientHeight - step.offsetHeight - 8))) : 0;
  }

  // ------------------------------------------------------------ program
  drawSource() {
    let isDocstring = false;
    this.part("program").innerHTML = this.run.source.map((text, n) => {
      const quotes = (text.match(/"""/g) || []).length, isIn = isDocstring || quotes > 0;
      if (quotes === 1) isDocstring = !isDocstring;
      const inside = isIn ? `<span class="string">${escaped(text)}</span>` : painted(text);
      const runs = this.run.eventsOfLine.has(n + 1);
      return `<${runs ? "button type=button" : "div"} class="pl" data-line="${n + 1}"><i>${n + 1}</i><span>${inside || " "}</span><em></em></${runs ? "button" : "div"}>`;
    }).join("");
    this.lines = [...this.part("program").children];
    this.marked = [];
  }

  drawProgram(i) {
    const {run} = this, line = run.programLine(i);
    for (const element of this.marked) { element.classList.remove("now", "led", "under"); element.removeAttribute("aria-current"); element.lastElementChild.textContent = ""; }
    this.marked = [];
    for (const e of run.stack(i)) if (run.kind(e) === PROGRAM && this.lines[run.placeOf[e] - 1]) { const under = this.lines[run.placeOf[e] - 1]; under.classList.add("under"); this.marked.push(under); }
    const element = line && this.lines[line.line - 1];
    if (element) {
      element.classList.add(line.hasLed ? "led" : "now");
      element.setAttribute("aria-current", "step");
      element.lastElementChild.textContent = line.hasLed ? "led here" : "runs";
      this.marked.push(element);
    }
    const said = run.prints.filter(([at]) => at <= i).slice(-6);
    this.put("said", `<h3>Prints</h3>` + (said.map(([at, text]) => `<button type="button" data-key="o${at}" data-go="${at}" class="${at === i ? "hot" : ""}">${escaped(text.trimEnd()) || "(an empty line)"}</button>`).join("") || `<small>nothing yet</small>`));
  }

  // ------------------------------------------------------------ machine
  drawMachine(i, state) {
    const {run, codec} = this, known = state.codecs.length > 0, values = state.slots[codec] || [];
    const changed = new Set(run.operations(i).map(op => op[0] === "s" ? `s${op[1]} ${op[2]}` : op[0] + op[1]));
    const running = new Set(run.stack(i).map(e => run.itemOf(e)));
    const ofCodec = item => run.items[item][3] === codec, several = state.codecs.length > 1;
    const box = (item, more = "") => `<button type="button" class="box ${ITEM_CLASS[run.items[item][0]]}${running.has(item) ? " cause" : ""}${more}" data-key="i${item}" data-item="${item}" title="queued at step ${run.items[item][2] + 1}: go there">${escaped(run.label(item))}${several && run.items[item][0] === TASK_ITEM ? ` <small>${escaped(run.codecName(run.items[item][3]))}</small>` : ""}</button>`;
    const boxes = (list, op) => list.length ? list.slice(0, MOST_BOXES).map(item => box(item, changed.has(op + item) ? " hot" : "")).join("") + (list.length > MOST_BOXES ? `<span class="box more">${grouped(list.length - MOST_BOXES)} more</span>` : "") : `<span class="none">empty</span>`;
    const messages = state.messages.filter(ofCodec), work = state.work.filter(ofCodec), atWork = state.atWork.filter(ofCodec);
    const slotOf = (n, name) => {
      const key = `${codec} ${n}`, isHot = changed.has(`s${key}`), before = isHot ? this.before(key, i) : undefined;
      return `<button type="button" class="slot${isHot ? " hot" : ""}" data-key="s${key}" data-slot="${key}"><small>${escaped(name)}</small>${before !== undefined && before !== null ? `<s>${escaped(run.shown(before))}</s> ` : ""}<b>${escaped(run.shown(values[n]))}</b></button>`;
    };
    const gate = (name, open, shut) => {
      const n = known ? run.slotNumber(codec, name) : -1;
      if (n < 0) return "";
      const isShut = values[n] === true;
      return `<button type="button" data-key="s${codec} ${n}" data-slot="${codec} ${n}" class="${isShut ? "shut" : "open"}${changed.has(`s${codec} ${n}`) ? " hot" : ""}" title="${name}">${gateIcon(isShut)}<b>${isShut ? shut : open}</b></button>`;
    };
    const gates = gate("[[message queue blocked]]", "not blocked", "blocked") + gate("[[codec saturated]]", "not saturated", "saturated");
    const hidden = new Set(["[[message queue blocked]]", "[[codec saturated]]"]);
    const slots = known ? run.data.codecs[codec][1].map((name, n) => hidden.has(name) ? "" : slotOf(n, name)).join("") : "";
    const promises = state.promises.filter(([item]) => ofCodec(item)).slice(-4);
    const kind = run.kind(i), onLoop = run.isOnLoop(i);
    const doing = state.task >= 0 ? "runs" : onLoop && run.stack(i).some(e => run.kind(e) === PROGRAM) ? "runs the program" : onLoop && kind === TASK ? "has run a task; microtasks follow" : "rests";
    this.put("codecs", state.codecs.length ? state.codecs.map(c => `<button type="button" data-key="c${c}" data-codec="${c}" aria-pressed="${c === codec}" class="codec">${escaped(run.codecName(c))}</button>`).join("") : "Machine");
    this.put("clock", run.data.t.length ? `${(run.times[i] / 1000).toFixed(2)} ms` : "");
    const sentences = run.sentences(i).map(([text, tone]) => `<p class="sentence ${tone}">${escaped(text)}</p>`).join("");
    this.put("machine", `${sentences}
<div class="zone"><h3>Control message queue<b>${grouped(messages.length)}</b></h3><div class="boxes">${boxes(messages, "m+")}</div></div>
${gates ? `<div class="gates">${gates}</div>` : ""}
<div class="zone work${onLoop ? "" : " active"}"><h3>Codec work queue<b>${grouped(work.length)}</b></h3><div class="doing"><span>${atWork.length ? "at work on" : "at rest"}</span>${atWork.map(item => box(item)).join("")}</div><div class="boxes">${boxes(work, "w+")}</div></div>
<div class="zone loop${onLoop ? " active" : ""}"><h3>Event loop: tasks<b>${grouped(state.tasks.length)}</b></h3><div class="doing"><span>${doing}</span>${state.task >= 0 ? box(state.task) : ""}</div><div class="boxes">${boxes(state.tasks, "t+")}</div></div>
${slots ? `<div class="slots">${slots}</div>` : `<p class="none">No codec has been made yet.</p>`}
${promises.length ? `<div class="promises"><h3>Promises</h3>${promises.map(([item, outcome]) => `<button type="button" data-key="p${item}" data-promise="${item}" class="promise ${outcome.split(" ")[0]}${changed.has(`p${item}`) ? " hot" : ""}">${escaped(run.label(item))}: <b>${escaped(outcome)}</b></button>`).join("")}</div>` : ""}
<div class="log"><h3>Changes so far</h3>${this.recent(i, 8)}</div>`);
  }

  before(key, i) {
    const [codec, slot] = key.split(" ").map(Number), list = this.run.slotChanges.get(key), at = list.indexOf(i);
    if (at <= 0) return undefined;
    return this.run.operations(list[at - 1]).filter(op => op[0] === "s" && op[1] === codec && op[2] === slot).pop()[3];
  }

  recent(i, most) {
    const {run} = this;
    let html = "";
    for (let j = i; j >= 0 && most > 0; j--) if (run.isChange[j]) {
      most--;
      const who = !run.isOnLoop(j) ? "work" : run.kind(j) === PROGRAM ? "program" : "loop";
      html += `<button type="button" data-key="l${j}" data-go="${j}" class="${j === i ? "hot" : ""}"><i class="${who}"></i><span>${escaped(run.effects(j).filter(text => !text.startsWith("it is")).slice(0, 4).join(", "))}</span><em>${grouped(j + 1)}</em></button>`;
    }
    return html || `<small>none</small>`;
  }

  // ------------------------------------------------------------ specification
  drawSpecification(i) {
    const {run} = this, kind = run.kind(i), stack = run.stack(i);
    this.put("lane", `<span class="who ${run.isOnLoop(i) ? "loop" : "work"}">${run.isOnLoop(i) ? "event loop" : run.lane(i) === 1 ? "in parallel" : "work queue"}</span>`);
    this.put("stack", stack.map((e, n) => {
      const k = run.kind(e), name = k === ALGORITHM ? run.algorithm(e).title + (run.frames[run.frameOf[e]][5] ? " (goes on)" : "") : k === PROGRAM ? run.data.names[run.frames[run.frameOf[e]][1]].replace("<module>", "program").replace("<lambda>", "lambda") : run.words(e).replace(" begins", "").replace(" ends", "");
      const codec = run.codec(e), whose = k === ALGORITHM && codec >= 0 && run.data.codecs.length > 1 ? ` <small>${escaped(run.codecName(codec))}</small>` : "";
      return `<button type="button" data-key="k${e}" data-go="${e}" class="${e === i ? "here" : ""}" style="--d:${Math.min(n, 8)}"><b>${escaped(name)}${whose}</b><em>${k === ALGORITHM ? `step ${run.number(e)}` : k === PROGRAM ? `line ${run.placeOf[e]}` : ""}</em></button>`;
    }).join(""));
    let html = "", shown = i;
    if (kind !== ALGORITHM) {
      html = `<div class="title"><h3>${escaped(kind === PROGRAM ? "The program" : capital(run.words(i)))}</h3><p>${kind === PROGRAM ? `line ${run.placeOf[i]}: <code>${escaped((run.source[run.placeOf[i] - 1] || "").trim())}</code>` : run.placeOf[i] ? (kind === TASK ? "A microtask checkpoint follows: reactions to promises run, until there are none." : "The queue goes on with its next work, if there is any.") : ""}</p>${effectsOf(run, i)}</div>`;
      for (shown = i + 1; shown < run.length && shown - i < 400 && !(run.lane(shown) === run.lane(i) && run.kind(shown) === ALGORITHM); shown++);
      if (shown >= run.length || run.kind(shown) !== ALGORITHM || run.lane(shown) !== run.lane(i)) shown = -1;
    }
    if (shown >= 0) html += kind === ALGORITHM ? this.algorithm(i, false) : `<div class="preview" aria-label="The next algorithm"><p class="next">Next</p>${this.algorithm(shown, true)}</div>`;
    this.put("steps", html);
    let other = i;
    while (other >= 0 && run.isOnLoop(other) === run.isOnLoop(i) && i - other < 4000) other--;
    const isBusy = other >= 0 && run.isOnLoop(other) !== run.isOnLoop(i) && !(run.kind(other) >= TASK && run.placeOf[other]);
    const name = run.isOnLoop(i) ? "work" : "loop";
    this.put("other", `<span class="who ${name}">${name === "work" ? "work queue" : "event loop"}</span> ${isBusy ? `meanwhile at ${escaped(run.words(other))}` : "rests meanwhile"}`);
  }

  algorithm(i, isPreview) {
    const {run} = this, place = run.data.places[run.placeOf[i]], fn = place[0], algorithm = run.data.functions[fn];
    const now = new Set(isPreview ? [] : run.rows(i)), done = new Map();
    if (!isPreview) for (const e of run.eventsOfFrame[run.frameOf[i]]) { if (e >= i) break; const held = run.operations(e).find(op => op[0] === "b"); for (const row of run.rows(e)) done.set(row, held ? held[1] : 1); }
    const steps = algorithm.rows.map(([numbers, words, code, isNone, sentence], row) => {
      const isNow = now.has(row), state = isNow ? "now" : done.has(row) ? "done" : isNone ? "none" : "", depth = numbers.split(",")[0].split("–")[0].split(".").length - 1;
      const mark = isNow ? "▶" : done.has(row) ? (done.get(row) === 0 ? "–" : "✓") : "";
      const told = isNow ? "present step" : done.has(row) ? (done.get(row) === 0 ? "done; it was not so" : "done") : "";
      return `<li class="${state}" style="--d:${depth}"${isNow ? ` aria-current="step"` : ""}><button type="button" data-key="r${fn} ${row}" data-row="${fn} ${row}"><span class="mark" aria-hidden="true">${mark}</span><span class="hidden">${told}</span><span class="no">${escaped(numbers)}${/[–,]/.test(numbers) ? "" : "."}</span><span class="words">${isNone ? "no code: " : ""}${escaped(words)}${sentence ? `<q>${escaped(sentence)}</q>` : ""}${code ? `<pre>${escaped(code)}</pre>` : ""}${isNow ? effectsOf(run, i) : ""}</span></button></li>`;
    }).join("");
    return `<div class="title"><h3>${escaped(algorithm.title)}</h3><p><a href="${escaped(algorithm.address)}" target="_blank" rel="noopener">${escaped(algorithm.anchor)}</a>${algorithm.part ? ` (${escaped(algorithm.part)})` : ""} · ${escaped(algorithm.file)}</p></div><ol class="steps ${run.isOnLoop(i) ? "" : "worker"}">${steps}</ol>`;
  }

  drawWhy(i) {
    const {run} = this, chain = run.chain(i, 24), rows = [];
    const verbs = [" queued by", " queued by", " enqueued by", " settled by", "", " made by"];
    for (const {event, item} of chain.slice(0, 6)) {
      const kind = run.items[item][0], what = kind === AWAIT ? "the program awaited what was settled by" : `${ITEM_CLASS[kind] === "promise" ? "" : ITEM_CLASS[kind]} <b>${escaped(run.label(item))}</b>${verbs[kind]}`;
      const who = !run.isOnLoop(event) ? "work" : run.kind(event) === PROGRAM ? "program" : "loop";
      rows.push(`<li class="${who}"><button type="button" data-key="w${event}" data-go="${event}"><small>${what}</small> ${escaped(run.words(event))}</button></li>`);
    }
    if (chain.length > 6) rows.push(`<li><button type="button" data-key="w${chain[6].event}" data-go="${chain[6].event}"><small>and so on, further back</small></button></li>`);
    else {
      const root = chain.length ? chain[chain.length - 1].event : i, line = run.stack(root).reverse().find(e => run.kind(e) === PROGRAM);
      if (line !== undefined && line !== root && line !== i) rows.push(`<li class="program"><button type="button" data-key="w${line}" data-go="${line}"><small>${chain.length ? "asked for by the program at" : "called by the program at"}</small> ${escaped(run.words(line))}</button></li>`);
    }
    this.put("why", `<h3>Why?</h3><ol>${rows.join("") || `<li class="program"><small>The program runs here of itself.</small></li>`}</ol>`);
  }

  // ------------------------------------------------------------ boxes move from what caused them
  placesOfBoxes() {
    const places = new Map();
    if (!isStill.matches) for (const box of this.part("machine").querySelectorAll(".box[data-item]")) places.set(+box.dataset.item, box.getBoundingClientRect());
    return places;
  }
  fly(i, before) {
    if (isStill.matches) return;
    for (const box of this.part("machine").querySelectorAll(".box[data-item]")) {
      const item = +box.dataset.item, to = box.getBoundingClientRect();
      let from = before.get(item);
      const isNew = from === undefined;
      if (isNew && this.run.items[item][2] >= 0) for (const e of this.run.stack(this.run.items[item][2]).reverse()) { from = before.get(this.run.itemOf(e)); if (from) break; }
      if (!from) { if (isNew) box.animate([{opacity: 0, transform: "translateX(-24px)"}, {opacity: 1, transform: "none"}], {duration: 220, easing: "ease-out"}); continue; }
      const x = from.left - to.left, y = from.top - to.top;
      if (x || y) box.animate([{transform: `translate(${x}px,${y}px)`, opacity: isNew ? .3 : 1}, {transform: "none", opacity: 1}], {duration: 260, easing: "cubic-bezier(.2,.7,.3,1)"});
    }
  }
}

const isStill = matchMedia("(prefers-reduced-motion: reduce)");
const capital = text => text[0].toUpperCase() + text.slice(1);
const effectsOf = (run, i) => { const effects = run.effects(i); return effects.length ? `<span class="effects">${effects.map(text => `<span>${escaped(text)}</span>`).join("")}</span>` : ""; };
const gateIcon = isShut => `<svg viewBox="0 0 30 18" aria-hidden="true"><g fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"><path d="M1 9h6M23 9h6"/>${isShut ? '<path d="M15 1v16" stroke-width="4"/>' : '<path d="M15 1v3M15 14v3" stroke-width="4"/><path d="M9 9h12m-4-4 4 4-4 4" stroke-width="1.6"/>'}</g></svg>`;
function painted(text) {
  return escaped(text).replace(/(f?&quot;.*?&quot;|'.*?')|(#.*)|\b(async|await|def|for|while|if|else|in|try|except|as|import|from|return|lambda|not|with|raise|class|nonlocal|global|True|False|None)\b/g,
    (match, string, comment) => `<span class="${string ? "string" : comment ? "comment" : "keyword"}">${match}</span>`);
}
function keepInView(element) {
  const scroll = element.closest(".scroll"), top = element.offsetTop, bottom = top + element.offsetHeight;
  if (top < scroll.scrollTop + 20 || bottom > scroll.scrollTop + scroll.clientHeight - 20) scroll.scrollTop = top - Math.max(0, (scroll.clientHeight - element.offsetHeight) / 2);
}

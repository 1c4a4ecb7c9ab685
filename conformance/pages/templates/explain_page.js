// The page: where in the recording we are, and how to get elsewhere. With two recordings, they are walked side by side.
const $ = selector => document.querySelector(selector);
const runs = [...document.querySelectorAll("script.recording")].map(script => new Run(JSON.parse(script.textContent)));
const views = runs.map((run, n) => new View(run, $(`[data-run="${n}"]`)));
// Pairs of steps that are shown together: [first, second, whether they are the same]. Null for a single recording.
const alignment = JSON.parse($("#alignment").textContent);
const first = runs[0], total = alignment ? alignment.length : first.length;
let current = -1, playing = 0, isFolding = false;
const jumpedFrom = [];

const eventAt = (position, n = 0) => alignment ? alignment[position][n] : position;
const positionOf = alignment ? runs.map((run, n) => { const at = new Int32Array(run.length); let next = 0; for (let p = 0; p < total; p++) for (; next <= alignment[p][n]; next++) at[next] = p; return at; }) : null;
const toPosition = (event, n) => alignment ? positionOf[n][event] : event;
const difference = alignment ? alignment.findIndex(pair => !pair[2]) : -1;

function go(position, isForward = false) {
  position = Math.max(0, Math.min(total - 1, position));
  if (position === current) return;
  isForward = isForward && position === current + 1 && !alignment;
  current = position;
  views.forEach((view, n) => view.show(eventAt(position, n), isForward));
  if (alignment) views.forEach(view => { const isSame = alignment[position][2], text = difference < 0 ? "the runs are the same" : position < difference ? "the same so far" : position === difference ? "the first difference" : isSame ? "the same step again" : "differs"; view.root.classList.toggle("differs", !isSame); view.put("difference", `<span class="${isSame ? "same" : "differs"}">${text}</span>${difference >= 0 && position !== difference ? ` <button type="button" data-go-position="${difference}">first difference</button>` : ""}`); });
  $("#number").value = position + 1;
  $("#range").value = position + 1;
  const i = eventAt(position), told = [first.words(i), ...first.sentences(i).map(sentence => sentence[0])].join(". ");
  $("#range").setAttribute("aria-valuetext", told);
  drawHand();
  clearTimeout(go.timer);
  go.timer = setTimeout(() => { $("#live").textContent = told; try { history.replaceState(null, "", `#step=${current + 1}`); } catch { /* some viewers of files forbid it */ } }, 150);
}
const jump = position => { if (position < 0 || position === current) return; jumpedFrom.push(current); go(position); };

// ------------------------------------------------------------ ways to move
const find = (direction, matches) => { let p = current + direction; while (p > 0 && p < total - 1 && !matches(eventAt(p))) p += direction; go(p); };
const isHidden = i => isFolding && first.isQuiet[first.frameOf[i]] && !first.isChange[i];
const isBeginning = i => first.kind(i) >= TASK && first.placeOf[i] === 0;
const isCallback = i => first.kind(i) === PROGRAM && first.parent(i) >= 0 && first.kind(first.parent(i)) === ALGORITHM && first.eventsOfFrame[first.frameOf[i]][0] === i;
const over = direction => { const i = eventAt(current); find(direction, j => first.lane(j) === first.lane(i) && first.depth[j] <= first.depth[i]); };
const stop = () => { if (!playing) return; clearInterval(playing); playing = 0; playButton().setAttribute("d", "M4 3v14l12-7z"); };
const playButton = () => $('[data-act="play"] path');
const actions = {
  "step+": () => isFolding ? find(1, i => !isHidden(i)) : go(current + 1, true), "step-": () => isFolding ? find(-1, i => !isHidden(i)) : go(current - 1),
  "over+": () => over(1), "over-": () => over(-1),
  "change+": () => find(1, i => first.isChange[i]), "change-": () => find(-1, i => first.isChange[i]),
  "task+": () => find(1, isBeginning), "task-": () => find(-1, isBeginning),
  "callback+": () => find(1, isCallback), "callback-": () => find(-1, isCallback),
  "line+": () => find(1, i => first.kind(i) === PROGRAM), "line-": () => find(-1, i => first.kind(i) === PROGRAM),
  "first": () => go(0), "last": () => go(total - 1),
  "why": () => { const i = eventAt(current), cause = first.cause(i); if (cause) jump(toPosition(cause.event, 0)); else if (first.parent(i) >= 0) jump(toPosition(first.parent(i), 0)); },
  "back": () => { if (jumpedFrom.length) go(jumpedFrom.pop()); },
  "play": () => { if (playing) return stop(); if (current >= total - 1) go(0); playButton().setAttribute("d", "M4 3h4v14H4zM12 3h4v14h-4z"); playing = setInterval(() => { actions["step+"](); if (current >= total - 1) stop(); }, 420); },
  "fold": () => { isFolding = !isFolding; $("#fold").setAttribute("aria-pressed", isFolding); },
  "help": () => $("#help").showModal(),
  "theme": () => { const root = document.documentElement, isDark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches; root.dataset.theme = isDark ? "light" : "dark"; drawMap(); },
};
const keys = {ArrowRight: "step+", ArrowLeft: "step-", ArrowDown: "over+", ArrowUp: "over-", PageDown: "line+", PageUp: "line-", n: "change+", p: "change-", t: "task+", T: "task-", c: "callback+", C: "callback-", Home: "first", End: "last", w: "why", b: "back", f: "fold", " ": "play", "?": "help"};
addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || $("#help").open || event.target.id === "number") return;
  const action = keys[event.key];
  if (!action || (event.key === " " && event.target.closest("button"))) return;
  event.preventDefault();
  if (action !== "play") stop();
  actions[action]();
});
const nextOf = (events, n) => { const now = eventAt(current, n); return events.length ? toPosition(events.find(e => e > now) ?? events[0], n) : -1; };
addEventListener("click", event => {
  const target = event.target.closest("[data-act],[data-go],[data-go-position],[data-item],[data-promise],[data-slot],[data-row],[data-line],[data-codec],[data-tab]:not(body)");
  if (!target || event.target.closest("a")) return;
  const data = target.dataset, n = +(target.closest("[data-run]")?.dataset.run ?? 0), run = runs[n];
  if (data.act) { if (data.act !== "play") stop(); actions[data.act](); }
  else if (data.go !== undefined) jump(toPosition(+data.go, n));
  else if (data.goPosition !== undefined) jump(+data.goPosition);
  else if (data.item !== undefined) { if (run.items[data.item][2] >= 0) jump(toPosition(run.items[data.item][2], n)); }
  else if (data.promise !== undefined) { const at = run.settles.get(+data.promise); if (at !== undefined) jump(toPosition(at, n)); }
  else if (data.slot !== undefined) { const changes = (run.slotChanges.get(data.slot) || []).filter(e => e < eventAt(current, n)); if (changes.length) jump(toPosition(changes[changes.length - 1], n)); }
  else if (data.row !== undefined) jump(nextOf((run.placesOfRow.get(data.row) || []).flatMap(place => run.eventsOfPlace.get(place) || []).sort((a, b) => a - b), n));
  else if (data.line !== undefined) jump(nextOf(run.eventsOfLine.get(+data.line) || [], n));
  else if (data.codec !== undefined) { views[n].codec = +data.codec; const i = eventAt(current, n); views[n].drawMachine(i, run.seek(i)); }
  else if (data.tab) showTab(data.tab);
});
function showTab(tab) { document.body.dataset.tab = tab; for (const button of document.querySelectorAll("nav [data-tab]")) button.setAttribute("aria-pressed", button.dataset.tab === tab); views.forEach(view => view.reveal()); }
$("#number").addEventListener("change", event => { const number = parseInt(event.target.value.replace(/\D/g, ""), 10); if (number) jump(Math.min(total, number) - 1); event.target.value = current + 1; });
$("#range").max = total;
$("#range").addEventListener("input", event => later(event.target.value - 1));
$("#total").textContent = grouped(total);

// ------------------------------------------------------------ the map: messages that wait, event loop, work queues
const canvas = $("#map canvas"), context = canvas.getContext("2d");
let picture = null;
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
function drawMap() {
  const scale = devicePixelRatio || 1;
  canvas.width = Math.max(1, canvas.clientWidth * scale); canvas.height = Math.max(1, canvas.clientHeight * scale);
  picture = document.createElement("canvas"); picture.width = canvas.width; picture.height = canvas.height;
  runs.forEach((run, n) => drawMapOf(run, n, picture.height / runs.length * n, picture.height / runs.length));
  drawHand();
}
function drawMapOf(run, n, top, H) {
  const c = picture.getContext("2d"), W = picture.width, queue = Math.round(H * .3), middle = queue + Math.round((H - queue) * .62);
  const [loop, work, program, shut] = ["loop", "work", "prog", "stop"].map(colour);
  let most = 1, deep = 1, deepWork = 1;
  for (let i = 0; i < run.length; i++) { most = Math.max(most, run.waiting[i]); if (run.isOnLoop(i)) deep = Math.max(deep, run.depth[i]); else deepWork = Math.max(deepWork, run.depth[i]); }
  for (let x = 0; x < W; x++) {
    const begin = Math.floor(x * total / W), end = Math.max(begin + 1, Math.floor((x + 1) * total / W));
    let waiting = 0, closed = 0, d0 = 0, d1 = 0, isProgram = false, differs = false;
    for (let p = begin; p < end && p < total; p++) {
      const i = eventAt(p, n);
      if (alignment && !alignment[p][2]) differs = true;
      waiting = Math.max(waiting, run.waiting[i]); closed |= run.closed[i];
      if (run.isOnLoop(i)) { d0 = Math.max(d0, run.depth[i] + 1); isProgram ||= run.kind(i) === PROGRAM; } else d1 = Math.max(d1, run.depth[i] + 1);
    }
    if (closed || differs) { c.fillStyle = shut; c.globalAlpha = closed & 2 || differs ? .28 : .15; c.fillRect(x, top, 1, differs ? H : queue); c.globalAlpha = 1; }
    const column = (style, base, height) => { c.fillStyle = style; c.fillRect(x, base - height, 1, height); };
    if (waiting) column(program, top + queue, Math.max(2, waiting / most * (queue - 3)));
    if (d0) column(isProgram ? program : loop, top + middle, Math.max(2, d0 / (deep + 1) * (middle - queue - 4)));
    if (d1) { c.fillStyle = work; c.fillRect(x, top + middle + 1, 1, Math.max(3, d1 / (deepWork + 1) * (H - middle - 3))); }
  }
  c.fillStyle = colour("line"); c.fillRect(0, top + queue, W, 1); c.fillRect(0, top + middle, W, 1);
}
function drawHand() {
  if (!picture) return;
  const W = canvas.width, H = canvas.height, x = Math.round((current + .5) * W / total);
  context.clearRect(0, 0, W, H); context.drawImage(picture, 0, 0);
  context.fillStyle = colour("ink"); context.fillRect(x - 1, 0, 2, H);
  context.beginPath(); context.moveTo(x - 6, 0); context.lineTo(x + 6, 0); context.lineTo(x, 7); context.fill();
}
const map = $("#map"), positionUnder = event => { const box = map.getBoundingClientRect(); return Math.max(0, Math.min(total - 1, Math.floor((event.clientX - box.left) / box.width * total))); };
let wanted = null;
const later = position => { if (wanted === null) requestAnimationFrame(() => { go(wanted); wanted = null; }); wanted = position; };
map.addEventListener("pointerdown", event => { map.setPointerCapture(event.pointerId); stop(); later(positionUnder(event)); });
map.addEventListener("pointermove", event => {
  const position = positionUnder(event), tip = $("#tip");
  if (event.buttons) later(position);
  tip.textContent = `${grouped(position + 1)}: ${first.words(eventAt(position))}`;
  tip.style.display = "block"; tip.style.left = `${Math.min(innerWidth - tip.offsetWidth - 8, event.clientX + 10)}px`; tip.style.top = `${map.getBoundingClientRect().top - 30}px`;
});
map.addEventListener("pointerleave", () => { $("#tip").style.display = "none"; });
addEventListener("resize", () => { drawMap(); views.forEach(view => view.reveal()); });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawMap);
const fromAddress = () => { const match = /step=(\d+)/.exec(location.hash); return match ? Math.min(total, +match[1]) - 1 : null; };
addEventListener("hashchange", () => { const position = fromAddress(); if (position !== null) go(position); });
const parameters = new URLSearchParams(location.search);
if (parameters.get("theme")) document.documentElement.dataset.theme = parameters.get("theme");
if (parameters.get("tab")) showTab(parameters.get("tab"));
// The first thing of interest: the first line inside of a function of the program.
const start = alignment ? Math.max(0, difference) : Math.max(0, [...Array(total).keys()].find(i => first.kind(i) === PROGRAM && first.data.names[first.frames[first.frameOf[i]][1]] !== "<module>") ?? 0);
go(fromAddress() ?? start);
drawMap();

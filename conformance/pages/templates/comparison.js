// Filters the cases. The address keeps the filters, so that a view can be linked to.
const fields = Object.fromEntries(["search", "shown", "wrong", "kind"].map(name => [name, document.getElementById(name)]));
const rows = [...document.querySelectorAll("section tbody tr")];
const texts = new Map(rows.map(row => [row, row.textContent.toLowerCase()]));

function isShown(row, words) {
  const {shown, wrong, kind} = fields;
  if (kind.value && row.closest("section").dataset.kind !== kind.value) return false;
  if (shown.value === "disagree" && row.dataset.disagrees === undefined) return false;
  if (shown.value === "wrong" && row.dataset.fails === undefined) return false;
  if (wrong.value && ![...row.cells].some(cell => cell.dataset.name === wrong.value && cell.dataset.tone === "bad")) return false;
  return words.every(word => texts.get(row).includes(word));
}

function filter() {
  const words = fields.search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const row of rows) {
    row.hidden = !isShown(row, words);
    found += !row.hidden;
  }
  for (const section of document.querySelectorAll("section")) section.hidden = !section.querySelector("tbody tr:not([hidden])");
  document.getElementById("found").textContent = found === 1 ? "1 case" : `${found.toLocaleString("en")} cases`;
  const asked = Object.entries(fields).filter(([name, field]) => field.value && !(name === "shown" && field.value === "disagree"));
  try { history.replaceState(null, "", "#" + new URLSearchParams(asked.map(([name, field]) => [name, field.value]))); } catch { /* some viewers of files forbid it */ }
}

for (const [name, value] of new URLSearchParams(location.hash.slice(1))) if (fields[name]) fields[name].value = value;
// A page of a single implementation has nothing that disagrees.
if (!location.hash && !document.querySelector("[data-disagrees]")) fields.shown.value = document.querySelector("[data-fails]") ? "wrong" : "all";
for (const field of Object.values(fields)) field.addEventListener("input", filter);
document.querySelector(".filters").addEventListener("submit", event => event.preventDefault());
filter();

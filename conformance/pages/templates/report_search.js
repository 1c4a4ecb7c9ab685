// The search of a report: hides the rows without all of the words, and the sections without any row.
const search = document.querySelector("#search"), rows = [...document.querySelectorAll("tr[data-words]")];
function filter() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const row of rows) { const matches = words.every(word => row.dataset.words.includes(word)); row.hidden = !matches; found += matches; }
  for (const section of document.querySelectorAll("section")) section.hidden = !section.querySelector("tr[data-words]:not([hidden])");
  document.querySelector("#found").textContent = words.length ? `${found} found` : "";
  try { history.replaceState(null, "", words.length ? `#search=${encodeURIComponent(search.value)}` : "#"); } catch { /* some viewers of files forbid it */ }
}
search.addEventListener("input", filter);
const asked = /search=([^&]*)/.exec(location.hash);
if (asked) { search.value = decodeURIComponent(asked[1]); filter(); }

// For the pages of the built-in renderer: theme switch, copy buttons, search, folding. Without it all is readable.
const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const wide = matchMedia("(min-width: 64rem)");
const memory = (...value) => {
  try {
    return value.length ? localStorage.setItem("theme", ...value) : localStorage.getItem("theme");
  } catch { /* storage may be off */ }
};

function show(theme) {
  root.dataset.theme = theme;
  const button = document.querySelector(".theme");
  if (button) button.textContent = theme === "dark" ? "Light" : "Dark";
}

function addCopyButton(pre) {
  const button = document.createElement("button");
  button.className = "copy";
  button.textContent = "Copy";
  button.setAttribute("aria-label", "Copy code");
  button.addEventListener("click", async () => {
    const code = pre.cloneNode(true);
    for (const mark of code.querySelectorAll(".code-annotation-anchor")) mark.remove();
    await navigator.clipboard.writeText(code.textContent);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  pre.before(button);
}

// Every word of the query must start a word of the section; its title counts ten times.
function find(index, query) {
  const words = query.toLowerCase().match(/[\p{L}\p{N}_]+/gu) || [];
  const count = (text, word) => (text.match(new RegExp(`(?<![\\p{L}\\p{N}])${word}`, "giu")) || []).length;
  const scored = index.map((entry) => {
    const hits = words.map((word) => 10 * count(entry.title, word) + count(entry.text, word));
    return { entry, score: hits.every(Boolean) ? hits.reduce((sum, hit) => sum + hit, 0) : 0 };
  });
  const best = words.length ? scored.filter((item) => item.score).sort((a, b) => b.score - a.score) : [];
  return { words, entries: best.slice(0, 12).map((item) => item.entry) };
}

function result(entry, words, up) {
  const [item, link, title] = ["li", "a", "b"].map((tag) => document.createElement(tag));
  link.href = up + entry.href;
  title.textContent = entry.title === entry.page ? entry.title : `${entry.page} › ${entry.title}`;
  const any = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join("|")})`, "iu");
  const start = Math.max(0, entry.text.search(any) - 40);
  const near = entry.text.slice(start, start + 140);
  const hit = near.match(any);
  const mark = document.createElement("mark");
  mark.textContent = hit?.[0];
  const [before, after] = hit ? [near.slice(0, hit.index), near.slice(hit.index + hit[0].length)] : [near, ""];
  link.append(title, `${start ? "…" : ""}${before}`, ...(hit ? [mark] : []), `${after}…`);
  item.append(link);
  return item;
}

// The index is a file of the site, which browsers do not hand out on file://.
function addSearch(search) {
  if (!search || root.dataset.script !== "http") return; // `search: false`
  const [input, list, said] = [search.querySelector("input"), search.querySelector(".results"), search.querySelector("[role=status]")];
  const up = search.dataset.up;
  let index;
  const look = async () => {
    const query = input.value;
    index ??= fetch(`${up}search.json`).then((answer) => answer.json());
    const entire = await index.catch(() => (index = null)); // the next letter tries again
    if (query !== input.value) return; // a later letter has its own answer
    if (!entire) return list.replaceChildren(), (said.textContent = "The search index is out of reach");
    const { words, entries } = find(entire, query);
    list.replaceChildren(...entries.map((entry) => result(entry, words, up)));
    said.textContent = words.length ? `${entries.length || "No"} result${entries.length === 1 ? "" : "s"}` : "";
  };
  input.addEventListener("input", look);
  search.addEventListener("keydown", (event) => {
    const places = [input, ...list.querySelectorAll("a")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) places[places.indexOf(document.activeElement) + step]?.focus();
    if (event.key === "Enter" && event.target === input && !event.isComposing) list.querySelector("a")?.click();
    if (event.key === "Escape") list.replaceChildren(), input.focus();
    if (step) event.preventDefault();
  });
  document.addEventListener("click", (event) => search.contains(event.target) || list.replaceChildren());
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.matches("input, textarea")) return;
    event.preventDefault();
    input.focus();
  });
}

// Mark the section that is being read.
function follow(links) {
  const sections = links.map((link) => document.getElementById(decodeURIComponent(link.hash.slice(1))));
  const mark = () => {
    const passed = sections.filter((section) => section && section.getBoundingClientRect().top < innerHeight / 4).length;
    links.forEach((link, at) => (at === passed - 1 ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
  };
  mark();
  addEventListener("scroll", mark, { passive: true });
}

root.dataset.script = location.protocol.startsWith("http") ? "http" : "file";
show(memory() || (dark.matches ? "dark" : "light")); // before the first paint
dark.addEventListener("change", (event) => memory() || show(event.matches ? "dark" : "light"));

addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector(".theme");
  show(root.dataset.theme);
  button.addEventListener("click", () => {
    show(root.dataset.theme === "dark" ? "light" : "dark");
    memory(root.dataset.theme);
  });
  const fold = () => document.querySelectorAll(".fold").forEach((part) => (part.open = wide.matches));
  fold();
  root.dataset.folded = "";
  wide.addEventListener("change", fold);
  if (navigator.clipboard) document.querySelectorAll("div.sourceCode > pre").forEach(addCopyButton);
  addSearch(document.querySelector(".search"));
  follow([...document.querySelectorAll(".toc nav:first-of-type a")]);
});

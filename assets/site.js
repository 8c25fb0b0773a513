// Without this file all is readable: it adds the theme switch, copy buttons and folding.
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
    await navigator.clipboard.writeText(pre.innerText);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 2000);
  });
  pre.before(button);
}

show(memory() || (dark.matches ? "dark" : "light")); // before the first paint
dark.addEventListener("change", (event) => memory() || show(event.matches ? "dark" : "light"));

addEventListener("DOMContentLoaded", () => {
  const button = document.querySelector(".theme");
  show(root.dataset.theme);
  button.hidden = false;
  button.addEventListener("click", () => {
    show(root.dataset.theme === "dark" ? "light" : "dark");
    memory(root.dataset.theme);
  });
  const fold = () => document.querySelectorAll(".fold").forEach((part) => (part.open = wide.matches));
  fold();
  wide.addEventListener("change", fold);
  if (navigator.clipboard) document.querySelectorAll("div.sourceCode > pre").forEach(addCopyButton);
  for (const pre of document.querySelectorAll("pre")) {
    if (pre.scrollWidth > pre.clientWidth) pre.tabIndex = 0; // scroll by keyboard
  }
});

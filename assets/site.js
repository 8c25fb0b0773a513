// Light or dark: what the reader chose last, else what the system says. Set before the page shows.
const dark = matchMedia("(prefers-color-scheme: dark)");
const chosen = () => { try { return localStorage.getItem("theme"); } catch { return null; } };
function paint() {
  const theme = chosen() ?? (dark.matches ? "dark" : "light");
  document.documentElement.dataset.theme = theme;
  document.getElementById("theme")?.setAttribute("aria-pressed", theme === "dark");
}
paint();
dark.addEventListener("change", paint);

addEventListener("DOMContentLoaded", () => {
  const toggle = document.getElementById("theme");
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
    try { localStorage.setItem("theme", next); } catch { document.documentElement.dataset.theme = next; }
    paint();
  });
  paint();
  // On a phone the list of chapters starts closed.
  if (matchMedia("(max-width: 52rem)").matches) document.querySelector(".sidebar").open = false;
  for (const listing of document.querySelectorAll("div.sourceCode")) {
    listing.querySelector("pre").tabIndex = 0;
    if (!navigator.clipboard) continue;
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Copy" });
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(listing.querySelector("code").innerText);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    listing.append(button);
  }
});

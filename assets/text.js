// For both renderers: figures enlarge on click, and whatever scrolls can be reached by keyboard. Without it all can be read.
addEventListener("DOMContentLoaded", () => {
  const main = document.querySelector("main");

  // A box that scrolls sideways: reachable, and with a name.
  const reach = () => {
    for (const box of main.querySelectorAll("pre, div, figure, table, math[display=block]")) {
      if (box.tabIndex >= 0 || box.scrollWidth <= box.clientWidth + 1 || !/auto|scroll/.test(getComputedStyle(box).overflowX)) continue;
      box.tabIndex = 0;
      if (box.matches("div, figure")) box.setAttribute("role", "group");
      if (box.matches("div, figure, table") && !box.ariaLabel) box.ariaLabel = "Scrolls sideways";
    }
  };
  reach();
  addEventListener("resize", reach);
  addEventListener("load", reach);

  const dialog = document.createElement("dialog");
  dialog.className = "enlarged"; // Quarto shows whatever is called a figure
  dialog.innerHTML = '<form method="dialog"><button>Close</button></form><img alt="">';
  dialog.ariaLabel = "Enlarged figure";
  document.body.append(dialog);
  const large = dialog.querySelector("img");
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  const enlarge = (image) => {
    large.src = image.currentSrc || image.src;
    large.alt = image.alt;
    dialog.showModal();
  };
  for (const image of main.querySelectorAll("figure img")) {
    image.classList.add("enlarge");
    image.tabIndex = 0;
    image.setAttribute("role", "button");
    image.setAttribute("aria-haspopup", "dialog");
    image.title = "Enlarge";
    image.addEventListener("click", () => enlarge(image));
    image.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      enlarge(image);
    });
  }

  // Quarto gives all links full addresses: in print, only those of other sites are written out.
  for (const link of main.querySelectorAll("a[href]")) link.classList.toggle("inside", link.origin === location.origin);

  // Quarto's own frame: landmarks with names of their own, and callouts that fold by keyboard.
  const names = { "#quarto-sidebar": "Chapters", "#TOC": "On this page", ".quarto-secondary-nav": "Place", ".quarto-title-breadcrumbs": "You are here", "#quarto-header > .navbar": "Site" };
  for (const [place, name] of Object.entries(names)) {
    for (const element of document.querySelectorAll(place)) element.ariaLabel = name;
  }
  for (const link of document.querySelectorAll("a[role=navigation]")) link.setAttribute("role", "button");
  for (const head of main.querySelectorAll(".callout-header[data-bs-toggle]")) {
    head.setAttribute("role", "button");
    head.removeAttribute("aria-label"); // its title says it
    head.tabIndex = 0;
    head.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      head.click();
    });
  }
});

// A figure that its reader can change. Python wrote the controls, and all numbers that are shown; without this script, the figure stays as it is.
(() => {
  "use strict"; // so that no name here is a name of the whole page
  const box = document.currentScript.closest(".explore");
  const data = JSON.parse(box.querySelector(".explore-data").textContent);
  const find = (name) => box.querySelector(name);
  const all = (name) => [...box.querySelectorAll(name)];
  const checked = (name) => all(`[name=explore-${name}]:checked`).map((input) => input.value);
  const svg = (tag, attributes = {}) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };

  function kernel() {
    const { kernels, width, height } = data;
    const levels = Uint8Array.from(atob(data.levels), (byte) => byte.charCodeAt(0));
    const inputs = all(".explore-numbers input"), choices = all("[name=explore-kernel]");
    const label = find(".explore-map").getAttribute("aria-label");

    const draw = (canvas, width, shade) => {
      const pixels = new ImageData(width, shade.length / width);
      shade.forEach((value, at) => pixels.data.fill(Math.floor(value), 4 * at, 4 * at + 3).fill(255, 4 * at + 3, 4 * at + 4));
      canvas.width = pixels.width;
      canvas.height = pixels.height;
      canvas.getContext("2d").putImageData(pixels, 0, 0);
    };

    const update = () => {
      const numbers = inputs.map(({ valueAsNumber }) => Math.max(-99, Math.min(99, valueAsNumber || 0)));
      const same = choices.find(({ value }) => kernels[value].every((number, at) => number === numbers[at]));
      choices.forEach((choice) => (choice.checked = choice === same));
      const sums = slide(levels, width, height, numbers);
      const total = numbers.reduce((sum, number) => sum + number, 0), edges = Math.abs(total) < 1e-9;
      const name = same?.value ?? "your kernel";
      draw(find(".explore-map"), width - 2, edges ? aroundGray(sums) : sums.map((sum) => clip(sum / total)));
      find(".explore-map").setAttribute("aria-label", `${label}: ${name}`);
      const sum = String(Number(total.toFixed(2))).replace("-", "−");
      const shades = edges ? ". Gray is a sum of 0, lighter is more, darker is less." : sum === "1" ? "." : `, so each sum is divided by ${sum}.`;
      find(".explore-said").textContent = `${name[0].toUpperCase()}${name.slice(1)}: the nine numbers add up to ${sum}${shades}`;
    };

    const fill = (numbers) => inputs.forEach((input, at) => (input.value = numbers[at]));
    for (const choice of choices) choice.addEventListener("change", () => (fill(kernels[choice.value]), update()));
    for (const input of inputs) input.addEventListener("input", update);
    draw(find(".explore-image"), width, levels);
    fill(kernels[checked("kernel")[0]]);
    update();
  }

  function slide(levels, width, height, numbers) {
    const sums = new Float64Array((width - 2) * (height - 2));
    for (let row = 0, to = 0; row < height - 2; row++) {
      for (let column = 0; column < width - 2; column++, to++) {
        for (let at = 0; at < 9; at++) sums[to] += numbers[at] * levels[(row + Math.floor(at / 3)) * width + column + (at % 3)];
      }
    }
    return sums;
  }

  // As in `activations.convolution_map`: the strongest hundredth is white or black.
  function aroundGray(sums) {
    const sorted = sums.map(Math.abs).sort(), place = 0.99 * (sorted.length - 1), below = Math.floor(place);
    const [low, high] = [sorted[below], sorted[Math.ceil(place)]];
    const limit = low + (high - low) * (place - below) || sorted.at(-1) || 1;
    return sums.map((sum) => clip(127.5 * (1 + sum / limit)));
  }

  const clip = (shade) => Math.max(0, Math.min(255, shade));

  function threshold() {
    const slider = find("input"), cells = all(".explore-matrix td").slice(1), shares = all("dd:first-of-type");
    const dots = all(".explore-strip").map((strip, label) => {
      const plot = strip.appendChild(svg("svg"));
      // A golden section further each time: no two neighbors at one height.
      return data.probabilities[label].map((probability, at) => {
        const place = { cx: `${100 * probability}%`, cy: `${8 + 84 * ((at * 0.618034) % 1)}%`, r: 3 };
        return { label, probability, dot: plot.appendChild(svg("circle", place)) };
      });
    });

    const update = () => {
      const at = slider.valueAsNumber, { table, shares: texts } = data.steps[Math.round(100 * at)];
      box.style.setProperty("--at", at);
      find(".explore-at").textContent = at.toFixed(2);
      for (const { label, probability, dot } of dots.flat()) dot.classList.toggle("explore-wrong", Number(probability >= at) !== label);
      table.flat().forEach((count, cell) => {
        cells[cell].textContent = count.toLocaleString("en-US");
        cells[cell].style.setProperty("--share", count / (table[Math.floor(cell / 2)][0] + table[Math.floor(cell / 2)][1] || 1));
      });
      texts.forEach((text, metric) => (shares[metric].textContent = text));
      const [first, second] = data.names, wrong = table[0][1] + table[1][0];
      find(".explore-said").textContent = `${wrong} mistake${wrong === 1 ? "" : "s"}: ${table[0][1]} of the ${first} are taken for ${second}, and ${table[1][0]} of the ${second} for ${first}.`;
    };
    slider.addEventListener("input", update);
    update();
  }

  function histories() {
    const chart = find(".explore-chart"), names = Object.keys(data.curves), margin = 0.04;
    const plot = chart.appendChild(svg("svg", { viewBox: "0 0 1 1", preserveAspectRatio: "none" }));
    const words = chart.appendChild(document.createElement("div"));
    const scales = {
      accuracy: { ticks: [0, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1], text: (value) => `${Math.round(100 * value)}%` },
      loss: { low: 0, high: 1, ticks: [0, 0.2, 0.4, 0.6, 0.8, 1], text: (value) => value.toFixed(1) },
    };
    const accuracies = names.flatMap((name) => Object.entries(data.curves[name])).filter(([what]) => what.endsWith("accuracy"));
    const lowest = Math.min(...accuracies.flatMap(([, runs]) => Object.values(runs)).flatMap((run) => run.values));
    Object.assign(scales.accuracy, { low: Math.min(0.5, lowest), high: 1 });

    const across = (epoch) => (epoch - 0.5) / data.epochs;
    const line = (values, down, name) => {
      const points = values.map((value, at) => `${across(at + 1)} ${down(value)}`);
      return svg("path", { d: `M${points.join("L")}${points.length === 1 ? "h0" : ""}`, class: name });
    };
    const word = (text, name, left, top) => {
      const element = words.appendChild(document.createElement("span"));
      element.textContent = text;
      element.className = `explore-word explore-${name}`;
      if (left !== null) element.style.left = `${100 * left}%`;
      if (top !== null) element.style.top = `${100 * top}%`;
      return element;
    };

    const update = () => {
      const [measure] = checked("measure"), sets = checked("set"), models = checked("model"), chosen = find("select").value;
      const { low, high, ticks, text } = scales[measure];
      const down = (value) => margin + (1 - margin) * (1 - (value - low) / (high - low));
      plot.replaceChildren();
      words.replaceChildren();
      for (const tick of ticks.filter((tick) => tick >= low)) {
        plot.append(svg("path", { d: `M0 ${down(tick)}h1`, class: "explore-grid" }));
        word(text(tick), "tick", null, down(tick));
      }
      for (const epoch of [1, 5, 10, 15, 20, 30, 50, 100].filter((epoch) => epoch <= data.epochs)) word(epoch, "epoch", across(epoch), null);
      word("epoch", "axis", null, null);
      plot.append(svg("path", { d: `M0 ${down(data.baselines[measure])}h1`, class: "explore-baseline" }));

      const ends = [{ name: "baseline", set: "baseline", at: down(data.baselines[measure]) }];
      for (const name of models) {
        for (const set of sets) {
          const curves = data.curves[name][`${set} ${measure}`];
          const seeds = Object.keys(curves).filter((seed) => chosen === "all" && seed !== "mean");
          for (const seed of seeds) plot.append(line(curves[seed].values, down, `explore-${set} explore-thin`));
          const main = curves[chosen === "all" ? "mean" : chosen];
          if (!main) continue; // no run of this seed
          plot.append(line(main.values, down, `explore-${set}`));
          ends.push({ name, set, at: down(main.values.at(-1)) });
        }
      }
      const height = chart.clientHeight || 280;
      for (const { name, set, at } of apart(ends, 16 / height)) word(name, `end explore-${set}`, null, at);
      find(".explore-said").textContent = `${sets.join(" and ") || "no"} ${measure}, ${find("option:checked").textContent}`.replace(/^./, (letter) => letter.toUpperCase());
      tell(measure, sets[0], models, chosen === "all" ? "mean" : chosen);
    };

    const tell = (measure, set, models, chosen) => {
      const rows = models.map((name) => [name, set && data.curves[name][`${set} ${measure}`][chosen]]);
      find(".explore-ends").hidden = !set || !models.length;
      find(".explore-ends th").textContent = `${set} ${measure}`;
      find(".explore-ends tbody").replaceChildren(...rows.map(([name, run]) => {
        const row = document.createElement("tr");
        const head = row.appendChild(document.createElement("th"));
        head.scope = "row";
        head.textContent = name;
        for (const value of [run?.best, run?.epoch, run?.last]) row.insertCell().textContent = value ?? "–";
        return row;
      }));
    };

    box.addEventListener("change", update);
    addEventListener("resize", update);
    update();
  }

  // Words at the ends of curves, moved until none covers another.
  function apart(ends, gap) {
    const sorted = ends.sort((one, other) => one.at - other.at);
    for (let at = 1; at < sorted.length; at++) sorted[at].at = Math.max(sorted[at].at, sorted[at - 1].at + gap);
    for (let at = sorted.length - 1, most = 1; at >= 0; at--, most -= gap) sorted[at].at = Math.min(sorted[at].at, most);
    return sorted;
  }

  const image = document.querySelector(`#${box.dataset.figure} img`), cell = box.closest(".cell");
  const still = image.closest("p") ?? image;
  image.loading = "eager"; // for print, which shows it
  still.classList.add("explored");
  still.after(box);
  cell?.remove();
  box.hidden = false;
  ({ kernel, threshold, histories })[box.dataset.kind]();
})();

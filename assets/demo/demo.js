// A form in which the trained model answers for a reader's own photograph. Nothing leaves the browser; square.js and model.js are loaded at the first photograph.
(() => {
  "use strict"; // so that no name here is a name of the whole page
  const here = document.currentScript.src;
  const load = (name) => import(new URL(name, here).href);
  const percent = (share) => `${(100 * share).toFixed(1)}%`;
  const megabytes = (bytes) => (bytes / 1e6).toFixed(1);
  const CLASSES = ["cat", "dog"];

  function setUp(form) {
    const find = (name) => form.querySelector(`.demo-${name}`);
    if (!location.protocol.startsWith("http")) return; // the form says what it needs
    find("server").hidden = true;
    find("choice").hidden = false;
    const size = Number(form.dataset.size), total = Number(form.dataset.bytes);
    const say = (text) => (find("answer").textContent = text);

    const report = (bytes) => {
      find("progress").value = bytes;
      find("loaded").textContent = `${megabytes(bytes)} of ${megabytes(total)} MB`;
    };

    const loadOnce = async () => {
      find("loading").hidden = false;
      say("Loading the model.");
      try {
        const { loadModel } = await load("model.js");
        return await loadModel(size, report);
      } catch (error) {
        model = undefined; // the next photograph tries again
        throw error;
      } finally {
        find("loading").hidden = true;
      }
    };

    let model; // a promise, from the first photograph on
    let latest; // what was chosen last: only that is answered for
    const answerFor = async (photo) => {
      latest = photo;
      find("result").hidden = true;
      say("Looking at it.");
      try {
        const { readSquare } = await load("square.js");
        const square = await readSquare(photo, size);
        const answer = await (await (model ??= loadOnce()))(square);
        if (photo === latest) show(form, square, size, answer);
      } catch (error) {
        if (photo === latest) say(error.reader ?? "The model could not be loaded: check your connection, and choose again.");
        if (!error.reader) console.warn(error);
      }
    };

    find("file").addEventListener("change", (event) => {
      const [file] = event.target.files;
      event.target.value = ""; // so that the same one can be chosen again
      if (file) answerFor(file);
    });
    for (const button of form.querySelectorAll(".demo-example")) {
      button.addEventListener("click", () => answerFor(button.querySelector("img")));
    }
    form.addEventListener("dragover", (event) => {
      event.preventDefault();
      form.classList.add("demo-over");
    });
    form.addEventListener("dragleave", () => form.classList.remove("demo-over"));
    form.addEventListener("drop", (event) => {
      event.preventDefault();
      form.classList.remove("demo-over");
      const [file] = event.dataTransfer.files;
      if (file) answerFor(file);
    });
  }

  function show(form, square, size, { logits, cells }) {
    const find = (name) => form.querySelector(`.demo-${name}`);
    const dog = 1 / (1 + Math.exp(logits[0] - logits[1])); // the softmax of two logits
    const probability = Math.max(dog, 1 - dog), name = CLASSES[Number(dog > 0.5)];
    find("answer").textContent = `The model says: ${name}, with a probability of ${percent(probability)}.`;
    const leanings = Array.from({ length: cells.length / 2 }, (_, cell) => cells[2 * cell + 1] - cells[2 * cell]);
    const colors = [...form.querySelectorAll(".demo-color")].map((mark) => getComputedStyle(mark).backgroundColor.match(/\d+/g).map(Number));
    draw(find("square"), size, (at) => [square[3 * at], square[3 * at + 1], square[3 * at + 2], 255]);
    drawMap(find("map"), square, size, leanings, colors);
    find("map").setAttribute("aria-label", `The same square in gray, tinted: ${strongest(leanings)}.`);
    find("result").hidden = false;
  }

  function draw(canvas, size, color) {
    const pixels = new ImageData(size, size);
    for (let at = 0; at < size * size; at++) pixels.data.set(color(at), 4 * at);
    canvas.width = canvas.height = size;
    canvas.getContext("2d").putImageData(pixels, 0, 0);
  }

  // As in chapter 6: the color of the class that a part speaks for, the stronger the more, over gray.
  function drawMap(canvas, square, size, leanings, colors) {
    draw(canvas, size, (at) => {
      const gray = (square[3 * at] + square[3 * at + 1] + square[3 * at + 2]) / 3;
      return [gray, gray, gray, 255];
    });
    const most = Math.max(...leanings.map(Math.abs)) || 1;
    const tint = document.createElement("canvas");
    draw(tint, Math.sqrt(leanings.length), (at) => [...colors[Number(leanings[at] > 0)].slice(0, 3), (217 * Math.abs(leanings[at])) / most]);
    const context = canvas.getContext("2d");
    context.imageSmoothingQuality = "high";
    context.drawImage(tint, 0, 0, size, size);
  }

  function strongest(leanings) {
    const at = leanings.reduce((best, value, cell) => (Math.abs(value) > Math.abs(leanings[best]) ? cell : best), 0);
    const side = Math.sqrt(leanings.length), third = (place) => Math.floor((3 * place) / side);
    const place = `${["top", "middle", "bottom"][third(Math.floor(at / side))]} ${["left", "center", "right"][third(at % side)]}`;
    return `what speaks most for a class, ${CLASSES[Number(leanings[at] > 0)]}, lies at the ${place}`;
  }

  setUp(document.currentScript.closest(".demo"));
})();

// The trained model: loaded once, then it answers. All files come from the folder `built`, which `catdog render` fills.
import { Tensor, loadAndCompile, loadLiteRt } from "./built/litert.js";

const RUNTIME = "litert_wasm_compat_internal"; // the one that runs in all browsers, with the same numbers
const MODEL = "model4.tflite";

// Returns a function from a square of bytes to `{ logits, cells }`. `report` is told how many bytes have arrived.
export async function loadModel(size, report) {
  const [wasmBinary, model] = await fetchAll([`${RUNTIME}.wasm`, MODEL], report);
  // LiteRT takes its settings from here. What it has to say is for developers.
  self.Module = { wasmBinary, print: console.debug, printErr: console.debug };
  await loadLiteRt(place(`${RUNTIME}.js`));
  const compiled = await loadAndCompile(model, { accelerator: "wasm" });
  return async (square) => {
    const image = new Tensor(Float32Array.from(square), [1, size, size, 3]);
    const outputs = await compiled.run({ image });
    const answers = Object.entries(outputs).map(([name, tensor]) => [name, Float32Array.from(tensor.toTypedArray())]);
    for (const tensor of [image, ...Object.values(outputs)]) tensor.delete();
    return Object.fromEntries(answers);
  };
}

const place = (name) => new URL(`built/${name}`, import.meta.url).href;

async function fetchAll(names, report) {
  let arrived = 0;
  return Promise.all(names.map((name) => fetchBytes(name, (count) => report((arrived += count)))));
}

// The browser keeps what it has fetched, and asks the server whether it is still the same.
async function fetchBytes(name, count) {
  const answer = await fetch(place(name), { cache: "no-cache" });
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  const parts = [];
  const reader = answer.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    parts.push(part.value);
    count(part.value.length);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

// From a photograph to the square that the model takes, as `read_image` in src/catdog/data/image_files.py does it: upright, on white, stretched.
const MIN_SIZE = 8, MAX_PIXELS = 89_000_000, REDUCED = 640, STRIP = 256;

// `reader` is a sentence for whoever chose the file.
export class Refused extends Error {
  reader = this.message;
}

// Returns `size` rows of `size` pixels, three bytes each. `photo` is a File, or an <img> that has loaded.
export async function readSquare(photo, size) {
  const bytes = photo instanceof Blob ? new Uint8Array(await photo.slice(0, 512).arrayBuffer()) : new Uint8Array();
  const bitmap = await (photo instanceof Blob ? decode(photo, bytes) : createImageBitmap(photo));
  try {
    const isJpeg = bytes[0] === 0xff && bytes[1] === 0xd8;
    return toSquare(bitmap, size, isJpeg ? jpegFactor(bitmap) : 1);
  } finally {
    bitmap.close();
  }
}

async function decode(file, bytes) {
  if (!file.size) throw new Refused("This file is empty: choose another.");
  try {
    checkSize(await measure(file));
    return await createImageBitmap(file, { colorSpaceConversion: "none" });
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(whatItIs(bytes));
  }
}

// A browser knows an image's size before it decodes the pixels.
async function measure(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await new Promise((resolve, reject) => Object.assign(image, { onload: resolve, onerror: reject }));
    return [image.naturalWidth, image.naturalHeight];
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

function checkSize([width, height]) {
  const pixels = `${width} by ${height} pixels`;
  if (width * height > MAX_PIXELS) throw new Refused(`This image is too large, with ${pixels}: choose one of at most ${MAX_PIXELS / 1e6} million.`);
  if (Math.min(width, height) < MIN_SIZE) throw new Refused(`This image is too small, with ${pixels}: choose a larger one.`);
}

function whatItIs(bytes) {
  const start = new TextDecoder("latin1").decode(bytes);
  if (/^.{4}ftyp(hei|hev|mif|msf)/s.test(start)) return "Your browser cannot read HEIC files: save the photograph as JPEG.";
  if (/<svg|<\?xml/.test(start)) return "This is an SVG file, not a photograph: save it as PNG.";
  return "This is no image that your browser can read: choose a JPEG, PNG, GIF, BMP or WebP file.";
}

// Pillow reduces a large JPEG while it decodes it, by the same factor.
function jpegFactor({ width, height }) {
  const most = Math.floor(Math.min(width, height) / REDUCED);
  return [8, 4, 2].find((factor) => factor <= most) ?? 1;
}

// In strips: a canvas as large as a photograph is too much for some phones. Nothing is scaled by the canvas, since each browser does that in its own way.
function toSquare(bitmap, size, factor) {
  const width = Math.ceil(bitmap.width / factor), height = Math.ceil(bitmap.height / factor);
  const across = filters(width, size), narrow = new Uint8ClampedArray(height * size * 3);
  const canvas = new OffscreenCanvas(bitmap.width, Math.min(STRIP, bitmap.height));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  for (let top = 0; top < bitmap.height; top += STRIP) {
    const rows = Math.min(STRIP, bitmap.height - top);
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(bitmap, 0, -top);
    const reduced = reduce(context.getImageData(0, 0, canvas.width, rows).data, canvas.width, rows, factor);
    narrow.set(resampleRows(reduced, width, across), (top / factor) * size * 3);
  }
  return resampleColumns(narrow, size, filters(height, size));
}

// Means of blocks of `factor` by `factor` pixels. From four bytes a pixel to three.
export function reduce(pixels, width, height, factor) {
  const across = Math.ceil(width / factor), down = Math.ceil(height / factor);
  const sums = new Float32Array(across * down * 3), counts = new Uint8Array(across * down);
  for (let y = 0, from = 0; y < height; y++) {
    const row = Math.floor(y / factor) * across;
    for (let x = 0; x < width; x++, from += 4) {
      const to = row + Math.floor(x / factor);
      counts[to]++;
      for (let color = 0; color < 3; color++) sums[3 * to + color] += pixels[from + color];
    }
  }
  const means = new Uint8ClampedArray(sums.length);
  for (let at = 0; at < sums.length; at++) means[at] = Math.floor(sums[at] / counts[Math.floor(at / 3)] + 0.5);
  return means;
}

// Pillow's BILINEAR: for each of `size` pixels, where its neighbors among `length` begin, and their weights. They form a triangle, the wider the more is reduced.
export function filters(length, size) {
  const scale = length / size, reach = Math.max(scale, 1);
  return Array.from({ length: size }, (_, at) => {
    const center = (at + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - reach + 0.5)), end = Math.min(length, Math.trunc(center + reach + 0.5));
    const heights = Array.from({ length: end - start }, (_, n) => Math.max(0, 1 - Math.abs(start + n - center + 0.5) / reach));
    const sum = heights.reduce((total, height) => total + height, 0);
    return { start, weights: Float64Array.from(heights, (height) => height / sum) };
  });
}

export function resampleRows(pixels, width, filters) {
  const height = pixels.length / (3 * width);
  const result = new Uint8ClampedArray(height * filters.length * 3);
  for (let y = 0, to = 0; y < height; y++) {
    for (const { start, weights } of filters) {
      for (let color = 0; color < 3; color++) result[to++] = dot(pixels, (y * width + start) * 3 + color, 3, weights);
    }
  }
  return result;
}

export function resampleColumns(pixels, width, filters) {
  const result = new Uint8ClampedArray(filters.length * width * 3);
  filters.forEach(({ start, weights }, y) => {
    for (let at = 0; at < 3 * width; at++) result[3 * y * width + at] = dot(pixels, 3 * start * width + at, 3 * width, weights);
  });
  return result;
}

// Rounds halves up, as Pillow does.
function dot(pixels, at, step, weights) {
  let sum = 0.5;
  for (let n = 0; n < weights.length; n++) sum += weights[n] * pixels[at + n * step];
  return Math.floor(sum);
}

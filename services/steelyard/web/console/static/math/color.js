// Colors of numbers: one hue for positive, another for negative, and the paper between them.

/** @typedef {[number, number, number]} Rgb */
/** @typedef {{positive: string, zero: string, negative: string}} Hues */

const STEPS = 256;

/** A color of the style sheet, `#2f7d6d` or `rgb(47, 125, 109)`. @param {string} text @returns {Rgb} */
export function parseColor(text) {
  const hex = /^#([0-9a-f]{6})$/i.exec(text.trim());
  if (hex) return /** @type {Rgb} */ ([0, 2, 4].map((at) => parseInt(hex[1].slice(at, at + 2), 16)));
  const numbers = text.match(/[\d.]+/g)?.map(Number) ?? [];
  return numbers.length >= 3 ? [numbers[0], numbers[1], numbers[2]] : [0, 0, 0];
}

/** @param {Rgb} one @param {Rgb} other @param {number} share of the other, 0 to 1 @returns {Rgb} */
export const mix = (one, other, share) =>
  /** @type {Rgb} */ (one.map((value, at) => Math.round(value + (other[at] - value) * share)));

/**
 * A table of 513 colors from the most negative to the most positive, each a little-endian RGBA word of an image.
 * @param {Hues} hues
 */
export function palette({ positive, zero, negative }) {
  const [high, middle, low] = [positive, zero, negative].map(parseColor);
  const words = new Uint32Array(2 * STEPS + 1);
  for (let step = -STEPS; step <= STEPS; step += 1) {
    const [red, green, blue] = mix(middle, step < 0 ? low : high, Math.abs(step) / STEPS);
    words[step + STEPS] = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }
  return words;
}

/**
 * Paint numbers into the words of an image: `scale` and more is the strongest color.
 * @param {ArrayLike<number>} values
 * @param {number} scale
 * @param {Uint32Array} words of the palette
 * @param {Uint32Array} pixels as many as values
 */
export function paint(values, scale, words, pixels) {
  const factor = scale > 0 ? STEPS / scale : 0;
  for (let at = 0; at < pixels.length; at += 1) {
    const step = Math.round(values[at] * factor);
    pixels[at] = words[Math.max(0, Math.min(2 * STEPS, (Number.isNaN(step) ? 0 : step) + STEPS))];
  }
}

/**
 * The size below which a share of all numbers lies; single outliers would take the color from all others.
 * @param {ArrayLike<number>} values
 * @param {number} [share]
 */
export function scaleOf(values, share = 0.995) {
  const stride = Math.max(1, Math.floor(values.length / 20_000));
  const sizes = [];
  for (let at = 0; at < values.length; at += stride) if (Number.isFinite(values[at])) sizes.push(Math.abs(values[at]));
  sizes.sort((one, other) => one - other);
  return sizes.length ? sizes[Math.min(sizes.length - 1, Math.floor(share * sizes.length))] : 0;
}

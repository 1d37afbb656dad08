// A kernel as an image: blocks of weights where there are more of them than pixels.

/** @typedef {{rows: number, columns: number, step: number, values: Float32Array}} Blocks */

/** Weights across one block. @param {number} rows @param {number} columns of the kernel @param {number} most rows or columns of blocks */
export const stepOf = (rows, columns, most) => Math.max(1, Math.ceil(Math.max(rows, columns) / most));

/**
 * Blocks of `step` × `step` weights, each shown by its weight of the largest size, with its sign.
 * @param {ArrayLike<number>} kernel `(rows, columns)` in C order
 * @param {number} rows
 * @param {number} columns
 * @param {number} most rows or columns of blocks
 * @returns {Blocks}
 */
export function blocks(kernel, rows, columns, most) {
  const step = stepOf(rows, columns, most);
  if (step === 1)
    return { rows, columns, step, values: kernel instanceof Float32Array ? kernel : Float32Array.from(kernel) };
  const [high, wide] = [Math.ceil(rows / step), Math.ceil(columns / step)];
  const values = new Float32Array(high * wide);
  for (let row = 0, at = 0; row < rows; row += 1) {
    const line = Math.floor(row / step) * wide;
    for (let column = 0; column < columns; column += 1, at += 1) {
      const block = line + Math.floor(column / step);
      if (Math.abs(kernel[at]) > Math.abs(values[block])) values[block] = kernel[at];
    }
  }
  return { rows: high, columns: wide, step, values };
}

/**
 * One unit's incoming weights: a column of the kernel.
 * @param {ArrayLike<number>} kernel
 * @param {number} inputs
 * @param {number} units
 * @param {number} unit
 */
export function incoming(kernel, inputs, units, unit) {
  const values = new Float32Array(inputs);
  for (let input = 0; input < inputs; input += 1) values[input] = kernel[input * units + unit];
  return values;
}

/**
 * Height and width of the image that the inputs are, or null: their names end in row and column (`pixel_3_5`).
 * @param {string[]} names
 * @returns {{height: number, width: number, at: Int32Array} | null} `at` is the pixel of each input
 */
export function imageOf(names) {
  const places = names.map((name) => /^(.*?)[_ .x(]+(\d+)[_ ,x]+(\d+)\)?$/.exec(name));
  const first = places[0];
  if (names.length < 9 || !first || places.some((place) => place?.[1] !== first[1])) return null;
  const [ys, xs] = [2, 3].map((part) => places.map((place) => Number(/** @type {RegExpExecArray} */ (place)[part])));
  const [top, left] = [Math.min(...ys), Math.min(...xs)];
  const [height, width] = [Math.max(...ys) - top + 1, Math.max(...xs) - left + 1];
  if (height < 3 || width < 3 || height * width > 2 * names.length) return null;
  return { height, width, at: Int32Array.from(names, (_name, input) => (ys[input] - top) * width + xs[input] - left) };
}

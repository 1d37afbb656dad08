// Where the bars of a small histogram and the points of a small curve are, in a box with its origin at the top left.

/** @typedef {{x: number, y: number, width: number, height: number}} Bar */
/** @typedef {{width: number, height: number}} Box */

/**
 * A bar for each count, the largest as high as the box; a count above zero is never invisible.
 * @param {number[]} counts
 * @param {Box} box
 * @returns {Bar[]}
 */
export function bars(counts, { width, height }) {
  const most = Math.max(...counts, 0);
  const step = width / counts.length;
  const gap = Math.min(1, step / 5);
  return counts.map((count, place) => {
    const size = count > 0 ? Math.max((count / most) * height, 1) : 0;
    return { x: place * step + gap / 2, y: height - size, width: step - gap, height: size };
  });
}

/**
 * The least and the largest finite value of all lists, with a margin; a range without width gets one.
 * @param {number[][]} lists
 * @returns {[number, number]}
 */
export function rangeOf(lists) {
  const finite = lists.flat().filter(Number.isFinite);
  if (!finite.length) return [-1, 1];
  const [low, high] = [finite.reduce((a, b) => Math.min(a, b)), finite.reduce((a, b) => Math.max(a, b))];
  const margin = (high - low) * 0.06 || 0.5;
  return [low - margin, high + margin];
}

/**
 * The path of a curve in a box; what is above or below the range leaves the box.
 * @param {number[]} x
 * @param {number[]} y
 * @param {Box} box
 * @param {[number, number]} range of y
 */
export function curve(x, y, { width, height }, [low, high]) {
  const [first, last] = [x[0], x[x.length - 1]];
  const place = (/** @type {number} */ index) => {
    const across = ((x[index] - first) / (last - first || 1)) * width;
    const down = height - ((y[index] - low) / (high - low)) * height;
    return `${across.toFixed(1)} ${down.toFixed(1)}`;
  };
  return x.map((_, index) => `${index ? "L" : "M"}${place(index)}`).join("");
}

/**
 * How far a value is on its way through a range, from 0 to 1.
 * @param {number} value
 * @param {[number, number]} range
 */
export const share = (value, [low, high]) => Math.min(Math.max((value - low) / (high - low), 0), 1);

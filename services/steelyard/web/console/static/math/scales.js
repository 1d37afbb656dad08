// Axes of our own pictures.

/**
 * A function from numbers to places.
 * @param {[number, number]} domain
 * @param {[number, number]} range
 */
export function linear([low, high], [from, to]) {
  const factor = high === low ? 0 : (to - from) / (high - low);
  return (/** @type {number} */ value) => (factor ? from + (value - low) * factor : (from + to) / 2);
}

/** Round numbers in a range, about `count` of them. @param {number} low @param {number} high @param {number} [count] */
export function ticks(low, high, count = 4) {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; at += 1)
    found.push(Number((at * step).toPrecision(12)));
  return found;
}

/** Powers of ten in a range, at most `most` of them. @param {number} low @param {number} high @param {number} [most] */
export function powers(low, high, most = 5) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const step = Math.max(1, Math.ceil((last - first + 1) / most));
  return Array.from(
    { length: Math.max(0, Math.floor((last - first) / step) + 1) },
    (_, at) => 10 ** (first + at * step),
  );
}

/**
 * The path of a line; it is broken where there is no value.
 * @param {ArrayLike<number | null>} values
 * @param {(at: number) => number} x
 * @param {(value: number) => number} y
 */
export function linePath(values, x, y) {
  let path = "";
  let open = false;
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at];
    const place = value === null ? NaN : y(value);
    if (Number.isFinite(place)) path += `${open ? "L" : "M"}${x(at).toFixed(1)},${place.toFixed(1)}`;
    open = Number.isFinite(place);
  }
  return path;
}

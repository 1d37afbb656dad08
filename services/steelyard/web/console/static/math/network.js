// The picture of a network: which units and edges are shown, and where.

/** @typedef {{name: string, units: number, kernel: string | null}} Column a layer of units; the first are the inputs */
/** @typedef {{type?: string, name: string, units: number, tensors: {name: string, shape: number[]}[]}} Layer */
/** @typedef {{unit: number, x: number, y: number}} Spot */
/** @typedef {{from: number, to: number, index: number}} Edge units in their columns, and the place in the kernel */

/**
 * The layers with a kernel, each fed by the one before. A layer that takes another number of inputs starts again
 * (after an embedding, for example), so that no edge is drawn between units that are not connected.
 * @param {Layer[]} layers
 * @returns {Column[]}
 */
export function columnsOf(layers) {
  /** @type {Column[]} */
  const columns = [];
  for (const { name, units, tensors } of layers) {
    const kernel = tensors.find((tensor) => tensor.name === `${name}/kernel` && tensor.shape.length === 2);
    if (!kernel) continue;
    if (!columns.length) columns.push({ name: "inputs", units: kernel.shape[0], kernel: null });
    const fits = columns[columns.length - 1].units === kernel.shape[0];
    columns.push({ name, units, kernel: fits ? kernel.name : null });
  }
  return columns;
}

/**
 * The places of the `most` largest numbers, ascending.
 * @param {ArrayLike<number>} strengths
 * @param {number} most
 */
export function strongest(strengths, most) {
  const order = Array.from(strengths, (_, at) => at);
  if (order.length <= most) return order;
  order.sort((one, other) => strengths[other] - strengths[one] || one - other);
  return order.slice(0, most).sort((one, other) => one - other);
}

/**
 * How much each unit of a column says to the next: the sum of |w|·std(x) of its outgoing edges.
 * @param {ArrayLike<number>} kernel `(inputs, units)`
 * @param {number} inputs
 * @param {number} units
 * @param {ArrayLike<number> | null} [deviations] of the inputs; 1 without
 */
export function outgoingStrength(kernel, inputs, units, deviations = null) {
  const strengths = new Float64Array(inputs);
  for (let input = 0, at = 0; input < inputs; input += 1) {
    let sum = 0;
    for (let unit = 0; unit < units; unit += 1, at += 1) sum += Math.abs(kernel[at]);
    strengths[input] = sum * (deviations ? deviations[input] : 1);
  }
  return strengths;
}

/**
 * The strongest edges between the shown units of two columns.
 * @param {ArrayLike<number>} kernel
 * @param {number} units of the second column
 * @param {number[]} from shown units of the first
 * @param {number[]} to shown units of the second
 * @param {number} most
 * @param {ArrayLike<number> | null} [deviations] of the first column's outputs
 * @returns {Edge[]}
 */
export function selectEdges(kernel, units, from, to, most, deviations = null) {
  /** @type {Edge[]} */
  const edges = [];
  for (const one of from) for (const other of to) edges.push({ from: one, to: other, index: one * units + other });
  if (edges.length <= most) return edges;
  return strongest(
    edges.map(({ from: one, index }) => Math.abs(kernel[index]) * (deviations ? deviations[one] : 1)),
    most,
  ).map((at) => edges[at]);
}

/**
 * Where the shown units of each column are.
 * @param {number[][]} shown
 * @param {{width: number, height: number, left?: number, right?: number, top?: number, bottom?: number}} frame
 * @returns {Spot[][]}
 */
export function placeUnits(shown, { width, height, left = 0, right = 0, top = 0, bottom = 0 }) {
  const [wide, high] = [width - left - right, height - top - bottom];
  const widest = Math.max(1, ...shown.map((units) => units.length));
  return shown.map((units, column) => {
    const x = left + (shown.length > 1 ? (wide * column) / (shown.length - 1) : wide / 2);
    const step = Math.min(high / units.length, Math.max(high / widest, 46));
    const first = top + (high - step * (units.length - 1)) / 2;
    return units.map((unit, at) => ({ unit, x, y: first + at * step }));
  });
}

/**
 * The distance of a point from the line between two others.
 * @param {number} x @param {number} y @param {Spot} one @param {Spot} other
 */
export function distance(x, y, one, other) {
  const [dx, dy] = [other.x - one.x, other.y - one.y];
  const share = Math.max(0, Math.min(1, ((x - one.x) * dx + (y - one.y) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x - one.x - share * dx, y - one.y - share * dy);
}

/**
 * The steps in which edges are drawn, so that all edges of one step are a single stroke: width in pixels, and opacity.
 * Wider ones are drawn as several lines of one pixel side by side: browsers draw those ten times faster than wide lines.
 */
export const STEPS = [
  { width: 1, alpha: 0.14 },
  { width: 1, alpha: 0.34 },
  { width: 1, alpha: 0.62 },
  { width: 2, alpha: 0.72 },
  { width: 3, alpha: 0.82 },
  { width: 4, alpha: 0.92 },
];

/** Which of the steps an edge has. @param {number} value @param {number} scale the weight of the widest */
export function stepOf(value, scale) {
  const share = scale > 0 ? Math.min(1, Math.abs(value) / scale) : 0;
  return Math.min(STEPS.length - 1, Math.floor(share * STEPS.length));
}

// The rows that a model is most wrong about.

/** @typedef {{row: number, target: any, prediction: any, probabilities?: number[] | null}} Row */
/** @typedef {{row: number, target: any, prediction: any, cost: number}} Ranked */

/**
 * Rows by their cost, the largest first: −log of the probability of the target, else the size of the error.
 * Of several labels or targets, the costs are added.
 * @param {Row[]} rows
 * @param {any[] | null} classes
 * @param {number} most
 * @returns {Ranked[]}
 */
export function worstRows(rows, classes, most) {
  const costs = rows.map(({ row, target, prediction, probabilities }) => ({
    row,
    target,
    prediction,
    cost: costOf(target, prediction, probabilities, classes),
  }));
  return costs
    .filter(({ cost }) => !Number.isNaN(cost))
    .sort((one, other) => other.cost - one.cost || one.row - other.row)
    .slice(0, most);
}

/** @param {any} target @param {any} prediction @param {number[] | null | undefined} probabilities @param {any[] | null} classes */
function costOf(target, prediction, probabilities, classes) {
  if (target === null || target === undefined) return NaN;
  if (classes && probabilities) {
    const labels = Array.isArray(target) ? target : [target];
    if (probabilities.length === 1)
      return minusLog(target === classes[classes.length - 1] ? probabilities[0] : 1 - probabilities[0]);
    if (!Array.isArray(target)) return minusLog(probabilities[classes.indexOf(target)] ?? NaN);
    return classes.reduce(
      (sum, label, at) => sum + minusLog(labels.includes(label) ? probabilities[at] : 1 - probabilities[at]),
      0,
    );
  }
  if (classes) return target === prediction ? 0 : 1;
  const [wanted, given] = [target, prediction].map((value) => (Array.isArray(value) ? value : [value]));
  return wanted.reduce(
    (/** @type {number} */ sum, /** @type {any} */ value, /** @type {number} */ at) =>
      sum + Math.abs(Number(given[at]) - Number(value)),
    0,
  );
}

/** @param {number} probability */
const minusLog = (probability) => -Math.log(Math.max(probability, 1e-12));

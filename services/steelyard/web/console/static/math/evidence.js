// The lines of what a finding points to: a part of the diagnostics, or the history.

/** @typedef {Record<string, (number | null)[]>} Series */
/** @typedef {{name: string, values: (number | null)[]}} Line */

/**
 * Lines over epochs; none for a document that has no series, such as a job.
 * @param {any} document
 * @returns {{epochs: number[], lines: Line[]}}
 */
export function evidenceLines({ epochs = [], layers, run = {}, series }) {
  if (series) return { epochs, lines: named("", pick(series)) };
  const lines = (layers ?? []).flatMap((/** @type {any} */ layer) => [
    ...named(`${layer.name} `, layer.series),
    ...layer.tensors.flatMap((/** @type {any} */ tensor) => named(`${tensor.name} `, tensor.series)),
  ]);
  return { epochs, lines: lines.length ? lines : named("", run) };
}

/** Of a history the losses. @param {Series} series */
const pick = (series) =>
  Object.fromEntries(Object.entries(series).filter(([name]) => name === "loss" || name === "val_loss"));

/** @param {string} prefix @param {Series} series @returns {Line[]} */
const named = (prefix, series) =>
  Object.entries(series)
    .filter(([, values]) => values.some((value) => value !== null))
    .map(([name, values]) => ({ name: `${prefix}${name.replaceAll("_", " ")}`, values }));

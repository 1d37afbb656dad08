// What is known of one weight at an epoch: its value, its gradient, its last change, and its curve over the epochs.

/** @typedef {import("./recording.js").Recording} Recording */
/**
 * @typedef {object} EdgeFacts
 * @property {number | null} value
 * @property {number | null} gradient
 * @property {number | null} change since the stored epoch before
 * @property {number | null} since that epoch
 * @property {(number | null)[]} curve
 * @property {number[]} epochs of the curve
 * @property {number} at the place of the epoch among them
 */

/**
 * What has arrived so far; the rest is asked for.
 * @param {Recording} recording @param {import("./replay.js").Replay} replay
 * @param {{column: number, unit: number, input: number}} edge
 * @param {number} epoch one whose weights are stored
 * @param {{calm?: string}} [options] of `Replay.get`
 * @returns {EdgeFacts}
 */
export function edgeFacts(recording, replay, { column, unit, input }, epoch, options = {}) {
  const { name, units, kernel } = recording.columns[column];
  const epochs = recording.storedEpochs;
  const at = epochs.indexOf(epoch);
  const tensor = kernel ?? "";
  const weight = (/** @type {number} */ each) => recording.weights(tensor, each)?.values[input * units + unit] ?? null;
  const { value: gradients } = replay.get(`gradients/${name}/kernel?index=${input},${unit}`, options);
  const curve = recording.isSmall(tensor)
    ? epochs.map(weight)
    : (replay.get(`timeline/${tensor}?index=${input},${unit}`, options).value?.values ?? []);
  const place = gradients ? gradients.epochs.indexOf(epoch) : -1;
  const [now, before] = [curve[at] ?? null, at > 0 ? (curve[at - 1] ?? null) : null];
  return {
    value: weight(epoch),
    gradient: gradients?.values[place] ?? null,
    change: gradients?.changes[place] ?? (now !== null && before !== null ? now - before : null),
    since: at > 0 ? epochs[at - 1] : null,
    curve,
    epochs,
    at,
  };
}

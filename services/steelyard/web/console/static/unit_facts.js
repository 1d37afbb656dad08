// What is known of all units of a network at an epoch: names of the inputs, spread of the outputs, dead or dormant.

/** @typedef {{inputs: string[] | null, deviations: (Float32Array | null)[], states: (string[] | null)[]}} Facts */

const BINS = 30;
const MOST_NUMBERS = 400_000; // the service's limit of an answer

/**
 * The path of a layer's units: of all epochs where that is little, else of one; null where even that is too much.
 * @param {import("./recording.js").Recording} recording @param {number} column @param {number} epoch
 */
function unitsPath(recording, column, epoch) {
  const { name, units } = recording.columns[column];
  const size = units * (recording.columns[column - 1].units + BINS);
  if (size > MOST_NUMBERS) return null;
  return size * recording.snapshots.size <= MOST_NUMBERS
    ? { path: `units/${name}`, calm: undefined }
    : { path: `units/${name}?epoch=${epoch}`, calm: `units ${name}` };
}

const MOST_KEPT = 64;
/** @type {Map<string, Facts>} */
const kept = new Map();

/**
 * @param {import("./recording.js").Recording} recording
 * @param {import("./replay.js").Replay} replay
 * @param {number} epoch whose weights are stored
 * @returns {Facts}
 */
export function factsOf(recording, replay, epoch) {
  const answers = recording.columns.slice(1).map((_, column) => {
    const found = unitsPath(recording, column + 1, epoch);
    return found && replay.get(found.path, { calm: found.calm, refresh: !found.calm }).value;
  });
  const key = [epoch, recording.columns.length, ...answers.map((answer) => answer?.epochs.length ?? 0)].join();
  const found = kept.get(key);
  if (found) return found;
  const moments = answers.map((answer) => answer?.epochs.find((/** @type {any} */ each) => each.epoch === epoch));
  const stds = moments.map((moment) =>
    moment ? Float32Array.from(moment.units, (/** @type {any} */ unit) => unit.std ?? 0) : null,
  );
  const states = moments.map((moment) => (moment ? moment.units.map(stateOf) : null));
  const first = moments[0]
    ? Float32Array.from(moments[0].input_std, (/** @type {number | null} */ std) => std ?? 0)
    : null;
  const facts = { inputs: answers[0]?.inputs ?? null, deviations: [first, ...stds], states: [null, ...states] };
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(key, facts);
  return facts;
}

/** @param {{dead: boolean | null, dormant: boolean | null, saturated: boolean | null}} unit */
export const stateOf = ({ dead, dormant, saturated }) =>
  dead ? "dead" : saturated ? "saturated" : dormant ? "dormant" : "";

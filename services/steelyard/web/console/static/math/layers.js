// Layers of a job as it is written, and as rows of a form.

/** @typedef {{type: string, [name: string]: any}} Layer */

/** A layer in its long form: `16` and `{"units": 16}` are dense layers. @param {any} written @returns {Layer} */
export function lengthen(written) {
  if (typeof written === "number") return { type: "dense", units: written };
  return { type: "dense", ...written };
}

/** A layer in its short form: a dense layer of which only the units are given is a number. @param {Layer} layer */
export function shorten({ type, ...parameters }) {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined);
  if (type === "dense" && given.length === 1 && given[0][0] === "units") return given[0][1];
  return { type, ...Object.fromEntries(given) };
}

/** The list with the layer at a place moved by some places. @template T @param {T[]} list @param {number} place @param {number} by @returns {T[]} */
export function move(list, place, by) {
  const rest = list.filter((_, index) => index !== place);
  return rest.toSpliced(Math.max(0, Math.min(rest.length, place + by)), 0, list[place]);
}

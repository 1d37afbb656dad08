// One row of data as a form has it, and as the API takes it.

/** @typedef {{name: string, kind: string, type: string, categories: (string | number | boolean)[] | null, typical: any}} Input */

/**
 * What a field says, as JSON; an empty one is a missing value.
 * @param {string} text
 * @param {Input} input
 * @returns {string | number | boolean | null}
 */
export function readField(text, input) {
  if (text === "") return null;
  if (input.type === "boolean") return text === "true";
  if (input.categories) return input.categories.find((each) => String(each) === text) ?? text;
  if (input.type === "number") return Number(text);
  return text;
}

/**
 * The value to begin with: of the data, if they are known, else the model's own.
 * @param {Input} input
 * @param {any} [column] of the data set, as the API describes it
 */
export function firstValue(input, column) {
  if (column?.mean !== null && column?.mean !== undefined) {
    if (typeof column.mean === "string") return readMoment(column);
    const isWhole = /int/.test(column.dtype);
    return isWhole ? Math.round(column.mean) : Number(column.mean.toPrecision(4));
  }
  const frequent = column?.top?.[0]?.value;
  const isKnown = !input.categories || input.categories.some((each) => String(each) === String(frequent));
  return frequent !== undefined && isKnown ? frequent : input.typical;
}

/** A mean datetime or time of day as an input of a page has it; of a column of days, the day. @param {any} column */
function readMoment({ min, mean }) {
  const text = mean.replace(/(\.\d+)?Z?$/, "");
  return min?.endsWith("T00:00:00Z") ? text.slice(0, 10) : text;
}

/**
 * How far each column moved the output of one row, the largest first; those of one row of `Attributions`.
 * @param {string[]} names
 * @param {(number | null)[]} values
 * @returns {{name: string, value: number}[]}
 */
export function ranked(names, values) {
  return names.map((name, place) => ({ name, value: values[place] ?? 0 })).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

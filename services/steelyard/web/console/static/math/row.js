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
 * The text of a field for a value of the API; days without their time of day.
 * @param {any} value
 * @param {Input} input
 * @param {boolean} day whether the field takes a day alone
 */
export function writeField(value, input, day) {
  if (value === null || value === undefined) return "";
  if (input.type === "datetime")
    return String(value)
      .replace(/(\.\d+)?Z$/, "")
      .slice(0, day ? 10 : 19);
  if (input.type === "time_of_day") return String(value).slice(0, 8);
  return String(value);
}

/** Whether all datetimes of a column are days. @param {any} [column] of the data set, as the API describes it */
export const hasDays = (column) =>
  [column?.min, column?.max].every((text) => typeof text === "string" && text.endsWith("T00:00:00Z"));

/**
 * How far each column moved the output of one row, the largest first; those of one row of `Attributions`.
 * @param {string[]} names
 * @param {(number | null)[]} values
 * @returns {{name: string, value: number}[]}
 */
export function ranked(names, values) {
  return names
    .map((name, place) => ({ name, value: values[place] ?? 0 }))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
}

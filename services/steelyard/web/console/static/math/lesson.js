// The steps of a lesson: where a request goes, and which number of an answer is looked at.

/**
 * A path with the answers of earlier steps: `{dead}` is the id that step `dead` got, `{iris.model}` its model.
 * @param {string} path
 * @param {Record<string, any>} answers
 */
export function fill(path, answers) {
  return path.replaceAll(/\{(\w+)(?:\.(\w+))?\}/g, (_, step, field) =>
    encodeURIComponent(answers[step]?.[field ?? "id"] ?? ""),
  );
}

/** Which steps a path needs. @param {string} path */
export const needs = (path) => [...path.matchAll(/\{(\w+)(?:\.\w+)?\}/g)].map((found) => found[1]);

/**
 * Where the numbers of a step are: its answer itself, or something below it.
 * @param {{object?: string, id?: string, model?: string}} answer
 * @param {string | undefined} at
 */
export const below = (answer, at) => (at ? `/v1/jobs/${encodeURIComponent(answer.id ?? "")}/${at}` : null);

/**
 * Whether a value is what a lesson expects: `> 0.9`, `< 1e-6`, `*` (anything), or JSON; numbers within 5 %.
 * @param {any} value
 * @param {string} expected
 */
export function agrees(value, expected) {
  if (expected === "*") return value !== undefined;
  if (/^[<>] /.test(expected))
    return (
      typeof value === "number" &&
      (expected[0] === "<" ? value < Number(expected.slice(2)) : value > Number(expected.slice(2)))
    );
  return same(value, JSON.parse(expected));
}

/** @param {any} value @param {any} expected @returns {boolean} */
function same(value, expected) {
  if (typeof expected === "number")
    return typeof value === "number" && Math.abs(value - expected) <= 0.05 * Math.abs(expected);
  if (Array.isArray(expected))
    return (
      Array.isArray(value) &&
      value.length === expected.length &&
      expected.every((each, place) => same(value[place], each))
    );
  return value === expected;
}

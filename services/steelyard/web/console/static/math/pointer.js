// Values of a JSON document by their pointers (RFC 6901), such as `/optimizer/learning_rate`.

/** @param {string} pointer */
const steps = (pointer) =>
  pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));

/**
 * The value at a pointer, or `undefined`.
 * @param {any} document
 * @param {string} pointer
 */
export const get = (document, pointer) => steps(pointer).reduce((value, step) => value?.[step], document);

/**
 * The document with another value at a pointer; `undefined` removes it, and objects that are empty then.
 * @param {any} document
 * @param {string} pointer
 * @param {any} value
 * @returns {any}
 */
export function put(document, pointer, value) {
  const [step, ...rest] = steps(pointer);
  if (step === undefined) return value;
  const copy = typeof document === "object" && document !== null ? { ...document } : {};
  copy[step] = rest.length ? put(copy[step], `/${rest.map(escape).join("/")}`, value) : value;
  const empty = rest.length && value === undefined && Object.keys(copy[step] ?? {}).length === 0;
  if (copy[step] === undefined || empty) delete copy[step];
  return copy;
}

/** @param {string} step */
const escape = (step) => step.replaceAll("~", "~0").replaceAll("/", "~1");

/**
 * The longest of some pointers that contains another one, or `undefined`.
 * @param {Iterable<string>} pointers
 * @param {string} pointer
 */
export function nearest(pointers, pointer) {
  const within = [...pointers].filter((each) => pointer === each || pointer.startsWith(`${each}/`));
  return within.sort((one, other) => other.length - one.length)[0];
}

/**
 * A document without what says nothing: `null`, empty lists and empty objects.
 * @param {any} document
 * @returns {any}
 */
export function compact(document) {
  if (Array.isArray(document)) return document.map(compact);
  if (typeof document !== "object" || document === null) return document;
  const kept = Object.entries(document)
    .map(([name, value]) => [name, compact(value)])
    .filter(([, value]) => value !== null && !(typeof value === "object" && Object.keys(value).length === 0));
  return Object.fromEntries(kept);
}

// A JSON Patch (RFC 6902) in words: which setting, what it was, and what it becomes.

/** @typedef {{op: string, path: string, value?: unknown}} Operation */
/** @typedef {{setting: string, before: string | null, after: string | null}} Change */

/** @param {unknown} document @param {string} pointer RFC 6901 */
export function valueAt(document, pointer) {
  let value = /** @type {any} */ (document);
  for (const part of pointer.split("/").slice(1)) value = value?.[part.replaceAll("~1", "/").replaceAll("~0", "~")];
  return value;
}

/** A value as a person writes it: `leaky_relu`, `relu (slope 0.1)`, `not set`. @param {unknown} value @returns {string} */
export function inWords(value) {
  if (value === null || value === undefined) return "not set";
  if (typeof value === "number") return Number(value.toPrecision(6)).toString();
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return value.length ? value.map(inWords).join(", ") : "none";
  const { name, type, ...rest } = /** @type {Record<string, any>} */ (value);
  if (type !== undefined)
    return [type, rest.units, rest.activation?.name].filter((each) => each !== undefined).join(" "); // a layer
  const parts = Object.entries(rest)
    .filter(([, each]) => each !== null)
    .map(([key, each]) => `${key.replaceAll("_", " ")} ${inWords(each)}`);
  if (name === undefined) return parts.join(", ") || "defaults";
  return parts.length ? `${name} (${parts.join(", ")})` : String(name);
}

/**
 * @param {Operation[]} patch
 * @param {unknown} spec the job's
 * @returns {Change[]}
 */
export function changesOf(patch, spec) {
  return patch.map(({ op, path, value }) => {
    const before = valueAt(spec, path);
    const setting = path
      .slice(1)
      .split("/")
      .map((part) => (/^\d+$/.test(part) ? `${Number(part) + 1}` : part.replaceAll("_", " ")))
      .join(" › ");
    const words =
      value === null
        ? "chosen by the service"
        : `${inWords(value)}${isShorter(value, before) ? ", the rest by default" : ""}`;
    return { setting, before: before === undefined ? null : inWords(before), after: op === "remove" ? null : words };
  });
}

/** @param {unknown} value @param {unknown} before */
function isShorter(value, before) {
  const isPlain = (/** @type {unknown} */ each) =>
    typeof each === "object" && each !== null && !Array.isArray(each) && !("name" in each);
  return (
    isPlain(value) &&
    isPlain(before) &&
    Object.keys(/** @type {object} */ (value)).length < Object.keys(/** @type {object} */ (before)).length
  );
}

// In what documents differ, pointer by pointer.

/**
 * The leaves of a document by their pointers. Lists of plain values are leaves.
 * @param {any} document
 * @param {string} [pointer]
 * @param {Map<string, any>} [found]
 */
export function flatten(document, pointer = "", found = new Map()) {
  const isNode =
    typeof document === "object" &&
    document !== null &&
    (!Array.isArray(document) || document.some((each) => typeof each === "object"));
  if (!isNode) return found.set(pointer, document);
  const entries = Object.entries(document);
  if (!entries.length) found.set(pointer, document);
  for (const [name, value] of entries) flatten(value, `${pointer}/${name}`, found);
  return found;
}

/**
 * The pointers at which documents have different values, with the value of each; `undefined` where one has none.
 * @param {any[]} documents
 * @returns {{pointer: string, values: any[]}[]}
 */
export function differences(documents) {
  const flat = documents.map((document) => flatten(document));
  const pointers = [...new Set(flat.flatMap((each) => [...each.keys()]))];
  return pointers
    .map((pointer) => ({ pointer, values: flat.map((each) => each.get(pointer)) }))
    .filter(({ values }) => new Set(values.map((value) => JSON.stringify(value))).size > 1);
}

/** A pointer as people read it: `training.seed`, `layers[0].units`. @param {string} pointer */
export const dotted = (pointer) =>
  pointer
    .slice(1)
    .replaceAll(/\/(\d+)(?=\/|$)/g, "[$1]")
    .replaceAll("/", ".");

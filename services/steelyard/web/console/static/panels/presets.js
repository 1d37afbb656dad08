// The presets of the catalog: what a job takes from another framework, with its version and the source of each value.
import { element, table } from "../dom.js";
import { plural } from "../format.js";

/** @typedef {{path: string, value: any, source: string, where?: string, task?: string}} Setting */
/** @typedef {{name: string, values: Record<string, any>, source: string}} Component */
/** @typedef {{name: string, framework: string, version: string, settings: Setting[], components: Component[], differences: string[]}} Preset */

/** A value as JSON on one line, its numbers with four digits; a component without parameters as its name. @param {any} value @returns {string} */
function written(value) {
  if (typeof value === "string") return value;
  if (value?.name && Object.keys(value).length === 1) return value.name;
  const short = (/** @type {string} */ _name, /** @type {any} */ each) =>
    typeof each === "number" ? Number(each.toPrecision(4)) : each;
  return JSON.stringify(value, short, 1).replaceAll(/\n\s*/g, " ");
}

/** @param {Record<string, any>} values of parameters */
const listed = (values) =>
  Object.entries(values)
    .map(([name, value]) => `${name} = ${written(value)}`)
    .join(", ");

/** The field of a job, and when its value holds. @param {Setting} setting */
function fieldOf({ path, where, task }) {
  const condition = where ? `, with ${where.replace(/^\//, "").replaceAll("/", ".")}` : task ? `, of a ${task}` : "";
  return `${path.slice(1).replaceAll("/", ".")}${condition}`;
}

/**
 * What presets fill in, a row each: preset, field or component, value, source.
 * @param {Preset[]} presets
 * @returns {string[][]}
 */
export function rowsOf(presets) {
  return presets.flatMap(({ name, settings, components }) => [
    ...settings.map((each) => [name, fieldOf(each), written(each.value), each.source]),
    ...components.map((each) => [name, each.name, listed(each.values), each.source]),
  ]);
}

/** @param {Preset} preset @param {string} wanted what is looked for, in small letters @returns {HTMLElement | null} */
export function presetOf(preset, wanted) {
  const { name, framework, version, settings, components, differences } = preset;
  const isNamed = `${name} ${framework} preset`.toLowerCase().includes(wanted);
  const has = (/** @type {string[]} */ row) => isNamed || row.join(" ").toLowerCase().includes(wanted);
  const fields = settings.map((each) => [fieldOf(each), written(each.value), each.source]).filter(has);
  const parts = components.map((each) => [each.name, listed(each.values), each.source]).filter(has);
  if (!fields.length && !parts.length) return null;
  const spec = JSON.stringify({ data: { builtin: "iris" }, preset: name });
  const lists = (/** @type {string} */ text, /** @type {Node} */ content) =>
    element("details", { open: !isNamed }, element("summary", { text }), content);
  const tableOf = (/** @type {string} */ label, /** @type {string} */ head, /** @type {string[][]} */ rows) =>
    table(`${label} of the preset ${name}`, [head, "Value", "Source"], rows, { texts: [0, 1, 2] });
  return element(
    "section",
    { className: "preset", "aria-label": `Preset ${name}` },
    element(
      "div",
      { className: "tile-head" },
      element("h3", { text: `${framework} ${version}` }),
      element("code", { text: `"preset": "${name}"` }),
      element("a", {
        className: "button quiet small",
        href: `/?spec=${encodeURIComponent(spec)}`,
        text: `Train with ${framework}'s defaults`,
      }),
    ),
    ...(fields.length ? [tableOf("Defaults", "Field of the job", fields)] : []),
    ...(parts.length
      ? [
          lists(
            `Parameters of ${plural(parts.length, "component")}`,
            tableOf("Parameters of components", "Component", parts),
          ),
        ]
      : []),
    ...(isNamed && differences.length
      ? [
          lists(
            `What ${framework} does differently`,
            element("ul", {}, ...differences.map((text) => element("li", { text }))),
          ),
        ]
      : []),
  );
}

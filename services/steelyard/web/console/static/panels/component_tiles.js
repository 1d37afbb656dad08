// The components of the catalog, a tile each: what it is, its formula, a picture where it has one, its parameters.
import { element } from "../dom.js";
import { curves as drawCurves, histogram } from "../figures.js";
import { number } from "../format.js";

/** @typedef {{name: string, type: string, default: any, required: boolean, range: string[]}} Parameter */

/** @param {string} family such as `gradient_clips` */
export const titleOf = (family) => family.charAt(0).toUpperCase() + family.slice(1).replaceAll("_", " ");

/**
 * @param {string} family
 * @param {any} component
 * @param {any} curves of activations and initializers, or null while they load
 */
export function componentTile(family, component, curves) {
  const [first, ...rest] = component.description.split("\n\n");
  const picture = curves && pictureOf(family, component.name, curves);
  const also = component.aliases.length
    ? [element("span", { className: "badge", text: `also ${component.aliases.join(", ")}` })]
    : [];
  return element(
    "section",
    {
      className: "tile",
      id: `${family}-${component.name}`,
      "aria-label": `${component.name}, of ${titleOf(family).toLowerCase()}`,
    },
    element("div", { className: "tile-head" }, element("h3", { text: component.name }), ...also),
    ...(picture ? [picture] : []),
    element("p", {}, ...withCode(first)),
    ...(rest.length ? [element("p", { className: "muted" }, ...withCode(rest.join(" ")))] : []),
    element("div", { className: "formula", text: component.formula }),
    ...(component.gradient ? [element("div", { className: "formula", text: component.gradient })] : []),
    ...parametersOf(component.parameters),
    element("p", { className: "muted foot", text: component.source }),
  );
}

/** Text whose parts between backticks are code. @param {string} text */
const withCode = (text) =>
  text
    .replaceAll("\n", " ")
    .split("`")
    .map((part, place) => (place % 2 ? element("code", { text: part }) : part));

/** @param {string} family @param {string} name @param {any} curves */
function pictureOf(family, name, curves) {
  if (family === "activations" && curves.activations[name]) {
    const { value, slope } = curves.activations[name];
    return element(
      "div",
      {},
      drawCurves(
        curves.x,
        [value, slope],
        `${name} and its derivative, from ${curves.x[0]} to ${curves.x[curves.x.length - 1]}`,
      ),
      ends(curves.x[0], curves.x[curves.x.length - 1]),
    );
  }
  if (family === "initializers" && curves.initializers[name]) {
    const { edges, counts, std } = curves.initializers[name];
    const last = edges[edges.length - 1];
    const label = `Distribution of ${name}: from ${number(edges[0])} to ${number(last)}, standard deviation ${number(std)}`;
    return element("div", {}, histogram(counts, label), ends(edges[0], last, `std ${number(std)}`));
  }
  return null;
}

/** @param {number} low @param {number} high @param {string} [between] */
const ends = (low, high, between = "") =>
  element(
    "div",
    { className: "ends" },
    element("span", { text: number(low) }),
    element("span", { text: between }),
    element("span", { text: number(high) }),
  );

/** @param {Parameter[]} parameters */
function parametersOf(parameters) {
  if (!parameters.length) return [];
  const line = (/** @type {Parameter} */ each) => [
    element("dt", {}, element("code", { text: each.name })),
    element("dd", {
      className: "muted",
      text: [each.required ? "required" : `default ${shown(each.default)}`, ...each.range].join(", "),
    }),
  ];
  return [element("dl", {}, ...parameters.flatMap(line))];
}

/** @param {any} value */
const shown = (value) =>
  value === null ? "from the job" : typeof value === "object" ? JSON.stringify(value) : String(value);

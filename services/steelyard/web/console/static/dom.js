// Elements of a page. Whatever comes from a user becomes text, never markup.
import { Refusal } from "./api.js";

/** @typedef {import("./api.js").Fault} Fault */

/**
 * The element with this id, which the page has.
 * @param {string} id
 * @returns {HTMLElement}
 */
export function find(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element ${id}`);
  return found;
}

/**
 * An element with text, attributes, properties and children. Names with a hyphen, `role` and `for` become attributes.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name === "text") made.textContent = value;
    else if (name === "dataset") Object.assign(made.dataset, value);
    else if (name.includes("-") || name === "role" || name === "for" || name === "list") made.setAttribute(name, value);
    else /** @type {any} */ (made)[name] = value;
  }
  made.append(...children);
  return made;
}

/**
 * An element of SVG with attributes and children.
 * @template {keyof SVGElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | number>} [attributes]
 * @param {...(Node | string)} children
 * @returns {SVGElementTagNameMap[T]}
 */
export function svg(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  made.append(...children);
  return made;
}

/**
 * A table, in a box that scrolls sideways when it is wider than the page. Columns after the first have numbers.
 * @param {string} label what it shows, for those who do not see it
 * @param {string[]} head
 * @param {(Node | string)[][]} rows
 * @param {{texts?: number[]}} [options] columns, from 0, that have text
 */
export function table(label, head, rows, { texts = [0] } = {}) {
  const kind = (/** @type {number} */ column) => (texts.includes(column) ? "text" : "number");
  const cells = (/** @type {(Node | string)[]} */ row) =>
    row.map((cell, column) => element("td", { className: kind(column) }, cell));
  return element(
    "div",
    { className: "scroll", tabIndex: 0, role: "region", "aria-label": label },
    element(
      "table",
      {},
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          ...head.map((text, column) => element("th", { text, scope: "col", className: kind(column) })),
        ),
      ),
      element("tbody", {}, ...rows.map((row) => element("tr", {}, ...cells(row)))),
    ),
  );
}

/**
 * The faults of an error: where each is, and what would be right.
 * @param {unknown} error
 * @returns {{faults: Fault[], more: number}}
 */
export function faultsOf(error) {
  if (error instanceof TypeError) return { faults: [{ detail: "The service cannot be reached." }], more: 0 };
  if (!(error instanceof Refusal)) return { faults: [{ detail: String(error) }], more: 0 };
  const { errors, detail, more_errors: more = 0 } = error.problem;
  return { faults: errors ?? [{ detail }], more };
}

/** @param {Fault} fault */
export function faultLine({ pointer, parameter, detail }) {
  const place = pointer || (parameter ? `?${parameter}` : "");
  return element("p", { className: "fault" }, ...(place ? [element("code", { text: place }), " "] : []), detail);
}

/**
 * Show an error in its place, or nothing.
 * @param {HTMLElement} place
 * @param {unknown} [error]
 */
export function showFaults(place, error) {
  if (error === undefined) return place.replaceChildren();
  const { faults, more } = faultsOf(error);
  const rest = more ? [element("p", { className: "fault", text: `… and ${more} more` })] : [];
  return place.replaceChildren(...faults.map(faultLine), ...rest);
}

/**
 * Copy a text, and say so on the button for a moment.
 * @param {HTMLElement} button
 * @param {string} text
 */
export async function copy(button, text) {
  const before = button.textContent;
  await navigator.clipboard.writeText(text);
  button.textContent = "Copied";
  setTimeout(() => {
    button.textContent = before;
  }, 1500);
}

/**
 * Give a file to the person.
 * @param {string} name
 * @param {Blob} content
 */
export function save(name, content) {
  const link = element("a", { href: URL.createObjectURL(content), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

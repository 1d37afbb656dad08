// A small line chart of our own: SVG, for pictures that change with every frame.
import { element, svg } from "./dom.js";
import { tickText } from "./format.js";
import { linear, linePath, powers, ticks } from "./math/scales.js";

/** @typedef {{name: string, values: (number | null)[], kind?: string, faint?: boolean, marks?: boolean}} Line */
/**
 * @typedef {object} Chart
 * @property {string} label what it shows, for those who do not see it
 * @property {Line[]} lines
 * @property {string[]} names of the places on the x axis
 * @property {boolean} [logarithmic]
 * @property {number} [height]
 * @property {number | null} [at] a place on the x axis to mark
 * @property {number | null} [rule] a value to mark by a horizontal line
 */

const [LEFT, RIGHT, TOP, BOTTOM] = [52, 14, 10, 24];

/** @param {(number | null)[]} all @param {boolean} logarithmic @returns {[number, number]} */
function domain(all, logarithmic) {
  const usable = all
    .filter((value) => value !== null && Number.isFinite(value) && (!logarithmic || value > 0))
    .map(Number);
  if (!usable.length) return logarithmic ? [0.1, 10] : [0, 1];
  const [low, high] = [Math.min(...usable), Math.max(...usable)];
  if (logarithmic) return [low / 1.3, high * 1.3];
  const room = (high - low) * 0.08 || Math.abs(high) * 0.2 || 1;
  return [low - room, high + room];
}

/** @param {number} width @param {Chart} chart */
export function lineChart(width, { label, lines, names, logarithmic = false, height = 170, at = null, rule = null }) {
  const [low, high] = domain([...lines.flatMap(({ values }) => values), rule], logarithmic);
  const scale = (/** @type {number} */ value) => (logarithmic ? Math.log10(value) : value);
  const y = linear([scale(low), scale(high)], [height - BOTTOM, TOP]);
  const across = linear([0, Math.max(1, names.length - 1)], [LEFT, width - RIGHT]);
  const x = (/** @type {number} */ place) => (names.length === 1 ? (LEFT + width - RIGHT) / 2 : across(place));
  const picture = svg("svg", {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    role: "img",
    "aria-label": label,
    class: "lines",
  });
  for (const tick of logarithmic ? powers(low, high) : ticks(low, high)) {
    picture.append(
      svg("line", { x1: LEFT, x2: width - RIGHT, y1: y(scale(tick)), y2: y(scale(tick)), class: "grid" }),
      svg("text", { x: LEFT - 6, y: y(scale(tick)) + 4, "text-anchor": "end", class: "tick" }, tickText(tick)),
    );
  }
  if (rule !== null)
    picture.append(svg("line", { x1: LEFT, x2: width - RIGHT, y1: y(scale(rule)), y2: y(scale(rule)), class: "rule" }));
  const every = Math.max(1, Math.ceil(names.length / Math.max(1, Math.floor((width - LEFT) / 64))));
  names.forEach((name, place) => {
    const anchor = names.length > 1 && place === names.length - 1 ? "end" : "middle";
    if (place % every === 0)
      picture.append(
        svg("text", { x: Math.min(x(place), width - 2), y: height - 7, "text-anchor": anchor, class: "tick" }, name),
      );
  });
  if (at !== null && at >= 0)
    picture.append(svg("line", { x1: x(at), x2: x(at), y1: TOP, y2: height - BOTTOM, class: "now" }));
  for (const line of lines) draw(picture, line, x, (value) => y(scale(value)));
  return picture;
}

/** @param {SVGElement} picture @param {Line} line @param {(at: number) => number} x @param {(value: number) => number} y */
function draw(picture, { values, kind = "first", faint = false, marks = false }, x, y) {
  picture.append(svg("path", { d: linePath(values, x, y), class: `line ${kind}${faint ? " faint" : ""}` }));
  if (!marks && values.length > 1) return;
  values.forEach((value, place) => {
    if (value === null || !Number.isFinite(y(value))) return;
    const [cx, cy] = [x(place), y(value)];
    picture.append(
      kind === "second"
        ? svg("rect", { x: cx - 3.5, y: cy - 3.5, width: 7, height: 7, class: `mark ${kind}${faint ? " faint" : ""}` })
        : svg("circle", { cx, cy, r: 3.8, class: `mark ${kind}${faint ? " faint" : ""}` }),
    );
  });
}

/** @param {{name: string, kind: string}[]} entries */
export function legend(entries) {
  return element(
    "p",
    { className: "legend" },
    ...entries.map(({ name, kind }) =>
      element(
        "span",
        {},
        svg(
          "svg",
          { width: 28, height: 10, "aria-hidden": "true" },
          svg("path", { d: "M0,5L28,5", class: `line ${kind}` }),
        ),
        name,
      ),
    ),
  );
}

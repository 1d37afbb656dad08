// Small pictures of our own: histograms, curves, and bars of a share.
import { element, svg } from "./dom.js";
import { bars, curve, rangeOf, share } from "./math/figures.js";

/** @typedef {import("./math/figures.js").Box} Box */

/**
 * A histogram.
 * @param {number[]} counts
 * @param {string} label what it shows, for those who do not see it
 * @param {Box} [box]
 */
export function histogram(counts, label, box = { width: 240, height: 54 }) {
  const rects = bars(counts, box).map((bar) => svg("rect", { ...bar, rx: 0.5 }));
  const floor = svg("line", { x1: 0, x2: box.width, y1: box.height, y2: box.height, class: "axis" });
  return frame("histogram", label, box, floor, ...rects);
}

/**
 * Curves over the same points, each with a class: `curve-1`, `curve-2` …
 * @param {number[]} x
 * @param {number[][]} curves
 * @param {string} label
 * @param {Box} [box]
 */
export function curves(x, curves, label, box = { width: 240, height: 110 }) {
  const range = rangeOf(curves);
  const [left, right] = [x[0], x[x.length - 1]];
  const zero = box.height * (1 - share(0, range));
  const middle = box.width * share(0, [left, right]);
  const axes = [
    svg("line", { x1: 0, x2: box.width, y1: zero, y2: zero, class: "axis" }),
    svg("line", { x1: middle, x2: middle, y1: 0, y2: box.height, class: "axis" }),
  ];
  const lines = curves.map((y, place) =>
    svg("path", { d: curve(x, y, box, range), class: `curve curve-${place + 1}` }),
  );
  return frame("curves", label, box, ...axes, ...lines.reverse());
}

/** @param {string} kind @param {string} label @param {Box} box @param {...SVGElement} shapes */
function frame(kind, label, { width, height }, ...shapes) {
  return svg(
    "svg",
    {
      class: `figure ${kind}`,
      viewBox: `0 0 ${width} ${height}`,
      preserveAspectRatio: "none",
      role: "img",
      "aria-label": label,
    },
    ...shapes,
  );
}

/**
 * A row with a name, a bar and a number. Bars of signed values begin in the middle.
 * @param {Node | string} name
 * @param {number} value
 * @param {string} text the number as people read it
 * @param {{most?: number, signed?: boolean, strong?: boolean}} [options] `most` fills the bar
 */
export function bar(name, value, text, { most = 1, signed = false, strong = false } = {}) {
  const size = share(Math.abs(value), [0, most || 1]) * (signed ? 50 : 100);
  const fill = element("span", { className: `fill ${signed ? (value < 0 ? "down" : "up") : ""}` });
  fill.style.width = `${size}%`;
  if (signed) fill.style[value < 0 ? "right" : "left"] = "50%";
  return element(
    "div",
    { className: `bar-row${strong ? " strong" : ""}` },
    element("span", { className: "bar-name" }, name),
    element("span", { className: `bar-track${signed ? " signed" : ""}`, "aria-hidden": "true" }, fill),
    element("span", { className: "bar-text number", text }),
  );
}

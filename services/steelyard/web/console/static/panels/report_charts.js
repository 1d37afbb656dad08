// The pictures of a report: how predicted and observed rates, or values, go together.
import { svg } from "../dom.js";
import { number, tickText } from "../format.js";
import { linear, ticks } from "../math/scales.js";

/** @typedef {{from: number, rows: number, mean_predicted: number, observed_rate: number}} Bin */

/** @param {{label: any, bins: Bin[]}} curve */
export function calibrationChart({ label, bins }) {
  const [width, height, left, bottom] = [300, 240, 44, 34];
  const [x, y] = [linear([0, 1], [left, width - 12]), linear([0, 1], [height - bottom, 10])];
  const picture = svg("svg", {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    class: "lines",
    role: "img",
    "aria-label": `Calibration of ${label}`,
  });
  for (const tick of [0, 0.5, 1])
    picture.append(
      svg("line", { x1: left, x2: width - 12, y1: y(tick), y2: y(tick), class: "grid" }),
      svg("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end", class: "tick" }, String(tick)),
      svg("text", { x: x(tick), y: height - bottom + 15, "text-anchor": "middle", class: "tick" }, String(tick)),
    );
  picture.append(
    svg("line", { x1: x(0), y1: y(0), x2: x(1), y2: y(1), class: "rule" }),
    svg(
      "text",
      { x: (left + width) / 2, y: height - 4, "text-anchor": "middle", class: "tick" },
      "predicted probability",
    ),
    svg(
      "text",
      { x: 12, y: height / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${height / 2})`, class: "tick" },
      "observed",
    ),
  );
  const most = Math.max(1, ...bins.map(({ rows }) => rows));
  for (const bin of bins)
    picture.append(
      svg(
        "circle",
        { cx: x(bin.mean_predicted), cy: y(bin.observed_rate), r: 3 + 8 * Math.sqrt(bin.rows / most), class: "bubble" },
        svg(
          "title",
          {},
          `${number(bin.mean_predicted)} predicted, ${number(bin.observed_rate)} observed, ${bin.rows} rows`,
        ),
      ),
    );
  return picture;
}

/** Targets and predictions of at most a thousand rows. @param {any[]} data */
export function scatter(data) {
  const [width, height, left, bottom] = [340, 260, 58, 34];
  const step = Math.max(1, Math.ceil(data.length / 1000));
  const first = (/** @type {any} */ value) => Number(Array.isArray(value) ? value[0] : value);
  const points = data
    .filter((_, at) => at % step === 0)
    .map(({ target, prediction }) => [first(target), first(prediction)])
    .filter((point) => point.every(Number.isFinite));
  const values = points.flat();
  const domain = /** @type {[number, number]} */ (values.length ? [Math.min(...values), Math.max(...values)] : [0, 1]);
  const [x, y] = [linear(domain, [left, width - 12]), linear(domain, [height - bottom, 10])];
  const picture = svg("svg", {
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    class: "lines",
    role: "img",
    "aria-label": "Predictions against targets",
  });
  for (const tick of ticks(...domain, 4))
    picture.append(
      svg("line", { x1: left, x2: width - 12, y1: y(tick), y2: y(tick), class: "grid" }),
      svg("text", { x: left - 6, y: y(tick) + 4, "text-anchor": "end", class: "tick" }, tickText(tick)),
      svg("text", { x: x(tick), y: height - bottom + 15, "text-anchor": "middle", class: "tick" }, tickText(tick)),
    );
  picture.append(
    svg("line", { x1: x(domain[0]), y1: y(domain[0]), x2: x(domain[1]), y2: y(domain[1]), class: "rule" }),
    svg("text", { x: (left + width) / 2, y: height - 4, "text-anchor": "middle", class: "tick" }, "target"),
    svg(
      "text",
      { x: 12, y: height / 2, "text-anchor": "middle", transform: `rotate(-90 12 ${height / 2})`, class: "tick" },
      "prediction",
    ),
  );
  for (const [target, prediction] of points)
    picture.append(svg("circle", { cx: x(target).toFixed(1), cy: y(prediction).toFixed(1), r: 2.6, class: "point" }));
  return picture;
}

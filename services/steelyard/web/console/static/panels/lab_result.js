// What an initialization lab found: gains before any step, losses on the way, and the end with its spread.
import { color, dash, draw, ink } from "../chart.js";
import { element, svg, table } from "../dom.js";
import { number } from "../format.js";
import { panel } from "../panel.js";

/** `he_normal, relu, depth 3`. @param {any} combination */
export const nameOf = ({ initializer, activation, depth }) =>
  [partName(initializer), ...(activation ? [partName(activation)] : []), ...(depth ? [`depth ${depth}`] : [])].join(
    ", ",
  );

/** @param {any} part */
function partName({ name, ...parameters }) {
  const given = Object.entries(parameters).filter(([, value]) => value !== null);
  return given.length ? `${name} ${given.map(([key, value]) => `${key}=${value}`).join(" ")}` : name;
}

/** @param {() => any} current the lab @param {string} path */
export function rankingPanel(current, path) {
  const made = panel({
    title: "At the end",
    request: () => path,
    numbers: () => ({
      head: ["rank", "start", "mean", "standard error", "failed"],
      rows: current().combinations.map((/** @type {any} */ each) => [
        each.rank,
        nameOf(each),
        each.end.mean,
        each.end.standard_error,
        each.end.failed,
      ]),
      texts: [1],
    }),
  });
  return {
    card: made.card,
    update() {
      const { combinations, measure } = current();
      const sorted = [...combinations].sort((one, other) => (one.rank ?? 1e9) - (other.rank ?? 1e9));
      const ends = combinations.map((/** @type {any} */ each) => each.end);
      const reach = ends.flatMap((/** @type {any} */ { mean, standard_error: error }) =>
        mean === null ? [] : [mean - (error ?? 0), mean + (error ?? 0)],
      );
      const [low, high] = reach.length ? [Math.min(...reach), Math.max(...reach)] : [0, 1];
      made.body.replaceChildren(
        table(
          "Starts by rank",
          ["start", "rank", "mean ± standard error", "drawn", "findings", "jobs"],
          sorted.map((each) => [
            element(
              "span",
              {},
              nameOf(each),
              ...(each.is_best ? [" ", element("strong", { text: "★", title: "not told apart from the best" })] : []),
            ),
            each.rank === null ? "–" : String(each.rank),
            each.end.mean === null ? "–" : `${number(each.end.mean)} ± ${number(each.end.standard_error)}`,
            interval(each.end, low, high),
            Object.keys(each.findings).join(", ") || "none",
            element("a", {
              href: `/console/compare?jobs=${each.jobs.slice(0, 8).join(",")}`,
              text: `${each.jobs.length} seeds`,
              "aria-label": `Compare the seeds of ${nameOf(each)}`,
            }),
          ]),
          { texts: [0, 3, 4] },
        ),
      );
      made.note(
        `${measure.split} ${measure.metric}; ${measure.greater_is_better ? "more" : "less"} is better. ★ the seeds cannot tell it apart from the best.`,
      );
      made.refresh();
    },
  };
}

/** @param {any} end @param {number} low @param {number} high */
function interval({ mean, standard_error: error }, low, high) {
  const x = (/** @type {number} */ value) => 6 + ((value - low) / (high - low || 1)) * 128;
  const picture = svg("svg", {
    width: 140,
    height: 14,
    class: "accent",
    role: "img",
    "aria-label": mean === null ? "no value yet" : `${number(mean)} ± ${number(error)}`,
  });
  if (mean === null) return picture;
  picture.append(
    svg("line", {
      x1: x(mean - (error ?? 0)),
      x2: x(mean + (error ?? 0)),
      y1: 7,
      y2: 7,
      stroke: "currentColor",
      "stroke-width": 3,
      "stroke-opacity": 0.5,
    }),
    svg("circle", { cx: x(mean), cy: 7, r: 4, fill: "currentColor" }),
  );
  return picture;
}

/** @param {() => any} current @param {string} path */
export function gainsPanel(current, path) {
  const made = panel({
    title: "Gains before the first step",
    lead: "How much each layer changes the size of the signal on its way forward, and of the gradient on its way back. Near 1, both survive.",
    request: () => path,
    numbers: () => ({
      head: ["start", "layer", "forward", "backward"],
      rows: current().combinations.flatMap((/** @type {any} */ each) =>
        each.gains.map((/** @type {any} */ gain) => [nameOf(each), gain.layer, gain.forward, gain.backward]),
      ),
      texts: [0, 1],
    }),
  });
  const forward = element("div", { className: "chart short", role: "img", "aria-label": "Forward gain of each layer" });
  const backward = element("div", {
    className: "chart short",
    role: "img",
    "aria-label": "Backward gain of each layer",
  });
  const messages = element("ul", { className: "messages" });
  made.body.append(element("div", { className: "columns" }, forward, backward), messages);
  return {
    card: made.card,
    update() {
      const { combinations } = current();
      const traces = (/** @type {string} */ key) => () =>
        combinations.map((/** @type {any} */ each, /** @type {number} */ place) => ({
          x: each.gains.map((/** @type {any} */ gain) => gain.layer),
          y: each.gains.map((/** @type {any} */ gain) => gain[key] || null),
          name: nameOf(each),
          mode: "lines+markers",
          line: { color: ink(place), dash: dash(place) },
        }));
      const one = () => [
        { type: "line", x0: 0, x1: 1, xref: "paper", y0: 1, y1: 1, line: { color: color("--muted"), dash: "dot" } },
      ];
      draw(forward, traces("forward"), { y: "forward gain", logarithmic: true, shapes: one() }).catch(made.fail);
      draw(backward, traces("backward"), {
        y: "backward gain",
        logarithmic: true,
        shapes: one(),
        showlegend: false,
      }).catch(made.fail);
      messages.replaceChildren(...combinations.map((/** @type {any} */ each) => element("li", { text: each.message })));
      made.refresh();
    },
  };
}

/** @param {() => any} current @param {string} path */
export function lossesPanel(current, path) {
  const made = panel({
    title: "Losses on the way",
    request: () => path,
    numbers: () => ({
      head: ["start", "epoch", "mean", "std"],
      rows: current().combinations.flatMap((/** @type {any} */ each) =>
        each.losses.map((/** @type {any} */ loss) => [nameOf(each), loss.epoch, loss.mean, loss.std]),
      ),
    }),
  });
  const chart = element("div", {
    className: "chart",
    role: "img",
    "aria-label": "Mean loss over the seeds after some epochs",
  });
  made.body.append(chart);
  return {
    card: made.card,
    update() {
      const { combinations } = current();
      const traces = () =>
        combinations.map((/** @type {any} */ each, /** @type {number} */ place) => ({
          x: each.losses.map((/** @type {any} */ loss) => String(loss.epoch)),
          y: each.losses.map((/** @type {any} */ loss) => loss.mean),
          name: nameOf(each),
          mode: "lines+markers",
          line: { color: ink(place), dash: dash(place) },
          error_y: {
            type: "data",
            array: each.losses.map((/** @type {any} */ loss) => loss.std ?? 0),
            color: ink(place),
          },
        }));
      draw(chart, traces, { x: "epoch", y: "loss, ± its spread over the seeds", xaxis: { type: "category" } }).catch(
        made.fail,
      );
      made.refresh();
    },
  };
}

// The weights of several jobs at one epoch: distributions in the same bins, and what their layers do.
import { dash, draw, ink } from "../chart.js";
import { element, table } from "../dom.js";
import { number } from "../format.js";
import { placeOf, union } from "../math/epochs.js";
import { panel } from "../panel.js";
import * as state from "../state.js";

const TENSOR = ["mean", "std", "update_ratio", "gradient_norm", "distance"];
const LAYER = ["forward_gain", "backward_gain", "dead", "saturated"];

/** @param {number[]} edges the middle of each bin */
const middles = (edges) => edges.slice(1).map((edge, place) => (edge + edges[place]) / 2);

/**
 * @param {any[]} jobs
 * @param {any[]} recordings what `/diagnostics` answers, of each job
 * @param {(job: any) => string} nameOf
 */
export function comparedWeights(jobs, recordings, nameOf) {
  const epochs = union(recordings.map((each) => each.epochs));
  const tensorsOf = (/** @type {any} */ recording) =>
    recording.layers.flatMap((/** @type {any} */ layer) =>
      layer.tensors.map((/** @type {any} */ tensor) => ({ ...tensor, layer })),
    );
  const names = [
    ...new Set(recordings.flatMap((each) => tensorsOf(each).map((/** @type {any} */ tensor) => tensor.name))),
  ];
  const slider = element("input", {
    type: "range",
    min: 0,
    max: Math.max(epochs.length - 1, 0),
    step: 1,
    "aria-label": "Epoch",
    oninput: () => state.set({ epoch: epochs[Number(slider.value)] }),
  });
  const shown = element("output", { className: "epoch" });
  const select = element(
    "select",
    { "aria-label": "Tensor", onchange: () => state.set({ tensor: select.value }) },
    ...names.map((text) => element("option", { text, value: text })),
  );
  const chart = element("div", { className: "chart short", role: "img", "aria-label": "Distributions of the weights" });
  const facts = element("div");
  const made = panel({
    title: "Weights at one epoch",
    request: () => `/v1/jobs/${jobs[0].id}/diagnostics`,
    numbers: () => ({ head: ["job", "epoch", ...TENSOR, ...LAYER], rows: rowsAt(current()) }),
  });
  if (!epochs.length) {
    made.note("None of these jobs has a recording.");
    return made;
  }
  made.body.append(
    element(
      "div",
      { className: "row slider" },
      element("label", { text: "Epoch", className: "label" }),
      slider,
      shown,
      select,
    ),
    chart,
    facts,
  );
  const current = () => {
    const { epoch, tensor } = state.get();
    return {
      epoch: epoch === undefined ? epochs[epochs.length - 1] : Number(epoch),
      tensor: names.includes(tensor) ? tensor : names[0],
    };
  };
  const found = (/** @type {any} */ recording, /** @type {string} */ tensor) =>
    tensorsOf(recording).find((/** @type {any} */ each) => each.name === tensor);

  /** @param {{epoch: number, tensor: string}} at @returns {(string | number | null)[][]} */
  function rowsAt({ epoch, tensor }) {
    return recordings.flatMap((recording, index) => {
      const one = found(recording, tensor);
      if (!one) return [];
      const place = placeOf(recording.epochs, epoch);
      return [
        [
          nameOf(jobs[index]),
          recording.epochs[place],
          ...TENSOR.map((name) => one.series[name]?.[place] ?? null),
          ...LAYER.map((name) => one.layer.series[name]?.[place] ?? null),
        ],
      ];
    });
  }

  state.listen(() => {
    const at = current();
    slider.value = String(placeOf(epochs, at.epoch));
    slider.setAttribute("aria-valuetext", `epoch ${at.epoch}`);
    shown.textContent = `${at.epoch}`;
    select.value = at.tensor;
    const shares = recordings.map((recording) =>
      sharesOf(found(recording, at.tensor), placeOf(recording.epochs, at.epoch)),
    );
    const traces = () =>
      recordings.flatMap((recording, index) =>
        shares[index].length
          ? [
              {
                x: middles(recording.histogram_edges),
                y: shares[index],
                name: nameOf(jobs[index]),
                mode: "lines",
                line: { shape: "hvh", color: ink(index), dash: dash(index) },
              },
            ]
          : [],
      );
    const { top, cut } = peak(shares);
    made.note(
      cut.length
        ? `Cut off: ${cut.map((index) => nameOf(jobs[index])).join(", ")}, where nearly all weights are in one bin.`
        : "",
    );
    draw(chart, traces, {
      x: "weight",
      y: "fraction of the weights",
      xaxis: { range: spanOf(recordings, at.tensor, found) },
      yaxis: { range: [0, top] },
    }).catch(made.fail);
    const rows = rowsAt(at).map((row) => row.map((cell) => (typeof cell === "number" ? number(cell) : (cell ?? "–"))));
    facts.replaceChildren(
      table("What the weights and layers do at this epoch", ["job", "epoch", ...TENSOR, ...LAYER], rows),
    );
    made.refresh();
  });
  return made;
}

/** The fraction of a tensor's weights in each bin. @param {any} tensor @param {number} place @returns {number[]} */
function sharesOf(tensor, place) {
  const counts = tensor?.histogram?.[place] ?? [];
  const all = counts.reduce((/** @type {number} */ sum, /** @type {number} */ value) => sum + value, 0) || 1;
  return counts.map((/** @type {number} */ value) => value / all);
}

/**
 * The height of the axis. A network whose weights are all alike would make the others flat: it is cut off.
 * @param {number[][]} shares
 */
function peak(shares) {
  const tops = shares.map((each) => Math.max(0, ...each));
  const rest = tops.filter((top) => top < 0.5);
  const top = rest.length ? Math.max(...rest) : Math.max(0.01, ...tops);
  return { top: top * 1.1, cut: tops.flatMap((each, index) => (each > top * 1.1 ? [index] : [])) };
}

/**
 * The smallest and largest weight over all epochs and jobs: the axis stays while the slider moves.
 * @param {any[]} recordings
 * @param {string} tensor
 * @param {(recording: any, tensor: string) => any} found
 */
function spanOf(recordings, tensor, found) {
  const series = (/** @type {string} */ name) =>
    recordings.flatMap((each) => found(each, tensor)?.series[name] ?? []).filter((value) => value !== null);
  const low = Math.min(...series("min"), 0);
  const high = Math.max(...series("max"), 0);
  const margin = (high - low || 1) * 0.05;
  return [low - margin, high + margin];
}

// What the network answers over any two columns, at the slider's epoch.
import { ink } from "../chart.js";
import { makeCanvas, widthOf } from "../canvas.js";
import { element } from "../dom.js";
import { number, plural } from "../format.js";
import { panel } from "../panel.js";
import { at, follow, move, whole } from "../position.js";
import { paintBoundary, paintCurve, paintPoint, rangeOf } from "./boundary_painting.js";

/** @typedef {{name: string, kind: string, values: (number | string | boolean | null)[]}} Axis */
/** @typedef {{epoch: number, predicted?: number[][], probability?: (number | null)[][] | null, value?: (number | null)[][]}} Grid */
/** @typedef {{rows: number[], x: any[], y: any[] | null, target: number[]}} Points */

const [GRID, MOST_PRODUCTS] = [48, 2e10]; // what the service computes of all epochs at once

/**
 * @param {import("../recording.js").Recording} recording @param {import("../replay.js").Replay} replay @param {() => any} job
 * @param {() => string[]} strongestColumns the columns that move the first layer most, first
 */
export function makeBoundary(recording, replay, job, strongestColumns) {
  const made = panel({
    title: "Decision boundary",
    id: "boundary",
    request: () => `${recording.path}/${path()}`,
    numbers: () => numbersOf(replay.get(path()).value, epoch()),
  });
  const [x, y] = ["x", "y"].map((name) =>
    element("select", {
      id: `boundary-${name}`,
      onchange: () =>
        move({ [name]: /** @type {HTMLSelectElement} */ (document.getElementById(`boundary-${name}`)).value }),
    }),
  );
  const key = element("div", { className: "legend" });
  const { canvas, fit } = makeCanvas("Answers of the network over two columns");
  made.body.append(
    element(
      "div",
      { className: "row" },
      element("label", { for: "boundary-x", text: "Across" }),
      x,
      element("label", { for: "boundary-y", text: "Up" }),
      y,
    ),
    key,
    canvas,
  );

  const columns = () => /** @type {string[]} */ (job().data.features);
  /** @type {string[]} */
  let usual = [];
  const axes = () => {
    if (!usual.length) usual = strongestColumns();
    const known = (/** @type {string} */ axis) => columns().find((name) => name === at(axis));
    const across = known("x") ?? usual.find((name) => name !== known("y")) ?? columns()[0];
    return [across, known("y") ?? [...usual, ...columns()].find((name) => name !== across)];
  };
  const epoch = () => recording.stored(recording.nearest(whole("epoch"))) ?? 0;
  const path = () => {
    const [across, up] = axes();
    const single = recording.snapshots.size * GRID * GRID * job().parameters > MOST_PRODUCTS;
    return `decision-boundary?x=${encodeURIComponent(across ?? "")}${up ? `&y=${encodeURIComponent(up)}` : ""}${single ? `&epoch=${epoch()}` : ""}`;
  };

  function list() {
    if (x.options.length !== columns().length)
      for (const select of [x, y])
        select.replaceChildren(...columns().map((name) => element("option", { value: name, text: name })));
  }

  list();
  follow(made.card, () => {
    made.card.hidden = !recording.snapshots.size || !columns().length;
    if (made.card.hidden) return;
    list();
    [x.value, y.value] = axes().map((name) => name ?? "");
    y.disabled = columns().length < 2;
    const wanted = path();
    const { value, error } = replay.get(wanted, wanted.includes("&epoch=") ? { calm: "boundary", refresh: false } : {});
    made.fail(error ?? undefined);
    made.busy(!value && !error, "Computing the answers over the grid …");
    if (!value) return; // of a large network, the picture of the epoch before stays until the next has come
    const grid = value.grids.find((/** @type {Grid} */ each) => each.epoch === epoch()) ?? value.grids.at(-1);
    (value.y || value.classes ? paintBoundary : paintCurve)(fit, value, grid, Math.min(560, widthOf(made.body)));
    canvas.dataset.epoch = String(grid.epoch);
    showKey(key, value, grid);
    const others = Object.keys(value.others).length;
    made.note(
      `After epoch ${grid.epoch}, with ${plural(value.points.rows.length, "training row")}.${others ? ` The other ${plural(others, "column")} ${others === 1 ? "has its" : "have their"} median or most frequent value.` : ""}`,
    );
    made.refresh();
  });
  return made.card;
}

/** @param {HTMLElement} key @param {any} value @param {Grid} grid */
function showKey(key, value, grid) {
  const { classes, target, y } = value;
  const names = classes ? classes.map(String) : [];
  if (key.dataset.of === [target, ...names].join() && classes) return;
  key.dataset.of = [target, ...names].join();
  if (!y && !classes) key.replaceChildren();
  else if (classes)
    key.replaceChildren(
      ...names
        .slice(0, 12)
        .map((/** @type {string} */ name, /** @type {number} */ at) => element("span", {}, swatch(at), name)),
    );
  else {
    const [low, high] = rangeOf([grid]);
    key.replaceChildren(
      element(
        "div",
        { className: "gradient-key" },
        element("span", { text: number(low) }),
        element("span", { className: "ramp" }),
        element("span", { text: `${number(high)} ${target}` }),
      ),
    );
  }
}

/** @param {number} at */
function swatch(at) {
  const { canvas, fit } = makeCanvas("");
  canvas.setAttribute("aria-hidden", "true");
  const context = fit(14, 14);
  paintPoint(context, 7, 7, at, ink(at));
  return canvas;
}

/** @param {any} value @param {number} epoch */
function numbersOf(value, epoch) {
  const grid = value?.grids.find((/** @type {Grid} */ each) => each.epoch === epoch);
  if (!grid) return { head: ["x"], rows: [] };
  const cells = /** @type {number[][]} */ (grid.predicted ?? grid.value);
  const rows = cells.flatMap((line, up) =>
    line.map((cell, across) => [
      value.x.values[across],
      value.y ? value.y.values[up] : "",
      value.classes ? String(value.classes[cell]) : cell,
      grid.probability?.[up][across] ?? null,
    ]),
  );
  return { head: [value.x.name, value.y?.name ?? "", value.target, "probability"], rows, texts: [] };
}

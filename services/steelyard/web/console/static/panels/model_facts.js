// What is known of a model: its metrics beside baselines, and its layers.
import { table } from "../dom.js";
import { count, number } from "../format.js";
import { panel } from "../panel.js";

const SPLITS = ["train", "validation", "test"];

/** @param {any} model @param {string} path */
export function metricsPanel(model, path) {
  const names = [...new Set(SPLITS.flatMap((split) => Object.keys(model.metrics[split] ?? {})))];
  /** @type {(string | number | null)[][]} */
  const rows = [];
  for (const split of SPLITS) {
    if (!model.metrics[split]) continue;
    const kinds = [
      ["this model", model.metrics],
      ["linear model", model.baseline?.linear],
      ["constant", model.baseline?.constant],
    ];
    for (const [kind, metrics] of kinds)
      if (metrics?.[split]) rows.push([split, kind, ...names.map((name) => metrics[split][name] ?? null)]);
  }
  const head = ["split", "of", ...names.map((name) => name.replaceAll("_", " "))];
  const made = panel({
    title: "Metrics",
    request: () => path,
    numbers: () => ({ head, rows, texts: [0, 1] }),
    lead: rows.length
      ? "Beside the model, a linear model on the same inputs and a constant answer."
      : "None: no rows were there to measure them on.",
  });
  const cells = rows.map((row) =>
    row.map((cell, place) => (place < 2 ? String(cell) : number(/** @type {number | null} */ (cell)))),
  );
  if (rows.length) made.body.append(table("Metrics of each split", head, cells, { texts: [0, 1] }));
  return made.card;
}

/** @param {any} model @param {string} path */
export function layersPanel(model, path) {
  const head = ["layer", "type", "activation", "inputs", "outputs", "weights"];
  const rows = model.layers.map((/** @type {any} */ each) => [
    each.name,
    each.type,
    each.activation,
    each.inputs,
    each.outputs,
    each.parameters,
  ]);
  const made = panel({
    title: "Layers",
    request: () => path,
    numbers: () => ({ head, rows, texts: [0, 1, 2] }),
  });
  const cells = rows.map((/** @type {any[]} */ row) =>
    row.map((cell) => (typeof cell === "number" ? count(cell) : (cell ?? "–"))),
  );
  made.body.append(table("The layers in order", head, cells, { texts: [0, 1, 2] }));
  return made.card;
}

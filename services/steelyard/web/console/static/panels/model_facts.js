// What is known of a model: its metrics beside baselines, its layers, where it comes from, and what started from it.
import { ask } from "../api.js";
import { element, table } from "../dom.js";
import { count, number } from "../format.js";
import { panel } from "../panel.js";
import { learnNames, sourceOf, titleOfJob } from "../titles.js";

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

/** @param {any} model @param {string} path */
export function lineagePanel(model, path) {
  const { provenance = {}, lineage } = model;
  const made = panel({
    title: "Where it comes from",
    id: "lineage",
    request: () => path,
  });
  const link = (/** @type {string} */ address, /** @type {string} */ text) => element("a", { href: address, text });
  const data = model.spec?.data ?? {};
  const set = data.builtin ?? data.dataset;
  /** @type {[string, Node | string][]} */
  const facts = [];
  if (lineage)
    facts.push([
      "Made from",
      element(
        "span",
        {},
        link(`/console/models/${lineage.model}`, lineage.model),
        ` by ${count(lineage.edits.length)} edits`,
      ),
    ]);
  if (model.job) facts.push(["Job", link(`/console/jobs/${model.job}`, model.job)]);
  if (provenance.source === "imported")
    facts.push([
      "Imported from",
      [`a ${provenance.format} file (SHA-256 ${provenance.file})`, ...(provenance.notes ?? [])].join("; "),
    ]);
  else facts.push(["Data", set ? link(`/console/datasets/${set}`, sourceOf(model.spec)) : "rows inside the job"]);
  const plain = {
    "Rows of the data": provenance.rows && count(provenance.rows),
    Seed: provenance.seed,
    "File (SHA-256)": provenance.dataset,
    "Weights (SHA-256)": model.weights_sha256,
    Engine: provenance.versions?.engine,
  };
  for (const [name, value] of Object.entries(plain))
    if (value !== null && value !== undefined) facts.push([name, String(value)]);
  if (provenance.reproducible !== undefined)
    facts.push(["Reproducible", provenance.reproducible ? "yes: the same job gives the same weights" : "no"]);
  const list = element(
    "dl",
    {},
    ...facts.flatMap(([name, value]) => [element("dt", { className: "label", text: name }), element("dd", {}, value)]),
  );
  made.body.append(list);
  listStarted(list, model.id).catch((error) => made.fail(error));
  return made.card;
}

const MOST_STARTED = 20;

/** Add the jobs that started from a model. @param {HTMLElement} list @param {string} model */
async function listStarted(list, model) {
  const { data, has_more: more } = await ask(`/v1/jobs?started_from=${model}&limit=${MOST_STARTED}`);
  if (!data.length) return;
  await learnNames(data.map((/** @type {any} */ job) => job.spec));
  const links = data.map((/** @type {any} */ job) =>
    element(
      "li",
      {},
      element("a", { href: `/console/jobs/${job.id}`, text: titleOfJob(job), title: job.id }),
      ` ${job.status}`,
    ),
  );
  list.append(
    element("dt", { className: "label", text: "Jobs that started from its weights" }),
    element(
      "dd",
      {},
      element("ul", { className: "plain" }, ...links),
      ...(more ? [`The newest ${MOST_STARTED}; there are more.`] : []),
    ),
  );
}

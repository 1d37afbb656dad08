// The data sets: uploaded ones, and those that are built in.
import { ask } from "../api.js";
import { element, find, showFaults, table } from "../dom.js";
import { ago, bytes, count } from "../format.js";
import { panel } from "../panel.js";
import { dropZone } from "../upload.js";

const PAGE = 100;
const page = find("page");
const faults = element("div", { role: "alert" });
const zone = dropZone({
  take: (dataset) => {
    window.location.href = `/console/datasets/${dataset.id}`;
  },
  fail: (error) => showFaults(faults, error),
});
const uploaded = panel({
  title: "Your data",
  request: () => `/v1/datasets?limit=${PAGE}`,
  numbers: () => ({
    head: ["id", "name", "rows", "columns", "bytes", "warnings", "uploaded"],
    rows: sets.map((set) => [
      set.id,
      set.name,
      set.rows,
      set.columns.length,
      set.bytes,
      warningsOf(set),
      set.created_at,
    ]),
    texts: [0, 1, 6],
  }),
});
const builtin = panel({
  title: "Built in",
  lead: "Ready to train on, without an upload.",
  request: () => "/v1/catalog",
  numbers: () => ({
    head: ["name", "title", "task", "rows", "features", "source"],
    rows: builtins.map((each) => [each.name, each.title, each.task, each.rows, each.features, each.source]),
    texts: [0, 1, 2, 5],
  }),
});
page.append(element("div", { className: "card" }, zone, faults), uploaded.card);

/** @type {any[]} */
let sets = [];
/** @type {any[]} */
let builtins = [];
/** @type {string | null} */
let next = null;

/** @param {any} set */
const warningsOf = (set) =>
  set.columns
    .flatMap((/** @type {any} */ column) => column.findings)
    .filter((/** @type {any} */ finding) => finding.level === "warning").length;
const more = element("button", {
  type: "button",
  className: "quiet",
  text: "Older data sets",
  hidden: true,
  onclick: load,
});

async function load() {
  try {
    const after = next ? `&after=${next}` : "";
    const found = await ask(`/v1/datasets?limit=${PAGE}${after}`);
    sets = [...sets, ...found.data];
    next = found.next;
    more.hidden = next === null;
    uploaded.body.replaceChildren(
      ...(sets.length
        ? [listed(), more]
        : [
            element("p", {
              className: "muted",
              text: "No data yet. Drop a file on this page, and it is described column by column.",
            }),
          ]),
    );
  } catch (error) {
    uploaded.fail(error);
  }
}

/** @param {string} address @param {string} text */
const link = (address, text) => element("a", { href: address, text });

function listed() {
  const rows = sets.map((set) => {
    const warnings = warningsOf(set);
    return [
      link(`/console/datasets/${set.id}`, set.name ?? set.id),
      count(set.rows),
      count(set.columns.length),
      bytes(set.bytes),
      warnings ? count(warnings) : "–",
      ago(set.created_at),
    ];
  });
  return table("Uploaded data sets", ["Name", "Rows", "Columns", "Size", "Warnings", "Uploaded"], rows, { texts: [0] });
}

async function loadBuiltin() {
  try {
    builtins = (await ask("/v1/catalog")).data;
    const rows = builtins.map((each) => [
      link(`/console/datasets/${each.name}`, each.title),
      each.task,
      count(each.rows),
      count(each.features),
    ]);
    builtin.body.replaceChildren(
      table("Built-in data sets", ["Name", "Task", "Rows", "Features"], rows, { texts: [0, 1] }),
    );
  } catch (error) {
    builtin.fail(error);
  }
}

await Promise.all([load(), loadBuiltin()]);
page.append(builtin.card);

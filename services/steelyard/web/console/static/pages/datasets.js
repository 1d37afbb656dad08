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
  take: (dataset) => { window.location.href = `/console/datasets/${dataset.id}`; },
  fail: (error) => showFaults(faults, error),
});
const uploaded = panel({ title: "Your data", request: () => `/v1/datasets?limit=${PAGE}` });
const builtin = panel({ title: "Built in", lead: "Ready to train on, without an upload.", request: () => "/v1/catalog" });
page.append(element("div", { className: "card" }, zone, faults), uploaded.card, builtin.card);

/** @type {any[]} */
let sets = [];
/** @type {string | null} */
let next = null;
const more = element("button", { type: "button", className: "quiet", text: "Older data sets", hidden: true, onclick: load });

async function load() {
  try {
    const after = next ? `&after=${next}` : "";
    const found = await ask(`/v1/datasets?limit=${PAGE}${after}`);
    sets = [...sets, ...found.data];
    next = found.next;
    more.hidden = next === null;
    uploaded.body.replaceChildren(...(sets.length ? [listed(), more] : [element("p", { className: "muted", text: "No data yet. Drop a file on this page, and it is described column by column." })]));
  } catch (error) {
    uploaded.fail(error);
  }
}

/** @param {string} address @param {string} text */
const link = (address, text) => element("a", { href: address, text });

function listed() {
  const rows = sets.map((set) => {
    const warnings = set.columns.flatMap((/** @type {any} */ column) => column.findings).filter((/** @type {any} */ finding) => finding.level === "warning").length;
    return [link(`/console/datasets/${set.id}`, set.name ?? set.id), count(set.rows), count(set.columns.length), bytes(set.bytes), warnings ? count(warnings) : "–", ago(set.created_at)];
  });
  return table("Uploaded data sets", ["Name", "Rows", "Columns", "Size", "Warnings", "Uploaded"], rows, { texts: [0] });
}

async function loadBuiltin() {
  try {
    const { data } = await ask("/v1/catalog");
    const rows = data.map((/** @type {any} */ each) => [link(`/console/datasets/${each.name}`, each.title), each.task, count(each.rows), count(each.features)]);
    builtin.body.replaceChildren(table("Built-in data sets", ["Name", "Task", "Rows", "Features"], rows, { texts: [0, 1] }));
  } catch (error) {
    builtin.fail(error);
  }
}

await Promise.all([load(), loadBuiltin()]);

// One data set: its columns and why they have their types, what was noticed, its rows, and the way to a job.
import { ask } from "../api.js";
import { element, find, showFaults } from "../dom.js";
import { bytes, plural } from "../format.js";
import { panel } from "../panel.js";
import { columnTiles } from "../panels/column_tiles.js";
import { dataRows } from "../panels/data_rows.js";
import * as state from "../state.js";

const page = find("page");
const id = page.dataset.dataset ?? "";
const isBuiltin = page.dataset.builtin !== undefined;
const path = isBuiltin ? `/v1/builtins/${id}` : `/v1/datasets/${id}`;
const source = isBuiltin ? "builtin" : "dataset";
/** @type {any} */
let data;

const facts = element("p", { className: "muted" });
const faults = element("div", { role: "alert" });
const train = element("div", { className: "card" });
const warnings = element("div", { id: "warnings" });
const columns = panel({ title: "Columns", id: "columns", request: () => path, numbers: () => columnNumbers() });
page.prepend(
  element("p", { className: "crumbs" }, element("a", { href: "/console/datasets", text: "Data" }), ` / ${id}`),
);
page.append(faults);

function columnNumbers() {
  const head = ["column", "type", "missing", "distinct", "min", "mean", "max", "std", "reason"];
  const rows = data.columns.map((/** @type {any} */ each) => [
    each.name,
    each.schema.type,
    each.missing,
    each.distinct,
    each.min,
    each.mean,
    each.max,
    each.std,
    each.reason,
  ]);
  return { head, rows, texts: [0, 1, 8] };
}

function show() {
  const name = isBuiltin ? data.title : (data.name ?? data.id);
  find("title").textContent = name;
  document.title = `${name} · Steelyard`;
  const readAs = Object.entries(data.read_as ?? {})
    .map(([key, value]) => `${key.replaceAll("_", " ")} ${JSON.stringify(value)}`)
    .join(", ");
  const size = isBuiltin ? data.source : `${bytes(data.bytes)}${readAs ? `, read with ${readAs}` : ""}`;
  facts.textContent = `${plural(data.rows, "row")}, ${plural(data.columns.length, "column")}. ${size}.`;
  train.replaceChildren(trainForm());
  warnings.replaceChildren(...notices());
  columns.body.replaceChildren(columnTiles(data.columns, data.rows, isBuiltin ? null : retype));
  columns.refresh();
}

function notices() {
  const found = data.columns.flatMap((/** @type {any} */ column) =>
    column.findings.map((/** @type {any} */ finding) => ({ ...finding, column: column.name })),
  );
  if (!found.length) return [];
  found.sort(
    (/** @type {any} */ a, /** @type {any} */ b) => Number(b.level === "warning") - Number(a.level === "warning"),
  );
  const list = found.map((/** @type {any} */ finding) =>
    element(
      "div",
      { className: `notice ${finding.level}` },
      element(
        "p",
        {},
        element("strong", { text: finding.level === "warning" ? "Warning" : "Note" }),
        ` about ${finding.column}: ${finding.message}`,
      ),
      element("p", { className: "muted", text: finding.suggestion }),
    ),
  );
  return [
    element(
      "section",
      { className: "card", "aria-labelledby": "warnings-heading" },
      element("h2", { id: "warnings-heading", text: "What was noticed" }),
      ...list,
    ),
  ];
}

function trainForm() {
  const names = data.columns.map((/** @type {any} */ each) => each.name);
  const guess =
    data.target ??
    names.find((/** @type {string} */ name) => ["target", "label", "class", "y"].includes(name.toLowerCase())) ??
    names[names.length - 1];
  const target = element(
    "select",
    { id: "target", onchange: () => point() },
    ...names.map((/** @type {string} */ name) => element("option", { value: name, text: name })),
  );
  target.value = guess;
  const go = element("a", { className: "button", text: "Train on this" });
  const point = () => {
    const asked = new URLSearchParams({ [source]: id });
    if (!isBuiltin) asked.set("target", target.value);
    go.href = `/?${asked}`;
  };
  point();
  const choice = isBuiltin
    ? []
    : [element("div", { className: "field" }, element("label", { text: "Column to predict", for: "target" }), target)];
  const more = isBuiltin
    ? []
    : [
        element("a", {
          className: "button quiet",
          href: `${path}/content`,
          download: data.name ?? id,
          text: "Download",
        }),
        element("button", { type: "button", className: "danger", text: "Delete", onclick: remove }),
      ];
  const bar = element("div", { className: "toolbar" }, ...choice, go, ...more);
  bar.style.margin = "0";
  return bar;
}

/** @param {string} column @param {any} schema */
async function retype(column, schema) {
  columns.busy(
    true,
    `Reading the file again, with ${column} ${schema ? `as ${schema.type.replaceAll("_", " ")}` : "as detected"} …`,
  );
  columns.fail();
  try {
    data = await ask(path, { method: "PATCH", body: JSON.stringify({ columns: { [column]: schema } }) });
  } catch (error) {
    columns.fail(error);
  }
  columns.busy(false);
  show();
  await rows?.load();
  const select = /** @type {HTMLElement | null} */ (
    columns.body.querySelector(`select[aria-label="${CSS.escape(`Type of ${column}`)}"]`)
  );
  select?.focus();
}

async function remove() {
  if (!window.confirm(`Delete the data set ${data.name ?? id}? Jobs and models made from it are kept.`)) return;
  try {
    await ask(path, { method: "DELETE" });
    window.location.href = "/console/datasets";
  } catch (error) {
    showFaults(faults, error);
  }
}

/** @type {ReturnType<typeof dataRows> | undefined} */
let rows;
try {
  data = await ask(path);
  show();
  page.append(facts, train, warnings, columns.card);
  const names = data.columns.map((/** @type {any} */ each) => each.name);
  const texts = data.columns.flatMap((/** @type {any} */ each, /** @type {number} */ place) =>
    each.kind === "numeric" ? [] : [place],
  );
  rows = dataRows(`${path}/rows`, names, texts);
  page.append(rows.card);
  await rows.load();
  if (state.get().row) rows.card.scrollIntoView();
} catch (error) {
  showFaults(faults, error);
}

// One model: a row to predict, what moved the answer, aliases, metrics, lineage, exports.
import { ask } from "../api.js";
import { element, find, showFaults } from "../dom.js";
import { ago, count, plural } from "../format.js";
import { aliasesPanel } from "../panels/aliases.js";
import { layersPanel, lineagePanel, metricsPanel } from "../panels/model_facts.js";
import { predictForm } from "../panels/predict_form.js";
import { panel } from "../panel.js";

const page = find("page");
const path = `/v1/models/${page.dataset.model}`;
const facts = element("p", { className: "muted" });
const faults = element("div", { role: "alert" });
page.prepend(element("p", { className: "crumbs" }, element("a", { href: "/console/models", text: "Models" }), ` / ${page.dataset.model}`));
page.append(facts, faults);

/** The columns of the data that the model learned from, by name; none if the data were deleted. @param {any} model */
async function columnsOf(model) {
  const { builtin, dataset } = model.spec?.data ?? {};
  const source = builtin ? `/v1/builtins/${builtin}` : dataset ? `/v1/datasets/${dataset}` : null;
  if (!source) return {};
  const found = await ask(source).catch(() => ({ columns: [] }));
  return Object.fromEntries(found.columns.map((/** @type {any} */ column) => [column.name, column]));
}

/** The formats that this service exports, as its documentation lists them. @returns {Promise<string[]>} */
async function exportFormats() {
  const document = await ask("/openapi.json");
  const parameters = document.paths["/v1/models/{model_id}/export"]?.get?.parameters ?? [];
  return parameters.find((/** @type {any} */ each) => each.name === "format")?.schema?.enum ?? [];
}

async function exportsPanel() {
  const formats = await exportFormats().catch(() => []);
  if (!formats.length) return;
  const made = panel({ title: "Export", lead: "One file that the format's own library loads, and that predicts the same.", request: () => `${path}/export?format=${formats[0]}` });
  made.body.append(element("div", { className: "row" }, ...formats.map((format) => element("a", { className: "button quiet", href: `${path}/export?format=${format}`, download: "", text: format }))));
  page.append(made.card);
}

/** @param {any} model */
function dangerPanel(model) {
  const button = element("button", { type: "button", className: "danger", text: "Delete this model", onclick: () => remove() });
  const remove = async () => {
    const name = model.name ?? model.id;
    const { aliases } = await ask(path).catch(() => model);
    const also = aliases.length ? ` Its aliases (${aliases.join(", ")}) go with it.` : "";
    if (!window.confirm(`Delete the model ${name}? Its job is kept.${also}`)) return;
    try {
      await ask(`${path}${aliases.length ? "?force=true" : ""}`, { method: "DELETE" });
      window.location.href = "/console/models";
    } catch (error) {
      showFaults(faults, error);
    }
  };
  return element("div", { className: "row end" }, button);
}

try {
  const [model, { inputs }] = await Promise.all([ask(path), ask(`${path}/inputs`)]);
  const name = model.name ?? model.id;
  find("title").textContent = name;
  document.title = `${name} · Steelyard`;
  const targets = model.outputs.targets.join(", ");
  facts.textContent = `Predicts ${targets} (${model.task}) from ${plural(inputs.length, "column")} with ${count(model.parameters)} weights. Made ${ago(model.created_at)}.`;
  const { cards, predict } = predictForm(model.id, targets, inputs, await columnsOf(model));
  const side = element("div", { className: "columns" }, aliasesPanel(model.id, model.aliases), lineagePanel(model, path));
  page.append(...cards, metricsPanel(model, path), side, layersPanel(model, path));
  await Promise.all([predict(), exportsPanel()]);
  page.append(dangerPanel(model));
} catch (error) {
  showFaults(faults, error);
}

// One model: a row to predict, what moved the answer, aliases, metrics, lineage, exports.
import { ask } from "../api.js";
import { element, find, showFaults } from "../dom.js";
import { ago, count, plural } from "../format.js";
import { aliasesPanel } from "../panels/aliases.js";
import { exportsPanel } from "../panels/exports.js";
import { lineagePanel } from "../panels/lineage.js";
import { layersPanel, metricsPanel } from "../panels/model_facts.js";
import { predictForm } from "../panels/predict_form.js";
import { learnNames, titleOfModel } from "../titles.js";

const page = find("page");
const path = `/v1/models/${page.dataset.model}`;
const facts = element("p", { className: "muted" });
const faults = element("div", { role: "alert" });
page.prepend(
  element(
    "p",
    { className: "crumbs" },
    element("a", { href: "/console/models", text: "Models" }),
    ` / ${page.dataset.model}`,
  ),
);
page.append(facts, faults);

/**
 * The data that the model learned from; `null` if they were deleted, or inside the job.
 * @param {any} model
 * @returns {Promise<import("../panels/predict_form.js").Source | null>}
 */
async function dataOf(model) {
  const { builtin, dataset } = model.spec?.data ?? {};
  const source = builtin ? `/v1/builtins/${builtin}` : dataset ? `/v1/datasets/${dataset}` : null;
  const found = source && (await ask(source).catch(() => null));
  if (!source || !found) return null;
  return {
    path: source,
    rows: found.rows,
    columns: Object.fromEntries(found.columns.map((/** @type {any} */ column) => [column.name, column])),
  };
}

/** @param {any} model */
function dangerPanel(model) {
  const button = element("button", {
    type: "button",
    className: "danger",
    text: "Delete this model",
    onclick: () => remove(),
  });
  const remove = async () => {
    const name = titleOfModel(model);
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
  await learnNames([model.spec]);
  const name = titleOfModel(model);
  find("title").textContent = name;
  document.title = `${name} · Steelyard`;
  const { targets } = model.outputs;
  facts.textContent = `Predicts ${targets.join(", ")} (${model.task}) from ${plural(inputs.length, "column")} with ${count(model.parameters)} weights. Made ${ago(model.created_at)}.`;
  const { cards, begin } = predictForm(model.id, targets, inputs, await dataOf(model));
  const side = element(
    "div",
    { className: "columns" },
    aliasesPanel(model.id, model.aliases),
    lineagePanel(model, path),
  );
  const files = exportsPanel(path);
  page.append(...cards, metricsPanel(model, path), side, files.card, layersPanel(model, path), dangerPanel(model));
  await Promise.all([begin(), files.load()]);
} catch (error) {
  showFaults(faults, error);
}

// Where a model comes from, and what came from it: jobs, models made by edits, jobs that started from its weights.
import { ask, Refusal } from "../api.js";
import { element } from "../dom.js";
import { count, number, plural } from "../format.js";
import { panel } from "../panel.js";
import { learnNames, sourceOf, titleOfJob, titleOfModel } from "../titles.js";

const MOST = 20;
const MOST_EDITS = 8;

/** @param {any} model @param {string} path */
export function lineagePanel(model, path) {
  const { provenance = {}, lineage } = model;
  const made = panel({
    title: "Where it comes from, and what came from it",
    id: "lineage",
    request: () => path,
  });
  const data = model.spec?.data ?? {};
  const set = data.builtin ?? data.dataset;
  /** @type {[string, Node | string][]} */
  const facts = [];
  if (lineage) facts.push(["Edited from", originOf(lineage.model, editsOf(lineage.edits))]);
  else if (model.spec?.initial_weights)
    facts.push(["Trained further from", originOf(model.spec.initial_weights.model)]);
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
  const after = element("dl", {});
  made.body.append(list, after);
  listDescendants(after, model.id).catch((error) => made.fail(error));
  return made.card;
}

/** @param {string} address @param {string} text */
const link = (address, text) => element("a", { href: address, text, title: address.split("/").at(-1) ?? "" });

/** A link to the model that another comes from, by its name once that is known. @param {string} id @param {...Node} more */
function originOf(id, ...more) {
  const place = element("span", { text: id });
  const show = async () => {
    const origin = await ask(`/v1/models/${id}`);
    await learnNames([origin.spec]);
    place.replaceChildren(link(`/console/models/${id}`, titleOfModel(origin)));
  };
  show().catch((error) => {
    if (error instanceof Refusal) place.textContent = `${id}, which was deleted`;
  });
  return element("div", {}, place, ...more);
}

/** What the edits did, in words. @param {any[]} edits */
function editsOf(edits) {
  const text = (/** @type {any} */ { op, tensor, layer, ...rest }) =>
    [op, tensor ?? layer ?? "", rest.fraction === undefined ? "" : `${number(100 * rest.fraction)} %`]
      .filter((part) => part)
      .join(" ");
  const shown = edits.slice(0, MOST_EDITS).map((edit) => element("li", { text: text(edit) }));
  const others = edits.length - shown.length;
  if (others > 0) shown.push(element("li", { text: `and ${plural(others, "other edit")}` }));
  return element("ul", { className: "plain muted" }, ...shown);
}

/** Add what came from a model: edited models, and jobs that started from its weights. @param {HTMLElement} list @param {string} id */
async function listDescendants(list, id) {
  const [models, jobs] = await Promise.all(
    ["models", "jobs"].map((kind) => ask(`/v1/${kind}?started_from=${id}&limit=${MOST}`)),
  );
  const edited = models.data.filter((/** @type {any} */ each) => each.lineage);
  const made = new Set(edited.map((/** @type {any} */ each) => each.job));
  const trained = jobs.data.filter((/** @type {any} */ each) => !made.has(each.id));
  await learnNames([...edited, ...trained].map(({ spec }) => spec));
  const add = (/** @type {string} */ title, /** @type {HTMLElement[]} */ lines, /** @type {boolean} */ isCut) => {
    if (!lines.length) return;
    const rest = isCut ? [element("p", { className: "muted", text: `Among the newest ${MOST}; there are more.` })] : [];
    list.append(
      element("dt", { className: "label", text: title }),
      element("dd", {}, element("ul", { className: "plain" }, ...lines), ...rest),
    );
  };
  const line = (/** @type {Node} */ first, /** @type {string} */ rest) =>
    element("li", {}, first, element("span", { className: "muted", text: ` ${rest}` }));
  add(
    "Models made from it by edits",
    edited.map((/** @type {any} */ each) =>
      line(link(`/console/models/${each.id}`, titleOfModel(each)), plural(each.lineage.edits.length, "edit")),
    ),
    models.has_more,
  );
  add(
    "Jobs that started from its weights",
    trained.map((/** @type {any} */ each) => line(link(`/console/jobs/${each.id}`, titleOfJob(each)), each.status)),
    jobs.has_more,
  );
}

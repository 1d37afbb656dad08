// The models: what each predicts, how well, and its aliases.
import { ask } from "../api.js";
import { element, find, showFaults, table } from "../dom.js";
import { ago, count, number } from "../format.js";
import { panel } from "../panel.js";
import { learnNames, sourceOf, titleOfModel } from "../titles.js";
import { dropZone } from "../upload.js";

const PAGE = 100;
const page = find("page");
const listed = panel({
  title: "All models",
  id: "models",
  request: () => `/v1/models?limit=${PAGE}`,
  numbers: () => ({
    head: ["model", "name", "task", "target", "metric", "score", "weights", "created"],
    rows: models.map(record),
    texts: [0, 1, 2, 3, 4, 7],
  }),
});
const search = element("input", {
  type: "search",
  id: "search",
  autocomplete: "off",
  oninput: show,
});
const status = element("span", { className: "muted", role: "status" });
const holder = element("div", {});
const more = element("button", {
  type: "button",
  className: "quiet",
  text: "Older models",
  hidden: true,
  onclick: load,
});
listed.body.append(
  element(
    "div",
    { className: "toolbar" },
    element(
      "div",
      { className: "field" },
      element("label", {
        for: "search",
        text: "Find by name, alias, data or target",
      }),
      search,
    ),
    status,
  ),
  holder,
  more,
);
const faults = element("div", { role: "alert" });
const zone = dropZone(
  {
    take: (model) => {
      window.location.href = `/console/models/${model.id}`;
    },
    fail: (error) => showFaults(faults, error),
  },
  {
    path: "/v1/models",
    label: "A file of a model",
    hint: "A model from elsewhere: .keras, .onnx, or an export (.safetensors, .npz, .json). Drop it anywhere on this page.",
  },
);
page.append(listed.card);

/** @type {any[]} */
let models = [];
/** @type {string | null} */
let next = null;

/** The metric that people look at first. @param {any} model @returns {[string, number | null, string]} */
function score(model) {
  const split = ["test", "validation", "train"].find((name) => model.metrics[name]) ?? "train";
  const metrics = model.metrics[split] ?? {};
  const name = ["accuracy", "r2", "f1"].find((each) => each in metrics) ?? Object.keys(metrics)[0] ?? "";
  return [name, metrics[name] ?? null, split];
}

/** @param {any} model @returns {(string | number | null)[]} */
function record(model) {
  const [metric, value] = score(model);
  return [
    model.id,
    model.name,
    model.task,
    model.outputs.targets.join(" "),
    metric,
    value,
    model.parameters,
    model.created_at,
  ];
}

/** @param {any} model */
function row(model) {
  const [metric, value, split] = score(model);
  const name = element(
    "div",
    {},
    element("a", { href: `/console/models/${model.id}`, text: titleOfModel(model), title: model.id }),
    ...model.aliases.map((/** @type {string} */ alias) => element("span", { className: "chip", text: alias })),
  );
  return [
    name,
    `${model.outputs.targets.slice(0, 3).join(", ")} (${model.task})`,
    sourceOf(model.spec),
    metric ? element("span", { title: `on the ${split} rows` }, `${metric} ${number(value)}`) : "–",
    count(model.parameters),
    ago(model.created_at),
  ];
}

function show() {
  const wanted = search.value.trim().toLowerCase();
  const found = models.filter((model) =>
    [model.id, titleOfModel(model), sourceOf(model.spec), ...model.aliases, ...model.outputs.targets].some((text) =>
      String(text).toLowerCase().includes(wanted),
    ),
  );
  status.textContent = found.length === models.length ? "" : `${count(found.length)} of ${count(models.length)}`;
  const none = element(
    "p",
    { className: "muted" },
    "No models yet. ",
    element("a", { href: "/", text: "Train a job" }),
    ", and its model is here.",
  );
  holder.replaceChildren(
    models.length
      ? table("Models", ["Model", "Predicts", "Data", "Score", "Weights", "Made"], found.map(row), { texts: [0, 1, 2] })
      : none,
  );
  listed.refresh();
}

async function load() {
  try {
    const found = await ask(`/v1/models?limit=${PAGE}${next ? `&after=${next}` : ""}`);
    models = [...models, ...found.data];
    next = found.next;
    await learnNames(found.data.map((/** @type {any} */ model) => model.spec));
    more.hidden = next === null;
    show();
  } catch (error) {
    listed.fail(error);
  }
}

await load();
page.append(element("div", { className: "card" }, zone, faults));

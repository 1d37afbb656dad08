// The data of a new job: a built-in or uploaded set, the column to predict, what was noticed about the others.
import { ask } from "../api.js";
import { element } from "../dom.js";
import { count, plural } from "../format.js";
import { get, put } from "../math/pointer.js";
import { dropZone } from "../upload.js";
import { chooseOption, labeled, numberField, selectField } from "./fields.js";

/** @typedef {import("./fields.js").Change} Change */
/** @typedef {import("./fields.js").Field} Field */

const MOST_SETS = 200;
export const DUE = "Choose the column to predict.";

/**
 * @param {{catalog: any, change: Change, spec: () => any, replace: (spec: any) => void}} options
 * @returns {Promise<Field[]>}
 */
export async function dataFields({ catalog, change, spec, replace }) {
  /** @type {any[]} */
  let sets = (await ask(`/v1/datasets?limit=${MOST_SETS}`)).data;
  const builtin = element(
    "optgroup",
    { label: "Built in" },
    ...catalog.data.map((/** @type {any} */ each) =>
      element("option", { text: each.title, value: `builtin:${each.name}` }),
    ),
  );
  const uploaded = element("optgroup", { label: "Your data" });
  const choice = element("select", { onchange: () => choose(choice.value) }, uploaded, builtin);
  const facts = element("div", { className: "facts" });
  const list = () => {
    uploaded.replaceChildren(
      ...sets.map((each) =>
        element("option", {
          text: `${each.name ?? each.id} (${plural(each.rows, "row")})`,
          value: `dataset:${each.id}`,
        }),
      ),
    );
    uploaded.hidden = !sets.length;
  };
  list();

  /** @param {string} value such as `builtin:iris` */
  function choose(value) {
    const [kind, name] = value.split(":");
    replace(put(spec(), "/data", { [kind]: name }));
  }
  const place = labeled(
    "Data",
    choice,
    dropZone({
      take: (dataset) => {
        sets = [dataset, ...sets.filter(({ id }) => id !== dataset.id)];
        list();
        choose(`dataset:${dataset.id}`);
      },
      fail: (error) => place.fail(error === undefined ? [] : [error instanceof Error ? error.message : String(error)]),
    }),
    facts,
  );

  const target = element("select", { onchange: () => change("/data/target", target.value || undefined) });
  const targetPlace = labeled("Column to predict", target);

  /** @type {string | undefined} */
  let shown;
  /** @param {any} data */
  async function describe(data) {
    const key = JSON.stringify([data?.dataset, data?.builtin]);
    if (key === shown) return;
    shown = key;
    facts.replaceChildren();
    if (!data?.dataset) return;
    let dataset = sets.find(({ id }) => id === data.dataset);
    dataset ??= await ask(`/v1/datasets/${encodeURIComponent(data.dataset)}`).catch(() => null);
    if (dataset && key === shown) facts.replaceChildren(...describeSet(dataset));
    if (dataset)
      fillTarget(
        dataset.columns.map((/** @type {any} */ each) => each.name),
        "choose a column",
      );
  }
  /** @param {string[]} names @param {string} free */
  function fillTarget(names, free) {
    const value = target.value;
    target.replaceChildren(
      element("option", { text: free, value: "" }),
      ...names.map((name) => element("option", { text: name, value: name })),
    );
    chooseOption(target, get(spec(), "/data/target") ?? value, value);
  }

  const data = {
    pointer: "/data",
    element: place.box,
    fail: place.fail,
    update: (/** @type {any} */ written) => {
      const { builtin: name, dataset } = written.data ?? {};
      const value = name ? `builtin:${name}` : dataset ? `dataset:${dataset}` : "";
      chooseOption(choice, value, name ?? dataset ?? "in the JSON");
      place.hint(name ? sourceOf(catalog, name) : "");
      describe(written.data);
    },
  };
  const targetField = {
    pointer: "/data/target",
    element: targetPlace.box,
    // A column that is not chosen yet is the next thing to do, and no fault of anybody.
    fail: (/** @type {string[]} */ details) => {
      const isDue = details.length > 0 && !get(spec(), "/data/target") && Boolean(spec().data?.dataset);
      targetPlace.box.classList.toggle("due", isDue);
      targetPlace.fail(isDue ? [DUE] : details);
    },
    update: (/** @type {any} */ written, /** @type {any} */ resolved) => {
      const given = get(written, "/data/target");
      if (written.data?.builtin && target.options.length !== 1) fillTarget([], "automatic");
      const chosen = get(resolved, "/data/target");
      const free = written.data?.dataset ? "choose a column" : "automatic";
      if (target.options[0]) target.options[0].text = chosen ? `automatic: ${[chosen].flat().join(", ")}` : free;
      chooseOption(target, given === undefined ? "" : [given].flat().join(", "), [given].flat().join(", "));
    },
  };
  const task = selectField({
    label: "Task",
    pointer: "/task",
    change,
    values: [
      ["classes (multiclass)", "multiclass"],
      ["yes or no (binary)", "binary"],
      ["several labels (multilabel)", "multilabel"],
      ["a number (regression)", "regression"],
    ],
  });
  const validation = numberField({
    label: "Validation fraction",
    pointer: "/validation/fraction",
    change,
    min: 0,
    help: "rows that the network is not fitted to",
  });
  return [data, targetField, task, validation];
}

/** @param {any} catalog @param {string} name */
function sourceOf(catalog, name) {
  const found = catalog.data.find((/** @type {any} */ each) => each.name === name);
  return found ? `${plural(found.rows, "row")}, ${plural(found.features, "column")}. ${found.source}` : "";
}

/** @param {any} dataset */
function describeSet(dataset) {
  const findings = dataset.columns.flatMap((/** @type {any} */ column) => column.findings);
  const missing = dataset.columns.filter((/** @type {any} */ column) => column.missing);
  const lines = [`${plural(dataset.rows, "row")}, ${plural(dataset.columns.length, "column")}.`];
  if (missing.length)
    lines.push(
      `Missing values: ${missing
        .slice(0, 5)
        .map((/** @type {any} */ column) => `${column.name} ${count(column.missing)}`)
        .join(", ")}${missing.length > 5 ? `, and ${plural(missing.length - 5, "other column")}` : ""}.`,
    );
  return [
    element(
      "p",
      { className: "hint" },
      lines.join(" "),
      " ",
      element("a", { href: `/console/datasets/${dataset.id}`, text: "See its columns" }),
    ),
    ...findings
      .slice(0, 4)
      .map((/** @type {any} */ finding) =>
        element("div", { className: `notice ${finding.level}` }, element("p", { text: finding.message })),
      ),
    ...(findings.length > 4
      ? [element("p", { className: "hint", text: `… and ${findings.length - 4} more on its page.` })]
      : []),
  ];
}

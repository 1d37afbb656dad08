// A form for one row, with a field for each column; the answer, its probabilities, and what moved it.
import { ask, post } from "../api.js";
import { element } from "../dom.js";
import { bar } from "../figures.js";
import { count, number, percent } from "../format.js";
import { hasDays, ranked, readField, writeField } from "../math/row.js";
import { panel } from "../panel.js";
import { rowField } from "./row_field.js";

/** @typedef {import("../math/row.js").Input} Input */
/** @typedef {{path: string, rows: number, columns: Record<string, any>}} Source the data that the model learned from */

const MOST_SHOWN = 20;
const MOST_CLASSES = 12;
const METHOD = "integrated_gradients";

/**
 * @param {string} model its id
 * @param {string[]} targets
 * @param {Input[]} inputs
 * @param {Source | null} data `null` if they are not known; then fields begin with usual values
 */
export function predictForm(model, targets, inputs, data) {
  const controls = inputs.map((input, place) =>
    rowField(input, `input-${place}`, input.typical, hasDays(data?.columns[input.name])),
  );
  const values = () =>
    Object.fromEntries(inputs.map((input, place) => [input.name, readField(controls[place].value, input)]));
  const source = (/** @type {string} */ path, /** @type {any} */ more = {}) => ({
    path: `/v1/models/${model}/${path}`,
    method: "POST",
    body: JSON.stringify({ ...more, inputs: [values()] }),
  });
  const answer = panel({
    title: "Predict one row",
    id: "predict",
    request: () => source("predict"),
    numbers: () => probabilitiesOf(said),
  });
  const moved = panel({
    title: "What moved the answer",
    id: "moved",
    request: () => source("explain", { method: METHOD }),
    lead: "How far each column moves the output away from that of a usual row (integrated gradients).",
    numbers: () => ({
      head: ["column", "value", "moves the output by"],
      rows: moves.map(({ name, value }) => [name, String(values()[name] ?? ""), value]),
      texts: [0, 1],
    }),
  });
  /** @type {any} */
  let said = null;
  /** @type {{name: string, value: number}[]} */
  let moves = [];
  const result = element("div", { id: "answer", role: "status" });
  const fields = inputs.map((input, place) =>
    element(
      "div",
      { className: "field" },
      element("label", { for: controls[place].id, text: input.name }),
      controls[place],
    ),
  );
  /** What the data have for the row in the form; `null` when it was changed. @type {string | null} */
  let actual = null;
  let changes = 0; // of the form, so that a row of the data that comes late does not replace what was typed
  let questions = 0; // so that only the last one is answered, in whatever order answers come
  const another = element("button", {
    type: "button",
    className: "quiet",
    text: "Another row of the data",
    hidden: !data,
    onclick: () => fill(Math.floor(Math.random() * (data?.rows ?? 0))).then(predict),
  });
  const form = element(
    "form",
    {
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        predict();
      },
      oninput: () => {
        actual = null;
        changes += 1;
      },
    },
    element("div", { className: "fields" }, ...fields),
    element("div", { className: "row" }, element("button", { type: "submit", text: "Predict" }), another),
  );
  answer.body.append(element("div", { className: "columns" }, form, result));
  answer.body.className = "body predict";

  /** Fill in a row of the data. @param {number} number */
  async function fill(number) {
    if (!data) return;
    const change = ++changes;
    try {
      const [row] = (await ask(`${data.path}/rows?limit=1&after=${number}`)).data;
      if (change !== changes) return;
      inputs.forEach((input, place) => {
        controls[place].value = writeField(row[input.name], input, hasDays(data.columns[input.name]));
      });
      actual = `row ${count(number)} of the data has ${targets.map((target) => show(row[target])).join(", ")}`;
    } catch (error) {
      answer.fail(error);
    }
  }

  async function predict() {
    answer.fail();
    moved.fail();
    for (const each of controls) each.setAttribute("aria-invalid", "false");
    const question = ++questions;
    try {
      const found = await post(`/v1/models/${model}/predict`, { inputs: [values()] });
      if (question !== questions) return;
      said = found;
      result.replaceChildren(...describe(targets.join(", "), said, actual));
      answer.refresh();
    } catch (error) {
      if (question !== questions) return;
      mark(error);
      moved.busy(false);
      return answer.fail(error);
    }
    return explain(question);
  }

  /** Show which fields are wrong. @param {any} error */
  function mark(error) {
    for (const { pointer } of error.problem?.errors ?? []) {
      const place = inputs.findIndex(
        ({ name }) => pointer === `/inputs/0/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`,
      );
      controls[place]?.setAttribute("aria-invalid", "true");
    }
  }

  /** @param {number} question of whose answer */
  async function explain(question) {
    moved.busy(true, "Following the answer back to the columns …");
    try {
      const found = await ask(`/v1/models/${model}/explain`, {
        method: "POST",
        body: JSON.stringify({ method: METHOD, inputs: [values()] }),
      });
      if (question !== questions) return;
      draw(found);
    } catch (error) {
      if (question !== questions) return;
      moves = [];
      moved.body.replaceChildren();
      moved.note("");
      moved.fail(error);
    }
    moved.busy(false);
    moved.refresh();
  }

  /** @param {any} found an explanation of one row */
  function draw(found) {
    const { names, unit } = found.outputs;
    const place = Math.max(
      0,
      names.findIndex((/** @type {any} */ name) => String(name) === String(said.predictions[0])),
    );
    moves = ranked(
      found.features.map((/** @type {any} */ each) => each.name),
      found.attributions.values[0][place],
    );
    const most = Math.abs(moves[0]?.value ?? 0);
    const given = values();
    moved.body.replaceChildren(
      ...moves
        .slice(0, MOST_SHOWN)
        .map(({ name, value }) => bar(label(name, given[name]), value, signed(value), { most, signed: true })),
    );
    const { outputs, baseline } = found.attributions;
    const from =
      found.baseline === "training_mean" ? "the average training row" : "a row whose inputs are all 0 after scaling";
    const rest = moves.length > MOST_SHOWN ? ` The table has all ${moves.length} columns.` : "";
    moved.note(
      `Bars to the right raise the ${unit} of ${names[place]}, bars to the left lower it. Together they move it by ${signed(outputs[0][place] - baseline[place])} from that of ${from}.${rest}`,
    );
  }

  return { cards: [answer.card, moved.card], begin: () => fill(0).then(predict) };
}

/** @param {number} value */
const signed = (value) => (value > 0 ? `+${number(value)}` : number(value));

/** @param {string} name @param {any} value */
const label = (name, value) =>
  element(
    "span",
    {},
    name,
    element("span", {
      className: "muted",
      text: ` = ${typeof value === "number" ? number(value) : (value ?? "missing")}`,
    }),
  );

/** @param {any} value */
const show = (value) => (typeof value === "number" ? number(value) : String(value ?? "no value"));

/** @param {string} title @param {any} said @param {string | null} actual */
function describe(title, said, actual) {
  const text = answerText(said);
  const heading = [
    element("p", { className: "label", text: title }),
    element("p", { className: "answer", text }),
    ...(actual ? [element("p", { className: "muted", text: `For comparison: ${actual}.` })] : []),
  ];
  const { rows } = probabilitiesOf(said);
  const bars = said.probabilities
    ? rows
        .slice(0, MOST_CLASSES)
        .map((/** @type {any[]} */ [name, value]) =>
          bar(String(name), Number(value), percent(Number(value)), { strong: String(name) === text }),
        )
    : [];
  return [
    ...heading,
    ...bars,
    ...(rows.length > MOST_CLASSES
      ? [element("p", { className: "muted", text: `… and ${rows.length - MOST_CLASSES} more in the table` })]
      : []),
  ];
}

/** A class, the labels that hold, or numbers. @param {any} said */
function answerText({ predictions: [first], classes }) {
  if (Array.isArray(first))
    return classes
      ? classes.filter((/** @type {any} */ _, /** @type {number} */ place) => first[place]).join(", ") || "none"
      : first.map((each) => number(each)).join(", ");
  return typeof first === "number" && !classes ? number(first) : String(first);
}

/** The classes with their probabilities, the most probable first. @param {any} said */
function probabilitiesOf(said) {
  if (!said?.probabilities)
    return { head: ["prediction"], rows: [[JSON.stringify(said?.predictions?.[0] ?? null)]], texts: [0] };
  const rows = said.classes.map((/** @type {any} */ name, /** @type {number} */ place) => [
    String(name),
    said.probabilities[0][place],
  ]);
  return {
    head: ["class", "probability"],
    rows: rows.sort((/** @type {any[]} */ a, /** @type {any[]} */ b) => b[1] - a[1]),
    texts: [0],
  };
}

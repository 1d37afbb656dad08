// One prediction from the page: the columns that matter most can be changed, the others have usual values.
import { ask, post } from "../api.js";
import { element, showFaults, table } from "../dom.js";
import { number, percent } from "../format.js";
import { panel } from "../panel.js";
import { follow } from "../position.js";
import { hasDays, readField } from "../math/row.js";
import { rowField } from "./row_field.js";

/** @typedef {import("../math/row.js").Input} Input */

const MOST_FIELDS = 8;

const MOST_WAIT_MS = 2000;

/** @param {string} path of the job @param {any} job @param {() => string[]} strongestColumns */
export function makeTry(path, job, strongestColumns) {
  const predict = `/v1/models/${job.model}/predict`;
  /** @type {Record<string, any>} */
  let row = {};
  /** @type {any} */
  let answer = null;
  const made = panel({
    title: "Try a prediction",
    id: "try",
    request: () => ({ path: predict, method: "POST", body: JSON.stringify({ inputs: [row] }) }),
    numbers: () => ({ head: ["answer", "probability"], rows: answer ? linesOf(answer) : [] }),
  });
  /** @type {{input: Input, control: HTMLInputElement | HTMLSelectElement}[]} */
  let controls = [];
  const fields = element("div", { className: "fields" });
  const result = element("div", { role: "status", className: "prediction" });
  const form = element(
    "form",
    {},
    fields,
    element(
      "div",
      { className: "row" },
      element("button", { type: "submit", text: "Predict" }),
      element("a", {
        className: "button quiet",
        href: `/console/models/${job.model}`,
        text: "All columns, and what moved the answer",
      }),
    ),
    result,
  );
  made.body.append(form);

  form.onsubmit = async (event) => {
    event.preventDefault();
    for (const { input, control } of controls) row[input.name] = readField(control.value, input);
    try {
      answer = await post(predict, { inputs: [row] });
      result.replaceChildren(...answerOf(answer));
      made.refresh();
    } catch (error) {
      showFaults(result, error);
    }
  };

  /** Fields without values have their place before the service describes them. */
  function reserve() {
    const count = Math.min(MOST_FIELDS, job.data.features.length);
    const empty = () => element("input", { disabled: true, "aria-hidden": "true" });
    fields.replaceChildren(
      ...Array.from({ length: count }, () =>
        element("div", { className: "field" }, element("span", { className: "label", text: "…" }), empty()),
      ),
    );
    noteOthers(job.data.features.length);
  }

  /** @param {number} inputs @param {boolean} [isKnown] whether it is known which matter */
  function noteOthers(inputs, isKnown = true) {
    if (inputs > MOST_FIELDS)
      made.note(
        `The ${isKnown ? `${MOST_FIELDS} columns that the first layer learned most from` : `first ${MOST_FIELDS} columns`}; the other ${inputs - MOST_FIELDS} have their median or most frequent value.`,
      );
  }

  async function load() {
    const [{ inputs }, usual] = await Promise.all([ask(`/v1/models/${job.model}/inputs`), usualRow(path, job)]);
    row = usual;
    const strongest = strongestColumns();
    const shown = strongestInputs(inputs, strongest);
    controls = shown.map((input, place) => {
      const begin = row[input.name] ?? input.typical;
      const value = typeof begin === "number" ? Number(begin.toPrecision(7)) : begin; // medians may have many digits
      return { input, control: rowField(input, `try-${place}`, value, hasDays({ min: begin, max: begin })) };
    });
    fields.replaceChildren(
      ...controls.map(({ input, control }) =>
        element("div", { className: "field" }, element("label", { for: control.id, text: input.name }), control),
      ),
    );
    noteOthers(inputs.length, strongest.length > 0);
  }

  reserve();
  let [isLoaded, hasWaited, timer] = [false, false, 0];
  /** Load once it is known which columns matter; of some networks it never is. */
  const begin = () => {
    if (isLoaded) return;
    if (!strongestColumns().length && !hasWaited) {
      timer ||= window.setTimeout(() => {
        hasWaited = true;
        begin();
      }, MOST_WAIT_MS);
      return;
    }
    isLoaded = true;
    load().catch((error) => made.fail(error));
  };
  follow(made.card, begin);
  return made.card;
}

/** A row of medians and most frequent values, with two columns of a training row. @param {string} path @param {any} job */
async function usualRow(path, job) {
  try {
    const { others, x, y, points } = await ask(`${path}/decision-boundary?epoch=${job.stopping?.weights_epoch ?? 0}`);
    return { ...others, [x.name]: points.x[0], ...(y ? { [y.name]: points.y[0] } : {}) };
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return {}; // a network that is too large to replay: fields begin empty, which counts as missing
  }
}

/** The columns that matter most, then the others in their order. @param {Input[]} inputs @param {string[]} strongest */
function strongestInputs(inputs, strongest) {
  const rank = (/** @type {string} */ name) => (strongest.includes(name) ? strongest.indexOf(name) : strongest.length);
  return [...inputs].sort((one, other) => rank(one.name) - rank(other.name)).slice(0, MOST_FIELDS);
}

/** @param {any} answer @returns {(string | number | null)[][]} */
function linesOf({ predictions, probabilities, classes }) {
  if (!probabilities || !classes || probabilities[0].length !== classes.length)
    return [[JSON.stringify(predictions[0]), probabilities?.[0][0] ?? null]];
  return classes
    .map((/** @type {any} */ label, /** @type {number} */ at) => [String(label), probabilities[0][at]])
    .sort((/** @type {any} */ one, /** @type {any} */ other) => other[1] - one[1]);
}

/** @param {any} answer */
function answerOf(answer) {
  const [first] = answer.predictions;
  const text =
    typeof first === "number" && !answer.classes
      ? number(first)
      : Array.isArray(first)
        ? first.map((each) => (typeof each === "number" ? number(each) : each)).join(", ")
        : String(first);
  const lines = linesOf(answer);
  return [
    element("p", {}, "Answer: ", element("strong", { text })),
    ...(lines.length > 1
      ? [
          table(
            "Probabilities",
            ["class", "probability"],
            lines.slice(0, 8).map(([label, value]) => [String(label), percent(Number(value))]),
          ),
        ]
      : []),
  ];
}

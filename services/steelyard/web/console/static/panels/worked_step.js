// One training step of one row with every number on the way, at the slider's epoch.
import { post } from "../api.js";
import { element, table } from "../dom.js";
import { number } from "../format.js";
import { panel } from "../panel.js";
import { at, whole } from "../position.js";

/** @typedef {import("../recording.js").Recording} Recording */

const [MOST_TERMS, MOST_VALUES] = [6, 16];

/** @param {Recording} recording @param {any} job @param {import("../names.js").Namer} nameOf */
export function makeWorkedStep(recording, job, nameOf) {
  const row = element("input", {
    id: "step-row",
    type: "number",
    min: "0",
    max: String(job.data.rows - 1),
    value: "0",
  });
  const layer = element("select", { id: "step-layer", onchange: show });
  const unit = element("input", { id: "step-unit", type: "number", min: "0", value: "0", oninput: show });
  const place = element("div", { className: "step" });
  const epoch = () => recording.stored(recording.nearest(whole("epoch"))) ?? 0;
  const body = () => ({ job: job.id, epoch: epoch(), rows: [Number(row.value) || 0] });
  /** @type {any} */
  let trace = null;
  const made = panel({
    title: "A worked step",
    id: "worked-step",
    lead: "One row goes forward through the network, its error comes back, and the weights move: with every number and its formula.",
    request: () => ({ path: "/v1/traces", method: "POST", body: JSON.stringify(body()) }),
    numbers: () => ({ head: ["weight", "before", "gradient", "after"], rows: trace ? weightRows(trace) : [] }),
  });
  const button = element("button", { type: "button", className: "quiet", text: "Work through it", onclick: work });
  const choose = element(
    "div",
    { className: "row", hidden: true },
    element("label", { for: "step-layer", text: "Layer" }),
    layer,
    element("label", { for: "step-unit", text: "Unit" }),
    unit,
  );
  made.body.append(
    element("div", { className: "row" }, element("label", { for: "step-row", text: "Row of the data" }), row, button),
    choose,
    place,
  );

  async function work() {
    made.busy(true, "Computing the step, and checking its gradients …");
    made.fail();
    button.disabled = true;
    try {
      trace = await post("/v1/traces", body());
      layer.replaceChildren(...dense().map(({ name }) => element("option", { value: name, text: name })));
      layer.value = dense().some(({ name }) => name === at("layer")) ? String(at("layer")) : layer.value;
      unit.value = String(layer.value === at("layer") ? (whole("unit") ?? 0) : 0);
      choose.hidden = false;
      show();
      made.refresh();
    } catch (error) {
      made.fail(error);
    }
    button.disabled = false;
    made.busy(false);
  }

  /** @returns {any[]} */
  const dense = () => trace.layers.filter((/** @type {any} */ each) => each.weighted_sums);

  function show() {
    const chosen = dense().find(({ name }) => name === layer.value);
    if (!chosen) {
      place.replaceChildren(element("p", { text: "This network has no layer of weighted sums." }));
      return;
    }
    const index = Math.max(0, Math.min(chosen.units - 1, Number(unit.value) || 0));
    unit.max = String(chosen.units - 1);
    place.replaceChildren(...stepOf(trace, chosen, index, nameOf, recording));
    made.note(
      `The step starts from the weights after epoch ${trace.epoch}. ${checkLine(trace)} ${trace.notes.map((/** @type {string} */ note) => `${note[0].toUpperCase()}${note.slice(1)}.`).join(" ")}`,
    );
  }
  return made.card;
}

/** @param {any} trace */
function checkLine({ check }) {
  const words = /** @type {Record<string, string>} */ ({
    agrees: "✓ agree with central differences",
    kink: "agree, apart from corners of the loss",
    differs: "✗ differ from central differences",
    skipped: "were not checked, since the loss is not finite",
  });
  return `${check.checked} of ${check.of} gradients were checked: they ${words[check.verdict] ?? check.verdict}.`;
}

/**
 * @param {any} trace @param {any} layer @param {number} unit @param {import("../names.js").Namer} nameOf @param {Recording} recording
 */
function stepOf(trace, layer, unit, nameOf, recording) {
  const column = recording.columns.findIndex(({ name }) => name === layer.name);
  const name = (/** @type {number} */ input) => (column > 0 ? nameOf(column - 1, input) : `input ${input}`);
  const place = trace.layers.indexOf(layer);
  const inputs = /** @type {number[]} */ (place ? trace.layers[place - 1].outputs.values[0] : trace.inputs[0]);
  const [kernel, bias] = ["kernel", "bias"].map((each) =>
    layer.tensors.find((/** @type {any} */ tensor) => tensor.name === `${layer.name}/${each}`),
  );
  const z = layer.weighted_sums.values[0][unit];
  const order = inputs
    .map((_, input) => input)
    .sort(
      (one, other) =>
        Math.abs(inputs[other] * kernel.before[other][unit]) - Math.abs(inputs[one] * kernel.before[one][unit]),
    );
  const terms = order
    .slice(0, MOST_TERMS)
    .map((input) => `${number(inputs[input])} · ${number(kernel.before[input][unit])}`);
  const rest = order.slice(MOST_TERMS).reduce((sum, input) => sum + inputs[input] * kernel.before[input][unit], 0);
  const delta = layer.weighted_sum_gradients?.values[0][unit] ?? null;
  const line = (/** @type {string} */ formula, /** @type {string} */ numbers) =>
    element("li", {}, element("code", { className: "formula", text: formula }), element("p", { text: numbers }));
  return [
    element("h3", { text: "Forward" }),
    element(
      "ol",
      { className: "steps" },
      line(
        layer.weighted_sums.formula,
        `z = ${terms.join(" + ")}${order.length > MOST_TERMS ? ` + ${number(rest)} (${order.length - MOST_TERMS} more)` : ""}${bias ? ` + ${number(bias.before[unit])}` : ""} = ${number(z)}`,
      ),
      line(layer.outputs.formula, `output = f(${number(z)}) = ${number(layer.outputs.values[0][unit])}`),
      line(
        trace.loss.formula,
        `target ${JSON.stringify(trace.targets[0])}; the network's outputs ${list(trace.layers[trace.layers.length - 1].outputs.values[0])}; loss ${number(trace.loss.rows[0])}`,
      ),
    ),
    element("h3", { text: "Backward" }),
    element(
      "ol",
      { className: "steps" },
      line(layer.output_gradients.formula, `∂L/∂output = ${number(layer.output_gradients.values[0][unit])}`),
      line(layer.weighted_sum_gradients?.formula ?? "∂L/∂z", `∂L/∂z = ${number(delta)}`),
      line(
        "∂L/∂w = input · ∂L/∂z",
        `for ${name(order[0])}: ${number(inputs[order[0]])} · ${number(delta)} = ${number(kernel.gradients?.values[order[0]][unit])}`,
      ),
    ),
    element("h3", { text: `The step of ${trace.optimizer.name}` }),
    element("p", {}, element("code", { className: "formula", text: trace.optimizer.formula })),
    table(
      `Weights of ${layer.name}, unit ${unit}`,
      ["input", "input value", "weight before", "gradient", "weight after", "check"],
      order
        .slice(0, MOST_VALUES)
        .map((input) => [
          name(input),
          number(inputs[input]),
          number(kernel.before[input][unit]),
          number(kernel.gradients?.values[input][unit]),
          number(kernel.after[input][unit]),
          verdictOf(kernel, input, unit),
        ]),
      { texts: [0, 5] },
    ),
  ];
}

/** @param {number[]} values */
const list = (values) =>
  `[${values
    .slice(0, MOST_VALUES)
    .map((each) => number(each))
    .join(", ")}${values.length > MOST_VALUES ? ", …" : ""}]`;

/** @param {any} tensor @param {number} input @param {number} unit */
function verdictOf({ check }, input, unit) {
  const found = check?.weights.find((/** @type {any} */ { index }) => index[0] === input && index[1] === unit);
  return found ? (found.verdict === "agrees" ? "✓ agrees" : found.verdict) : "–";
}

/** @param {any} trace @returns {(string | number | null)[][]} */
function weightRows({ layers }) {
  return layers.flatMap((/** @type {any} */ { tensors }) =>
    tensors.flatMap((/** @type {any} */ { name, before, gradients, after }) => {
      const flat = (/** @type {any} */ values) => (values ? values.flat(9) : []);
      const [old, slope, next] = [flat(before), flat(gradients?.values), flat(after)];
      return old.map((/** @type {number} */ value, /** @type {number} */ place) => [
        `${name} ${place}`,
        value,
        slope[place] ?? null,
        next[place],
      ]);
    }),
  );
}

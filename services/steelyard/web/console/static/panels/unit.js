// One unit, or one edge into it, at the slider's epoch: weights by input, outputs, gradient, and the curve over the epochs.
import { colorOf, makeCanvas, makePixels, widthOf } from "../canvas.js";
import { element } from "../dom.js";
import { edgeFacts } from "../edge_facts.js";
import { number, plural } from "../format.js";
import { lineChart } from "../lines.js";
import { paint, palette } from "../math/color.js";
import { imageOf, incoming } from "../math/heat.js";
import { panel } from "../panel.js";
import { follow, move, whole } from "../position.js";
import { selection } from "../selection.js";
import { stateOf } from "../unit_facts.js";

/** @typedef {import("../recording.js").Recording} Recording */
/** @typedef {import("../replay.js").Replay} Replay */
/** @typedef {import("../names.js").Namer} Namer */

const MOST_ROWS = 12;
const STATES = /** @type {Record<string, string>} */ ({
  dead: "Dead: its output is never positive on the probe, so it learns nothing.",
  dormant: "Dormant: its outputs are tiny next to those of its layer.",
  saturated: "Saturated: it is on the flat part of its activation for nearly all rows.",
});

/** @param {Recording} recording @param {Replay} replay @param {Namer} nameOf */
export function makeUnit(recording, replay, nameOf) {
  /** @type {() => (string | number | null)[][]} */
  let rows = () => [];
  const made = panel({
    title: "A unit and its weights",
    id: "unit",
    request: () => `${recording.path}/units/${chosen()?.name ?? ""}?unit=${selection(recording)?.unit ?? 0}`,
    numbers: () => ({ head: ["input", "weight", "|weight| · std of the input"], rows: rows() }),
  });
  const chosen = () => {
    const place = selection(recording);
    return place && recording.columns[place.column];
  };
  const layer = element("select", {
    id: "unit-layer",
    onchange: () => move({ layer: layer.value, unit: 0, input: null }),
  });
  const unit = element("input", {
    id: "unit-number",
    type: "number",
    min: "0",
    oninput: () => {
      if (unit.value !== "") move({ layer: layer.value, unit: unit.value, input: null });
    },
  });
  const title = element("h3", { id: "unit-title", text: "No unit yet" });
  const facts = element("p", { className: "muted" });
  const bars = weightBars(recording.columns[0]?.units ?? 0);
  const more = element("p", { className: "muted" });
  const side = element("div", { className: "unit-side" });
  const picture = unitImage();
  const edge = element("div", { className: "edge-facts", role: "group", "aria-label": "The chosen weight" });
  made.body.append(
    element(
      "div",
      { className: "row" },
      element("label", { for: "unit-layer", text: "Layer" }),
      layer,
      element("label", { for: "unit-number", text: "Unit" }),
      unit,
    ),
    title,
    facts,
    element(
      "div",
      { className: "unit-grid" },
      element("div", {}, bars.list, more),
      element("div", {}, picture.canvas, side, edge),
    ),
  );

  function draw() {
    const place = selection(recording);
    made.card.hidden = !place;
    if (!place) return;
    const { column, unit: index } = place;
    const { name, units, kernel } = recording.columns[column];
    fillLayers(layer, recording, name);
    unit.max = String(units - 1);
    if (document.activeElement !== unit) unit.value = String(index);
    const epoch = recording.stored(recording.nearest(whole("epoch")));
    const weights = kernel && epoch !== null ? recording.weights(kernel, epoch) : null;
    title.textContent =
      nameOf(column, index) === `${name} unit ${index}`
        ? `${name}, unit ${index}`
        : `${name}, unit ${index}: ${nameOf(column, index)}`;
    made.card.dataset.epoch = String(epoch);
    if (!weights || epoch === null) {
      facts.textContent = "The weights are on their way, or not stored.";
      return;
    }
    const values = incoming(weights.values, weights.shape[0], weights.shape[1], index);
    const { value } = replay.get(`units/${name}?unit=${index}`);
    const moment = value?.epochs.find((/** @type {any} */ each) => each.epoch === epoch);
    facts.textContent = factLine(moment, name, recording, epoch, index);
    rows = () =>
      Array.from(values, (weight, input) => [
        nameOf(column - 1, input),
        weight,
        moment ? Math.abs(weight) * (moment.input_std[input] ?? 0) : null,
      ]);
    bars.show(values, place, nameOf);
    more.textContent =
      values.length > MOST_ROWS ? `The ${MOST_ROWS} largest of ${values.length} weights; the table has all.` : "";
    picture.show(column === 1 && value?.inputs ? value.inputs : null, values);
    showOutputs(side, value, moment);
    showEdge(edge, recording, replay, nameOf, place, epoch, values);
    made.refresh();
  }

  follow(made.card, draw);
  return made.card;
}

/** @param {HTMLSelectElement} layer @param {Recording} recording @param {string} name */
function fillLayers(layer, recording, name) {
  const names = recording.columns.slice(1).map((column) => column.name);
  if (layer.options.length !== names.length)
    layer.replaceChildren(...names.map((each) => element("option", { value: each, text: each })));
  layer.value = name;
}

/** @param {any} moment @param {string} name @param {Recording} recording @param {number} epoch @param {number} unit */
function factLine(moment, name, recording, epoch, unit) {
  const bias = recording.tensor(`${name}/bias`) ? recording.weights(`${name}/bias`, epoch)?.values[unit] : undefined;
  const parts = [`After epoch ${epoch}.`, ...(bias === undefined ? [] : [`Bias ${number(bias)}.`])];
  if (moment)
    parts.push(
      `Output ${number(moment.units[0].mean)} ± ${number(moment.units[0].std)}.`,
      STATES[stateOf(moment.units[0])] ?? "",
    );
  return parts.join(" ");
}

/** A list of bars that stay the same elements, so that one keeps the focus while the slider moves. @param {number} expected how many there will be */
function weightBars(expected) {
  const list = element("ol", { className: "weights" });
  const items = Array.from({ length: MOST_ROWS }, (_, at) => {
    const name = element("span", { className: "name", text: "weight …" });
    const bar = element("span", { className: "bar-fill" });
    const value = element("span", { className: "value" });
    const button = element(
      "button",
      { type: "button", className: "weight", "aria-pressed": "false" },
      name,
      element("span", { className: "bar-track" }, bar),
      value,
    );
    return { row: element("li", { hidden: at >= expected }, button), name, bar, value, button };
  });
  list.append(...items.map(({ row }) => row));
  return {
    list,
    /** @param {Float32Array} values @param {import("../selection.js").Selection} place @param {Namer} nameOf */
    show(values, { column, input }, nameOf) {
      const order = Array.from(values.keys()).sort(
        (one, other) => Math.abs(values[other]) - Math.abs(values[one]) || one - other,
      );
      const largest = Math.abs(values[order[0]]) || 1;
      items.forEach(({ row, name, bar, value, button }, at) => {
        row.hidden = at >= order.length;
        if (row.hidden) return;
        const from = order[at];
        const weight = values[from];
        name.textContent = nameOf(column - 1, from);
        bar.style.width = `${(50 * Math.abs(weight)) / largest}%`;
        bar.className = `bar-fill ${weight < 0 ? "minus" : "plus"}`;
        value.textContent = number(weight);
        button.setAttribute("aria-pressed", String(from === input));
        button.onclick = () => move({ input: from === input ? null : from });
      });
    },
  };
}

function unitImage() {
  const { canvas, fit } = makeCanvas("The unit's weights as an image of its inputs");
  canvas.className = "unit-image";
  canvas.hidden = true;
  return {
    canvas,
    /** @param {string[] | null} names @param {Float32Array} values */
    show(names, values) {
      const image = names && imageOf(names);
      canvas.hidden = !image;
      if (!image) return;
      const pixels = makePixels(image.width, image.height);
      const placed = new Float32Array(image.width * image.height);
      image.at.forEach((pixel, input) => {
        placed[pixel] = values[input];
      });
      paint(
        placed,
        Math.max(...placed.map(Math.abs)),
        palette({ positive: colorOf("--positive"), zero: colorOf("--card"), negative: colorOf("--negative") }),
        pixels.words,
      );
      pixels.put();
      const side = 16 * Math.max(1, Math.floor(10 / Math.max(1, image.width / 8)));
      const context = fit(image.width * Math.min(side, 18), image.height * Math.min(side, 18));
      context.imageSmoothingEnabled = false;
      context.drawImage(pixels.canvas, 0, 0, image.width * Math.min(side, 18), image.height * Math.min(side, 18));
    },
  };
}

/** The histogram of the unit's outputs on the probe. @param {HTMLElement} place @param {any} value @param {any} moment */
function showOutputs(place, value, moment) {
  place.hidden = !moment;
  if (!moment) return;
  const counts = /** @type {number[]} */ (moment.units[0].histogram);
  const range = [value.edges[0], value.edges.at(-1)].map((each) => number(each));
  if (place.dataset.key !== [counts.length, value.rows, ...range].join()) {
    place.dataset.key = [counts.length, value.rows, ...range].join();
    place.replaceChildren(
      element("p", { className: "label", text: `Outputs on ${plural(value.rows, "row")} of the probe` }),
      element(
        "div",
        {
          className: "histogram",
          role: "img",
          "aria-label": `Histogram of the outputs from ${range[0]} to ${range[1]}`,
        },
        ...counts.map(() => element("span")),
      ),
      element("p", { className: "range" }, ...range.map((text) => element("span", { text }))),
    );
  }
  const most = Math.max(1, ...value.epochs.flatMap((/** @type {any} */ each) => each.units[0].histogram));
  const bars = /** @type {HTMLCollectionOf<HTMLElement>} */ (place.children[1].children);
  counts.forEach((each, at) => {
    bars[at].style.transform = `scaleY(${Math.sqrt(each / most).toFixed(3)})`;
  });
}

/**
 * @param {HTMLElement} place @param {Recording} recording @param {Replay} replay @param {Namer} nameOf
 * @param {import("../selection.js").Selection} chosen @param {number} epoch @param {Float32Array} values
 */
function showEdge(place, recording, replay, nameOf, { column, unit, input }, epoch, values) {
  if (input === null) {
    place.replaceChildren(
      element("p", { className: "muted", text: "Choose a weight for its gradient and its curve over the epochs." }),
    );
    return;
  }
  const { gradient, change, since, curve, epochs, at } = edgeFacts(recording, replay, { column, unit, input }, epoch);
  const fact = (/** @type {string} */ label, /** @type {number | null | undefined} */ amount) =>
    element("div", {}, element("dt", { text: label }), element("dd", { text: number(amount) }));
  place.replaceChildren(
    element("h4", { text: `${nameOf(column - 1, input)} → ${nameOf(column, unit)}` }),
    element(
      "dl",
      { className: "facts" },
      fact("weight", values[input]),
      fact("gradient", gradient),
      fact(since === null ? "change" : `change since epoch ${since}`, change),
    ),
    lineChart(Math.max(220, widthOf(place)), {
      label: "The weight over the epochs",
      lines: [{ name: "weight", values: curve }],
      names: epochs.map(String),
      height: 130,
      at,
    }),
  );
}

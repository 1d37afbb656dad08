// The layers of a job as rows of a form: a type each, with its parameters; add, remove, move.
import { element } from "../dom.js";
import { lengthen, move, shorten } from "../math/layers.js";
import { chooseOption } from "./fields.js";

/** @typedef {import("./fields.js").Component} Component */
/** @typedef {import("./fields.js").Change} Change */
/** @typedef {import("./fields.js").Field} Field */
/** @typedef {import("../math/layers.js").Layer} Layer */

const POINTER = "/layers";
const SIMPLE = ["number", "integer"];

/**
 * @param {{change: Change, layers: Component[], activations: Component[], initializers: Component[]}} options components of the catalog
 * @returns {Field}
 */
export function layerEditor({ change, layers, activations, initializers }) {
  const rows = element("ol", { className: "layers" });
  const faults = element("div", { role: "alert" });
  const chosen = element("p", { className: "hint" });
  /** @type {Layer[]} */
  let list = [];
  let key = "";
  const give = (/** @type {Layer[] | undefined} */ next) =>
    change(POINTER, next?.length ? next.map(shorten) : undefined);
  const replace = (/** @type {number} */ place, /** @type {Layer} */ layer) => give(list.with(place, layer));
  const add = element("button", {
    type: "button",
    className: "quiet small",
    text: "Add a layer",
    onclick: () => give([...list, { type: "dense", units: 16 }]),
  });
  const clear = element("button", {
    type: "button",
    className: "quiet small",
    text: "Automatic",
    onclick: () => give(undefined),
  });
  const options = {
    layers,
    parts: /** @type {Record<string, Component[]>} */ ({ activation: activations, initializer: initializers }),
  };

  const draw = () =>
    rows.replaceChildren(
      ...list.map((layer, place) =>
        row(layer, place, list.length, options, {
          replace: (next) => replace(place, next),
          move: (by) => give(move(list, place, by)),
          remove: () => give(list.filter((_, index) => index !== place)),
        }),
      ),
    );

  return {
    pointer: POINTER,
    element: element(
      "fieldset",
      { className: "field wide" },
      element("legend", { className: "label", text: "Hidden layers" }),
      rows,
      chosen,
      element("div", { className: "row" }, add, clear),
      faults,
    ),
    fail: (details) => faults.replaceChildren(...details.map((text) => element("p", { className: "fault", text }))),
    update: (spec, resolved) => {
      const written = Array.isArray(spec.layers) ? spec.layers : [];
      list = written.map(lengthen);
      clear.hidden = !list.length;
      chosen.textContent = list.length
        ? ""
        : `automatic${resolved?.layers ? `: ${resolved.layers.map(describe).join(" – ") || "none"}` : ""}`;
      // The rows are made again only when layers come, go or change their type: the cursor stays where it is.
      const next = JSON.stringify(list.map(({ type }) => type));
      if (next !== key || !rows.contains(document.activeElement)) draw();
      key = next;
    },
  };
}

/** @param {any} layer */
const describe = (layer) => (layer.units ? `${layer.type} ${layer.units}` : layer.type);

/**
 * @param {Layer} layer
 * @param {number} place
 * @param {number} many
 * @param {{layers: Component[], parts: Record<string, Component[]>}} options
 * @param {{replace: (layer: Layer) => void, move: (by: number) => void, remove: () => void}} act
 */
function row(layer, place, many, { layers, parts }, act) {
  const named = `layer ${place + 1}`;
  const type = element(
    "select",
    { "aria-label": `Type of ${named}`, onchange: () => act.replace(fresh(layers, type.value)) },
    ...layers
      .filter(({ name }) => name !== "residual" && name !== "embedding")
      .map(({ name }) => element("option", { text: name, value: name })),
  );
  chooseOption(type, layer.type, layer.type);
  const present = { ...layer };
  const put = (/** @type {string} */ name, /** @type {any} */ value) => {
    present[name] = value;
    act.replace({ ...present });
  };
  const parameters = layers.find(({ name }) => name === layer.type)?.parameters ?? [];
  const numbers = parameters
    .filter((each) => SIMPLE.includes(each.type))
    .map((each) => numberOf(each, layer, named, put));
  const selects = parameters
    .filter(({ name }) => name in parts)
    .map(({ name }) => partOf(name, parts[name], layer, named, put));
  const button = (
    /** @type {string} */ text,
    /** @type {string} */ label,
    /** @type {() => void} */ onclick,
    disabled = false,
  ) =>
    element("button", {
      type: "button",
      className: "quiet small",
      text,
      "aria-label": `${label} ${named}`,
      onclick,
      disabled,
    });
  return element(
    "li",
    { className: "layer" },
    type,
    ...numbers,
    ...selects,
    element(
      "span",
      { className: "row" },
      button("↑", "Move up:", () => act.move(-1), place === 0),
      button("↓", "Move down:", () => act.move(1), place === many - 1),
      button("×", "Remove", act.remove),
    ),
  );
}

/** A layer of a type with what it requires. @param {Component[]} layers @param {string} type @returns {Layer} */
function fresh(layers, type) {
  const usual = /** @type {Record<string, number>} */ ({ units: 16, rate: 0.2, stddev: 0.1 });
  const required = layers.find(({ name }) => name === type)?.parameters.filter((each) => each.required) ?? [];
  return { type, ...Object.fromEntries(required.map(({ name }) => [name, usual[name]])) };
}

/** @param {import("./fields.js").Parameter} parameter @param {Layer} layer @param {string} named @param {(name: string, value: any) => void} put */
function numberOf({ name, default: usual, required }, layer, named, put) {
  const input = element("input", {
    type: "number",
    step: "any",
    value: layer[name] ?? "",
    placeholder: required ? name : `${usual}`,
    oninput: () => put(name, input.value === "" ? undefined : Number(input.value)),
    "aria-label": `${name} of ${named}`,
    title: name,
  });
  return element(
    "label",
    { className: "inline" },
    element("span", { className: "label", text: name, "aria-hidden": "true" }),
    input,
  );
}

/** @param {string} name @param {Component[]} components @param {Layer} layer @param {string} named @param {(name: string, value: any) => void} put */
function partOf(name, components, layer, named, put) {
  const select = element(
    "select",
    { "aria-label": `${name} of ${named}`, onchange: () => put(name, select.value || undefined) },
    element("option", { text: "as below", value: "" }),
    ...components.map((each) => element("option", { text: each.name, value: each.name })),
  );
  const value = layer[name];
  chooseOption(
    select,
    value === undefined ? "" : typeof value === "string" ? value : value.name,
    typeof value === "object" ? value.name : String(value),
  );
  return element(
    "label",
    { className: "inline" },
    element("span", { className: "label", text: name, "aria-hidden": "true" }),
    select,
  );
}

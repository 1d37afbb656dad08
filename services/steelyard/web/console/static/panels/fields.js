// Controls of a form, each of which shows and changes the value at one pointer of a JSON document.
import { element } from "../dom.js";
import { get } from "../math/pointer.js";

/** @typedef {{name: string, type: string, default: any, required: boolean, range: string[]}} Parameter */
/** @typedef {{name: string, description?: string, formula?: string, parameters: Parameter[]}} Component */
/** @typedef {(pointer: string, value: any) => void} Change */
/**
 * @typedef {object} Field
 * @property {string} pointer
 * @property {HTMLElement} element
 * @property {(spec: any, resolved: any) => void} update show the value of a job, or what the service chose
 * @property {(details: string[]) => void} fail show what is wrong with the value
 */

let made = 0;

/**
 * A label, a control, a hint and a place for faults.
 * @param {string} label
 * @param {HTMLInputElement | HTMLSelectElement} control
 * @param {HTMLElement[]} more below the control
 */
export function labeled(label, control, ...more) {
  const id = `field-${(made += 1)}`;
  control.id = id;
  const hint = element("p", { className: "hint", id: `${id}-hint` });
  const faults = element("div", { id: `${id}-faults`, role: "alert" });
  control.setAttribute("aria-describedby", `${id}-hint ${id}-faults`);
  const box = element(
    "div",
    { className: "field" },
    element("label", { text: label, for: id }),
    control,
    ...more,
    hint,
    faults,
  );
  return {
    box,
    hint: (/** @type {string} */ text) => {
      hint.textContent = text;
      hint.hidden = !text;
    },
    fail: (/** @type {string[]} */ details) => {
      faults.replaceChildren(...details.map((text) => element("p", { className: "fault", text })));
      control.setAttribute("aria-invalid", String(details.length > 0));
    },
  };
}

/** `0.001` for `{"learning_rate": 0.001}`, `adam` for `{"name": "adam", …}`. @param {any} value */
const short = (value) =>
  value === null || value === undefined
    ? "none"
    : typeof value === "object"
      ? (value.name ?? JSON.stringify(value))
      : String(value);

/**
 * A number; empty means that the service chooses.
 * @param {{label: string, pointer: string, change: Change, step?: string, min?: number, help?: string, integer?: boolean}} options
 * @returns {Field}
 */
export function numberField({ label, pointer, change, step = "any", min, help = "" }) {
  const control = element("input", {
    type: "number",
    step,
    min,
    inputMode: "decimal",
    oninput: () => {
      if (!control.validity.badInput) change(pointer, control.value === "" ? undefined : Number(control.value));
    },
  });
  const { box, hint, fail } = labeled(label, control);
  hint(help);
  return {
    pointer,
    element: box,
    fail,
    update: (spec, resolved) => {
      const value = get(spec, pointer);
      if (document.activeElement !== control) control.value = typeof value === "number" ? String(value) : "";
      control.placeholder =
        typeof value === "object" || typeof value === "string" ? short(value) : automatic(get(resolved, pointer));
    },
  };
}

/** @param {any} value */
const automatic = (value) => (value === undefined ? "automatic" : `automatic: ${short(value)}`);

/**
 * One of some values; the first choice, "automatic" or what `free` says, leaves it to the service.
 * @param {{label: string, pointer: string, change: Change, values: [string, any][], help?: string, free?: string}} options
 *   names and values
 * @returns {Field}
 */
export function selectField({ label, pointer, change, values, help = "", free }) {
  const first = element("option", { text: free ?? "automatic", value: "" });
  const control = element(
    "select",
    { onchange: () => change(pointer, control.value === "" ? undefined : JSON.parse(control.value)) },
    first,
    ...values.map(([text, value]) => element("option", { text, value: JSON.stringify(value) })),
  );
  const { box, hint, fail } = labeled(label, control);
  hint(help);
  return {
    pointer,
    element: box,
    fail,
    update: (spec, resolved) => {
      const value = get(spec, pointer);
      first.text = free ?? automatic(get(resolved, pointer));
      chooseOption(control, value === undefined ? "" : JSON.stringify(value), short(value));
    },
  };
}

/**
 * Select a value; one that is not in the list, which JSON can have, gets a new option.
 * @param {HTMLSelectElement} control
 * @param {string} value
 * @param {string} text
 */
export function chooseOption(control, value, text) {
  control.querySelector("option[data-foreign]")?.remove();
  if (![...control.options].some((option) => option.value === value))
    control.append(element("option", { value, text, dataset: { foreign: "1" } }));
  control.value = value;
}

/**
 * A component of the catalog, such as an optimizer, with its parameters below.
 * @param {{label: string, pointer: string, change: Change, components: Component[], none?: boolean, free?: string}} options
 *   `none`: it can be switched off; `free`: what stands for leaving it to the service
 * @returns {Field}
 */
export function componentField({ label, pointer, change, components, none = false, free }) {
  const automaticOption = element("option", { text: free ?? "automatic", value: "" });
  const control = element(
    "select",
    {
      onchange: () => change(pointer, control.value === "" ? undefined : control.value === "-" ? null : control.value),
    },
    automaticOption,
    ...(none ? [element("option", { text: "none", value: "-" })] : []),
    ...components.map(({ name }) => element("option", { text: name, value: name })),
  );
  const parameters = element("div", { className: "fields parameters" });
  const { box, hint, fail } = labeled(label, control, parameters);
  /** @type {Field[]} */
  let inner = [];
  let shown = "";
  const give = (/** @type {string} */ name, /** @type {any} */ value) => {
    const { name: component, ...rest } = { name: control.value, ...current };
    const given = Object.fromEntries(
      Object.entries({ ...rest, [name]: value }).filter(([, each]) => each !== undefined),
    );
    change(pointer, Object.keys(given).length ? { name: component, ...given } : component);
  };
  /** @type {Record<string, any>} */
  let current = {};
  return {
    pointer,
    element: box,
    fail,
    update: (spec, resolved) => {
      const value = get(spec, pointer);
      automaticOption.text = free ?? automatic(get(resolved, pointer));
      current = typeof value === "object" && value !== null ? value : {};
      const name = value === undefined ? "" : value === null ? "-" : typeof value === "string" ? value : value.name;
      chooseOption(control, name, short(value));
      const component = components.find((each) => each.name === name);
      hint(component?.description?.split("\n")[0] ?? "");
      if (shown !== name) {
        shown = name;
        inner = (component?.parameters ?? [])
          .filter(({ type }) => type === "number" || type === "integer")
          .map((each) =>
            numberField({
              label: each.name,
              pointer: `/${each.name}`,
              change: (_, given) => give(each.name, given),
              help: each.range.join(", "),
            }),
          );
        parameters.replaceChildren(...inner.map((field) => field.element));
      }
      const defaults = Object.fromEntries((component?.parameters ?? []).map((each) => [each.name, each.default]));
      for (const field of inner) field.update(current, { ...defaults, ...get(resolved, pointer) });
    },
  };
}

// The form of a new job, in step with its JSON: each changes the other, and the service says what it would do.
import { ask, curl, post, Refusal } from "../api.js";
import { copy, element, faultLine, faultsOf, showFaults } from "../dom.js";
import { bytes, count, duration, plural } from "../format.js";
import { compact, nearest, put } from "../math/pointer.js";
import { dataFields, DUE } from "./data_choice.js";
import { componentField, numberField, selectField } from "./fields.js";
import { layerEditor } from "./layer_editor.js";

/** @typedef {import("./fields.js").Field} Field */

const WAIT_MS = 350;

/**
 * @param {any} catalog
 * @param {any} first the job to begin with
 * @param {(job: any) => void} submitted
 */
export async function jobForm(catalog, first, submitted) {
  let spec = first;
  /** @type {any} */
  let resolved = {};
  const change = (/** @type {string} */ pointer, /** @type {any} */ value) => replace(put(spec, pointer, value));
  const data = await dataFields({ catalog, change, spec: () => spec, replace: (next) => replace(next) });
  const { network, training, more } = parameterFields(catalog, change);
  const fields = [...data, ...network, ...training, ...more];
  const json = element("textarea", {
    id: "spec",
    rows: 18,
    spellcheck: false,
    "aria-label": "The job as JSON",
    "aria-describedby": "faults",
    oninput: read,
  });
  const faults = element("div", { id: "faults", role: "alert" });
  const summary = element("div", { id: "summary", "aria-live": "polite" });
  const train = element("button", { type: "submit", text: "Train" });
  const copyButton = element("button", {
    type: "button",
    className: "quiet",
    text: "Copy as curl",
    onclick: () => copy(copyButton, curl("/v1/jobs", { method: "POST", body: JSON.stringify(spec) })),
  });
  const form = element(
    "form",
    { id: "job-form", className: "job-form", noValidate: true, onsubmit: submit },
    element(
      "div",
      { className: "form-fields" },
      group("Data", data),
      group("Network", network),
      group("Training", training),
      element(
        "details",
        {},
        element("summary", { text: "More" }),
        element("div", { className: "fields" }, ...more.map((field) => field.element)),
      ),
    ),
    element(
      "div",
      { className: "form-side" },
      element("h3", { text: "As JSON" }),
      json,
      faults,
      summary,
      element("div", { className: "row" }, train, copyButton),
    ),
  );

  function read() {
    try {
      const next = JSON.parse(json.value);
      if (typeof next !== "object" || next === null || Array.isArray(next))
        throw new SyntaxError("a job is an object: { … }");
      replace(next, json);
    } catch (error) {
      clearTimeout(timer);
      showFaults(faults, new Refusal({ detail: `Not JSON yet: ${error instanceof Error ? error.message : error}` }));
    }
  }

  /** @param {any} next @param {HTMLElement} [source] the control that is being typed in, which is left as it is */
  function replace(next, source) {
    spec = next;
    if (source !== json) json.value = JSON.stringify(spec, null, 2);
    for (const field of fields) field.update(spec, resolved);
    clearTimeout(timer);
    timer = setTimeout(check, WAIT_MS);
  }
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let asked = 0;

  async function check() {
    const number = (asked += 1);
    try {
      const answer = await post("/v1/jobs?dry_run=true", spec);
      if (number !== asked) return;
      resolved = answer.spec;
      place([]);
      summary.replaceChildren(...describe(answer));
    } catch (error) {
      if (number !== asked) return;
      resolved = {}; // what was chosen for another job is not said of this one
      summary.replaceChildren();
      place(faultsOf(error).faults);
    }
    for (const field of fields) field.update(spec, resolved);
  }

  /** Put each fault at its field, and those without one below the JSON. @param {import("../api.js").Fault[]} found */
  function place(found) {
    const owners = found.map(({ pointer }) =>
      nearest(
        fields.map((field) => field.pointer),
        pointer ?? "",
      ),
    );
    for (const field of fields)
      field.fail(
        found
          .filter((_, index) => owners[index] === field.pointer)
          .map(({ detail, pointer }) => (pointer === field.pointer ? detail : `${pointer}: ${detail}`)),
      );
    faults.replaceChildren(...found.filter((_, index) => owners[index] === undefined).map(faultLine));
    if (!found.length || owners.some((owner) => owner === undefined)) return;
    const isDue = form.querySelector(".due") !== null && found.length === 1;
    const text = isDue ? DUE : `${plural(found.length, "fault")}: see the form.`;
    faults.replaceChildren(element("p", { className: isDue ? "accent" : "fault", text }));
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    train.disabled = true;
    try {
      submitted(await post("/v1/jobs", spec));
    } catch (error) {
      place(faultsOf(error).faults);
      train.disabled = false;
      const bad = /** @type {HTMLElement | null} */ (form.querySelector("[aria-invalid='true']"));
      bad?.focus();
    }
  }

  replace(spec);
  return { form, replace: (/** @type {any} */ next) => replace(next), spec: () => spec };
}

/** @param {string} title @param {Field[]} fields */
const group = (title, fields) =>
  element(
    "fieldset",
    {},
    element("legend", { text: title }),
    element("div", { className: "fields" }, ...fields.map((field) => field.element)),
  );

/** @param {any} catalog @param {import("./fields.js").Change} change */
function parameterFields(catalog, change) {
  const part = (
    /** @type {string} */ label,
    /** @type {string} */ pointer,
    /** @type {string} */ family,
    none = false,
  ) => componentField({ label, pointer, change, components: catalog[family], none });
  const network = [
    selectField({
      label: "Preset",
      pointer: "/preset",
      change,
      values: catalog.presets.map((/** @type {any} */ { name, framework }) => [framework, name]),
      help: "what is left open gets the defaults of this framework",
      free: "none: Steelyard's",
    }),
    layerEditor({
      change,
      layers: catalog.layers,
      activations: catalog.activations,
      initializers: catalog.initializers,
    }),
    part("Activation", "/activation", "activations"),
    part("Initializer", "/initializer", "initializers"),
  ];
  const training = [
    part("Optimizer", "/optimizer", "optimizers"),
    numberField({
      label: "Epochs",
      pointer: "/training/epochs",
      change,
      min: 1,
      step: "1",
      help: "empty: chosen by the service, and stopped early",
    }),
    numberField({ label: "Batch size", pointer: "/training/batch_size", change, min: 1, step: "1" }),
  ];
  const more = [
    part("Loss", "/loss", "losses"),
    part("Learning rate schedule", "/training/schedule", "schedules", true),
    part("Regularizer", "/regularizer", "regularizers", true),
    part("Constraint", "/constraint", "constraints", true),
    part("Gradient clip", "/training/gradient_clip", "gradient_clips", true),
    part("Bias initializer", "/bias_initializer", "initializers"),
    selectField({
      label: "Scaling of numbers",
      pointer: "/preprocessing/numeric",
      change,
      values: [
        ["standard", "standard"],
        ["minmax", "minmax"],
        ["robust", "robust"],
        ["piecewise_linear", "piecewise_linear"],
        ["none", "none"],
      ],
    }),
    numberField({ label: "Seed", pointer: "/training/seed", change, min: 0, step: "1" }),
    numberField({
      label: "Ensemble",
      pointer: "/ensemble",
      change,
      min: 1,
      step: "1",
      help: "networks whose answers are averaged",
    }),
    selectField({
      label: "Number type",
      pointer: "/training/dtype",
      change,
      values: [
        ["float32", "float32"],
        ["float64", "float64"],
      ],
    }),
  ];
  return { network, training, more };
}

/** What the service would do, from a dry run. @param {any} answer */
function describe({ data, parameters, estimate, choices, findings }) {
  const facts = [
    plural(data.rows, "row"),
    plural(data.features.length, "column"),
    plural(parameters, "weight"),
    `about ${bytes(estimate.memory_bytes)}`,
  ];
  if (estimate.seconds !== null && estimate.seconds !== undefined) facts.push(`about ${duration(estimate.seconds)}`);
  if (data.rows_left_out) facts.push(`${count(data.rows_left_out)} rows without a target are dropped`);
  const chosen = choices.map((/** @type {any} */ { path, value, reason }) =>
    element(
      "li",
      {},
      element("code", { text: `${path.slice(1).replaceAll("/", ".")} = ${JSON.stringify(value)}` }),
      ` ${reason}`,
    ),
  );
  return [
    element("p", { className: "dry-run", text: facts.join(" · ") }),
    ...findings.map((/** @type {any} */ { level, message }) =>
      element("div", { className: `notice ${level}` }, element("p", { text: message })),
    ),
    ...(chosen.length
      ? [
          element(
            "details",
            {},
            element("summary", { text: `Chosen automatically (${chosen.length})` }),
            element("ul", { className: "choices" }, ...chosen),
          ),
        ]
      : []),
  ];
}

/**
 * The job to begin with, as the address asks: `?from=job_…` (the same again), `?dataset=ds_…&target=…`, `?spec={…}`.
 * @param {URLSearchParams} query
 * @returns {Promise<any>}
 */
export async function firstJob(query) {
  const spec = query.get("spec");
  if (spec !== null) return JSON.parse(spec);
  const from = query.get("from");
  if (from !== null) {
    const job = await ask(`/v1/jobs/${encodeURIComponent(from)}`);
    return { ...(job.name ? { name: job.name } : {}), ...compact(put(job.spec, "/name", undefined)) };
  }
  const dataset = query.get("dataset");
  if (dataset === null) return { data: { builtin: query.get("builtin") ?? "iris" } };
  const target = query.get("target");
  return { data: { dataset, ...(target ? { target } : {}) } };
}

// A form for an initialization lab: a job, and the ways to begin it that are to be compared.
import { curl, post } from "../api.js";
import { copy, element, showFaults } from "../dom.js";
import { labeled } from "./fields.js";

const PATH = "/v1/initialization-labs";
const USUAL = ["zeros", "random_normal", "glorot_uniform", "he_normal"];
const EXAMPLE = { data: { builtin: "digits" }, layers: [64, 64, 64], activation: "relu", training: { epochs: 25 } };

/** @param {any} catalog @param {(lab: any) => void} opened */
export function labForm(catalog, opened) {
  const job = element("textarea", {
    rows: 9,
    spellcheck: false,
    value: JSON.stringify(EXAMPLE, null, 2),
    "aria-label": "The job as JSON",
  });
  const initializers = choices("Initializers", catalog.initializers, USUAL);
  const activations = choices("Activations (none: those of the job)", catalog.activations, []);
  const depths = element("input", { type: "text", placeholder: "such as 2, 8", inputMode: "numeric" });
  const seeds = element("input", { type: "number", min: 2, max: 20, value: "3" });
  const faults = element("div", { role: "alert" });
  const start = element("button", { type: "submit", text: "Open the lab" });
  const copyButton = element("button", {
    type: "button",
    className: "quiet",
    text: "Copy as curl",
    onclick: () => {
      showFaults(faults);
      try {
        copy(copyButton, curl(PATH, { method: "POST", body: JSON.stringify(request()) }));
      } catch (error) {
        showFaults(faults, error);
      }
    },
  });
  const depthField = labeled("Depths", depths);
  depthField.hint("how often the first layer is repeated");
  const seedField = labeled("Seeds", seeds);
  return element(
    "form",
    { className: "card", noValidate: true, onsubmit: submit },
    element("h2", { text: "New initialization lab" }),
    element("p", {
      className: "muted",
      text: "The same job with other initial weights, on several seeds: what happens to the signal before the first step, and who wins.",
    }),
    job,
    initializers.box,
    activations.box,
    element("div", { className: "fields" }, depthField.box, seedField.box),
    faults,
    element("div", { className: "row" }, start, copyButton),
  );

  /** The request, of what is in the form. */
  function request() {
    const repeated = depths.value
      .split(/[,;\s]+/)
      .filter(Boolean)
      .map(Number);
    return {
      job: JSON.parse(job.value),
      initializers: initializers.chosen(),
      ...(activations.chosen().length ? { activations: activations.chosen() } : {}),
      ...(repeated.length ? { depths: repeated } : {}),
      seeds: Number(seeds.value),
    };
  }

  /** @param {Event} event */
  async function submit(event) {
    event.preventDefault();
    showFaults(faults);
    start.disabled = true;
    try {
      opened(await post(PATH, request()));
    } catch (error) {
      showFaults(faults, error);
      start.disabled = false;
    }
  }
}

/** @param {string} label @param {any[]} components @param {string[]} usual */
function choices(label, components, usual) {
  const boxes = components.map(({ name }) =>
    element("input", { type: "checkbox", value: name, checked: usual.includes(name) }),
  );
  return {
    box: element(
      "fieldset",
      { className: "field" },
      element("legend", { className: "label", text: label }),
      element(
        "div",
        { className: "row" },
        ...boxes.map((box) => element("label", { className: "check" }, box, box.value)),
      ),
    ),
    chosen: () => boxes.filter((box) => box.checked).map((box) => box.value),
  };
}

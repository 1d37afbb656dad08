// Every component that a job can use, by family.
import { ask } from "../api.js";
import { element, find, showFaults } from "../dom.js";
import { count, plural } from "../format.js";
import { componentTile, titleOf } from "../panels/component_tiles.js";
import { panel } from "../panel.js";
import { presetOf, rowsOf } from "../panels/presets.js";
import * as state from "../state.js";

const FIRST = ["activations", "initializers", "layers", "optimizers", "losses", "regularizers", "schedules"];
const NOT_FAMILIES = ["object", "data", "presets"];
const page = find("page");
const faults = element("div", { role: "alert" });
const search = element("input", {
  type: "search",
  id: "search",
  autocomplete: "off",
  oninput: () => state.set({ search: search.value.trim() || null }),
});
const status = element("span", { className: "muted", role: "status" });
const fans = ["fan_in", "fan_out"].map((name) =>
  element("input", { type: "number", id: name, min: "1", max: "512", step: "1", value: "64", onchange: redraw }),
);
const fields = [
  element("div", { className: "field" }, element("label", { for: "search", text: "Find a component" }), search),
  status,
];
const jumps = element("nav", { className: "row jumps", "aria-label": "Families" });
page.append(element("div", { className: "toolbar" }, ...fields), jumps, faults);

/** @type {Record<string, any[]>} */
let families = {};
/** @type {import("../panels/presets.js").Preset[]} */
let presets = [];
/** @type {any} */
let curves = null;
/** @type {Record<string, import("../panel.js").Panel>} */
const panels = {};

const curvesPath = () => `/v1/catalog/curves?fan_in=${fans[0].value}&fan_out=${fans[1].value}`;

/** @param {string} family */
function sourceOf(family) {
  return family === "activations" || family === "initializers" ? curvesPath() : "/v1/catalog";
}

/** @param {string} family */
function numbersOf(family) {
  if (curves && family === "initializers") {
    const rows = Object.entries(curves.initializers).map(([name, each]) => [
      name,
      each.mean,
      each.std,
      each.edges[0],
      each.edges[each.edges.length - 1],
    ]);
    return { head: ["initializer", "mean", "standard deviation", "least", "largest"], rows };
  }
  if (curves && family === "activations") {
    const names = Object.keys(curves.activations);
    return {
      head: ["x", ...names.flatMap((name) => [name, `${name}′`])],
      rows: curves.x.map((/** @type {number} */ x, /** @type {number} */ place) => [
        x,
        ...names.flatMap((name) => [curves.activations[name].value[place], curves.activations[name].slope[place]]),
      ]),
      texts: [],
    };
  }
  return {
    head: ["name", "formula", "source"],
    rows: families[family].map((each) => [each.name, each.formula, each.source]),
    texts: [0, 1, 2],
  };
}

/** @param {string} family */
function build(family) {
  const made = panel({
    title: titleOf(family),
    id: family,
    request: () => sourceOf(family),
    numbers: () => numbersOf(family),
  });
  if (family === "initializers") {
    const labels = ["Inputs of the kernel", "Units of the kernel"];
    made.body.before(
      element(
        "div",
        { className: "toolbar" },
        ...fans.map((input, place) =>
          element("div", { className: "field" }, element("label", { for: input.id, text: labels[place] }), input),
        ),
      ),
    );
  }
  if (family === "activations") {
    made.body.before(
      element(
        "p",
        { className: "muted" },
        element("span", { className: "key" }),
        "value  ",
        element("span", { className: "key second" }),
        "derivative",
      ),
    );
  }
  place(family, made);
}

function buildPresets() {
  place(
    "presets",
    panel({
      title: "Presets",
      id: "presets",
      lead: "A job with a preset takes the defaults of that framework for all that it leaves open.",
      request: () => "/v1/catalog",
      numbers: () => ({
        head: ["preset", "field or component", "value", "source"],
        rows: rowsOf(presets),
        texts: [0, 1, 2, 3],
      }),
    }),
  );
}

/** @param {string} name of a part of the page @param {import("../panel.js").Panel} made */
function place(name, made) {
  panels[name] = made;
  page.append(made.card);
  jumps.append(
    element("a", {
      className: "chip",
      href: `#${name}`,
      text: titleOf(name),
      onclick: (/** @type {Event} */ event) => {
        event.preventDefault();
        made.card.scrollIntoView({ behavior: "smooth" });
        made.card.querySelector("button")?.focus({ preventScroll: true });
      },
    }),
  );
}

/** @param {string} wanted */
function show(wanted) {
  let total = 0;
  for (const [family, components] of Object.entries(families)) {
    const text = (/** @type {any} */ each) =>
      [each.name, ...each.aliases, each.description, each.formula].join(" ").toLowerCase();
    const found = components.filter((each) => text(each).includes(wanted));
    total += found.length;
    panels[family].card.hidden = !found.length;
    panels[family].body.className = "body tiles";
    panels[family].body.replaceChildren(...found.map((each) => componentTile(family, each, curves)));
    panels[family].refresh();
  }
  const found = presets.map((each) => presetOf(each, wanted)).filter((each) => each !== null);
  panels.presets.card.hidden = !found.length;
  panels.presets.body.replaceChildren(...found);
  panels.presets.refresh();
  const all = Object.values(families).flat().length;
  status.textContent = total === all ? plural(all, "component") : `${count(total)} of ${plural(all, "component")}`;
}

async function redraw() {
  try {
    curves = await ask(curvesPath());
    showFaults(faults);
  } catch (error) {
    showFaults(faults, error);
  }
  show((state.get().search ?? "").toLowerCase());
}

try {
  const [catalog, drawn] = await Promise.all([ask("/v1/catalog"), ask(curvesPath())]);
  curves = drawn;
  const names = Object.keys(catalog).filter((name) => !NOT_FAMILIES.includes(name));
  for (const family of [
    ...FIRST.filter((name) => names.includes(name)),
    ...names.filter((name) => !FIRST.includes(name)),
  ]) {
    families[family] = catalog[family];
    build(family);
  }
  presets = catalog.presets;
  buildPresets();
  search.value = state.get().search ?? "";
  state.listen(({ search: wanted = "" }) => show(wanted.toLowerCase()));
} catch (error) {
  showFaults(faults, error);
}

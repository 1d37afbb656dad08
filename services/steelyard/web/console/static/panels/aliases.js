// The aliases of a model: names that can be used in place of its id.
import { ask } from "../api.js";
import { element } from "../dom.js";
import { panel } from "../panel.js";

/** @param {string} model its id @param {string[]} aliases */
export function aliasesPanel(model, aliases) {
  const path = (/** @type {string} */ alias) => `/v1/models/${model}/aliases/${encodeURIComponent(alias)}`;
  const name = element("input", { id: "alias", autocomplete: "off", required: true });
  const made = panel({
    title: "Aliases",
    lead: "An alias such as production can be used in place of the model's id; it can move to another model later.",
    request: () => ({ path: path(name.value || "production"), method: "PUT" }),
  });
  const list = element("div", { className: "row", role: "list", "aria-label": "Aliases of this model" });
  const form = element(
    "form",
    {
      className: "toolbar",
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        change(name.value.trim(), "PUT");
      },
    },
    element("div", { className: "field" }, element("label", { for: "alias", text: "New alias" }), name),
    element("button", { type: "submit", className: "quiet", text: "Add" }),
  );
  made.body.append(form, list);

  /** @param {string} alias @param {"PUT" | "DELETE"} method */
  async function change(alias, method) {
    made.fail();
    try {
      await ask(path(alias), { method });
      const rest = aliases.filter((each) => each !== alias);
      aliases = method === "PUT" ? [...rest, alias].sort() : rest;
      name.value = "";
      show();
      name.focus();
    } catch (error) {
      made.fail(error);
    }
  }

  function show() {
    const chip = (/** @type {string} */ alias) =>
      element(
        "span",
        { className: "chip", role: "listitem" },
        alias,
        element("button", {
          type: "button",
          className: "link",
          text: "remove",
          "aria-label": `Remove the alias ${alias}`,
          onclick: () => change(alias, "DELETE"),
        }),
      );
    list.replaceChildren(...aliases.map(chip));
    made.note(aliases.length ? "" : "It has none yet.");
    made.refresh();
  }
  show();
  return made.card;
}

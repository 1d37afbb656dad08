// How much each column moves the model's outputs, beside shuffled columns with untrained weights.
import { post } from "../api.js";
import { element } from "../dom.js";
import { count, number } from "../format.js";
import { panel } from "../panel.js";

const METHODS = /** @type {[string, string][]} */ ([
  ["permutation", "Permutation"],
  ["integrated_gradients", "Integrated gradients"],
  ["connection_weights", "Connection weights"],
]);

/** @typedef {{name: string, importance: number | null, std: number | null, rank: number, above_control: boolean}} Feature */

/** @param {string} model @param {string[]} columns its inputs */
export function makeImportance(model, columns) {
  const path = `/v1/models/${model}/explain`;
  /** @type {any} */
  let shown = null;
  let method = METHODS[0][0];
  const made = panel({
    title: "Feature importance",
    id: "importance",
    request: () => ({ path, method: "POST", body: JSON.stringify({ method }) }),
    numbers: () => ({
      head: ["column", "importance", "std", "rank", "above the control"],
      rows: (shown?.features ?? []).map((/** @type {Feature} */ each) => [
        each.name,
        each.importance,
        each.std,
        each.rank,
        each.above_control ? "yes" : "no",
      ]),
      texts: [0, 4],
    }),
  });
  const place = element("ol", { className: "importances" });
  const buttons = METHODS.map(([name, title]) =>
    element("button", {
      type: "button",
      className: "quiet",
      text: title,
      "aria-pressed": "false",
      onclick: () => explain(name),
    }),
  );
  made.body.append(element("div", { className: "row", role: "group", "aria-label": "Method" }, ...buttons), place);
  made.note(
    "Permutation: how much worse the predictions get when a column is shuffled. Integrated gradients: how far a column moves them. Connection weights: how strong the paths from a column through the weights are. Each is compared with shuffled columns and untrained weights.",
  );

  /** @param {string} name */
  async function explain(name) {
    method = name;
    buttons.forEach((button, at) => {
      button.disabled = true;
      button.setAttribute("aria-pressed", String(METHODS[at][0] === name));
    });
    made.busy(
      true,
      `Computing the importance of the columns (${METHODS.find(([each]) => each === name)?.[1].toLowerCase()}) …`,
    );
    made.fail();
    if (!shown) place.replaceChildren(...columns.map(emptyBar)); // their room, so that nothing moves when they come
    try {
      shown = await post(path, { method });
      place.replaceChildren(...barsOf(shown));
      made.note(noteOf(shown));
      made.refresh();
    } catch (error) {
      if (!shown) place.replaceChildren();
      made.fail(error);
    }
    made.busy(false);
    for (const button of buttons) button.disabled = false;
  }
  return made.card;
}

/** @param {string} name of a column */
const emptyBar = (name) =>
  element(
    "li",
    {},
    element("span", { className: "name", text: name }),
    element("span", { className: "importance-track", "aria-hidden": "true" }),
    element("span", { className: "value", text: "…" }),
  );

/** @param {any} explanation */
function barsOf({ features, control }) {
  const sorted = [...features].sort(
    (/** @type {Feature} */ one, /** @type {Feature} */ other) => one.rank - other.rank,
  );
  const most =
    Math.max(control.level ?? 0, ...sorted.map(({ importance, std }) => (importance ?? 0) + (std ?? 0))) || 1;
  const share = (/** @type {number} */ value) => `${Math.max(0, Math.min(100, (100 * value) / most)).toFixed(1)}%`;
  return sorted.map(({ name, importance, std, above_control: above }) => {
    const fill = element("span", { className: `importance ${above ? "above" : "below"}` });
    fill.style.width = share(importance ?? 0);
    const level = element("span", { className: "level-mark" });
    level.style.left = share(control.level ?? 0);
    const spread = element("span", { className: "spread" });
    spread.style.left = share((importance ?? 0) - (std ?? 0));
    spread.style.width = share(Math.min(2 * (std ?? 0), (importance ?? 0) + (std ?? 0)));
    return element(
      "li",
      { title: `${name}: ${number(importance)}${std === null ? "" : ` ± ${number(std)}`}` },
      element("span", { className: "name", text: name }),
      element("span", { className: "importance-track", "aria-hidden": "true" }, fill, ...(std ? [spread] : []), level),
      element("span", { className: "value", text: number(importance) }),
      element("span", { className: "mark", text: above ? "✓" : "", title: above ? "above the control" : "" }),
    );
  });
}

/** @param {any} explanation */
function noteOf({ measure, rows, source, agreement, seconds, features }) {
  const above = features.filter((/** @type {Feature} */ each) => each.above_control).length;
  const agreed = agreement.map(
    (/** @type {any} */ { methods, spearman }) => `${methods.join(" and ").replaceAll("_", " ")} ${number(spearman)}`,
  );
  return [
    `${count(above)} of ${count(features.length)} columns (✓) are above the line, the importance of shuffled columns with untrained weights.`,
    measure === "loss" ? "Importance is the increase of the loss." : "",
    rows ? `Based on ${count(rows)} ${source} rows, in ${number(seconds)} s.` : "",
    agreed.length ? `Agreement: ${agreed.join(", ")}.` : "",
  ].join(" ");
}

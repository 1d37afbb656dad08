// How the weights of two models differ, with the units of the second in the order of the first.
import { ask } from "../api.js";
import { element, svg, table } from "../dom.js";
import { count, number, percent, plural } from "../format.js";
import { panel } from "../panel.js";

/**
 * @param {any[]} jobs with models
 * @param {(job: any) => string} nameOf
 */
export function modelDiff(jobs, nameOf) {
  const options = () => jobs.map((job) => element("option", { text: nameOf(job), value: job.model }));
  const first = element("select", { "aria-label": "First model", onchange: show }, ...options());
  const second = element("select", { "aria-label": "Second model", onchange: show }, ...options());
  const align = element("input", { type: "checkbox", checked: true, onchange: show });
  const result = element("div");
  const path = () => `/v1/models/${first.value}/diff/${second.value}${align.checked ? "?align=true" : ""}`;
  /** @type {any} */
  let diff;
  const made = panel({
    title: "How far apart the weights are",
    lead: "The hidden units of a layer can stand in any order. Aligned, each unit is compared with the one that is most like it.",
    request: path,
    numbers: () => ({
      head: ["tensor", "distance", "relative", "cosine", "changed"],
      rows: (diff?.tensors ?? []).map((/** @type {any} */ each) => [
        each.name,
        each.distance,
        each.relative_distance,
        each.cosine,
        each.changed,
      ]),
    }),
  });
  second.selectedIndex = 1;
  made.body.append(
    element(
      "div",
      { className: "row" },
      first,
      "and",
      second,
      element("label", { className: "check" }, align, "align units"),
    ),
    result,
  );

  async function show() {
    made.fail();
    made.busy(true, "Comparing …");
    try {
      diff = await ask(path());
      result.replaceChildren(...describe(diff));
      made.refresh();
    } catch (error) {
      result.replaceChildren();
      made.fail(error);
    }
    made.busy(false);
  }
  show();
  return made;
}

/** @param {any} diff */
function describe(diff) {
  const { held_out: rows } = diff;
  const facts = [
    diff.equal ? "All weights are equal." : `Distance ${number(diff.distance)}, cosine ${number(diff.cosine)}.`,
  ];
  const moved = Object.entries(diff.permutation ?? {}).map(
    ([layer, order]) =>
      `${order.filter((/** @type {number} */ unit, /** @type {number} */ place) => unit !== place).length} of ${order.length} units of ${layer}`,
  );
  if (moved.length) facts.push(`Moved to align: ${moved.join(", ")}.`);
  if (rows)
    facts.push(
      `The models disagree on ${count(rows.disagree)} of ${plural(rows.rows, `${rows.split} row`)} (${percent(rows.disagree / Math.max(rows.rows, 1))}).`,
    );
  const most = Math.max(...diff.tensors.map((/** @type {any} */ each) => each.relative_distance ?? 0), 1e-30);
  const bar = (/** @type {number | null} */ value) =>
    svg(
      "svg",
      { width: 120, height: 10, role: "img", "aria-label": `relative distance ${number(value)}` },
      svg("rect", { width: Math.max(1, (120 * (value ?? 0)) / most), height: 10, fill: "currentColor", rx: 2 }),
    );
  return [
    element("p", { text: facts.join(" ") }),
    table(
      "Distances of the tensors",
      ["tensor", "distance", "relative", "relative, drawn", "cosine", "changed"],
      diff.tensors.map((/** @type {any} */ each) => [
        each.name,
        number(each.distance),
        number(each.relative_distance),
        element("span", { className: "accent" }, bar(each.relative_distance)),
        number(each.cosine),
        `${count(each.changed)} of ${count(each.shape.reduce((/** @type {number} */ one, /** @type {number} */ other) => one * other, 1))}`,
      ]),
    ),
    ...(diff.uncompared.length
      ? [element("p", { className: "muted", text: `Not compared: ${diff.uncompared.map(uncompared).join("; ")}.` })]
      : []),
    ...diff.notes.map((/** @type {string} */ text) =>
      element("p", { className: "muted", text: `${text[0].toUpperCase()}${text.slice(1)}.` }),
    ),
  ];
}

/** A tensor whose shape differs, or that one model lacks. @param {any} tensor */
function uncompared({ name, first, second }) {
  if (!first || !second) return `${name}, which the ${first ? "second" : "first"} model does not have`;
  return `${name}, with the shapes ${first.join(" × ")} and ${second.join(" × ")}`;
}

// The rows of a data set, a page at a time.
import { ask } from "../api.js";
import { element, table } from "../dom.js";
import { count, number } from "../format.js";
import { panel } from "../panel.js";
import * as state from "../state.js";

const ROWS = 20;

/**
 * The address may name the first row: `#row=450`.
 * @param {string} path of the rows
 * @param {string[]} columns
 * @param {number[]} texts which columns, by place, have text
 */
export function dataRows(path, columns, texts) {
  let after = Number(state.get().row) || 0;
  /** @type {any[]} */
  let rows = [];
  const made = panel({
    title: "Rows",
    id: "rows",
    request: () => address(),
    numbers: () => ({
      head: ["row", ...columns],
      rows: rows.map((row, place) => [after + place, ...columns.map((name) => row[name])]),
      texts: texts.map((place) => place + 1),
    }),
  });
  const address = () => `${path}?limit=${ROWS}&after=${after}`;
  const place = element("span", { className: "muted", role: "status" });
  const earlier = element("button", {
    type: "button",
    className: "quiet small",
    text: "Earlier",
    onclick: () => turn(-ROWS),
  });
  const later = element("button", {
    type: "button",
    className: "quiet small",
    text: "Later",
    onclick: () => turn(ROWS),
  });
  const holder = element("div", { className: "dense" });
  made.body.append(holder, element("div", { className: "row" }, earlier, later, place));

  /** @param {number} step */
  async function turn(step) {
    after = Math.max(0, after + step);
    try {
      const found = await ask(address());
      rows = found.data;
      const cells = rows.map((row, index) => [count(after + index), ...columns.map((name) => cell(row[name]))]);
      holder.replaceChildren(
        table("Rows of the data", ["Row", ...columns], cells, { texts: texts.map((each) => each + 1) }),
      );
      place.textContent = rows.length
        ? `Rows ${count(after)} to ${count(after + rows.length - 1)} of ${count(found.rows)}`
        : "no rows";
      earlier.disabled = after === 0;
      later.disabled = !found.has_more;
      made.fail();
      made.refresh();
    } catch (error) {
      made.fail(error);
    }
  }
  return { card: made.card, load: () => turn(0) };
}

/** A cell as the file has it; a missing one is a dash. @param {any} value */
function cell(value) {
  if (value === null) return "–";
  if (typeof value === "number" && !Number.isInteger(value)) return number(value);
  // A datetime without the marks of its format, or a day.
  return String(value)
    .replace(/^(\d{4}-\d\d-\d\d)T00:00:00Z$/, "$1")
    .replace(/^(\d{4}-\d\d-\d\d)T([\d:.]+)Z$/, "$1 $2");
}

// The columns of a data set, a tile each: its type and why, its values, what is missing.
import { element } from "../dom.js";
import { bar, histogram } from "../figures.js";
import { count, number, percent, plural } from "../format.js";

/** @typedef {(column: string, schema: any) => void} Retype `null` means that the service detects the type */

/** @type {[string, any][]} */
const TYPES = [
  ["number", { type: "number" }],
  ["number, decimal comma", { type: "number", decimal: "," }],
  ["boolean", { type: "boolean" }],
  ["category", { type: "category" }],
  ["datetime", { type: "datetime" }],
  ["datetime, day first", { type: "datetime", day_first: true }],
  ["time of day", { type: "time_of_day" }],
  ["text", { type: "text" }],
  ["ignore", { type: "ignore" }],
];
const MOST_BARS = 4;
const AT_ONCE = 60;

/**
 * @param {any[]} columns as the API has them
 * @param {number} rows
 * @param {Retype | null} retype `null` if types cannot be changed
 */
export function columnTiles(columns, rows, retype) {
  const tiles = element("div", { className: "tiles" });
  const status = element("p", { className: "muted", role: "status" });
  const more = element("button", { type: "button", className: "quiet", text: "More columns" });
  const filter = element("input", { type: "search", id: "column-filter", autocomplete: "off" });
  let shown = AT_ONCE;
  const draw = () => {
    const wanted = filter.value.trim().toLowerCase();
    const found = columns.filter(({ name }) => name.toLowerCase().includes(wanted));
    tiles.replaceChildren(...found.slice(0, shown).map((column) => tile(column, rows, retype)));
    more.hidden = found.length <= shown;
    status.textContent =
      found.length === columns.length
        ? plural(columns.length, "column")
        : `${count(found.length)} of ${plural(columns.length, "column")}`;
  };
  filter.addEventListener("input", () => {
    shown = AT_ONCE;
    draw();
  });
  more.addEventListener("click", () => {
    shown += AT_ONCE;
    draw();
  });
  draw();
  const search = element(
    "div",
    { className: "field" },
    element("label", { text: "Find a column", for: "column-filter" }),
    filter,
  );
  return element(
    "div",
    {},
    element("div", { className: "toolbar" }, ...(columns.length > 8 ? [search] : []), status),
    tiles,
    more,
  );
}

/** @param {any} column @param {number} rows @param {Retype | null} retype */
function tile(column, rows, retype) {
  const missing = column.missing
    ? `${count(column.missing)} missing (${percent(column.missing / rows)})`
    : "none missing";
  return element(
    "section",
    { className: "tile", "aria-label": `Column ${column.name}` },
    element(
      "div",
      { className: "tile-head" },
      element("h3", { text: column.name }),
      element("span", { className: "badge", text: column.kind }),
    ),
    picture(column, rows),
    element("p", { className: "muted", text: `${plural(column.distinct, "value")} · ${missing}` }),
    element("p", { className: "muted", text: sentence(column.reason) }),
    ...(column.findings.length
      ? [element("p", { className: "muted", text: `⚠ ${plural(column.findings.length, "remark")} above` })]
      : []),
    ...(retype ? [chooser(column, retype)] : []),
  );
}

/** @param {string} text */
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {any} column @param {number} rows */
function picture(column, rows) {
  if (column.histogram && column.kind !== "id") {
    const label = `Distribution of ${column.name}: from ${said(column.min)} to ${said(column.max)}, mean ${said(column.mean)}`;
    return element(
      "div",
      {},
      histogram(column.histogram, label),
      element(
        "div",
        { className: "ends" },
        element("span", { text: said(column.min) }),
        ...(typeof column.mean === "number" ? [element("span", { text: `mean ${number(column.mean)}` })] : []),
        element("span", { text: said(column.max) }),
      ),
    );
  }
  if (column.min !== null) return element("p", { text: `${said(column.min)} – ${said(column.max)}` });
  const top = column.top.slice(0, MOST_BARS);
  const rest = column.distinct - top.length;
  return element(
    "div",
    {},
    ...top.map((/** @type {any} */ each) => bar(String(each.value), each.count, count(each.count), { most: rows })),
    ...(rest > 0 ? [element("p", { className: "muted", text: `and ${plural(rest, "other value")}` })] : []),
  );
}

/** A number, or the day of a datetime. @param {number | string | null} value */
const said = (value) => (typeof value === "string" ? value.replace(/T.*Z$/, "") : number(value));

/** @param {any} column @param {Retype} retype */
function chooser(column, retype) {
  const detected = `detected: ${(column.guess ?? column).schema.type.replaceAll("_", " ")}`;
  const select = element(
    "select",
    {
      "aria-label": `Type of ${column.name}`,
      onchange: () => retype(column.name, select.value === "" ? null : TYPES[Number(select.value)][1]),
    },
    element("option", { value: "", text: detected }),
    ...TYPES.map(([text], place) => element("option", { value: String(place), text })),
  );
  if (column.guess) select.value = String(placeOf(column.schema));
  return element("div", { className: "field foot" }, element("span", { className: "label", text: "Read as" }), select);
}

/** The choice that is nearest to a schema. @param {any} schema */
function placeOf(schema) {
  const fits = TYPES.map(
    ([, each]) =>
      each.type === schema.type &&
      (each.decimal ?? ".") === (schema.decimal ?? ".") &&
      Boolean(each.day_first) === Boolean(schema.day_first),
  );
  return fits.indexOf(true) < 0 ? TYPES.findIndex(([, each]) => each.type === schema.type) : fits.indexOf(true);
}

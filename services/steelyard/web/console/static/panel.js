// A card of a page: its picture, the request behind it as a command, and its numbers as a table.
import { curl } from "./api.js";
import { copy, element, save, showFaults, table } from "./dom.js";
import { csv, number } from "./format.js";

/** @typedef {string | {path: string, method?: string, body?: string, headers?: Record<string, string>}} Source */
/** @typedef {{head: string[], rows: (string | number | null)[][], texts?: number[]}} Numbers */
/**
 * @typedef {object} Panel
 * @property {HTMLElement} card
 * @property {HTMLElement} body where the picture goes
 * @property {(text: string) => void} note a sentence below the picture
 * @property {(error?: unknown) => void} fail show an error, or none
 * @property {(busy: boolean, text?: string) => void} busy say that something is being computed
 * @property {() => void} refresh show the present numbers, if the table is open
 */

const MOST_ROWS = 500;

/**
 * @param {object} options
 * @param {string} options.title
 * @param {string} [options.id] of the card
 * @param {string} [options.lead] a sentence below the heading
 * @param {() => Source} [options.request]
 * @param {() => Numbers} [options.numbers]
 * @returns {Panel}
 */
export function panel({ title, id, lead, request, numbers }) {
  const name = id ?? title.toLowerCase().replaceAll(/[^a-z]+/g, "-");
  const tools = element("div", { className: "tools" });
  const heading = element("h2", { text: title, id: `${name}-heading` });
  const body = element("div", { className: "body" });
  const extra = element("div", { className: "extra", hidden: true });
  const note = element("p", { className: "muted note" });
  const faults = element("div", { role: "alert" });
  const working = element("p", { className: "working", role: "status", hidden: true });
  const card = element(
    "section",
    { className: "card panel", id: name, "aria-labelledby": `${name}-heading` },
    element("div", { className: "panel-head" }, heading, tools),
    ...(lead ? [element("p", { className: "muted lead", text: lead })] : []),
    working,
    faults,
    body,
    note,
    extra,
  );
  /** @type {string | null} */
  let open = null;
  const show = (/** @type {string | null} */ what) => {
    open = what;
    for (const button of tools.children)
      button.setAttribute("aria-expanded", String(/** @type {HTMLElement} */ (button).dataset.what === open));
    extra.hidden = open === null;
    extra.replaceChildren(
      ...(open === "curl" && request
        ? [command(request())]
        : open === "numbers" && numbers
          ? numbersOf(name, title, numbers())
          : []),
    );
  };
  const tool = (/** @type {string} */ what, /** @type {string} */ text) =>
    element("button", {
      type: "button",
      className: "quiet small",
      text,
      dataset: { what },
      "aria-expanded": "false",
      "aria-label": `${text}: ${title}`,
      onclick: () => show(open === what ? null : what),
    });
  if (numbers) tools.append(tool("numbers", "Table"));
  if (request) tools.append(tool("curl", "curl"));
  return {
    card,
    body,
    note: (text) => {
      if (note.textContent !== text) note.textContent = text;
    },
    fail: (error) => showFaults(faults, error),
    busy: (busy, text = "Working …") => {
      working.hidden = !busy;
      working.textContent = text;
      card.setAttribute("aria-busy", String(busy));
    },
    refresh: () => {
      if (open) show(open);
    },
  };
}

/** @param {Source} source */
function command(source) {
  const text = typeof source === "string" ? curl(source) : curl(source.path, source);
  const button = element("button", {
    type: "button",
    className: "quiet small",
    text: "Copy",
    onclick: () => copy(button, text),
  });
  return element(
    "div",
    {},
    element("pre", { text, tabIndex: 0, role: "region", "aria-label": "The request as a curl command" }),
    button,
  );
}

/** @param {string} name @param {string} title @param {Numbers} numbers */
function numbersOf(name, title, { head, rows, texts }) {
  const shown = rows
    .slice(0, MOST_ROWS)
    .map((row) => row.map((cell) => (typeof cell === "number" ? number(cell) : (cell ?? "–"))));
  const button = element("button", {
    type: "button",
    className: "quiet small",
    text: "Download CSV",
    onclick: () => save(`${name}.csv`, new Blob([csv(head, rows)], { type: "text/csv" })),
  });
  const rest =
    rows.length > MOST_ROWS
      ? [element("p", { className: "muted", text: `The first ${MOST_ROWS} of ${rows.length} rows; the CSV has all.` })]
      : [];
  return [table(`Numbers: ${title}`, head, shown, { texts: texts ?? [0] }), ...rest, button];
}

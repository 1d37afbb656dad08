// The list of jobs: live, filtered, sorted; selected ones are compared, each is trained again or deleted.
import { ask, ENDED, repeat } from "../api.js";
import { element, showFaults } from "../dom.js";
import { plural } from "../format.js";
import { merge, sort } from "../math/job_list.js";
import { learnNames, titleOfJob } from "../titles.js";
import { makeRow } from "./job_row.js";

/** @typedef {import("../math/job_list.js").Job} Job */

const PAGE = 50;
const OLDER = 200;
const REFRESH_MS = 1000;
const IDLE_MS = 3000;
const TYPING_MS = 250;
const MOST_COMPARED = 8;
const MOST_CHANGING = 20;
/** @type {[import("../math/job_list.js").Key, string][]} */
const COLUMNS = [
  ["name", "Job"],
  ["status", "Status"],
  ["score", "Validation"],
  ["train_seconds", "Training"],
  ["created_at", "Created"],
];

export function jobList() {
  /** @type {Map<string, Job>} */
  let jobs = new Map();
  /** @type {string | null} */
  let next = null;
  let shown = PAGE;
  let shownFor = ""; // the address whose answers are shown
  const order = { key: /** @type {import("../math/job_list.js").Key} */ ("created_at"), descending: true };
  const selected = new Set();
  const faults = element("div", { role: "alert" });
  const status = element(
    "select",
    { "aria-label": "Status", onchange: () => restart() },
    element("option", { text: "any status", value: "" }),
    ...["queued", "running", ...ENDED].map((text) => element("option", { text, value: text })),
  );
  const name = element("input", {
    type: "search",
    placeholder: "Find by name or id",
    "aria-label": "Find by name or id",
    oninput: () => {
      show();
      later(restart);
    },
  });
  const compare = element("button", {
    type: "button",
    className: "quiet",
    disabled: true,
    onclick: () => {
      window.location.href = `/console/compare?jobs=${[...selected].join(",")}`;
    },
  });
  const body = element("tbody");
  const heads = COLUMNS.map(([key, text]) =>
    element(
      "th",
      { scope: "col", "aria-sort": "none" },
      element("button", { type: "button", className: "sort", text, onclick: () => sortBy(key) }),
    ),
  );
  const older = element("button", {
    type: "button",
    className: "quiet",
    text: "Older jobs",
    hidden: true,
    onclick: loadOlder,
  });
  const counted = element("p", { className: "muted", role: "status" });
  const table = element(
    "div",
    { className: "scroll tall", tabIndex: 0, role: "region", "aria-label": "Table of jobs" },
    element(
      "table",
      { id: "jobs" },
      element(
        "thead",
        {},
        element(
          "tr",
          {},
          element("th", { scope: "col" }, element("span", { className: "hidden", text: "Compare" })),
          ...heads,
          element("th", { scope: "col" }, element("span", { className: "hidden", text: "Actions" })),
        ),
      ),
      body,
    ),
  );
  const section = element(
    "section",
    { "aria-labelledby": "jobs-heading" },
    element(
      "div",
      { className: "panel-head" },
      element("h2", { text: "Jobs", id: "jobs-heading" }),
      element("div", { className: "row" }, name, status, compare),
    ),
    faults,
    table,
    counted,
    older,
  );

  /** @param {import("../math/job_list.js").Key} key */
  function sortBy(key) {
    order.descending = order.key === key ? !order.descending : key === "created_at" || key === "score";
    order.key = key;
    shown = PAGE; // of thousands that were scrolled through, the first ones of the new order
    body.replaceChildren();
    show();
  }

  /** @param {string | null} after @param {number} [limit] */
  function address(after, limit = PAGE) {
    const query = new URLSearchParams({ limit: String(limit) });
    if (status.value) query.set("status", status.value);
    if (name.value.trim()) query.set("search", name.value.trim());
    if (after) query.set("after", after);
    return `/v1/jobs?${query}`;
  }
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const later = (/** @type {() => void} */ task) => {
    clearTimeout(timer);
    timer = setTimeout(task, TYPING_MS);
  };

  /** Load the newest; if more than a page of them is new, go on until known ones come. */
  async function refresh() {
    const asked = address(null);
    const filter = status.value;
    const page = await ask(asked);
    if (asked !== address(null)) return;
    const known = asked === shownFor ? jobs : new Map();
    const first = known.size === 0;
    shownFor = asked;
    const merged = merge(known, page.data, page.next === null);
    jobs = merged.jobs;
    if (first) next = page.next;
    for (let after = page.next, { gap } = merged; gap && after; ) {
      const more = await ask(address(after));
      for (const job of more.data) jobs.set(job.id, job);
      gap = !more.data.some((/** @type {Job} */ job) => known.has(job.id));
      after = more.next;
    }
    const fresh = new Set(page.data.map((/** @type {Job} */ job) => job.id));
    const changing = [...jobs.values()]
      .filter((job) => !ENDED.includes(job.status) && !fresh.has(job.id))
      .slice(0, MOST_CHANGING);
    await Promise.all(
      changing.map(async ({ id }) => {
        const job = await ask(`/v1/jobs/${id}`).catch(() => undefined);
        if (job && (!filter || job.status === filter)) jobs.set(id, job);
        else jobs.delete(id);
      }),
    );
    await nameJobs();
    show();
  }

  async function nameJobs() {
    const fresh = [...jobs.values()].filter((job) => job.title === undefined);
    await learnNames(fresh.filter((job) => !job.name).map((job) => job.spec));
    for (const job of fresh) job.title = titleOfJob(job);
  }

  async function loadOlder() {
    shown += OLDER;
    if (next !== null && !older.disabled) {
      older.disabled = true;
      const asked = next;
      const page = await ask(address(next, OLDER)).finally(() => {
        older.disabled = false;
      });
      if (asked !== next) return;
      for (const job of page.data) jobs.set(job.id, job);
      next = page.next;
      await nameJobs();
    }
    show();
  }
  // Scrolling to the end loads the next ones.
  new IntersectionObserver(
    ([end]) => {
      if (end.isIntersecting && !older.hidden) loadOlder().catch((error) => showFaults(faults, error));
    },
    { rootMargin: "400px" },
  ).observe(older);

  function restart() {
    refresh().catch((error) => showFaults(faults, error));
  }

  /** @type {Map<string, {key: string, row: HTMLTableRowElement}>} */
  const rows = new Map();
  function show() {
    const wanted = name.value.trim().toLowerCase();
    const found = sort(
      [...jobs.values()].filter((job) => `${job.name ?? ""} ${job.id}`.toLowerCase().includes(wanted)),
      order.key,
      order.descending,
    );
    const visible = found.slice(0, shown);
    // Rows are made again only when something changed, to keep focus and selection.
    const made = visible.map((job) => {
      const key = JSON.stringify([job.status, job.progress, job.name, job.model]);
      const present = rows.get(job.id);
      if (present?.key === key) return present.row;
      const row = makeRow(job, selected, { select, remove });
      rows.set(job.id, { key, row });
      return row;
    });
    arrange(body, made);
    for (const id of rows.keys()) if (!jobs.has(id)) rows.delete(id);
    COLUMNS.forEach(([key], place) =>
      heads[place].setAttribute(
        "aria-sort",
        key !== order.key ? "none" : order.descending ? "descending" : "ascending",
      ),
    );
    table.hidden = jobs.size === 0;
    older.hidden = next === null && found.length <= shown;
    const partial = next === null ? "" : `, the newest ${plural(jobs.size, "job")} of more`;
    counted.textContent =
      jobs.size === 0
        ? status.value || wanted
          ? "No such jobs."
          : "No jobs yet: train the first one above."
        : found.length > visible.length || wanted || next
          ? `${visible.length} shown${partial}.`
          : "";
    select();
  }

  /** @param {string} [id] @param {boolean} [on] */
  function select(id, on) {
    if (id)
      if (on) selected.add(id);
      else selected.delete(id);
    compare.disabled = selected.size < 2 || selected.size > MOST_COMPARED;
    compare.textContent =
      selected.size > MOST_COMPARED
        ? `Compare (at most ${MOST_COMPARED})`
        : `Compare${selected.size ? ` ${selected.size}` : ""}`;
  }

  /** @param {Job} job */
  async function remove(job) {
    if (!window.confirm(`Delete ${job.title} (${job.id}) and all its results?`)) return;
    try {
      await ask(`/v1/jobs/${job.id}`, { method: "DELETE" });
      jobs.delete(job.id);
      selected.delete(job.id);
      show();
    } catch (error) {
      showFaults(faults, error);
    }
  }

  const busy = () => [...jobs.values()].some((job) => !ENDED.includes(job.status));
  repeat(refresh, () => (busy() ? REFRESH_MS : IDLE_MS)).catch((error) => showFaults(faults, error));
  return section;
}

/**
 * Put rows in an order, moving only those that are not in their places: of thousands, most are.
 * @param {HTMLElement} body
 * @param {HTMLElement[]} rows
 */
function arrange(body, rows) {
  let present = body.firstElementChild;
  for (const row of rows) {
    if (present === row) present = present.nextElementSibling;
    else body.insertBefore(row, present);
  }
  while (present) {
    const next = present.nextElementSibling;
    present.remove();
    present = next;
  }
}

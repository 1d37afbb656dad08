// A job as a row of the list.
import { ENDED } from "../api.js";
import { element } from "../dom.js";
import { ago, duration, number, plural } from "../format.js";
import { score } from "../math/job_list.js";

/** @typedef {import("../math/job_list.js").Job} Job */

/** The layers of a job, and the end of its id, by which jobs of the same name differ: `16 – 8 · xr06`. @param {Job} job */
function describe({ id, spec: { layers } }) {
  const units = layers.map(
    (/** @type {any} */ layer) => layer.units ?? (layer.type === "dense" ? "?" : layer.type.replaceAll("_", " ")),
  );
  return `${units.slice(0, 5).join(" – ") || "no hidden layer"}${units.length > 5 ? " …" : ""} · …${id.slice(-4)}`;
}

/**
 * @param {Job} job
 * @param {Set<string>} selected
 * @param {{select: (id: string, on: boolean) => void, remove: (job: Job) => void}} act
 */
export function makeRow(job, selected, act) {
  const title = job.title;
  const box = element("input", {
    type: "checkbox",
    checked: selected.has(job.id),
    "aria-label": `Compare ${title}`,
    onchange: () => act.select(job.id, box.checked),
  });
  const found = score(job);
  const warnings = job.findings.filter((/** @type {any} */ finding) => finding.level === "warning").length;
  return element(
    "tr",
    {},
    element("td", {}, box),
    element(
      "td",
      { className: "text" },
      element("a", { text: title, href: `/console/jobs/${job.id}`, title: job.id }),
      " ",
      element("span", { className: "muted about", text: describe(job) }),
      ...(warnings
        ? [" ", element("span", { className: "chip warn", text: `⚠ ${warnings}`, title: plural(warnings, "warning") })]
        : []),
    ),
    element(
      "td",
      {},
      element("span", { text: job.status, className: `status ${job.status}` }),
      ...(job.status === "running"
        ? [" ", element("progress", { max: 1, value: job.progress.fraction, "aria-label": `Progress of ${title}` })]
        : []),
    ),
    element("td", {
      className: "number",
      text: found ? `${found.name === "r2" ? "R²" : found.name} ${number(found.value)}` : "",
    }),
    element("td", { className: "number", text: job.train_seconds === null ? "" : duration(job.train_seconds) }),
    element("td", { className: "muted", text: ago(job.created_at), title: job.created_at }),
    element(
      "td",
      {},
      element(
        "span",
        { className: "row nowrap" },
        element("a", {
          className: "button quiet small",
          href: `/?from=${job.id}`,
          text: "Again",
          "aria-label": `Train ${title} again with changes`,
        }),
        element("button", {
          type: "button",
          className: "quiet small",
          text: "Delete",
          "aria-label": `Delete ${title}`,
          disabled: !ENDED.includes(job.status),
          onclick: () => act.remove(job),
        }),
      ),
    ),
  );
}

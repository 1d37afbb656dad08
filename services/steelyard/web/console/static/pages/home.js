// @ts-nocheck
import { ask, ENDED, pause } from "../api.js";
import { element, find, showFaults } from "../dom.js";
import { number } from "../format.js";

const SMALLEST = {
  data: { builtin: "iris" },
  layers: [16, 8],
  initializer: "he_normal",
  activation: "relu",
  optimizer: "adam",
};
const REFRESH_MS = 1000;
const PAGE = 50;
const body = find("jobs").tBodies[0];
let older = [];
let next = null;

function progressOf(job) {
  if (job.status !== "running") return `${job.progress.epoch} / ${job.progress.epochs}`;
  return element("progress", { max: 1, value: job.progress.fraction });
}

function validationOf(job) {
  const measured = job.metrics.validation;
  if (!measured) return "";
  return "accuracy" in measured ? `accuracy ${number(measured.accuracy, 3)}` : `r2 ${number(measured.r2, 3)}`;
}

function row(job) {
  return element(
    "tr",
    {},
    element("td", { className: "text" }, element("a", { text: job.name ?? job.id, href: `/console/jobs/${job.id}` })),
    element("td", {}, element("span", { text: job.status, className: `status ${job.status}` })),
    element("td", {}, progressOf(job)),
    element("td", { text: validationOf(job) }),
    element("td", { text: new Date(job.created_at).toLocaleString(), className: "muted" }),
  );
}

function show(newest) {
  const none = newest.length === 0;
  find("empty").hidden = find("hint").hidden = !none;
  find("jobs").hidden = none;
  find("more").hidden = next === null;
  const known = new Set(newest.map((job) => job.id));
  // Rows are only replaced when something changed, to keep focus and selection.
  const wanted = [...newest, ...older.filter((job) => !known.has(job.id))].map((job) => [job.id + JSON.stringify([job.status, job.progress]), job]);
  const standing = new Map([...body.children].map((each) => [each.dataset.key, each]));
  const rows = wanted.map(([key, job]) => standing.get(key) ?? Object.assign(row(job), { key }));
  rows.forEach((each, index) => { each.dataset.key = wanted[index][0]; });
  if (rows.length !== body.children.length || rows.some((each, index) => body.children[index] !== each)) body.replaceChildren(...rows);
}

find("more").addEventListener("click", async () => {
  const page = await ask(`/v1/jobs?limit=${PAGE}&after=${next}`);
  older = [...older, ...page.data];
  next = page.next;
});

find("submit").addEventListener("submit", async (event) => {
  event.preventDefault();
  find("faults").replaceChildren();
  try {
    const job = await ask("/v1/jobs", { method: "POST", body: find("spec").value });
    window.location = `/console/jobs/${job.id}`;
  } catch (error) {
    showFaults(find("faults"), error);
  }
});

find("spec").value = JSON.stringify(SMALLEST, null, 2);
find("hint").textContent = `curl -X POST ${window.location.origin}/v1/jobs -H 'Content-Type: application/json' \\\n  -d '${JSON.stringify(SMALLEST)}'`;

let first = true;
for (;;) {
  let busy = true;
  try {
    const page = await ask(`/v1/jobs?limit=${PAGE}`);
    if (first) next = page.next;
    first = false;
    show(page.data);
    busy = page.data.some((job) => !ENDED.includes(job.status));
  } catch (error) {
    showFaults(find("faults"), error);
  }
  await pause(busy ? REFRESH_MS : 3 * REFRESH_MS);
}

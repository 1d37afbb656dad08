// Two to eight jobs: their curves, what differs in what was asked, their metrics, their weights.
import { ask, ENDED, pause } from "../api.js";
import { ink } from "../chart.js";
import { element, find, showFaults, table } from "../dom.js";
import { number } from "../format.js";
import { differences, dotted } from "../math/differences.js";
import { panel } from "../panel.js";
import { comparedCurves } from "../panels/compared_curves.js";
import { comparedWeights } from "../panels/compared_weights.js";
import { modelDiff } from "../panels/model_diff.js";
import { learnNames, titleOfJob } from "../titles.js";

const MOST = 8;
const SMALLER_IS_BETTER = /loss|rmse|mae|mape|hamming/;
const page = find("page");
const faults = element("div", { role: "alert" });
const working = element("p", { className: "working", role: "status", text: "Loading …" });
page.append(faults, working);

const ids = (new URLSearchParams(window.location.search).get("jobs") ?? "").split(",").filter(Boolean);

/** The jobs, once all of them have ended: curves and weights of a running one are on its own page. */
async function load() {
  for (;;) {
    const jobs = await Promise.all(ids.map((id) => ask(`/v1/jobs/${encodeURIComponent(id)}?wait=10&until=ended`)));
    const running = jobs.filter((job) => !ENDED.includes(job.status)).length;
    if (!running) return jobs;
    working.textContent = `Waiting for ${running} of ${jobs.length} jobs to end …`;
    await pause(500);
  }
}

/** @param {any[]} jobs @param {(job: any) => string} nameOf */
function specPanel(jobs, nameOf) {
  const found = differences(jobs.map((job) => job.spec)).filter(({ pointer }) => pointer !== "/name");
  const said = (/** @type {any} */ value) =>
    value === undefined ? "–" : value === null ? "none" : typeof value === "string" ? value : JSON.stringify(value);
  const rows = found.map(({ pointer, values }) => [dotted(pointer), ...values.map(said)]);
  const made = panel({
    title: "What differs in the jobs",
    request: () => `/v1/jobs/${jobs[0].id}`,
    numbers: () => ({ head: ["field", ...jobs.map(nameOf)], rows, texts: jobs.map((_, place) => place + 1).concat(0) }),
  });
  if (rows.length)
    made.body.append(
      table("Fields that differ", ["field", ...jobs.map(nameOf)], rows, {
        texts: [0, ...jobs.map((_, place) => place + 1)],
      }),
    );
  else made.note("Nothing: the jobs ask for the same.");
  return made;
}

/** @param {any[]} jobs @param {(job: any) => string} nameOf */
function metricsPanel(jobs, nameOf) {
  const keys = [
    ...new Set(
      jobs.flatMap((job) =>
        Object.entries(job.metrics).flatMap(([split, metrics]) =>
          Object.keys(/** @type {object} */ (metrics)).map((name) => `${split} ${name}`),
        ),
      ),
    ),
  ];
  const valueOf = (/** @type {any} */ job, /** @type {string} */ key) =>
    job.metrics[key.split(" ")[0]]?.[key.split(" ")[1]] ?? null;
  const best = (/** @type {string} */ key) => {
    const values = jobs.map((job) => valueOf(job, key)).filter((value) => value !== null);
    return values.length < 2 ? null : SMALLER_IS_BETTER.test(key) ? Math.min(...values) : Math.max(...values);
  };
  const made = panel({
    title: "Metrics",
    request: () => `/v1/jobs/${jobs[0].id}`,
    numbers: () => ({
      head: ["metric", ...jobs.map(nameOf)],
      rows: keys.map((key) => [key, ...jobs.map((job) => valueOf(job, key))]),
    }),
  });
  const cell = (/** @type {any} */ job, /** @type {string} */ key) => {
    const value = valueOf(job, key);
    return value !== null && value === best(key)
      ? element("strong", { text: `${number(value)} ★`, title: "the best" })
      : number(value);
  };
  made.body.append(
    table(
      "Metrics of the jobs",
      ["metric", ...jobs.map(nameOf)],
      keys.map((key) => [key.replaceAll("_", " "), ...jobs.map((job) => cell(job, key))]),
    ),
  );
  made.note("★ the best of the row.");
  return made;
}

async function show() {
  if (ids.length < 2 || ids.length > MOST) {
    working.remove();
    page.append(
      element(
        "p",
        {},
        `Select two to ${MOST} jobs in the `,
        element("a", { href: "/", text: "list of jobs" }),
        " and choose Compare.",
      ),
    );
    return;
  }
  const jobs = await load();
  await learnNames(jobs.map(({ spec }) => spec));
  const titles = jobs.map(titleOfJob);
  const nameOf = (/** @type {any} */ job) => {
    const title = titleOfJob(job);
    return titles.filter((each) => each === title).length > 1 ? `${title} …${job.id.slice(-4)}` : title;
  };
  const key = element(
    "ul",
    { className: "jobs-key" },
    ...jobs.map((job, place) => {
      const mark = element("span", { className: "swatch", "aria-hidden": "true" });
      mark.style.background = ink(place);
      return element(
        "li",
        {},
        mark,
        element("a", { href: `/console/jobs/${job.id}`, text: nameOf(job) }),
        ` ${job.status}`,
      );
    }),
  );
  const recordings = await Promise.all(jobs.map((job) => ask(`/v1/jobs/${job.id}/diagnostics`)));
  const curves = await comparedCurves(jobs, nameOf);
  const models = jobs.filter((job) => job.model);
  working.remove();
  page.append(
    key,
    curves.card,
    specPanel(jobs, nameOf).card,
    metricsPanel(jobs, nameOf).card,
    comparedWeights(jobs, recordings, nameOf).card,
    ...(models.length > 1 ? [modelDiff(models, nameOf).card] : []),
  );
}

show().catch((error) => {
  working.remove();
  showFaults(faults, error);
});

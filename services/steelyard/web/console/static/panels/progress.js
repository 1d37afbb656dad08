// The head of a job's page: what it is, how far it is, why it failed, where it comes from.
import { ask, ENDED, post } from "../api.js";
import { element, find, showFaults } from "../dom.js";
import { count, duration, plural } from "../format.js";
import { titleOfJob } from "../titles.js";

/** @param {any} job */
function facts(job) {
  const { data, progress } = job;
  const dropped = data.rows_left_out ? ` (${plural(data.rows_left_out, "row")} without a target dropped)` : "";
  return [
    `${plural(data.rows, "row")}${dropped}`,
    plural(data.features.length, "input"),
    plural(job.parameters, "weight"),
    `epoch ${count(progress.epoch)} of ${count(progress.epochs)}`,
    ...(job.train_seconds === null ? [] : [`${duration(job.train_seconds)} of training`]),
    ...(job.attempt > 1 ? [`attempt ${job.attempt}`] : []),
  ];
}

/** @param {any} job */
function eta({ status, progress }) {
  if (status === "queued") return "Waiting for a worker";
  if (status !== "running" || progress.eta_seconds === null) return "";
  return `${Math.floor(100 * progress.fraction)} % · at most ${duration(progress.eta_seconds)} to go`;
}

/** @param {any} job */
export function showProgress(job) {
  const title = titleOfJob(job);
  document.title = `${title} · Steelyard`;
  find("name").textContent = title;
  const status = find("status");
  if (status.textContent !== job.status) status.textContent = job.status;
  status.className = `status ${job.status}`;
  find("cancel").hidden = ENDED.includes(job.status);
  find("progress-row").hidden = ENDED.includes(job.status);
  /** @type {HTMLProgressElement} */ (find("progress")).value = job.progress.fraction;
  find("eta").textContent = eta(job);
  find("summary").textContent = facts(job).join(" · ");
  find("stopping").textContent = job.stopping?.message ?? "";
  const reason = find("reason");
  reason.hidden = !job.error;
  if (job.error && !reason.hasChildNodes())
    reason.append(
      element("p", {}, element("strong", { text: job.error.title })),
      element("p", { text: job.error.detail }),
    );
}

/** @param {string} path of the job */
export function offerCancel(path) {
  const button = /** @type {HTMLButtonElement} */ (find("cancel"));
  button.onclick = async () => {
    button.disabled = true;
    try {
      await post(`${path}/cancel`, {});
    } catch (error) {
      find("reason").hidden = false;
      showFaults(find("reason"), error);
      button.disabled = false;
    }
  };
}

/** What the job was made of, and what was made of it. @param {any} job */
export async function showLineage(job) {
  const link = (/** @type {string} */ text, /** @type {string} */ href) => element("a", { text, href });
  /** @type {Node[][]} */
  const parts = [];
  if (job.study?.origin && job.study.origin !== job.id)
    parts.push([
      text("Part of "),
      link("a study", `/console/studies/${job.study.id}`),
      text(" of "),
      link("another job", `/console/jobs/${job.study.origin}`),
    ]);
  else if (job.study)
    parts.push([
      text("Part of "),
      link("a study", `/console/studies/${job.study.id}`),
      text(` (${job.study.variant}, seed ${job.study.seed})`),
    ]);
  if (job.spec.initial_weights)
    parts.push([
      text("Starts from the weights of "),
      link(job.spec.initial_weights.model, `/console/models/${job.spec.initial_weights.model}`),
    ]);
  if (job.spec.data.dataset)
    parts.push([text("Learns from "), link("its data set", `/console/datasets/${job.spec.data.dataset}`)]);
  if (job.model) parts.push([text("Made "), link("a model", `/console/models/${job.model}`)]);
  const mends = await ask(`/v1/mends?job=${job.id}&limit=5`);
  for (const mend of mends.data)
    parts.push([
      link(`Mend ${mend.verdict ? mend.verdict.replaceAll("_", " ") : mend.status}`, `/console/studies/${mend.id}`),
    ]);
  find("lineage").replaceChildren(...parts.flatMap((part, place) => (place ? [text(" · "), ...part] : part)));
}

/** @param {string} content */
const text = (content) => document.createTextNode(content);

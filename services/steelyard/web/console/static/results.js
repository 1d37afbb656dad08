// What a job that has ended left behind: report, importance, a worked step, predictions, files, the specification.
import { element } from "./dom.js";
import { makeDownloads } from "./panels/downloads.js";
import { exportsPanel } from "./panels/exports.js";
import { makeImportance } from "./panels/importance.js";
import { makeReport } from "./panels/report.js";
import { makeSpec } from "./panels/spec.js";
import { makeTry } from "./panels/try_it.js";
import { makeWorkedStep } from "./panels/worked_step.js";
import { follow } from "./position.js";

/**
 * @param {HTMLElement} place
 * @param {string} path of the job
 * @param {any} job
 * @param {import("./recording.js").Recording} recording
 * @param {import("./names.js").Namer} nameOf
 * @param {() => string[]} strongestColumns
 */
export function showResults(place, path, job, recording, nameOf, strongestColumns) {
  if (place.hasChildNodes()) return;
  place.hidden = false;
  place.append(element("h2", { text: job.model ? "The result" : "Results so far", id: "results-title" }));
  if (Object.keys(job.metrics).length) place.append(makeReport(path, job));
  if (job.model) place.append(makeImportance(job.model, job.data.features));
  if (recording.snapshots.size) place.append(makeWorkedStep(recording, job, nameOf));
  if (job.model) place.append(makeTry(path, job, strongestColumns));
  if (job.model) place.append(exportsOf(job.model));
  place.append(makeDownloads(path, job));
  place.append(makeSpec(path, job));
}

/** The formats are asked for when their panel comes into sight. @param {string} model */
function exportsOf(model) {
  const { card, load } = exportsPanel(`/v1/models/${model}`);
  let asked = false;
  follow(card, () => {
    if (!asked) load();
    asked = true;
  });
  return card;
}

// A job's page: it follows the job, and hands what arrives to the panels.
import { element, find, showFaults } from "../dom.js";
import { followJob } from "../follow.js";
import { outgoingStrength } from "../math/network.js";
import { History } from "../math/series.js";
import { namer } from "../names.js";
import { makeBoundary } from "../panels/boundary.js";
import { makeCurves } from "../panels/curves.js";
import { makeFindings } from "../panels/findings.js";
import { makeGains } from "../panels/gains.js";
import { makeHistograms } from "../panels/histograms.js";
import { makeKernel } from "../panels/kernel.js";
import { makeLayers } from "../panels/layers.js";
import { makeNetwork } from "../panels/network.js";
import { offerCancel, showLineage, showProgress } from "../panels/progress.js";
import { makeScores } from "../panels/scores.js";
import { makeTimebar } from "../panels/timebar.js";
import { makeUnit } from "../panels/unit.js";
import { redrawNear } from "../position.js";
import { Recording } from "../recording.js";
import { Replay } from "../replay.js";
import { showResults } from "../results.js";
import { learnNames } from "../titles.js";
import { factsOf } from "../unit_facts.js";

const id = /** @type {string} */ (find("job").dataset.id);
const path = `/v1/jobs/${encodeURIComponent(id)}`;
const history = new History();
const recording = new Recording(path, redrawNear);
const replay = new Replay(recording, redrawNear);
/** @type {any} */
let job = null;

/** The names of the network's inputs: until the service tells them, those of the columns, if each is one input. */
const inputs = () => {
  const last = recording.storedEpochs.at(-1);
  const columns = job.data.features.length === recording.columns[0]?.units ? job.data.features : null;
  return (last === undefined ? null : factsOf(recording, replay, last).inputs) ?? columns;
};
/** Columns of numbers by how much the first layer learned to look at them; none before that is known. */
function strongestColumns() {
  const last = recording.storedEpochs.at(-1);
  const kernel = recording.columns[1]?.kernel;
  const weights = kernel && last !== undefined ? recording.weights(kernel, last) : null;
  const first = kernel ? recording.weights(kernel, recording.storedEpochs[0]) : null;
  const { inputs: names, deviations } =
    last === undefined ? { inputs: null, deviations: [] } : factsOf(recording, replay, last);
  if (!weights || !first || !names || !deviations[0]) return [];
  const learned = last ? weights.values.map((value, at) => value - first.values[at]) : weights.values;
  const strengths = outgoingStrength(learned, weights.shape[0], weights.shape[1], deviations[0]);
  const order = names.map((_, input) => input).sort((one, other) => strengths[other] - strengths[one]);
  return order.map((input) => names[input]).filter((name) => job.data.features.includes(name));
}
const nameOf = namer(recording, () => job, inputs);
const curves = makeCurves(path, history, recording);
const scores = makeScores(path);
const findings = makeFindings(path);
find("watch").append(curves.card, scores.card, findings.card);

/** The panels that follow the slider, made once there is something to show. */
function showRecording() {
  const place = find("recording");
  place.hidden = !recording.epochs.length;
  if (place.hidden || place.hasChildNodes()) return;
  place.append(
    element("h2", { text: "The recording", id: "recording-title" }),
    element("p", {
      className: "muted",
      text: "Move the slider, or press ← and →: every panel below shows the same epoch.",
    }),
    makeTimebar(recording),
    element(
      "div",
      { className: "job-grid" },
      makeNetwork(recording, replay, nameOf),
      makeUnit(recording, replay, nameOf),
      makeGains(recording),
      makeLayers(recording, replay),
      makeKernel(recording, nameOf, inputs),
      makeBoundary(recording, replay, () => job, strongestColumns),
      makeHistograms(recording, replay),
    ),
  );
}

const PARTS = /** @type {[string, string][]} */ ([
  ["curves", "Curves"],
  ["findings", "Findings"],
  ["recording", "The recording"],
  ["report", "Report"],
  ["importance", "Importance"],
  ["worked-step", "Worked step"],
  ["try", "Prediction"],
  ["files", "Files"],
  ["spec", "Specification"],
]);

/** Ways to the parts of the page: buttons, since the address has the position in the recording. */
function showParts() {
  const shown = PARTS.filter(([name]) => document.getElementById(name)?.offsetParent);
  if (find("parts").children.length === shown.length) return;
  find("parts").replaceChildren(
    ...shown.map(([name, text]) =>
      element("button", {
        type: "button",
        className: "link",
        text,
        onclick: () => {
          const part = find(name);
          part.tabIndex = -1;
          part.focus({ preventScroll: true });
          part.scrollIntoView({ block: "start" });
        },
      }),
    ),
  );
}

/** What the page needs to show a job for the first time, all at once: nothing moves afterwards. */
async function introduce() {
  await Promise.all([learnNames([job.spec]).catch(() => undefined), showLineage(job).catch(() => undefined)]);
  find("job").classList.toggle("live", job.finished_at === null);
  find("job").hidden = false;
}

/** @param {any} next */
async function show(next) {
  const [isFirst, hasEnded] = [job === null, job !== null && job.finished_at === null && next.finished_at !== null];
  job = next;
  if (isFirst) await introduce();
  if (hasEnded) showLineage(job).catch(() => undefined);
  showProgress(job);
  for (const each of [curves, scores, findings]) each.show(job);
  showRecording();
  if (job.finished_at !== null && recording.isLoaded) {
    showResults(find("results"), path, job, recording, nameOf, strongestColumns);
  }
  showParts();
}

offerCancel(path);
followJob(path, history, recording, show).catch((error) => {
  find("job").hidden = find("reason").hidden = false;
  showFaults(find("reason"), error);
});

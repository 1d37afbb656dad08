// Trying the patch of a finding: the job and the changed one on the same seeds, and the verdict.
import { ask, ENDED, post, repeat } from "../api.js";
import { element, showFaults, table } from "../dom.js";
import { number } from "../format.js";

/**
 * @typedef {{job: string, status: string, value: number | null, error?: string | null}} Trial
 * @typedef {{seed: number, original: Trial, mended: Trial, difference: number | null}} Pair
 */

const REFRESH_MS = 400;
const VERDICTS = /** @type {Record<string, string>} */ ({ helped: "✓ The change helps", no_difference: "= No difference", worse: "✗ The change makes it worse" });

/**
 * A button that mends a finding and shows what came of it.
 * @param {string} path of the job
 * @param {string} code of the finding
 * @param {HTMLElement} place of the outcome
 */
export function mend(path, code, place) {
  const button = element("button", { type: "button", className: "small", text: "Mend and compare on 3 seeds" });
  button.onclick = async () => {
    button.disabled = true;
    place.replaceChildren(element("p", { className: "working", role: "status", text: "Training both jobs …" }));
    try {
      const { id } = await post(`${path}/mend`, { findings: [code] });
      await repeat(async () => {
        const found = await ask(`/v1/mends/${id}`);
        showMend(place, found);
        return ENDED.includes(found.status);
      }, REFRESH_MS);
    } catch (error) {
      showFaults(place, error);
    }
    button.disabled = false;
  };
  return button;
}

/** @param {HTMLElement} place @param {any} found */
export function showMend(place, found) {
  const { measure, pairs, verdict, message, mean_difference: mean, standard_error: error } = found;
  const done = pairs.flatMap((/** @type {Pair} */ { original, mended }) => [original, mended]).filter((/** @type {Trial} */ { status }) => ENDED.includes(status)).length;
  const parts = verdict
    ? [element("p", { className: `verdict ${verdict}`, role: "status" }, element("strong", { text: VERDICTS[verdict] ?? verdict }), mean === null ? "" : `: ${measure.metric.replaceAll("_", " ")} ${mean > 0 ? "+" : ""}${number(mean)} ± ${number(error)}`), element("p", { text: message })]
    : [element("p", { className: ENDED.includes(found.status) ? "" : "working", role: "status", text: ENDED.includes(found.status) ? message : `Training: ${done} of ${2 * pairs.length} jobs are done` })];
  const rows = pairs.map((/** @type {Pair} */ { seed, original, mended, difference }) => [String(seed), trial(original), trial(mended), number(difference)]);
  place.replaceChildren(...parts,
    table(`Pairs of the mend, ${measure.metric}`, ["seed", `${measure.split} ${measure.metric.replaceAll("_", " ")}, as it was`, "mended", "difference"], rows),
    element("p", {}, element("a", { text: "All of this mend", href: `/console/studies/${found.id}` })));
}

/** @param {Trial} trial */
function trial({ job, status, value }) {
  if (status === "deleted") return status;
  return element("a", { href: `/console/jobs/${job}`, text: value === null ? status : number(value) });
}

// Trying the patch of a finding: the job and the changed one on the same seeds, and the verdict.
import { ask, ENDED, post, repeat } from "../api.js";
import { element, showFaults, table } from "../dom.js";
import { number } from "../format.js";

/**
 * @typedef {{job: string, status: string, value: number | null, error?: string | null}} Trial
 * @typedef {{seed: number, original: Trial, mended: Trial, difference: number | null}} Pair
 */

const REFRESH_MS = 400;
const VERDICTS = /** @type {Record<string, string>} */ ({
  helped: "✓ The change helps",
  no_difference: "= No difference",
  worse: "✗ The change makes it worse",
});

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
    place.classList.add("awaited"); // with the room of its table, so that what is below moves at once or not at all
    place.replaceChildren(element("p", { className: "working", role: "status", text: "Training both jobs …" }));
    try {
      await followMend(place, (await post(`${path}/mend`, { findings: [code] })).id);
    } catch (error) {
      showFaults(place, error);
    }
    button.disabled = false;
  };
  return button;
}

/** @param {HTMLElement} place @param {string} id */
const followMend = (place, id) =>
  repeat(async () => {
    const found = await ask(`/v1/mends/${id}`);
    showMend(place, found);
    return ENDED.includes(found.status);
  }, REFRESH_MS);

/**
 * Show what earlier mends of the job found, each at its finding: the newest of each.
 * @param {string} job
 * @param {Map<string, HTMLElement>} places by the codes of the findings
 */
export async function showEarlier(job, places) {
  const { data } = await ask(`/v1/mends?job=${job}`);
  for (const each of data) {
    const place = new Set(each.findings).size === 1 ? places.get(each.findings[0]) : undefined;
    if (!place || place.hasChildNodes()) continue;
    followMend(place, each.id).catch((error) => showFaults(place, error));
  }
}

/** @param {HTMLElement} place @param {any} found */
function showMend(place, found) {
  const { measure, pairs, verdict, message, mean_difference: mean, standard_error: error } = found;
  const done = pairs
    .flatMap((/** @type {Pair} */ { original, mended }) => [original, mended])
    .filter((/** @type {Trial} */ { status }) => ENDED.includes(status)).length;
  const parts = verdict
    ? [
        element(
          "p",
          { className: `verdict ${verdict}`, role: "status" },
          element("strong", { text: VERDICTS[verdict] ?? verdict }),
          mean === null
            ? ""
            : `: ${measure.metric.replaceAll("_", " ")} ${mean > 0 ? "+" : ""}${number(mean)} ± ${number(error)}`,
        ),
        element("p", { text: message }),
      ]
    : [
        element("p", {
          className: ENDED.includes(found.status) ? "" : "working",
          role: "status",
          text: ENDED.includes(found.status) ? message : `Training: ${done} of ${2 * pairs.length} jobs are done`,
        }),
      ];
  const both = (/** @type {Pair} */ { seed, original, mended }) =>
    element("a", {
      href: `/console/compare?jobs=${original.job},${mended.job}`,
      text: "Compare",
      "aria-label": `Compare the jobs of seed ${seed}`,
    });
  const rows = pairs.map((/** @type {Pair} */ pair) => [
    String(pair.seed),
    trial(pair.original),
    trial(pair.mended),
    number(pair.difference),
    both(pair),
  ]);
  place.replaceChildren(
    ...parts,
    table(
      `Pairs of the mend, ${measure.metric}`,
      [
        "seed",
        `${measure.split} ${measure.metric.replaceAll("_", " ")}, as it was`,
        "mended",
        "difference",
        "weights and curves",
      ],
      rows,
    ),
    element("p", {}, element("a", { text: "All of this mend", href: `/console/studies/${found.id}` })),
  );
}

/** @param {Trial} trial */
function trial({ job, status, value }) {
  if (status === "deleted") return status;
  return element("a", { href: `/console/jobs/${job}`, text: value === null ? status : number(value) });
}

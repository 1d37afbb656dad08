// The metrics of a job beside those of answers that need no network.
import { element, table } from "../dom.js";
import { number } from "../format.js";
import { panel } from "../panel.js";

/** @typedef {Record<string, Record<string, number | null>>} Splits */

/** @param {any} job @returns {{head: string[], rows: (string | number | null)[][]}} */
function numbersOf({ metrics, baseline }) {
  const sources = /** @type {[string, Splits][]} */ ([
    ["this network", metrics],
    ...Object.entries(baseline ?? {}).map(([kind, scores]) => [
      kind === "constant" ? "constant answer" : `${kind} model`,
      scores,
    ]),
  ]);
  const splits = Object.keys(metrics);
  const names = [...new Set(splits.flatMap((split) => Object.keys(metrics[split])))];
  const head = ["metric", ...splits.flatMap((split) => sources.map(([source]) => `${split}: ${source}`))];
  return {
    head,
    rows: names.map((name) => [
      name.replaceAll("_", " "),
      ...splits.flatMap((split) => sources.map(([, scores]) => scores[split]?.[name] ?? null)),
    ]),
  };
}

/** @param {string} path of the job */
export function makeScores(path) {
  /** @type {any} */
  let shown = null;
  const made = panel({
    title: "Metrics",
    id: "metrics-panel",
    lead: "Beside a constant answer and a linear model on the same rows.",
    request: () => path,
    numbers: () => (shown ? numbersOf(shown) : { head: ["metric"], rows: [] }),
  });
  return {
    card: made.card,
    /** @param {any} job */
    show(job) {
      const { metrics, baseline } = job;
      const isMeasured = Object.keys(metrics).length > 0;
      made.card.hidden = !isMeasured && job.finished_at !== null;
      if (!isMeasured) {
        made.note("They are computed when the training ends.");
        return;
      }
      made.note("");
      shown = job;
      const split = metrics.validation ? "validation" : Object.keys(metrics)[0];
      const splits = [split, ...Object.keys(metrics).filter((name) => name !== split)];
      const open = made.body.querySelector("details")?.open ?? false;
      made.body.replaceChildren(
        scoresOf(split, metrics[split], baseline),
        ...splits
          .slice(1)
          .map((name) =>
            element(
              "details",
              { open },
              element("summary", { text: titleOf(name) }),
              scoresOf(name, metrics[name], baseline),
            ),
          ),
      );
      made.refresh();
    },
  };
}

/** @param {string} split @param {Record<string, number | null>} scores @param {any} baseline */
function scoresOf(split, scores, baseline) {
  const kinds = Object.keys(baseline ?? {}).filter((kind) => baseline[kind][split]);
  return table(
    `Metrics of the ${split} rows`,
    [titleOf(split), "network", ...kinds],
    Object.keys(scores).map((name) => [
      name.replaceAll("_", " "),
      number(scores[name]),
      ...kinds.map((kind) => number(baseline[kind][split][name])),
    ]),
  );
}

/** @param {string} split */
const titleOf = (split) => (split === "train" ? "Training rows" : `${split[0].toUpperCase()}${split.slice(1)} rows`);

// What stands out in a run, why, and a change that may help: each can be tried on the same seeds.
import { element } from "../dom.js";
import { changesOf } from "../math/patch.js";
import { panel } from "../panel.js";
import { move } from "../position.js";
import { evidence } from "./evidence.js";
import { mend, showEarlier } from "./mend.js";

/**
 * @typedef {{code: string, level: string, message: string, suggestion: string, layer: string | null, epoch: number | null,
 *   value: number | null, threshold: number | null, patch: import("../math/patch.js").Operation[] | null, evidence: string | null}} Finding
 */

const LEVELS = /** @type {Record<string, string>} */ ({ error: "Error", warning: "Warning", info: "Note" });

/** @param {string} path of the job */
export function makeFindings(path) {
  /** @type {Finding[]} */
  let findings = [];
  const made = panel({
    title: "Findings",
    id: "findings",
    request: () => ({ path: `${path}/diagnostics?series=norm` }),
    numbers: () => ({
      head: ["code", "level", "layer", "epoch", "value", "threshold", "message"],
      rows: findings.map((each) => [
        each.code,
        each.level,
        each.layer,
        each.epoch,
        each.value,
        each.threshold,
        each.message,
      ]),
      texts: [0, 1, 2, 6],
    }),
  });
  let known = "";
  let wasWatched = false;
  return {
    card: made.card,
    /** @param {any} job */
    show(job) {
      findings = job.findings;
      const ended = job.finished_at !== null;
      wasWatched ||= !ended;
      made.card.hidden = !findings.length && !wasWatched;
      hold(made.body, !ended);
      if (JSON.stringify([findings, ended]) === known) return;
      known = JSON.stringify([findings, ended]);
      const merged = merge(findings);
      /** @type {Map<string, HTMLElement>} */
      const outcomes = new Map();
      made.body.replaceChildren(...merged.map((group) => findingOf(path, group, job, outcomes)));
      if (!findings.length)
        made.body.append(
          element("p", { className: "muted", text: ended ? "Nothing stands out." : "Nothing has stood out so far." }),
        );
      if (outcomes.size) showEarlier(job.id, outcomes).catch(() => undefined);
      made.refresh();
    },
  };
}

/** While a job trains, findings come into a box of one height, so that nothing below it moves. @param {HTMLElement} body @param {boolean} held */
function hold(body, held) {
  body.classList.toggle("held", held);
  for (const [name, value] of [
    ["tabindex", "0"],
    ["role", "region"],
    ["aria-label", "Findings so far"],
  ])
    if (held) body.setAttribute(name, value);
    else body.removeAttribute(name);
}

/** Findings with the same code and the same patch are one, of several layers. @param {Finding[]} findings */
function merge(findings) {
  /** @type {Map<string, Finding[]>} */
  const groups = new Map();
  for (const each of findings) {
    const key = each.patch ? `${each.code} ${JSON.stringify(each.patch)}` : `${each.code} ${each.message}`;
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups.values()];
}

/** @param {string} path @param {Finding[]} group @param {any} job @param {Map<string, HTMLElement>} outcomes of mends, by code */
function findingOf(path, group, job, outcomes) {
  const [{ code, level, suggestion, patch, layer, epoch }] = group;
  const title = element(
    "h3",
    {},
    element("span", { className: `level ${level}`, text: LEVELS[level] ?? level }),
    ` ${code.replaceAll("_", " ")}`,
  );
  /** @type {HTMLElement[]} */
  const parts = [
    title,
    ...group.map(({ message }) => element("p", { text: message })),
    element("p", { className: "muted", text: suggestion }),
  ];
  const tools = element("div", { className: "row" });
  if (layer && epoch !== null)
    tools.append(
      element("button", {
        type: "button",
        className: "quiet small",
        text: `Show ${layer} at epoch ${epoch}`,
        onclick: () => {
          move({ layer, epoch, unit: null });
          document.getElementById("recording")?.scrollIntoView();
        },
      }),
    );
  if (patch) parts.push(patchOf(patch, job.spec));
  const outcome = element("div", { className: "outcome" });
  if (patch && job.finished_at !== null) {
    tools.prepend(mend(path, code, outcome));
    outcomes.set(code, outcome);
  }
  return element(
    "article",
    { className: `notice ${level === "error" ? "bad" : level}`, dataset: { code } },
    ...parts,
    tools,
    ...group.flatMap((each) => (each.evidence ? [evidence({ ...each, evidence: each.evidence })] : [])),
    outcome,
  );
}

/** @param {import("../math/patch.js").Operation[]} patch @param {unknown} spec */
function patchOf(patch, spec) {
  return element(
    "ul",
    { className: "patch" },
    ...changesOf(patch, spec).map(({ setting, before, after }) =>
      element("li", {}, element("code", { text: setting }), `: ${before ?? "not set"} → ${after ?? "removed"}`),
    ),
  );
}

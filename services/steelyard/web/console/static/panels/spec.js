// The whole specification of a job, with the settings that were chosen for it and why.
import { copy, element } from "../dom.js";
import { panel } from "../panel.js";

/** @typedef {{path: string, value: unknown, reason: string}} Choice */

/** @param {string} path of the job @param {any} job */
export function makeSpec(path, job) {
  const choices = /** @type {Choice[]} */ (job.choices);
  const made = panel({
    title: "Specification",
    id: "spec",
    request: () => path,
    numbers: () => ({
      head: ["setting", "value", "why"],
      rows: choices.map((each) => [settingOf(each), JSON.stringify(each.value), each.reason]),
      texts: [0, 1, 2],
    }),
  });
  const text = JSON.stringify(job.spec, null, 2);
  const button = element("button", {
    type: "button",
    className: "quiet small",
    text: "Copy",
    onclick: () => copy(button, text),
  });
  if (choices.length)
    made.body.append(
      element("h3", { text: "Chosen from the data" }),
      element(
        "dl",
        {},
        ...choices.flatMap((each) => [
          element("dt", {}, element("code", { text: `${settingOf(each)} = ${JSON.stringify(each.value)}` })),
          element("dd", { className: "muted", text: each.reason }),
        ]),
      ),
    );
  made.body.append(
    element(
      "details",
      {},
      element("summary", { text: "All settings, with defaults" }),
      button,
      element("pre", { text, tabIndex: 0, role: "region", "aria-label": "Specification" }),
    ),
  );
  return made.card;
}

/** @param {Choice} choice */
const settingOf = ({ path }) => path.slice(1).replaceAll("/", ".");

// Mends and initialization labs, and a form for a new lab.
import { ask } from "../api.js";
import { element, find, showFaults, table } from "../dom.js";
import { ago, plural } from "../format.js";
import { panel } from "../panel.js";
import { labForm } from "../panels/lab_form.js";
import { nameOf } from "../panels/lab_result.js";

const PAGE = 20;
const page = find("page");
const faults = element("div", { role: "alert" });
page.append(
  element("p", {
    className: "muted lead",
    text: "A study is a group of jobs that differ in one thing. A mend shows whether the repair of a finding helps; a lab compares initial weights.",
  }),
  faults,
);

/** @param {string} title @param {string} path @param {string} none @param {(study: any) => string} tell */
async function list(title, path, none, tell) {
  const made = panel({
    title,
    request: () => `${path}?limit=${PAGE}`,
    numbers: () => ({
      head: ["study", "status", "of", "verdict", "created"],
      rows: studies.map((study) => [study.id, study.status, tell(study), study.message, study.created_at]),
      texts: [0, 1, 2, 3, 4],
    }),
  });
  const rows = element("div");
  const more = element("button", {
    type: "button",
    className: "quiet",
    text: "Older",
    hidden: true,
    onclick: () => load(),
  });
  made.body.append(rows, more);
  /** @type {any[]} */
  const studies = [];
  let after = "";
  async function load() {
    const answer = await ask(`${path}?limit=${PAGE}${after}`);
    studies.push(...answer.data);
    after = `&after=${answer.next}`;
    more.hidden = answer.next === null;
    made.refresh();
    rows.replaceChildren(
      studies.length
        ? table(
            `List: ${title}`,
            ["study", "status", "of", "verdict", "created"],
            studies.map((study) => [
              element("a", { href: `/console/studies/${study.id}`, text: study.id }),
              element("span", { className: `status ${study.status}`, text: study.status }),
              tell(study),
              element("span", { className: "wrap", text: study.message }),
              ago(study.created_at),
            ]),
            { texts: [0, 1, 2, 3, 4] },
          )
        : element("p", { className: "muted", text: none }),
    );
  }
  await load();
  return made.card;
}

try {
  const [catalog, labs, mends] = await Promise.all([
    ask("/v1/catalog"),
    list(
      "Initialization labs",
      "/v1/initialization-labs",
      "No labs yet: open one below.",
      (lab) =>
        lab.combinations.map(nameOf).slice(0, 3).join("; ") +
        (lab.combinations.length > 3 ? ` and ${lab.combinations.length - 3} more` : ""),
    ),
    list(
      "Mends",
      "/v1/mends",
      "No mends yet: a job's findings have a button to mend them.",
      (mend) => `${mend.findings.join(", ")}, ${plural(mend.pairs.length, "pair")}`,
    ),
  ]);
  page.append(
    labs,
    mends,
    labForm(catalog, (lab) => {
      window.location.href = `/console/studies/${lab.id}`;
    }),
  );
} catch (error) {
  showFaults(faults, error);
}

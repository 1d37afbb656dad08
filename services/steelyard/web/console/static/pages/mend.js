// A mend: a job and a changed one on the same seeds, and whether the change helped.
import { ask, repeat } from "../api.js";
import { element, find, showFaults } from "../dom.js";
import { pairsPanel, patchPanel } from "../panels/mend_result.js";
import { studyLife } from "../panels/study_life.js";

const page = find("page");
const path = `/v1/mends/${encodeURIComponent(page.dataset.study ?? "")}`;
const faults = element("div", { role: "alert" });
const life = studyLife(path, faults);
page.append(faults);

try {
  const first = await ask(path);
  const pairs = pairsPanel();
  life.update(first);
  pairs.update(first);
  page.append(
    life.box,
    element("p", {}, "Of the job ", element("a", { href: `/console/jobs/${first.job}`, text: first.job }), "."),
    pairs.card,
    patchPanel(first).card,
  );
  await repeat(async () => {
    const mend = await ask(path);
    pairs.update(mend);
    return life.update(mend);
  }, 500);
} catch (error) {
  showFaults(faults, error);
}

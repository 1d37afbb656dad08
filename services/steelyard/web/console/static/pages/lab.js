// An initialization lab: ways to begin a job, compared on the same rows in the same order.
import { ask, repeat } from "../api.js";
import { element, find, showFaults } from "../dom.js";
import { gainsPanel, lossesPanel, rankingPanel } from "../panels/lab_result.js";
import { studyLife } from "../panels/study_life.js";

const page = find("page");
const path = `/v1/initialization-labs/${encodeURIComponent(page.dataset.study ?? "")}`;
const faults = element("div", { role: "alert" });
const life = studyLife(path, faults);
page.append(faults);

try {
  let lab = await ask(path);
  const panels = [rankingPanel, gainsPanel, lossesPanel].map((make) => make(() => lab, path));
  life.update(lab);
  page.append(life.box, ...panels.map(({ card }) => card));
  for (const each of panels) each.update();
  await repeat(async () => {
    lab = await ask(path);
    for (const each of panels) each.update();
    return life.update(lab);
  }, 700);
} catch (error) {
  showFaults(faults, error);
}

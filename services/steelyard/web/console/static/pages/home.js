// The first page: a form for a new job, and the list of jobs.
import { ask } from "../api.js";
import { element, find, showFaults } from "../dom.js";
import { firstJob, jobForm } from "../panels/job_form.js";
import { jobList } from "../panels/job_list.js";

const OPEN = "steelyard-form";
const page = find("page");
const faults = element("div", { role: "alert" });
const holder = element("div", { className: "card" }, element("p", { className: "working", text: "Loading …" }));
const asked = window.location.search !== "";
const fold = element(
  "details",
  { className: "new-job", open: asked || localStorage.getItem(OPEN) !== "closed" },
  element("summary", {}, element("h2", { text: "New job" })),
  holder,
);
fold.addEventListener("toggle", () => localStorage.setItem(OPEN, fold.open ? "open" : "closed"));
const list = jobList();
list.hidden = fold.open; // until the form above has its height
page.append(faults, fold, list);

try {
  const catalog = await ask("/v1/catalog");
  const first = await firstJob(new URLSearchParams(window.location.search)).catch((error) => {
    showFaults(faults, error);
    return { data: { builtin: "iris" } };
  });
  const { form } = await jobForm(catalog, first, (job) => {
    window.location.href = `/console/jobs/${job.id}`;
  });
  holder.replaceChildren(form);
} catch (error) {
  holder.replaceChildren();
  showFaults(holder, error);
}
list.hidden = false;

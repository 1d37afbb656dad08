// One lesson: read, send, look, answer.
import { ask } from "../api.js";
import { element, find, showFaults } from "../dom.js";
import { chartPart, lookPart, questionPart, runPart, seePart, textPart } from "../panels/lesson_parts.js";

/** @typedef {import("../panels/lesson_parts.js").Lesson} Lesson */

const page = find("page");
const slug = page.dataset.lesson ?? "";
const faults = element("div", { role: "alert" });
page.append(faults);

/** @param {any[]} parts @returns {Lesson} */
function begin(parts) {
  /** @type {((name: string) => void)[]} */
  const listeners = [];
  return {
    answers: {},
    answered: (name) => {
      for (const listener of listeners) listener(name);
    },
    listen: (listener) => {
      listeners.push(listener);
    },
    labels: Object.fromEntries(parts.flatMap(({ run }) => (run ? [[run.as, run.label]] : []))),
  };
}

/** @param {any} part @param {Lesson} lesson */
function show(part, lesson) {
  if (part.run) return runPart(part.run, lesson);
  if (part.look) return lookPart(part.look, lesson);
  if (part.chart) return chartPart(part.chart, lesson);
  if (part.see) return seePart(part.see, lesson);
  if (part.question) return questionPart(part.question, () => localStorage.setItem(`steelyard-lesson-${slug}`, "done"));
  return textPart(part.text);
}

try {
  const { goal, minutes, parts } = await ask(`/console/static/lessons/${slug}.json`);
  const lesson = begin(parts);
  const next = page.dataset.next
    ? [element("a", { className: "button", href: `/console/lessons/${page.dataset.next}`, text: "Next lesson" })]
    : [];
  page.append(
    element("p", { className: "muted lead", text: `${goal} About ${minutes} minutes.` }),
    element("article", { className: "lesson" }, ...parts.map((/** @type {any} */ part) => show(part, lesson))),
    element(
      "nav",
      { className: "row", "aria-label": "Lessons" },
      element("a", { href: "/console/lessons", text: "All lessons" }),
      ...next,
    ),
  );
} catch (error) {
  showFaults(faults, error);
}

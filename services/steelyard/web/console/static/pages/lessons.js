// The list of lessons, with those that were taken.
import { element, find } from "../dom.js";

const page = find("page");
const lessons = JSON.parse(page.dataset.lessons ?? "[]");
page.append(
  element("p", {
    className: "muted lead",
    text: "What weights are, how training moves them, and what goes wrong. Each lesson trains real networks on this service.",
  }),
  element(
    "ol",
    { className: "lessons" },
    ...lessons.map((/** @type {any} */ { slug, title, goal, minutes }) => {
      const done = localStorage.getItem(`steelyard-lesson-${slug}`) === "done";
      return element(
        "li",
        { className: "card" },
        element("h2", {}, element("a", { href: `/console/lessons/${slug}`, text: title })),
        element("p", { text: goal }),
        element("p", { className: "muted", text: `${minutes} minutes${done ? " · done ✓" : ""}` }),
      );
    }),
  ),
);

// The parts of a lesson: a text, a request that is sent, numbers to look at, a chart, a question.
import { ask, curl, ENDED, post } from "../api.js";
import { dash, draw, ink } from "../chart.js";
import { copy, element, showFaults, table } from "../dom.js";
import { number } from "../format.js";
import { agrees, below, fill, needs } from "../math/lesson.js";
import { get } from "../math/pointer.js";

/**
 * @typedef {object} Lesson what the parts share
 * @property {Record<string, any>} answers of the steps that were taken
 * @property {(name: string) => void} answered tell the other parts of an answer
 * @property {(listener: (name: string) => void) => void} listen
 * @property {Record<string, string>} labels of the steps
 */

/** @param {any} value */
const shown = (value) =>
  typeof value === "number"
    ? number(value)
    : typeof value === "string"
      ? value
      : value === undefined
        ? "–"
        : JSON.stringify(value, (_, each) =>
            typeof each === "number" ? Number(each.toPrecision(4)) : each,
          ).replaceAll(",", ", ");

/** @param {string} text */
export const textPart = (text) => element("p", { text });

/** A request, with a button to send it. @param {any} run @param {Lesson} lesson */
export function runPart({ as: name, label, path, body }, lesson) {
  const editor = element("textarea", {
    rows: Math.min(18, JSON.stringify(body, null, 2).split("\n").length),
    spellcheck: false,
    value: JSON.stringify(body, null, 2),
    "aria-label": `The request: ${label}`,
  });
  const faults = element("div", { role: "alert" });
  const state = element("span", { role: "status", className: "muted" });
  const button = element("button", { type: "button", text: label, onclick: send });
  const copyButton = element("button", {
    type: "button",
    className: "quiet small",
    text: "Copy as curl",
    onclick: () =>
      copy(
        copyButton,
        curl(fill(path, lesson.answers), { method: "POST", body: JSON.stringify(JSON.parse(editor.value)) }),
      ),
  });
  const ready = () => {
    button.disabled = needs(path).some((step) => !(step in lesson.answers));
  };
  lesson.listen(ready);
  ready();

  async function send() {
    showFaults(faults);
    button.disabled = true;
    state.textContent = " working …";
    try {
      const answer = await finish(await post(fill(path, lesson.answers), JSON.parse(editor.value)), (text) => {
        state.textContent = text;
      });
      lesson.answers[name] = answer;
      state.textContent = " done";
      lesson.answered(name);
    } catch (error) {
      state.textContent = "";
      showFaults(faults, error);
    }
    ready();
  }
  return element(
    "div",
    { className: "step" },
    element("div", { className: "row" }, button, state),
    element(
      "details",
      {},
      element("summary", { text: `See and change the request: POST ${path}` }),
      editor,
      copyButton,
    ),
    faults,
  );
}

/** A job or a mend is waited for. @param {any} answer @param {(text: string) => void} tell */
async function finish(answer, tell) {
  let last = answer;
  const paths = /** @type {Record<string, string>} */ ({ job: "/v1/jobs/", mend: "/v1/mends/" });
  while (last.object in paths && !ENDED.includes(last.status)) {
    tell(
      last.object === "job" && last.progress
        ? ` training: epoch ${last.progress.epoch} of ${last.progress.epochs} …`
        : " training both jobs of each pair …",
    );
    if (last.object === "mend")
      await new Promise((resume) => {
        setTimeout(resume, 400);
      });
    last = await ask(`${paths[last.object]}${last.id}${last.object === "job" ? "?wait=0.4&until=ended" : ""}`);
  }
  return last;
}

/** Numbers of an answer, each with what it means. @param {any} look @param {Lesson} lesson */
export function lookPart({ of, at, rows }, lesson) {
  const place = element(
    "div",
    { className: "look" },
    element("p", { className: "muted", text: `The numbers appear after “${lesson.labels[of]}”.` }),
  );
  place.style.minHeight = `${2.6 + 3.1 * rows.length}rem`; // about that of the table, so that the next button stays in its place
  lesson.listen(async (name) => {
    if (name !== of) return;
    try {
      const path = below(lesson.answers[of], at);
      const document = path ? await ask(path) : lesson.answers[of];
      place.replaceChildren(
        table(
          `What to look at: ${lesson.labels[of]}${at ? `, ${at}` : ""}`,
          ["what", "value", "as in the lesson"],
          rows.map((/** @type {any} */ { pointer, caption, expect }) => {
            const value = get(document, pointer);
            const good = agrees(value, expect);
            return [
              element(
                "span",
                { className: "wrap" },
                `${caption} `,
                element("code", { className: "muted", text: pointer }),
              ),
              element("strong", { className: "wrap", text: shown(value) }),
              good ? "yes" : "no: you changed the request",
            ];
          }),
          { texts: [0, 1, 2] },
        ),
      );
    } catch (error) {
      showFaults(place, error);
    }
  });
  return place;
}

/** A series of several jobs. @param {any} chart @param {Lesson} lesson */
export function chartPart({ of, series, logarithmic, caption }, lesson) {
  const place = element("div", {
    className: "chart short awaited",
    role: "img",
    "aria-label": caption || `${series} of each epoch`,
  });
  /** @type {Map<string, any>} */
  const histories = new Map();
  const faults = element("div", { role: "alert" });
  lesson.listen(async (name) => {
    if (!of.includes(name)) return;
    try {
      histories.set(name, await ask(`/v1/jobs/${lesson.answers[name].id}/history`));
      place.classList.remove("awaited");
      const traces = () =>
        of
          .filter((/** @type {string} */ each) => histories.has(each))
          .map((/** @type {string} */ each) => {
            const index = of.indexOf(each);
            const { epochs, series: all } = histories.get(each);
            return {
              x: epochs,
              y: all[series] ?? [],
              name: lesson.labels[each],
              mode: "lines+markers",
              marker: { size: 4 },
              line: { color: ink(index), dash: dash(index) },
            };
          });
      await draw(place, traces, { x: "epoch", y: series, logarithmic });
    } catch (error) {
      showFaults(faults, error);
    }
  });
  return element("figure", {}, place, faults, element("figcaption", { className: "muted", text: caption }));
}

/** A link to the page of a job, where the same is seen in motion. @param {any} see @param {Lesson} lesson */
export function seePart({ of, label, hash }, lesson) {
  const link = element("a", { className: "button quiet", text: `${label} →`, hidden: true });
  lesson.listen((name) => {
    if (name !== of) return;
    link.href = `/console/jobs/${lesson.answers[of].id}${hash ? `#${hash}` : ""}`;
    link.hidden = false;
  });
  return element("p", {}, link);
}

let questions = 0;
/** A question with one right answer. @param {any} question @param {() => void} right */
export function questionPart({ text, choices, answer, because }, right) {
  const verdict = element("p", { role: "status", className: "answer" });
  const name = `question-${(questions += 1)}`;
  const options = choices.map((/** @type {string} */ choice, /** @type {number} */ place) =>
    element(
      "label",
      { className: "check" },
      element("input", {
        type: "radio",
        name,
        onchange: () => {
          verdict.textContent = place === answer ? `Yes. ${because}` : "Not quite: try again.";
          verdict.classList.toggle("right", place === answer);
          if (place === answer) right();
        },
      }),
      choice,
    ),
  );
  return element("fieldset", { className: "question" }, element("legend", { text }), ...options, verdict);
}

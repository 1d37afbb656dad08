// The curves of several jobs on one chart.
import { ask } from "../api.js";
import { color, dash, draw, ink } from "../chart.js";
import { element } from "../dom.js";
import { panel } from "../panel.js";
import * as state from "../state.js";

/**
 * @param {any[]} jobs
 * @param {(job: any) => string} nameOf
 */
export async function comparedCurves(jobs, nameOf) {
  const histories = await Promise.all(jobs.map((job) => ask(`/v1/jobs/${job.id}/history`)));
  const names = [...new Set(histories.flatMap((each) => Object.keys(each.series)))];
  const usual = names.includes("val_loss") ? "val_loss" : "loss";
  const chosen = () => (names.includes(state.get().series) ? state.get().series : usual);
  const select = element(
    "select",
    { "aria-label": "What is drawn", onchange: () => state.set({ series: select.value }) },
    ...names.map((text) => element("option", { text, value: text })),
  );
  const logarithmic = element("input", {
    type: "checkbox",
    onchange: () => state.set({ log: logarithmic.checked ? 1 : null }),
  });
  const chart = element("div", {
    className: "chart",
    role: "img",
    "aria-label": "Curves of the jobs over their epochs",
  });
  const made = panel({
    title: "Curves",
    request: () => `/v1/jobs/${jobs[0].id}/history`,
    numbers: () => ({
      head: ["job", "epoch", chosen()],
      rows: histories.flatMap((each, place) =>
        each.epochs.map((/** @type {number} */ epoch, /** @type {number} */ index) => [
          nameOf(jobs[place]),
          epoch,
          each.series[chosen()]?.[index] ?? null,
        ]),
      ),
    }),
  });
  made.body.append(
    element("div", { className: "row" }, select, element("label", { className: "check" }, logarithmic, "logarithmic")),
    chart,
  );
  const epochMark = (/** @type {string | undefined} */ epoch) =>
    epoch === undefined
      ? []
      : [
          {
            type: "line",
            x0: Number(epoch),
            x1: Number(epoch),
            y0: 0,
            y1: 1,
            yref: "paper",
            line: { color: color("--muted"), dash: "dot" },
          },
        ];
  state.listen(({ epoch, log }) => {
    select.value = chosen();
    logarithmic.checked = log === "1";
    const traces = () =>
      histories.map((each, place) => ({
        x: each.epochs,
        y: each.series[chosen()] ?? [],
        name: nameOf(jobs[place]),
        mode: each.epochs.length > 1 ? "lines" : "markers",
        line: { color: ink(place), dash: dash(place), width: 2 },
      }));
    draw(chart, traces, { x: "epoch", y: chosen(), logarithmic: log === "1", shapes: epochMark(epoch) }).catch(
      made.fail,
    );
    made.refresh();
  });
  return made;
}

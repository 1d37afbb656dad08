// How good the model is on rows: confusion matrix, calibration, residuals, and the rows it is most wrong about.
import { ask } from "../api.js";
import { element, table } from "../dom.js";
import { count, number, percent } from "../format.js";
import { worstRows } from "../math/worst.js";
import { panel } from "../panel.js";
import { follow } from "../position.js";
import { calibrationChart, scatter } from "./report_charts.js";

/** @typedef {{from: number, rows: number, mean_predicted: number, observed_rate: number}} Bin */

const [MOST_ROWS, MOST_WORST, MOST_CELLS] = [10_000, 12, 30];

/** @param {string} path of the job @param {any} job */
export function makeReport(path, job) {
  const splits = Object.keys(job.metrics);
  /** @type {any} */
  let shown = null;
  const made = panel({
    title: "Report",
    id: "report",
    request: () => `${path}/report?split=${choice.value}`,
    numbers: () => numbersOf(shown),
  });
  const choice = element(
    "select",
    { id: "report-split", onchange: load },
    ...splits.map((split) => element("option", { value: split, text: split })),
  );
  if (splits.includes("validation")) choice.value = "validation";
  const place = element("div", { className: "report" });
  made.body.append(
    element("div", { className: "row" }, element("label", { for: "report-split", text: "Rows" }), choice),
    place,
  );

  async function load() {
    made.busy(true, "Reading the report …");
    made.fail();
    try {
      const [report, predictions] = await Promise.all([
        ask(`${path}/report?split=${choice.value}`),
        ask(`${path}/predictions?split=${choice.value}&limit=${MOST_ROWS}`),
      ]);
      shown = report;
      place.replaceChildren(
        ...[
          report.confusion_matrix ? confusion(report) : null,
          report.classes ? classScores(report) : null,
          report.calibration ? calibration(report) : null,
          report.residuals ? residuals(report, predictions) : null,
          worst(predictions, job.spec.data.dataset ?? job.spec.data.builtin),
        ].filter((part) => part !== null),
      );
      made.refresh();
    } catch (error) {
      made.fail(error);
    }
    made.busy(false);
  }

  let loaded = false;
  follow(made.card, () => {
    if (!loaded) {
      loaded = true;
      load();
    }
  });
  return made.card;
}

/** @param {string} title @param {...(Node | string)} children */
const part = (title, ...children) =>
  element("div", { className: "report-part" }, element("h3", { text: title }), ...children);

/** @param {any} report */
function confusion({ confusion_matrix: matrix, classes }) {
  if (matrix.length > MOST_CELLS)
    return part(
      "Confusion matrix",
      element("p", { className: "muted", text: `${matrix.length} classes; the table of this panel has all.` }),
    );
  const labels = classes.map((/** @type {any} */ each) => String(each.label));
  const cells = (/** @type {number[]} */ row, /** @type {number} */ truth) =>
    row.map((each, at) => {
      const share =
        each /
        Math.max(
          1,
          row.reduce((sum, value) => sum + value, 0),
        );
      const cell = element("td", {
        className: at === truth ? "right" : each ? "wrong" : "none",
        text: each ? count(each) : "·",
      });
      cell.style.setProperty("--share", `${Math.round(12 + 30 * share)}%`);
      return cell;
    });
  return part(
    "Confusion matrix",
    element("p", { className: "muted", text: "Rows are the true classes, columns the predicted ones." }),
    element(
      "div",
      { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Confusion matrix" },
      element(
        "table",
        { className: "confusion" },
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            element("th", { scope: "col", text: "true \\ predicted" }),
            ...labels.map((/** @type {string} */ text) => element("th", { scope: "col", text })),
          ),
        ),
        element(
          "tbody",
          {},
          ...matrix.map((/** @type {number[]} */ row, /** @type {number} */ truth) =>
            element("tr", {}, element("th", { scope: "row", text: labels[truth] }), ...cells(row, truth)),
          ),
        ),
      ),
    ),
  );
}

/** @param {any} report */
function classScores({ classes }) {
  return part(
    "By class",
    table(
      "Scores of each class",
      ["class", "rows", "precision", "recall", "F1"],
      classes.map((/** @type {any} */ each) => [
        String(each.label),
        count(each.rows),
        percent(each.precision),
        percent(each.recall),
        number(each.f1),
      ]),
    ),
  );
}

/** @param {any} report */
function calibration({ calibration: curves }) {
  const rows = curves.map((/** @type {{bins: Bin[]}} */ { bins }) =>
    bins.reduce((sum, each) => sum + each.rows * each.observed_rate, 0),
  );
  const place = element("div", {});
  const draw = () => place.replaceChildren(calibrationChart(curves[choice.selectedIndex]));
  const choice = element(
    "select",
    { id: "calibration-class", onchange: draw },
    ...curves.map((/** @type {any} */ { label }) => element("option", { text: String(label) })),
  );
  choice.selectedIndex = rows.indexOf(Math.max(...rows)); // a class without rows has nothing to show
  draw();
  return part(
    "Calibration",
    element("p", {
      className: "muted",
      text: "On the diagonal, predicted probabilities are what happens. The larger a circle, the more rows.",
    }),
    element("div", { className: "row" }, element("label", { for: "calibration-class", text: "Class" }), choice),
    place,
  );
}

/** @param {any} report @param {any} predictions */
function residuals({ residuals: all }, { data }) {
  const shares = Object.keys(all[0].quantiles).sort((one, other) => Number(one) - Number(other));
  const rows = all.map((/** @type {any} */ each) => [
    each.target,
    number(each.mean),
    number(each.std),
    ...shares.map((share) => number(each.quantiles[share])),
  ]);
  return part(
    "Residuals",
    element("p", { className: "muted", text: "Prediction less target. Points on the line are exact." }),
    scatter(data),
    table("Residuals", ["target", "mean", "std", ...shares.map((share) => `${number(100 * Number(share))} %`)], rows),
  );
}

/** @param {any} predictions @param {string | undefined} source whose page shows the rows */
function worst({ data, classes, rows, has_more: isMore }, source) {
  const text = (/** @type {any} */ value) =>
    typeof value === "number" && !classes
      ? number(value)
      : Array.isArray(value)
        ? value.map((each) => (typeof each === "number" ? number(each) : String(each))).join(", ")
        : String(value);
  const found = worstRows(data, classes, MOST_WORST).map(({ row, target, prediction, cost }) => [
    source ? element("a", { href: `/console/datasets/${source}#row=${row}`, text: String(row) }) : String(row),
    text(target),
    text(prediction),
    number(cost),
  ]);
  return part(
    "Worst rows",
    element("p", {
      className: "muted",
      text: `${isMore ? `Of the first ${count(data.length)} of ${count(rows)} rows. ` : ""}Rows are numbered from 0. Their data or labels may be wrong.`,
    }),
    table("Worst rows", ["row", "target", "prediction", classes ? "loss" : "error"], found, { texts: [0, 1, 2] }),
  );
}

/** @param {any} report */
function numbersOf(report) {
  if (report?.confusion_matrix) {
    const labels = report.classes.map((/** @type {any} */ each) => String(each.label));
    return {
      head: ["true class", ...labels.map((/** @type {string} */ label) => `predicted ${label}`)],
      rows: report.confusion_matrix.map((/** @type {number[]} */ row, /** @type {number} */ at) => [
        labels[at],
        ...row,
      ]),
    };
  }
  if (report?.residuals)
    return {
      head: ["target", "rows", "mean", "std"],
      rows: report.residuals.map((/** @type {any} */ each) => [each.target, each.rows, each.mean, each.std]),
    };
  return {
    head: ["class", "rows", "precision", "recall"],
    rows: (report?.classes ?? []).map((/** @type {any} */ each) => [
      String(each.label),
      each.rows,
      each.precision,
      each.recall,
    ]),
  };
}

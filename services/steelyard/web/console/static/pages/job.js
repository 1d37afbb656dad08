// @ts-nocheck
import { ask, ENDED, pause } from "../api.js";
import { element, find, showFaults } from "../dom.js";
import { number } from "../format.js";

const REFRESH_MS = 250;
const id = find("job").dataset.id;
const path = `/v1/jobs/${encodeURIComponent(id)}`;
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function layout(x, y) {
  const axis = { gridcolor: color("--line"), zerolinecolor: color("--line"), automargin: true };
  return {
    margin: { l: 55, r: 10, t: 10, b: 45 },
    paper_bgcolor: "transparent",
    plot_bgcolor: "transparent",
    font: { family: "system-ui, sans-serif", size: 13, color: color("--muted") },
    xaxis: { ...axis, title: { text: x } },
    yaxis: { ...axis, title: { text: y }, rangemode: "tozero" },
    legend: { orientation: "h", y: 1.1 },
    barmode: "overlay",
  };
}
const OPTIONS = { displayModeBar: false, responsive: true };

const history = { epochs: [], loss: [], val_loss: [] };
let kept = null; // the epoch whose weights the model has
function drawCurve() {
  const lines = [["loss", "training", "--accent"], ["val_loss", "validation", "--run"]]
    .filter(([name]) => history[name].length)
    .map(([name, label, ink]) => ({ x: history.epochs, y: history[name], name: label, mode: history.epochs.length > 1 ? "lines" : "markers", line: { color: color(ink), width: 2.2 } }));
  const mark = { type: "line", x0: kept, x1: kept, y0: 0, y1: 1, yref: "paper", line: { color: color("--muted"), dash: "dot" } };
  const label = { x: kept, y: 1, yref: "paper", text: `weights of epoch ${kept}`, showarrow: false, xanchor: "right" };
  const marks = kept && kept !== history.epochs.at(-1) ? { shapes: [mark], annotations: [label] } : {};
  Plotly.react("curve", lines, { ...layout("epoch", "loss"), ...marks }, OPTIONS);
  find("curve").dataset.points = history.epochs.length;
}

async function growCurve() {
  const last = history.epochs.at(-1) ?? 0;
  const more = await ask(`${path}/history?after=${last}`);
  if (more.epochs.length || !last) {
    history.epochs.push(...more.epochs);
    for (const name of ["loss", "val_loss"]) history[name].push(...(more.series[name] ?? []));
    drawCurve();
  }
}

function table(place, head, rows) {
  place.replaceChildren(
    element("thead", {}, element("tr", {}, ...head.map((text, index) => element("th", { text, className: index ? "number" : "" })))),
    element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells.map((cell, index) => element("td", { className: index ? "number" : "" }, cell))))),
  );
}

function showMetrics(metrics, baseline) {
  const splits = Object.keys(metrics);
  find("metrics-section").hidden = !splits.length;
  const names = [...new Set(splits.flatMap((split) => Object.keys(metrics[split])))];
  table(find("metrics"), ["split", ...names], splits.map((split) => [split, ...names.map((name) => number(metrics[split][name]))])
    .concat(Object.entries(baseline ?? {}).flatMap(([kind, scores]) => Object.keys(scores).map((split) =>
      [`${split}, ${kind} baseline`, ...names.map((name) => number(scores[split][name]))]))));
}

function showFindings(findings) {
  find("findings-section").hidden = !findings.length;
  find("findings").replaceChildren(...findings.map(({ level, message, suggestion }) =>
    element("div", { className: `notice ${level}` }, element("p", { text: message }), element("p", { text: `Try: ${suggestion}`, className: "muted" }))));
}

function showChoices(choices) {
  find("choices-section").hidden = !choices.length;
  find("choices").replaceChildren(...choices.flatMap(({ path, value, reason }) => [
    element("dt", {}, element("code", { text: `${path.slice(1).replaceAll("/", ".")} = ${JSON.stringify(value)}` })),
    element("dd", { text: reason, className: "muted" }),
  ]));
}

async function drawHistogram(name, snapshots) {
  const wanted = ["initial", "final"].filter((snapshot) => snapshot in snapshots);
  const tensors = await Promise.all(wanted.map((snapshot) => ask(`${path}/weights/${snapshot}/${name}`)));
  const inks = { initial: "--muted", final: "--accent" };
  const bars = tensors.map(({ values }, index) => ({ x: values.flat(), type: "histogram", nbinsx: 60, name: wanted[index], opacity: 0.6, marker: { color: color(inks[wanted[index]]) } }));
  find("histogram").hidden = false;
  Plotly.react("histogram", bars, layout(name, "weights"), OPTIONS);
}

async function showWeights() {
  const { snapshots } = await ask(`${path}/weights`);
  const tensors = snapshots.final?.tensors ?? [];
  find("weights-section").hidden = !tensors.length;
  table(find("weights"), ["tensor", "shape", "mean", "std", "min", "max"], tensors.map(({ name, shape, statistics }) => [
    element("button", { text: name, className: "link", onclick: () => drawHistogram(name, snapshots) }),
    shape.join(" × "), ...["mean", "std", "min", "max"].map((key) => number(statistics[key])),
  ]));
  for (const [form, type] of [["safetensors", "application/vnd.safetensors"], ["npz", "application/x-npz"]]) {
    find(form).onclick = async (event) => {
      event.preventDefault();
      const answer = await fetch(`${path}/weights/final`, { headers: { Accept: type } });
      const file = element("a", { href: URL.createObjectURL(await answer.blob()), download: `${id}.${form}` });
      file.click();
      URL.revokeObjectURL(file.href);
    };
    find(form).href = `${path}/weights/final`;
  }
}

const MOST_BARS = 25;
async function explain(model, method) {
  find("looks-faults").replaceChildren();
  try {
    const said = await ask(`/v1/models/${model}/explain`, { method: "POST", body: JSON.stringify({ method }) });
    const first = said.features.sort((one, other) => one.rank - other.rank).slice(0, MOST_BARS).reverse();
    const inks = first.map(({ above_control }) => color(above_control ? "--accent" : "--muted"));
    const bars = { type: "bar", orientation: "h", x: first.map(({ importance }) => importance), y: first.map(({ name }) => name), marker: { color: inks } };
    if (first.every(({ std }) => std !== null)) bars.error_x = { type: "data", array: first.map(({ std }) => std), color: color("--muted") };
    const level = { type: "line", x0: said.control.level, x1: said.control.level, y0: 0, y1: 1, yref: "paper", line: { color: color("--bad"), dash: "dot" } };
    const { xaxis, yaxis, ...rest } = layout(said.measure === "loss" ? "increase of the loss" : "importance", "");
    find("looks").hidden = false;
    Plotly.react("looks", [bars], { ...rest, xaxis, yaxis: { ...yaxis, type: "category" }, height: 90 + 26 * first.length, shapes: [level] }, OPTIONS);
    const agreement = said.agreement.map(({ methods, spearman }) => `${methods.join(" and ").replaceAll("_", " ")} ${number(spearman)}`);
    const rows = said.rows ? ` Based on ${said.rows} rows (${said.source}).` : "";
    find("looks-note").textContent = `The dotted line is the importance of shuffled columns with untrained weights.${rows}${agreement.length ? ` Agreement: ${agreement.join(", ")}.` : ""}`;
  } catch (error) {
    showFaults(find("looks-faults"), error);
  }
}

function showLooks(model) {
  find("looks-section").hidden = !model;
  for (const button of find("looks-methods").children) button.onclick = () => explain(model, button.dataset.method);
}

function showJob(job) {
  document.title = `${job.name ?? job.id} · Steelyard`;
  find("id").textContent = job.id;
  find("name").textContent = job.name ?? "Job";
  find("status").textContent = job.status;
  find("status").className = `status ${job.status}`;
  find("cancel").hidden = ENDED.includes(job.status);
  find("progress").value = job.progress.fraction;
  const lacking = job.data.rows_left_out ? ` (${job.data.rows_left_out.toLocaleString()} rows without a target dropped)` : "";
  const facts = [`${job.data.rows.toLocaleString()} rows${lacking}`, `${job.data.features.length} inputs`, `${job.parameters.toLocaleString()} weights`, `epoch ${job.progress.epoch} of ${job.progress.epochs}`];
  if (job.train_seconds !== null) facts.push(`${job.train_seconds.toFixed(2)} s of training`);
  if (job.attempt > 1) facts.push(`attempt ${job.attempt}`);
  find("summary").textContent = facts.join(" · ");
  find("error").hidden = !job.error;
  if (job.error) find("error").replaceChildren(element("p", {}, element("code", { text: job.error.title })), element("p", { text: job.error.detail }));
  find("spec").textContent = JSON.stringify(job.spec, null, 2);
  showMetrics(job.metrics, job.baseline);
  showFindings(job.findings);
  showChoices(job.choices);
  find("stopping").textContent = job.stopping?.message ?? "";
  kept = job.stopping?.weights_epoch ?? null;
  showLooks(job.model);
}

find("cancel").addEventListener("click", () => ask(`${path}/cancel`, { method: "POST" }).catch((error) => showFaults(find("error"), error)));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawCurve);

for (let wait = 0; ; wait = REFRESH_MS / 1000) {
  try {
    const job = await ask(`${path}?wait=${wait}&until=ended`);
    showJob(job);
    await growCurve();
    if (ENDED.includes(job.status)) {
      await showWeights();
      break;
    }
  } catch (error) {
    find("error").hidden = false;
    showFaults(find("error"), error);
    if (error.problem?.status === 404) break;
    await pause(REFRESH_MS);
  }
}

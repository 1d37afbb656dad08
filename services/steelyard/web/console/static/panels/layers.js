// All layers side by side: their weights, gradients and outputs as ridges over the recorded epochs.
import { element, svg } from "../dom.js";
import { number, plural } from "../format.js";
import { ridges, usedBins } from "../math/ridges.js";
import { rebin } from "../math/bins.js";
import { panel } from "../panel.js";
import { follow, move, whole } from "../position.js";

/** @typedef {import("../recording.js").Recording} Recording */
/** @typedef {import("../recording.js").LayerRecord} LayerRecord */
/** @typedef {import("../replay.js").Replay} Replay */
/** @typedef {{edges: ArrayLike<number>, epochs: {epoch: number, counts: ArrayLike<number>}[]}} Counts */

const [BINS, WIDTH, HEIGHT] = [48, 260, 150];
const KINDS = ["weights", "gradients", "outputs"];

/** @param {Recording} recording @param {Replay} replay */
export function makeLayers(recording, replay) {
  const made = panel({
    title: "Layers over the epochs",
    id: "layers",
    lead: "Each line is the histogram of one recorded epoch: the first at the back, the last in front, the slider's dark.",
    request: () => `${recording.path}/diagnostics`,
    numbers: () => numbersOf(recording),
  });
  const grid = element("div", { className: "layers" });
  made.body.append(grid);
  /** @type {Map<string, ReturnType<typeof layerRow>>} */
  const rows = new Map();

  for (const layer of recording.layers.filter(({ tensors }) => tensors.length)) {
    const row = layerRow(layer);
    row.describe(recording);
    rows.set(layer.name, row);
    grid.append(row.element);
  }

  follow(made.card, () => {
    for (const row of rows.values()) row.show(recording, replay);
    made.card.dataset.epoch = String(recording.nearest(whole("epoch")));
    made.refresh();
  });
  return made.card;
}

/** @param {LayerRecord} layer */
function layerRow({ name, type, activation, units }) {
  const facts = element("p", { className: "muted layer-facts" });
  const cells = KINDS.map((kind) => ridgeCell(name, kind));
  const head = element(
    "div",
    { className: "layer-head" },
    element("button", {
      type: "button",
      className: "link",
      text: name,
      onclick: () => move({ layer: name, unit: 0, input: null }),
    }),
    element("p", {
      className: "muted",
      text: `${type}${activation && activation !== "linear" ? `, ${activation}` : ""}, ${plural(units, "unit")}`,
    }),
    facts,
  );
  /** @param {Recording} recording @returns {[LayerRecord, number]} */
  const describe = (recording) => {
    const layer = /** @type {LayerRecord} */ (recording.layers.find((each) => each.name === name));
    const epoch = recording.nearest(whole("epoch"));
    facts.textContent = factLine(layer, recording.epochs.indexOf(epoch));
    return [layer, epoch];
  };
  return {
    element: element("div", { className: "layer-row" }, head, ...cells.map(({ cell }) => cell)),
    describe,
    /** @param {Recording} recording @param {Replay} replay */
    show(recording, replay) {
      const [layer, epoch] = describe(recording);
      const kernel = layer.tensors.find((tensor) => tensor.name.endsWith("/kernel")) ?? layer.tensors[0];
      cells.forEach((cell, at) => cell.show(countsOf(recording, replay, kernel, name, KINDS[at]), epoch));
    },
  };
}

/** @param {LayerRecord} layer @param {number} at */
function factLine({ series, tensors }, at) {
  const kernel = tensors.find((tensor) => tensor.name.endsWith("/kernel")) ?? tensors[0];
  const facts = /** @type {[string, number | null | undefined][]} */ ([
    ["std of weights", kernel?.series.std?.[at]],
    ["‖gradient‖", kernel?.series.gradient_norm?.[at]],
    ["update ratio", kernel?.series.update_ratio?.[at]],
    ["std of outputs", series.output_std?.[at]],
    ["dead units", series.dead?.[at]],
    ["saturated units", series.saturated?.[at]],
  ]);
  return facts
    .filter(([name, value]) => value !== null && value !== undefined && (!name.endsWith("units") || value > 0))
    .map(([name, value]) =>
      name.endsWith("units") ? `${name} ${number(100 * Number(value))} %` : `${name} ${number(value)}`,
    )
    .join(" · ");
}

/**
 * Histograms by epoch. Those of weights are recorded at all epochs; the service computes finer ones where weights are stored.
 * @param {Recording} recording @param {Replay} replay @param {import("../recording.js").TensorRecord} kernel
 * @param {string} layer @param {string} kind
 * @returns {{counts: Counts | null, error: unknown}}
 */
function countsOf(recording, replay, kernel, layer, kind) {
  const all = recording.snapshots.size >= recording.epochs.length;
  if (kind === "weights" && !all) return { counts: recordedCounts(recording, kernel), error: null };
  const path =
    kind === "outputs" ? `histograms/${layer}?bins=${BINS}` : `histograms/${kernel.name}?bins=${BINS}&of=${kind}`;
  const { value, error } = replay.get(path);
  if (value || kind !== "weights") return { counts: value, error };
  return { counts: recordedCounts(recording, kernel), error: null };
}

/** @param {Recording} recording @param {import("../recording.js").TensorRecord} kernel @returns {Counts} */
function recordedCounts(recording, kernel) {
  const usable = (/** @type {(number | null)[] | undefined} */ values) =>
    (values ?? []).filter((value) => value !== null).map(Number);
  const [low, high] = [Math.min(0, ...usable(kernel.series.min)), Math.max(0, ...usable(kernel.series.max))];
  const edges = Float64Array.from({ length: BINS + 1 }, (_, at) => low + ((high - low || 1) * at) / BINS);
  return {
    edges,
    epochs: recording.epochs.map((epoch, at) => ({
      epoch,
      counts: rebin(kernel.histogram[at], recording.edges, edges),
    })),
  };
}

/** @param {string} layer @param {string} kind */
function ridgeCell(layer, kind) {
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    role: "img",
    "aria-label": `${kind} of ${layer} over the epochs`,
    class: "ridges",
    preserveAspectRatio: "none",
  });
  const range = element("p", { className: "range", text: "…" });
  const cell = element(
    "div",
    { className: "ridge-cell" },
    element("p", { className: "label", text: kind }),
    picture,
    range,
  );
  /** @type {Counts | null} */
  let drawn = null;
  /** @type {SVGPathElement | null} */
  let marked = null;
  /** @type {Map<number, SVGPathElement>} */
  const paths = new Map();
  return {
    cell,
    /** @param {{counts: Counts | null, error: any}} found @param {number} epoch */
    show({ counts, error }, epoch) {
      if (error && !counts) range.textContent = `Not available: ${error.message}`;
      if (!counts) return;
      if (
        counts !== drawn &&
        (drawn === null || counts.epochs.length !== drawn.epochs.length || !(counts.edges instanceof Float64Array))
      ) {
        drawn = counts;
        drawRidges(picture, range, counts, paths);
        marked = null;
      }
      const path = paths.get(nearestOf(drawn.epochs, epoch)) ?? null;
      if (path === marked) return;
      marked?.classList.remove("now");
      path?.classList.add("now");
      marked = path;
    },
  };
}

/** @param {{epoch: number}[]} epochs @param {number} wanted */
const nearestOf = (epochs, wanted) =>
  epochs.reduce((best, { epoch }) => (epoch <= wanted ? epoch : best), epochs[0]?.epoch ?? 0);

/** @param {SVGElement} picture @param {HTMLElement} range @param {Counts} counts @param {Map<number, SVGPathElement>} paths */
function drawRidges(picture, range, { edges, epochs }, paths) {
  paths.clear();
  const histograms = epochs.map(({ counts }) => counts);
  const bins = usedBins(histograms);
  const made = ridges(histograms, { width: WIDTH, height: HEIGHT - 4, bins });
  picture.replaceChildren(
    ...made.map(({ path }, at) => {
      const drawn = svg("path", { d: path, class: "ridge" });
      paths.set(epochs[at].epoch, drawn);
      return drawn;
    }),
  );
  range.replaceChildren(
    element("span", { text: number(edges[bins[0]]) }),
    element("span", { text: number(edges[Math.min(bins[1], edges.length - 1)]) }),
  );
}

/** @param {Recording} recording */
function numbersOf({ epochs, layers }) {
  const rows = layers.flatMap(({ tensors }) =>
    tensors.flatMap(({ name, series }) =>
      epochs.map((epoch, at) => [
        name,
        epoch,
        series.mean[at],
        series.std[at],
        series.min[at],
        series.max[at],
        series.gradient_norm?.[at] ?? null,
        series.update_ratio?.[at] ?? null,
      ]),
    ),
  );
  return { head: ["tensor", "epoch", "mean", "std", "min", "max", "gradient norm", "update ratio"], rows };
}

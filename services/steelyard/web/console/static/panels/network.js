// The network at the slider's epoch: units, and edges as wide as their weights.
import { colorOf, makeCanvas, widthOf } from "../canvas.js";
import { element, svg } from "../dom.js";
import { count } from "../format.js";
import { scaleOf } from "../math/color.js";
import { distance, outgoingStrength, placeUnits, selectEdges, strongest } from "../math/network.js";
import { panel } from "../panel.js";
import { follow, move, redraw, whole } from "../position.js";
import { selection } from "../selection.js";
import { factsOf } from "../unit_facts.js";
import { makeTip } from "./edge_tip.js";
import { LONGEST, MOST_LABELS, paintColumns, paintNetwork } from "./network_painting.js";

/** @typedef {import("../recording.js").Recording} Recording */
/** @typedef {import("../math/network.js").Spot} Spot */
/** @typedef {import("../math/network.js").Edge} Edge */
/** @typedef {{key: string, spots: Spot[][], edges: Edge[][], scales: number[], width: number, height: number}} Picture */
/** @typedef {{column: number, unit: number, edge: Edge | null}} Target */

const FEW = 24;
const MANY = 64;
const NEAR_UNIT = 9;
const NEAR_EDGE = 5;
const FAST_MS = 100;
const REST_MS = 150;

/** @param {Recording} recording @param {import("../replay.js").Replay} replay @param {import("../names.js").Namer} nameOf */
export function makeNetwork(recording, replay, nameOf) {
  const made = panel({
    title: "The network",
    id: "network",
    request: () => `${recording.path}/weights/${recording.snapshots.get(now() ?? 0) ?? "final"}`,
    numbers: () => edgeTable(recording, picture, now(), nameOf),
  });
  const edges = makeCanvas("The network: units as circles, weights as lines between them");
  const { canvas, fit } = makeCanvas("Units and their names");
  canvas.className = "over";
  const tip = makeTip(recording, replay, nameOf);
  const frame = element(
    "div",
    {
      className: "network-frame",
      tabIndex: 0,
      role: "group",
      dataset: { keys: "units" },
      "aria-label": "The network. Arrow keys choose a unit.",
    },
    edges.canvas,
    canvas,
    tip.element,
  );
  const most = element(
    "select",
    { id: "network-most", onchange: () => redraw() },
    element("option", { value: String(FEW), text: `at most ${FEW}` }),
    element("option", { value: String(MANY), text: `at most ${MANY}` }),
  );
  made.body.append(
    element(
      "div",
      { className: "row" },
      key(),
      element("label", { className: "row", for: "network-most" }, "Units of a layer", most),
    ),
    frame,
  );
  if (recording.columns.length > 1) frame.style.minHeight = `${heightOf(recording, FEW)}px`;
  /** @type {Picture | null} */
  let picture = null;
  /** @type {Target | null} */
  let hovered = null;
  /** @type {number | null} the epoch that was drawn last */
  let drawn = null;
  let [rest, moved, unitsKey] = [0, 0, ""];

  const now = () => recording.stored(recording.nearest(whole("epoch")));

  function draw() {
    const stored = now();
    if (recording.columns.length < 2 || stored === null) {
      made.note(
        recording.columns.length < 2
          ? "No layer of this network has a kernel."
          : "No weights are stored. A larger recording (`recording.weights`) keeps them at chosen epochs.",
      );
      return;
    }
    const last = factsOf(recording, replay, /** @type {number} */ (recording.storedEpochs.at(-1)));
    picture = arrange(recording, last.deviations, widthOf(frame), Number(most.value), nameOf, picture);
    const { states } = factsOf(recording, replay, stored);
    const kernels = recording.columns.map(({ kernel }) => (kernel ? recording.weights(kernel, stored) : null));
    const [time, isNew] = [performance.now(), stored !== drawn];
    const isMoving = isNew && time - moved < FAST_MS;
    if (isNew) moved = time;
    const scene = { recording, picture, kernels, states, nameOf, chosen: selection(recording), hovered, isMoving };
    paintNetwork(edges.fit(picture.width, picture.height), scene);
    const key = JSON.stringify([picture.key, colorOf("--ink"), scene.chosen, hovered, states]);
    if (key !== unitsKey) paintColumns(fit(picture.width, picture.height), scene);
    unitsKey = key;
    drawn = stored;
    window.clearTimeout(rest);
    if (isMoving) rest = window.setTimeout(redraw, REST_MS);
    edges.canvas.dataset.epoch = String(stored);
    edges.canvas.dataset.edges = String(
      kernels.every((kernel, column) => kernel || !recording.columns[column].kernel) ? picture.edges.flat().length : 0,
    );
    if (hovered) tip.show(hovered, stored); // its numbers may have come
    const epoch = recording.nearest(whole("epoch"));
    made.note(stored === epoch ? "" : `The weights are those of epoch ${stored}; none are stored for epoch ${epoch}.`);
    made.refresh();
  }

  canvas.onmousemove = (event) => {
    if (!picture) return;
    hovered = targetAt(picture, event.offsetX, event.offsetY);
    tip.show(hovered, now());
    tip.move(event.offsetX, event.offsetY, picture);
    redraw();
  };
  canvas.onmouseleave = () => {
    hovered = null;
    tip.show(null, null);
    redraw();
  };
  canvas.onclick = () => {
    if (hovered) move(moveTo(hovered));
  };
  frame.onkeydown = (event) => {
    const chosen = selection(recording);
    const turn = /** @type {Record<string, [number, number]>} */ ({
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
    })[event.key];
    if (!turn || !chosen || !picture) return;
    event.preventDefault();
    move(moveTo(neighbor(picture, chosen, turn)));
  };

  /** @param {Target} target */
  const moveTo = ({ column, unit, edge }) => ({
    layer: recording.columns[Math.max(column, 1)].name,
    unit: column ? unit : 0,
    input: edge ? edge.from : column ? null : unit,
  });

  follow(made.card, draw);
  return made.card;
}

function key() {
  const line = (/** @type {string} */ kind) =>
    svg(
      "svg",
      { width: 34, height: 10, "aria-hidden": "true" },
      svg("path", { d: "M0,5L34,5", class: `edge ${kind}` }),
    );
  return element(
    "p",
    { className: "legend" },
    element("span", {}, line("plus"), "positive weight"),
    element("span", {}, line("minus"), "negative weight"),
    element("span", {}, "the wider, the larger"),
  );
}

/**
 * Which units and edges are shown where: as long as nothing but the epoch changes, the same.
 * @param {Recording} recording @param {(Float32Array | null)[]} deviations @param {number} width @param {number} most
 * @param {import("../names.js").Namer} nameOf @param {Picture | null} before
 * @returns {Picture}
 */
function arrange(recording, deviations, width, most, nameOf, before) {
  const last = /** @type {number} */ (recording.storedEpochs.at(-1));
  const kernels = recording.columns.map(({ kernel }) => (kernel ? recording.weights(kernel, last) : null));
  const loaded = kernels.map((kernel) => (kernel ? 1 : 0)).join("") + deviations.map((each) => (each ? 1 : 0)).join("");
  const key = [width, most, last, loaded, ...recording.columns.map(({ name, units }) => `${name}${units}`)].join();
  if (before?.key === key) return before;
  const shown = recording.columns.map(({ units }, column) => {
    if (units <= most) return Array.from({ length: units }, (_, unit) => unit);
    const next = kernels[column + 1];
    return next
      ? strongest(outgoingStrength(next.values, next.shape[0], next.shape[1], deviations[column] ?? null), most)
      : Array.from({ length: most }, (_, unit) => unit);
  });
  const height = heightOf(recording, most);
  const [left, right] = [
    room(
      shown[0].map((unit) => nameOf(0, unit)),
      width,
    ),
    room(
      shown[shown.length - 1].map((unit) => nameOf(shown.length - 1, unit)),
      width,
    ),
  ];
  const spots = placeUnits(shown, { width, height, left, right, top: 10, bottom: 40 });
  const edges = recording.columns.map(({ kernel, units }, column) => {
    const weights = kernels[column];
    return kernel && weights
      ? selectEdges(
          weights.values,
          units,
          shown[column - 1],
          shown[column],
          most * most,
          deviations[column - 1] ?? null,
        )
      : [];
  });
  return { key, spots, edges, scales: kernels.map((kernel) => (kernel ? scaleOf(kernel.values) : 0)), width, height };
}

/** @param {Recording} recording @param {number} most units of a layer */
function heightOf({ columns }, most) {
  const highest = Math.min(most, Math.max(...columns.map(({ units }) => units)));
  return Math.max(220, Math.min(640, 60 + highest * (highest > 32 ? 9 : 19)));
}

/** Room beside a column for the names of its units. @param {string[]} names @param {number} width */
function room(names, width) {
  const longest = Math.max(...names.map((name) => name.length));
  return names.length > MOST_LABELS ? 24 : Math.max(40, Math.min(longest, width < 560 ? 8 : LONGEST) * 7 + 20);
}

/** @param {Picture} picture @param {number} x @param {number} y @returns {Target | null} */
function targetAt({ spots, edges }, x, y) {
  for (const [column, units] of spots.entries()) {
    for (const spot of units)
      if (Math.hypot(spot.x - x, spot.y - y) <= NEAR_UNIT) return { column, unit: spot.unit, edge: null };
  }
  let [best, nearest] = [/** @type {Target | null} */ (null), NEAR_EDGE];
  for (let column = 1; column < spots.length; column += 1) {
    if (x < spots[column - 1][0].x || x > spots[column][0].x) continue;
    const places = [spots[column - 1], spots[column]].map((units) => new Map(units.map((spot) => [spot.unit, spot])));
    for (const edge of edges[column]) {
      const away = distance(
        x,
        y,
        /** @type {Spot} */ (places[0].get(edge.from)),
        /** @type {Spot} */ (places[1].get(edge.to)),
      );
      if (away < nearest) [best, nearest] = [{ column, unit: edge.to, edge }, away];
    }
  }
  return best;
}

/** @param {Picture} picture @param {{column: number, unit: number}} chosen @param {[number, number]} turn @returns {Target} */
function neighbor({ spots }, { column, unit }, [across, down]) {
  const next = Math.max(1, Math.min(spots.length - 1, column + across));
  const units = spots[next];
  const place = across
    ? Math.min(
        units.length - 1,
        Math.max(
          0,
          spots[column].findIndex((spot) => spot.unit === unit),
        ),
      )
    : units.findIndex((spot) => spot.unit === unit);
  return { column: next, unit: units[Math.max(0, Math.min(units.length - 1, place + down))].unit, edge: null };
}

/** @param {Recording} recording @param {Picture | null} picture @param {number | null} epoch @param {(column: number, unit: number) => string} nameOf */
function edgeTable(recording, picture, epoch, nameOf) {
  const rows = recording.columns.flatMap(({ kernel }, column) => {
    const weights = kernel && epoch !== null ? recording.weights(kernel, epoch) : null;
    return weights && picture
      ? picture.edges[column].map((edge) => [
          nameOf(column - 1, edge.from),
          nameOf(column, edge.to),
          weights.values[edge.index],
        ])
      : [];
  });
  return { head: ["from", "to", `weight after epoch ${count(epoch ?? 0)}`], rows, texts: [0, 1] };
}

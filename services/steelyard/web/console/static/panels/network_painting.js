// Painting a network: all edges of one width and sign are a single stroke, so that thousands fit into a frame.
import { colorOf } from "../canvas.js";
import { shorter } from "../format.js";
import { STEPS, stepOf } from "../math/network.js";

/** @typedef {import("../recording.js").Recording} Recording */
/** @typedef {import("../recording.js").Weights} Weights */
/** @typedef {import("../math/network.js").Spot} Spot */
/** @typedef {import("../math/network.js").Edge} Edge */
/**
 * @typedef {object} Scene
 * @property {Recording} recording
 * @property {import("./network.js").Picture} picture
 * @property {(Weights | null)[]} kernels of the epoch
 * @property {(string[] | null)[]} states of the units, by column
 * @property {import("../names.js").Namer} nameOf
 * @property {boolean} isMoving whether the slider is moving fast: then all lines are solid, and of dense networks
 *   only the stronger half of the edges is drawn, one pixel wide
 * @property {import("../selection.js").Selection | null} chosen
 * @property {import("./network.js").Target | null} hovered
 */

const [DASH, GAP] = [9, 5];
const DENSE = 2000;
const WEAK = 3; // steps below it are left away while the slider of a dense network moves fast
const RADIUS = 5.5;
export const LONGEST = 17;
export const MOST_LABELS = 32;

/** What changes with every epoch. @param {CanvasRenderingContext2D} context @param {Scene} scene */
export function paintNetwork(context, scene) {
  const { picture, kernels, chosen } = scene;
  for (let column = 1; column < picture.spots.length; column += 1) {
    const kernel = kernels[column];
    if (!kernel) continue;
    const isChosen = chosen?.chosen
      ? (/** @type {Edge} */ edge) =>
          (column === chosen.column && edge.to === chosen.unit) ||
          (column === chosen.column + 1 && edge.from === chosen.unit)
      : null;
    paintEdges(context, scene, column, kernel.values, isChosen);
  }
}

/** What stays from epoch to epoch: units with their states, and names. @param {CanvasRenderingContext2D} context @param {Scene} scene */
export function paintColumns(context, scene) {
  paintMarked(context, scene);
  paintUnits(context, scene);
  paintLabels(context, scene);
}

/** The chosen edge, and the one under the pointer. @param {CanvasRenderingContext2D} context @param {Scene} scene */
function paintMarked(context, { picture, chosen, hovered }) {
  const marked = [
    chosen && chosen.input !== null ? { column: chosen.column, from: chosen.input, to: chosen.unit } : null,
    hovered?.edge ? { column: hovered.column, ...hovered.edge } : null,
  ];
  context.strokeStyle = colorOf("--ink");
  context.lineWidth = 2.5;
  for (const edge of marked) {
    if (!edge) continue;
    const one = picture.spots[edge.column - 1].find(({ unit }) => unit === edge.from);
    const other = picture.spots[edge.column].find(({ unit }) => unit === edge.to);
    if (!one || !other) continue;
    context.beginPath();
    context.moveTo(one.x, one.y);
    context.lineTo(other.x, other.y);
    context.stroke();
  }
}

/**
 * @param {CanvasRenderingContext2D} context @param {Scene} scene @param {number} column @param {Float32Array} values
 * @param {((edge: Edge) => boolean) | null} isChosen then the others are pale
 */
function paintEdges(context, { picture, isMoving }, column, values, isChosen) {
  const [from, to] = [spotsByUnit(picture.spots[column - 1]), spotsByUnit(picture.spots[column])];
  const scale = picture.scales[column];
  const pixel = 1 / (window.devicePixelRatio || 1);
  const isNarrow = isMoving && picture.edges.flat().length > DENSE;
  /** @type {Path2D[]} */
  const strokes = [];
  for (const edge of picture.edges[column]) {
    const value = values[edge.index];
    if (!Number.isFinite(value) || value === 0) continue;
    const step = stepOf(value, scale);
    if (isNarrow && step < WEAK) continue;
    const place = ((isChosen && !isChosen(edge) ? 1 : 0) * 2 + (value < 0 ? 1 : 0)) * STEPS.length + step;
    const stroke = (strokes[place] ??= new Path2D());
    const [one, other] = [from[edge.from], to[edge.to]];
    addLines(stroke, one, other, isNarrow ? pixel : STEPS[place % STEPS.length].width, pixel, value < 0 && !isMoving);
  }
  strokes.forEach((stroke, place) => {
    const isNegative = Math.floor(place / STEPS.length) % 2 === 1;
    const isPale = place >= 2 * STEPS.length;
    context.globalAlpha = (isPale ? 0.14 : 1) * STEPS[place % STEPS.length].alpha;
    context.strokeStyle = colorOf(isNegative ? "--negative" : "--positive");
    context.lineWidth = pixel;
    context.stroke(stroke);
  });
  context.globalAlpha = 1;
}

/**
 * A line of some pixels' width as lines of one, side by side. Dashes are lines, too: the canvas is slow at its own.
 * @param {Path2D} stroke @param {Spot} one @param {Spot} other @param {number} width @param {number} pixel @param {boolean} isDashed
 */
function addLines(stroke, one, other, width, pixel, isDashed) {
  const [dx, dy] = [other.x - one.x, other.y - one.y];
  const length = Math.hypot(dx, dy) || 1;
  for (let aside = (pixel - width) / 2; aside < width / 2; aside += pixel) {
    const [x, y] = [one.x - (dy / length) * aside, one.y + (dx / length) * aside];
    for (let begin = 0; begin < length; begin += DASH + GAP) {
      const [from, to] = [begin / length, isDashed ? Math.min(1, (begin + DASH) / length) : 1];
      stroke.moveTo(x + from * dx, y + from * dy);
      stroke.lineTo(x + to * dx, y + to * dy);
      if (!isDashed) break;
    }
  }
}

/** @param {Spot[]} spots @returns {Spot[]} by unit, with holes */
function spotsByUnit(spots) {
  /** @type {Spot[]} */
  const found = [];
  for (const spot of spots) found[spot.unit] = spot;
  return found;
}

/** @param {CanvasRenderingContext2D} context @param {Scene} scene */
function paintUnits(context, { picture, states, chosen, hovered }) {
  context.lineWidth = 1.5;
  for (const [column, spots] of picture.spots.entries()) {
    const radius = spots.length > MOST_LABELS ? 3 : RADIUS;
    for (const { unit, x, y } of spots) {
      const isChosen = chosen?.chosen && chosen.column === column && chosen.unit === unit;
      const isHovered = hovered?.column === column && hovered.unit === unit && !hovered.edge;
      const state = states[column]?.[unit] ?? "";
      context.beginPath();
      context.arc(x, y, isChosen || isHovered ? radius + 2 : radius, 0, 7);
      context.fillStyle = isChosen
        ? colorOf("--accent")
        : state
          ? colorOf("--card")
          : column
            ? colorOf("--muted")
            : colorOf("--field");
      context.fill();
      context.strokeStyle = colorOf(isChosen || isHovered ? "--ink" : state ? "--bad" : "--card");
      context.stroke();
      if (state === "dead") paintCross(context, x, y, radius);
    }
  }
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} radius */
function paintCross(context, x, y, radius) {
  const arm = radius * 0.6;
  context.beginPath();
  context.moveTo(x - arm, y - arm);
  context.lineTo(x + arm, y + arm);
  context.moveTo(x - arm, y + arm);
  context.lineTo(x + arm, y - arm);
  context.stroke();
}

/** @param {CanvasRenderingContext2D} context @param {Scene} scene */
function paintLabels(context, { recording, picture, nameOf }) {
  const { spots, width, height } = picture;
  context.font = "11.5px system-ui, sans-serif";
  context.fillStyle = colorOf("--muted");
  context.textBaseline = "middle";
  for (const [column, side, edge] of /** @type {[number, CanvasTextAlign, number][]} */ ([
    [0, "right", -11],
    [spots.length - 1, "left", 11],
  ])) {
    if (spots[column].length > MOST_LABELS) continue;
    context.textAlign = side;
    const room = width < 560 ? 8 : LONGEST;
    for (const { unit, x, y } of spots[column]) {
      const name = nameOf(column, unit).replace(`${recording.columns[column].name} unit `, "");
      context.fillText(shorter(name, room), x + edge, y);
    }
  }
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  for (const [column, units] of spots.entries()) {
    const { name, units: all } = recording.columns[column];
    const x = Math.max(44, Math.min(width - 44, units[0].x));
    context.fillStyle = colorOf("--ink");
    context.fillText(name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name, x, height - 18);
    context.fillStyle = colorOf("--muted");
    context.fillText(units.length < all ? `${units.length} of ${all}` : `${all}`, x, height - 4);
  }
}

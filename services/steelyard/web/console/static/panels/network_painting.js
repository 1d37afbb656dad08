// Painting a network: all edges of one width and sign are a single stroke, so that thousands fit into a frame.
import { colorOf } from "../canvas.js";
import { widthOf, WIDTHS } from "../math/network.js";

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
 * @property {import("../selection.js").Selection | null} chosen
 * @property {import("./network.js").Target | null} hovered
 */

const DASH = [5, 3.5];
const RADIUS = 5.5;
export const LONGEST = 17;
export const MOST_LABELS = 32;

/** @param {CanvasRenderingContext2D} context @param {Scene} scene */
export function paintNetwork(context, scene) {
  const { picture, kernels, chosen } = scene;
  for (let column = 1; column < picture.spots.length; column += 1) {
    const kernel = kernels[column];
    if (!kernel) continue;
    const isChosen = chosen?.chosen ? (/** @type {Edge} */ edge) => (column === chosen.column && edge.to === chosen.unit) || (column === chosen.column + 1 && edge.from === chosen.unit) : null;
    paintEdges(context, scene, column, kernel.values, isChosen);
  }
  paintUnits(context, scene);
  paintLabels(context, scene);
}

/**
 * @param {CanvasRenderingContext2D} context @param {Scene} scene @param {number} column @param {Float32Array} values
 * @param {((edge: Edge) => boolean) | null} isChosen then the others are pale
 */
function paintEdges(context, { picture, chosen, hovered }, column, values, isChosen) {
  const [from, to] = [spotsByUnit(picture.spots[column - 1]), spotsByUnit(picture.spots[column])];
  const scale = picture.scales[column];
  /** @type {Path2D[]} */
  const strokes = [];
  for (const edge of picture.edges[column]) {
    const value = values[edge.index];
    if (!Number.isFinite(value) || value === 0) continue;
    const place = ((isChosen && !isChosen(edge) ? 1 : 0) * 2 + (value < 0 ? 1 : 0)) * WIDTHS.length + widthOf(value, scale);
    const stroke = (strokes[place] ??= new Path2D());
    const [one, other] = [from[edge.from], to[edge.to]];
    stroke.moveTo(one.x, one.y);
    stroke.lineTo(other.x, other.y);
  }
  strokes.forEach((stroke, place) => {
    const width = place % WIDTHS.length;
    const isNegative = Math.floor(place / WIDTHS.length) % 2 === 1;
    const isPale = place >= 2 * WIDTHS.length;
    context.globalAlpha = (isPale ? 0.12 : 1) * (0.22 + (0.7 * width) / (WIDTHS.length - 1));
    context.strokeStyle = colorOf(isNegative ? "--negative" : "--positive");
    context.lineWidth = WIDTHS[width];
    context.setLineDash(isNegative ? DASH : []);
    context.stroke(stroke);
  });
  context.globalAlpha = 1;
  context.setLineDash([]);
  for (const edge of [chosen?.column === column && chosen.input !== null ? { from: chosen.input, to: chosen.unit } : null, hovered?.column === column ? hovered.edge : null]) {
    if (!edge || !from[edge.from] || !to[edge.to]) continue;
    context.strokeStyle = colorOf("--ink");
    context.lineWidth = 2.5;
    context.beginPath();
    context.moveTo(from[edge.from].x, from[edge.from].y);
    context.lineTo(to[edge.to].x, to[edge.to].y);
    context.stroke();
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
      context.fillStyle = isChosen ? colorOf("--accent") : state ? colorOf("--card") : column ? colorOf("--muted") : colorOf("--field");
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
  for (const [column, side, edge] of /** @type {[number, CanvasTextAlign, number][]} */ ([[0, "right", -11], [spots.length - 1, "left", 11]])) {
    if (spots[column].length > MOST_LABELS) continue;
    context.textAlign = side;
    const room = width < 560 ? 8 : LONGEST;
    for (const { unit, x, y } of spots[column]) {
      const name = nameOf(column, unit).replace(`${recording.columns[column].name} unit `, "");
      context.fillText(name.length > room ? `${name.slice(0, room - 1)}…` : name, x + edge, y);
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

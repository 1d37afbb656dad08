// The picture of a decision boundary: the answers as colors, the rows as points, the axes.
import { ink } from "../chart.js";
import { colorOf, makeCanvas, makePixels } from "../canvas.js";
import { tickText } from "../format.js";
import { mix, palette, paint, parseColor } from "../math/color.js";
import { linear, ticks } from "../math/scales.js";

/** @typedef {import("./boundary.js").Axis} Axis */
/** @typedef {import("./boundary.js").Grid} Grid */

const [LEFT, BOTTOM, TOP, RIGHT] = [58, 34, 8, 10];
const SHAPES = ["circle", "square", "triangle", "diamond", "cross"];

/** @param {Grid[]} grids @returns {[number, number]} */
export function rangeOf(grids) {
  const values = grids
    .flatMap(({ value }) => (value ?? []).flat())
    .filter((each) => each !== null)
    .map(Number);
  return values.length
    ? [values.reduce((one, other) => Math.min(one, other)), values.reduce((one, other) => Math.max(one, other))]
    : [0, 1];
}

/** @param {Grid} grid @param {Uint32Array} words @param {[number, number]} range */
function paintGrid({ predicted, probability, value }, words, range) {
  const paper = parseColor(colorOf("--card"));
  if (value) {
    const middle = (range[0] + range[1]) / 2;
    paint(
      value.flat().map((each) => (each ?? middle) - middle),
      (range[1] - range[0]) / 2,
      palette({ positive: colorOf("--positive"), zero: colorOf("--card"), negative: colorOf("--negative") }),
      words,
    );
    return;
  }
  const inks = Array.from({ length: 8 }, (_, at) => parseColor(ink(at)));
  (predicted ?? []).forEach((row, line) =>
    row.forEach((label, column) => {
      const sure = probability?.[line]?.[column] ?? 1;
      const [red, green, blue] = mix(paper, inks[label % 8], 0.12 + 0.5 * Math.max(0, Math.min(1, 2 * sure - 0.8)));
      words[line * row.length + column] = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
    }),
  );
}

/** @param {ReturnType<typeof makeCanvas>["fit"]} fit @param {any} boundary @param {Grid} grid @param {number} width */
export function paintBoundary(fit, { x, y, points, classes, grids }, grid, width) {
  const height = y ? Math.round(width * 0.78) : 150;
  const context = fit(width, height);
  const cells = grid.predicted ?? grid.value ?? [];
  const pixels = makePixels(cells[0].length, cells.length);
  const range = rangeOf(grids);
  paintGrid(grid, pixels.words, range);
  pixels.put();
  const [wide, high] = [width - LEFT - RIGHT, height - TOP - BOTTOM];
  context.imageSmoothingEnabled = !classes;
  context.save();
  context.translate(0, TOP + high);
  context.scale(1, -1); // the first row of the grid is the lowest
  context.drawImage(pixels.canvas, LEFT, 0, wide, high);
  context.restore();
  const [across, up] = [place(x, LEFT, LEFT + wide), y ? place(y, TOP + high, TOP) : () => TOP + high / 2];
  paintAxes(context, x, y, across, up, width, height);
  points.rows.forEach((/** @type {number} */ _row, /** @type {number} */ at) => {
    const [px, py] = [across(points.x[at]), up(points.y?.[at])];
    if (!(px >= LEFT - 1 && px <= LEFT + wide + 1 && py >= TOP - 1 && py <= TOP + high + 1)) return;
    const target = points.target[at];
    if (classes) paintPoint(context, px, py, target, ink(target));
    else paintPoint(context, px, py, 0, valueColor(target, range));
  });
}

/** One column and a number: the answers as a line, the rows as points. @param {ReturnType<typeof makeCanvas>["fit"]} fit @param {any} boundary @param {Grid} grid @param {number} width */
export function paintCurve(fit, { x, points, target, grids }, grid, width) {
  const height = Math.round(width * 0.6);
  const context = fit(width, height);
  const [low, high] = rangeOf(grids);
  const values = Array.from(
    { length: 33 },
    (_, at) =>
      Math.min(low, ...points.target) +
      (at / 32) * (Math.max(high, ...points.target) - Math.min(low, ...points.target)),
  );
  const y = { name: target, kind: "numeric", values };
  const [across, up] = [place(x, LEFT, width - RIGHT), place(y, height - BOTTOM, TOP)];
  paintAxes(context, x, y, across, up, width, height);
  points.rows.forEach((/** @type {number} */ _row, /** @type {number} */ at) =>
    paintPoint(context, across(points.x[at]), up(points.target[at]), 0, colorOf("--field")),
  );
  context.strokeStyle = colorOf("--accent");
  context.lineWidth = 2.5;
  context.beginPath();
  x.values.forEach((/** @type {any} */ value, /** @type {number} */ at) =>
    context.lineTo(across(value), up(grid.value?.[0]?.[at] ?? NaN)),
  );
  context.stroke();
}

/** @param {number} value @param {[number, number]} range */
function valueColor(value, [low, high]) {
  const share = Math.max(-1, Math.min(1, (2 * value - low - high) / (high - low || 1)));
  return `rgb(${mix(parseColor(colorOf("--card")), parseColor(colorOf(share < 0 ? "--negative" : "--positive")), Math.abs(share)).join()})`;
}

/** Where a cell of a column is: numbers by size, others by their line. @param {Axis} axis @param {number} from @param {number} to */
function place({ values }, from, to) {
  if (values.every((value) => typeof value === "number")) {
    const numbers = /** @type {number[]} */ (values);
    const half = (numbers[numbers.length - 1] - numbers[0]) / (2 * Math.max(1, numbers.length - 1)) || 0.5;
    return linear([numbers[0] - half, numbers[numbers.length - 1] + half], [from, to]);
  }
  const lines = linear([-0.5, values.length - 0.5], [from, to]);
  return (/** @type {any} */ value) => {
    const line = values.indexOf(value);
    return line < 0 ? NaN : lines(line);
  };
}

/**
 * @param {CanvasRenderingContext2D} context @param {Axis} x @param {Axis | null} y
 * @param {(value: any) => number} across @param {(value: any) => number} up @param {number} width @param {number} height
 */
function paintAxes(context, x, y, across, up, width, height) {
  context.fillStyle = colorOf("--muted");
  context.font = "12px system-ui, sans-serif";
  const labels = (/** @type {Axis} */ axis, /** @type {number} */ most) =>
    axis.values.every((value) => typeof value === "number")
      ? ticks(Number(axis.values[0]), Number(axis.values[axis.values.length - 1]), 4)
      : axis.values.slice(0, most);
  const text = (/** @type {any} */ value) => (typeof value === "number" ? tickText(value) : String(value).slice(0, 10));
  context.textAlign = "center";
  for (const label of labels(x, 8)) context.fillText(text(label), across(label), height - BOTTOM + 15);
  context.fillText(x.name, (LEFT + width) / 2, height - 4);
  context.textAlign = "right";
  if (!y) return;
  for (const label of labels(y, 10)) context.fillText(text(label), LEFT - 6, up(label) + 4);
  context.save();
  context.translate(12, (height - BOTTOM) / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = "center";
  context.fillText(y.name, 0, 0);
  context.restore();
}

/** A row: the color and the shape are those of its class. @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} at @param {string} fill */
export function paintPoint(context, x, y, at, fill) {
  const r = 3.6;
  const shape = SHAPES[at % SHAPES.length];
  context.beginPath();
  if (shape === "circle") context.arc(x, y, r, 0, 7);
  else if (shape === "square") context.rect(x - r, y - r, 2 * r, 2 * r);
  else if (shape === "triangle") {
    context.moveTo(x, y - r - 1);
    context.lineTo(x + r + 0.6, y + r);
    context.lineTo(x - r - 0.6, y + r);
    context.closePath();
  } else if (shape === "diamond") {
    context.moveTo(x, y - r - 1);
    context.lineTo(x + r + 1, y);
    context.lineTo(x, y + r + 1);
    context.lineTo(x - r - 1, y);
    context.closePath();
  } else {
    context.rect(x - 1.4, y - r - 0.8, 2.8, 2 * r + 1.6);
    context.rect(x - r - 0.8, y - 1.4, 2 * r + 1.6, 2.8);
  }
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = colorOf("--card");
  context.lineWidth = 1;
  context.stroke();
}

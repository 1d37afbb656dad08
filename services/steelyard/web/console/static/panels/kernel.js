// Any kernel as a heat map; for images, what each unit looks at.
import { colorOf, makeCanvas, makePixels, widthOf } from "../canvas.js";
import { element } from "../dom.js";
import { number } from "../format.js";
import { paint, palette, scaleOf } from "../math/color.js";
import { blocks, imageOf, stepOf } from "../math/heat.js";
import { panel } from "../panel.js";
import { at, follow, move, whole } from "../position.js";

/** @typedef {import("../recording.js").Recording} Recording */
/** @typedef {import("../recording.js").Weights} Weights */
/** @typedef {{rows: number, columns: number, step: number, size: number}} Shown */

const MOST_BLOCKS = 256;
const MOST_IMAGES = 64;

/** @param {Recording} recording @param {import("../names.js").Namer} nameOf @param {() => string[] | null} inputs */
export function makeKernel(recording, nameOf, inputs) {
  const made = panel({
    title: "A kernel as a heat map",
    id: "kernel",
    request: () =>
      `${recording.path}/weights/${recording.snapshots.get(now() ?? 0) ?? "final"}/${tensor()?.name ?? ""}`,
    numbers: () => rowsOf(tensor() && now() !== null ? recording.weights(tensor()?.name ?? "", now() ?? 0) : null),
  });
  const choice = element("select", { id: "kernel-tensor", onchange: () => move({ tensor: choice.value }) });
  const { canvas, fit } = makeCanvas("Heat map of the weights");
  const images = makeCanvas("The units of the first layer as images of their weights");
  const read = element("p", { className: "muted", role: "status" });
  const gradient = element(
    "div",
    { className: "gradient-key" },
    element("span", { className: "low" }),
    element("span", { className: "ramp" }),
    element("span", { className: "high" }),
  );
  const imageTitle = element("h3", { text: "The units as images: what each looks at", hidden: true });
  images.canvas.hidden = true;
  made.body.append(
    element("div", { className: "row" }, element("label", { for: "kernel-tensor", text: "Tensor" }), choice, gradient),
    canvas,
    read,
    imageTitle,
    images.canvas,
  );
  /** @type {Map<string, number>} */
  const scales = new Map();
  /** @type {{blocks: import("../math/heat.js").Blocks, size: number, weights: Weights, column: number} | null} */
  let shown = null;

  const now = () => recording.stored(recording.nearest(whole("epoch")));
  const all = () => recording.layers.flatMap(({ tensors }) => tensors).filter(({ shape }) => shape.length === 2);
  const tensor = () =>
    all().find(({ name }) => name === at("tensor")) ??
    all().find(({ name }) => name === `${at("layer")}/kernel`) ??
    all().find(({ name }) => name === recording.columns[1]?.kernel) ??
    all()[0];

  /** One scale for all epochs, so that growth is seen: that of the last. @param {string} name */
  function scale(name) {
    const last = recording.storedEpochs.at(-1) ?? 0;
    const key = `${name}@${last}`;
    const weights = scales.has(key) ? null : recording.weights(name, last);
    if (weights) scales.set(key, scaleOf(weights.values));
    return scales.get(key) ?? 0;
  }

  function draw() {
    const [chosen, epoch] = [tensor(), now()];
    made.card.hidden = !chosen;
    if (!chosen || epoch === null) return;
    list(chosen.name);
    const weights = recording.weights(chosen.name, epoch);
    if (!weights) {
      made.note("The weights are on their way.");
      reserve();
      return;
    }
    const words = palette({
      positive: colorOf("--positive"),
      zero: colorOf("--card"),
      negative: colorOf("--negative"),
    });
    const strongest = scale(chosen.name) || scaleOf(weights.values);
    shown = paintKernel(fit, weights, strongest, words, widthOf(made.body));
    shown.column = recording.columns.findIndex(({ kernel }) => kernel === chosen.name);
    markUnit(fit, shown, chosen.name);
    /** @type {HTMLElement} */ (gradient.firstElementChild).textContent = `−${number(strongest)}`;
    /** @type {HTMLElement} */ (gradient.lastElementChild).textContent = `+${number(strongest)}`;
    canvas.dataset.epoch = String(epoch);
    const { step } = shown.blocks;
    made.note(
      `${chosen.shape[0]} inputs down, ${chosen.shape[1]} units across, after epoch ${epoch}.${step > 1 ? ` Each pixel is the largest of ${step} × ${step} weights.` : ""} ${summary(weights)}`,
    );
    const image = shown.column === 1 ? imageOf(inputs() ?? []) : null;
    images.canvas.hidden = imageTitle.hidden = !image;
    if (image) paintImages(images.fit, image, weights, strongest, words, widthOf(made.body));
    made.refresh();
  }

  /** @param {string} chosen */
  function list(chosen) {
    const names = all().map(({ name }) => name);
    if (choice.options.length !== names.length)
      choice.replaceChildren(...names.map((name) => element("option", { value: name, text: name })));
    choice.value = chosen;
  }

  /** The place of the picture, before the weights are there. */
  function reserve() {
    const chosen = tensor();
    if (!chosen || shown) return;
    list(chosen.name);
    const [rows, columns] = chosen.shape;
    const step = stepOf(rows, columns, MOST_BLOCKS);
    const [down, across] = [Math.ceil(rows / step), Math.ceil(columns / step)];
    const size = sizeOf(down, across, widthOf(made.body));
    fit(across * size, down * size);
    const image = imageOf(inputs() ?? []);
    images.canvas.hidden = imageTitle.hidden = !image || chosen.name !== recording.columns[1]?.kernel;
    if (image) fitImages(images.fit, image, columns, widthOf(made.body));
  }

  canvas.onmousemove = ({ offsetX, offsetY }) => {
    if (!shown) return;
    const {
      blocks: { step },
      size,
      weights,
      column,
    } = shown;
    const [input, unit] = [Math.floor(offsetY / size) * step, Math.floor(offsetX / size) * step];
    if (step > 1 || input >= weights.shape[0] || unit >= weights.shape[1]) return;
    const value = number(weights.values[input * weights.shape[1] + unit]);
    read.textContent =
      column > 0
        ? `${nameOf(column - 1, input)} → ${nameOf(column, unit)}: ${value}`
        : `row ${input}, column ${unit}: ${value}`;
  };
  canvas.onclick = ({ offsetX, offsetY }) => {
    if (!shown || shown.column < 1 || shown.blocks.step > 1) return;
    move({
      layer: recording.columns[shown.column].name,
      unit: Math.floor(offsetX / shown.size),
      input: Math.floor(offsetY / shown.size),
    });
  };

  /** @param {typeof fit} _fit @param {NonNullable<typeof shown>} picture @param {string} name */
  function markUnit(_fit, { blocks: { rows, step }, size }, name) {
    const unit = whole("unit");
    if (unit === null || `${at("layer")}/kernel` !== name || step > 1) return;
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.strokeStyle = colorOf("--ink");
    context.lineWidth = 1.5;
    context.strokeRect(unit * size + 0.5, 0.5, size - 1, rows * size - 1);
  }

  follow(made.card, draw);
  queueMicrotask(reserve);
  return made.card;
}

/** Pixels of one block. @param {number} rows @param {number} columns of blocks @param {number} room */
const sizeOf = (rows, columns, room) => Math.max(1, Math.min(34, room / columns, 420 / rows));

/** @param {ReturnType<typeof makeCanvas>["fit"]} fit @param {Weights} weights @param {number} scale @param {Uint32Array} words @param {number} room */
function paintKernel(fit, weights, scale, words, room) {
  const [rows, columns] = weights.shape;
  const made = blocks(weights.values, rows, columns, MOST_BLOCKS);
  const size = sizeOf(made.rows, made.columns, room);
  const pixels = makePixels(made.columns, made.rows);
  paint(made.values, scale, words, pixels.words);
  pixels.put();
  const context = fit(made.columns * size, made.rows * size);
  context.imageSmoothingEnabled = false;
  context.drawImage(pixels.canvas, 0, 0, made.columns * size, made.rows * size);
  return { blocks: made, size, weights, column: 0 };
}

/** @param {ReturnType<typeof makeCanvas>["fit"]} fit @param {{height: number, width: number}} image @param {number} units @param {number} room */
function fitImages(fit, { height, width }, units, room) {
  const count = Math.min(MOST_IMAGES, units);
  const side = Math.max(2, Math.min(5, Math.floor(44 / width)));
  const across = Math.max(1, Math.floor(room / (width * side + 6)));
  const context = fit(Math.min(across, count) * (width * side + 6), Math.ceil(count / across) * (height * side + 6));
  return { context, count, side, across };
}

/**
 * @param {ReturnType<typeof makeCanvas>["fit"]} fit @param {{height: number, width: number, at: Int32Array}} image
 * @param {Weights} weights @param {number} scale @param {Uint32Array} words @param {number} room
 */
function paintImages(fit, image, { values, shape: [inputs, units] }, scale, words, room) {
  const { height, width, at: places } = image;
  const { context, count, side, across } = fitImages(fit, image, units, room);
  context.imageSmoothingEnabled = false;
  const pixels = makePixels(width, height);
  const placed = new Float32Array(width * height);
  for (let unit = 0; unit < count; unit += 1) {
    for (let input = 0; input < inputs; input += 1) placed[places[input]] = values[input * units + unit];
    paint(placed, scale, words, pixels.words);
    pixels.put();
    context.drawImage(
      pixels.canvas,
      (unit % across) * (width * side + 6),
      Math.floor(unit / across) * (height * side + 6),
      width * side,
      height * side,
    );
  }
}

/** @param {Weights} weights */
function summary({ values }) {
  let [positive, zero] = [0, 0];
  for (let place = 0; place < values.length; place += 1)
    if (values[place] > 0) positive += 1;
    else if (values[place] === 0) zero += 1;
  return `${Math.round((100 * positive) / values.length)} % of the weights are positive${zero ? `, ${Math.round((100 * zero) / values.length)} % are 0` : ""}.`;
}

/** @param {Weights | null} weights */
function rowsOf(weights) {
  if (!weights) return { head: ["input"], rows: [] };
  const {
    values,
    shape: [inputs, units],
  } = weights;
  return {
    head: ["input", ...Array.from({ length: units }, (_, unit) => `unit ${unit}`)],
    rows: Array.from({ length: inputs }, (_, input) => [input, ...values.subarray(input * units, (input + 1) * units)]),
  };
}

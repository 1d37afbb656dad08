// Pictures on a canvas, sharp on every screen.
import { element } from "./dom.js";

/**
 * A canvas that fills its box in width. `fit` sets its size if that changed, clears it, and returns its context.
 * @param {string} label what it shows, for those who do not see it
 */
export function makeCanvas(label) {
  const canvas = element("canvas", { role: "img", "aria-label": label });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  return {
    canvas,
    /** @param {number} width @param {number} height in CSS pixels */
    fit(width, height) {
      const ratio = window.devicePixelRatio || 1;
      const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width !== wide || canvas.height !== high) {
        [canvas.width, canvas.height] = [wide, high];
        canvas.style.width = `${width}px`;
        canvas.style.aspectRatio = `${width} / ${height}`; // so that it keeps its shape until it is drawn for a narrower page
      }
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      return context;
    },
  };
}

/** An image whose pixels are the words of a palette. @param {number} width @param {number} height */
export function makePixels(width, height) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, height];
  const image = new ImageData(width, height);
  return {
    canvas,
    words: new Uint32Array(image.data.buffer),
    put: () => {
      /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).putImageData(image, 0, 0);
    },
  };
}

/** @type {{scheme: boolean, colors: Map<string, string>}} */
let known = { scheme: false, colors: new Map() };
const dark = matchMedia("(prefers-color-scheme: dark)");

/** The value of a CSS variable, looked up once for each theme: frames cannot wait for styles. @param {string} name */
export function colorOf(name) {
  if (known.scheme !== dark.matches) known = { scheme: dark.matches, colors: new Map() };
  let found = known.colors.get(name);
  if (!found) {
    found = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
    known.colors.set(name, found);
  }
  return found;
}

/** @type {WeakMap<Element, number>} */
const widths = new WeakMap();
const watcher = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) widths.set(target, Math.floor(contentRect.width));
});

/** The width of a box, without a layout in every frame. @param {Element} box */
export function widthOf(box) {
  let width = widths.get(box);
  if (width === undefined) {
    width = box.clientWidth;
    widths.set(box, width);
    watcher.observe(box);
  }
  return width;
}

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  mix,
  paint,
  palette,
  parseColor,
  scaleOf,
} from "../../../../../services/steelyard/web/console/static/math/color.js";

const HUES = { positive: "#0000ff", zero: "#ffffff", negative: "#ff0000" };
const rgb = (word) => [word & 255, (word >> 8) & 255, (word >> 16) & 255];

test("colors of a style sheet are read", () => {
  assert.deepEqual(parseColor(" #2f7d6d "), [47, 125, 109]);
  assert.deepEqual(parseColor("rgb(47, 125, 109)"), [47, 125, 109]);
  assert.deepEqual(mix([0, 0, 0], [10, 20, 30], 0.5), [5, 10, 15]);
});

test("zero is the paper, and the ends are the two hues", () => {
  const words = palette(HUES);
  assert.deepEqual(
    [rgb(words[0]), rgb(words[256]), rgb(words[512])],
    [
      [255, 0, 0],
      [255, 255, 255],
      [0, 0, 255],
    ],
  );
});

test("numbers beyond the scale have its strongest color, and NaN has none", () => {
  const pixels = new Uint32Array(5);
  paint([-9, -1, 0, 9, NaN], 2, palette(HUES), pixels);
  assert.deepEqual([...pixels].map(rgb), [
    [255, 0, 0],
    [255, 128, 128],
    [255, 255, 255],
    [0, 0, 255],
    [255, 255, 255],
  ]);
  paint([1, -1, 0, 0, 0], 0, palette(HUES), pixels);
  assert.deepEqual(rgb(pixels[0]), [255, 255, 255]);
});

test("a single outlier does not set the scale", () => {
  const values = Array.from({ length: 1000 }, (_, at) => (at % 2 ? 1 : -1));
  values[500] = 1e30;
  assert.equal(scaleOf(values), 1);
  assert.equal(scaleOf([]), 0);
  assert.equal(scaleOf([NaN, -3]), 3);
});

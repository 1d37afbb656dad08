import assert from "node:assert/strict";
import { test } from "node:test";
import { linear, linePath, powers, ticks } from "../../../../../services/steelyard/web/console/static/math/scales.js";

test("numbers have their places, and a range of one value its middle", () => {
  assert.equal(linear([0, 10], [100, 0])(2.5), 75);
  assert.equal(linear([3, 3], [0, 8])(3), 4);
});

test("ticks are round numbers inside the range", () => {
  assert.deepEqual(ticks(0, 1), [0, 0.5, 1]);
  assert.deepEqual(ticks(-0.31, 0.29, 4), [-0.2, 0, 0.2]);
  assert.deepEqual(ticks(2, 2), [2]);
  assert.deepEqual(powers(0.005, 200), [0.01, 0.1, 1, 10, 100]);
  assert.ok(powers(1e-30, 1e30, 5).length <= 6);
});

test("a line is broken where there is no value", () => {
  assert.equal(
    linePath(
      [1, 2, null, NaN, 3],
      (at) => at,
      (value) => value,
    ),
    "M0.0,1.0L1.0,2.0M4.0,3.0",
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { bars, curve, rangeOf, share } from "../../../../../services/steelyard/web/console/static/math/figures.js";

test("the largest bar fills the box, and a small one can still be seen", () => {
  const [first, second, third] = bars([0, 1, 1000], { width: 30, height: 20 });
  assert.equal(first.height, 0);
  assert.equal(second.height, 1);
  assert.deepEqual([third.y, third.height], [0, 20]);
  assert.ok(first.x + first.width <= second.x && third.x + third.width <= 30);
  assert.deepEqual(
    bars([0, 0], { width: 10, height: 5 }).map((bar) => bar.height),
    [0, 0],
  );
});

test("a range has a margin, and a width", () => {
  const [low, high] = rangeOf([
    [0, 1, NaN],
    [-1, Infinity],
  ]);
  assert.ok(low < -1 && low > -1.2 && high > 1 && high < 1.2);
  assert.deepEqual(rangeOf([[2, 2]]), [1.5, 2.5]);
  assert.deepEqual(rangeOf([[]]), [-1, 1]);
});

test("a curve goes from the left to the right edge, with greater values above", () => {
  assert.equal(curve([0, 1, 2], [0, 5, 10], { width: 100, height: 50 }, [0, 10]), "M0.0 50.0L50.0 25.0L100.0 0.0");
});

test("a share stays between 0 and 1", () => {
  assert.deepEqual(
    [-1, 0, 5, 20].map((value) => share(value, [0, 10])),
    [0, 0, 0.5, 1],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { blocks, imageOf, incoming } from "../../../../../services/steelyard/web/console/static/math/heat.js";

test("a small kernel is shown as it is", () => {
  const { rows, columns, step, values } = blocks([1, 2, 3, 4, 5, 6], 2, 3, 10);
  assert.deepEqual([rows, columns, step, [...values]], [2, 3, 1, [1, 2, 3, 4, 5, 6]]);
});

test("a block shows its weight of the largest size, with its sign", () => {
  const { rows, columns, step, values } = blocks([1, -5, 0, 2, 3, 0, 9, 1, -2], 3, 3, 2);
  assert.deepEqual([rows, columns, step, [...values]], [2, 2, 2, [-5, 0, 9, -2]]);
});

test("a unit's incoming weights are a column of the kernel", () => {
  assert.deepEqual([...incoming([1, 2, 3, 4, 5, 6], 2, 3, 1)], [2, 5]);
});

test("names with row and column make an image, others do not", () => {
  const names = Array.from({ length: 64 }, (_, at) => `pixel_${Math.floor(at / 8)}_${at % 8}`);
  const image = imageOf(names);
  assert.deepEqual([image?.height, image?.width, image?.at[9]], [8, 8, 9]);
  assert.equal(imageOf(["sepal_length", "sepal_width"]), null);
  assert.equal(imageOf(names.map((name, at) => (at ? name : "age"))), null);
  assert.equal(imageOf(["x_1_1", "x_2_2", "x_3_3"]), null);
});

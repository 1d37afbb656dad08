import assert from "node:assert/strict";
import { test } from "node:test";
import { lengthen, move, shorten } from "../../../../../services/steelyard/web/console/static/math/layers.js";

test("layers come back as they were written, at their shortest", () => {
  assert.deepEqual(lengthen(16), { type: "dense", units: 16 });
  assert.deepEqual(lengthen({ units: 16 }), { type: "dense", units: 16 });
  assert.equal(shorten({ type: "dense", units: 16, activation: undefined }), 16);
  assert.deepEqual(shorten({ type: "dense", units: 16, activation: "tanh" }), {
    type: "dense",
    units: 16,
    activation: "tanh",
  });
  assert.deepEqual(shorten({ type: "dropout", rate: 0.2 }), { type: "dropout", rate: 0.2 });
});

test("a layer moves within the list and not beyond its ends", () => {
  assert.deepEqual(move([1, 2, 3], 0, 1), [2, 1, 3]);
  assert.deepEqual(move([1, 2, 3], 2, -1), [1, 3, 2]);
  assert.deepEqual(move([1, 2, 3], 0, -1), [1, 2, 3]);
  assert.deepEqual(move([1, 2, 3], 2, 1), [1, 2, 3]);
});

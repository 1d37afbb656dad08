import assert from "node:assert/strict";
import { test } from "node:test";
import { placeOf, union } from "../../../../../services/steelyard/web/console/static/math/epochs.js";

test("jobs of different lengths share one axis of epochs", () => {
  assert.deepEqual(union([[0, 1, 2, 11], [0, 1, 3], []]), [0, 1, 2, 3, 11]);
});

test("at an epoch that was not recorded, the last one before it is shown", () => {
  const epochs = [0, 1, 2, 4, 8];
  assert.deepEqual(
    [0, 1, 3, 4, 7, 8, 100].map((epoch) => placeOf(epochs, epoch)),
    [0, 1, 2, 3, 3, 4, 4],
  );
  assert.equal(placeOf([5, 6], 1), 0);
  assert.equal(placeOf([5], 9), 0);
});

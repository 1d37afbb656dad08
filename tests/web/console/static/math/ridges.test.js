import assert from "node:assert/strict";
import { test } from "node:test";
import { ridges, usedBins } from "../../../../../services/steelyard/web/console/static/math/ridges.js";

test("only the bins in use are drawn, with one of room", () => {
  assert.deepEqual(
    usedBins([
      [0, 0, 3, 0, 0, 0],
      [0, 0, 0, 1, 0, 0],
    ]),
    [1, 5],
  );
  assert.deepEqual(usedBins([[5, 0, 0]]), [0, 2]);
  assert.deepEqual(usedBins([[0, 0]]), [0, 2]);
  assert.deepEqual(usedBins([]), [0, 0]);
});

test("a ridge stands on its base, the highest touches the top, and later ones are further down", () => {
  const made = ridges(
    [
      [0, 4, 0],
      [0, 1, 0],
    ],
    { width: 90, height: 80, overlap: 3 },
  );
  assert.deepEqual(
    made.map(({ base }) => base),
    [60, 80],
  );
  assert.equal(made[0].path, "M0,60L15,60L45,0L75,60L90,60");
  assert.match(made[1].path, /L45,50L/);
});

test("no weights at all give flat lines, not NaN", () => {
  for (const { path } of ridges(
    [
      [0, 0],
      [0, 0],
    ],
    { width: 10, height: 10 },
  ))
    assert.doesNotMatch(path, /NaN/);
});

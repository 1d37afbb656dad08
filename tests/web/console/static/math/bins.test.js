import assert from "node:assert/strict";
import { test } from "node:test";
import { histogram, rebin, sharedEdges } from "../../../../../services/steelyard/web/console/static/math/bins.js";

test("all snapshots share bins that hold all of their values", () => {
  const snapshots = [
    [-1, 0, 1],
    [0.5, 3, 0],
  ];
  const edges = sharedEdges(snapshots, 4);
  assert.deepEqual([...edges], [-1, 0, 1, 2, 3]);
  assert.deepEqual(
    snapshots.map((values) => [...histogram(values, edges)]),
    [
      [1, 1, 1, 0],
      [0, 2, 0, 1],
    ],
  );
});

test("every finite value is counted once", () => {
  const values = Array.from({ length: 999 }, (_, at) => Math.sin(at) * 1e-3);
  const counts = histogram(values, sharedEdges([values], 30));
  assert.equal(
    counts.reduce((sum, each) => sum + each, 0),
    999,
  );
});

test("equal values and values that are not finite have bins", () => {
  assert.deepEqual([...sharedEdges([[2, 2]], 2)], [1.5, 2, 2.5]);
  assert.deepEqual([...sharedEdges([[NaN, Infinity]], 1)], [0, 1]);
  assert.deepEqual([...histogram([NaN, Infinity, 0.5], sharedEdges([[0, 1]], 1))], [1]);
});

test("counts of uneven bins are spread over even ones, and none is lost", () => {
  const edges = Float64Array.from([-2, -1, 0, 1, 2]);
  assert.deepEqual([...rebin([2, 4, 8], [-1, 1], edges)], [2, 2, 2, 8]);
  const spread = rebin([1, 5, 7, 0, 3], [-1.7, -0.3, 0.1, 1.2], edges);
  assert.ok(Math.abs(spread.reduce((sum, each) => sum + each, 0) - 16) < 1e-9);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  columnsOf,
  distance,
  outgoingStrength,
  placeUnits,
  selectEdges,
  STEPS,
  stepOf,
  strongest,
} from "../../../../../services/steelyard/web/console/static/math/network.js";

const dense = (name, inputs, units) => ({
  name,
  units,
  tensors: [
    { name: `${name}/kernel`, shape: [inputs, units] },
    { name: `${name}/bias`, shape: [units] },
  ],
});

test("layers with kernels are columns, after the inputs", () => {
  const dropout = { name: "dropout_1", units: 8, tensors: [] };
  assert.deepEqual(columnsOf([dense("dense_1", 4, 8), dropout, dense("output", 8, 3)]), [
    { name: "inputs", units: 4, kernel: null },
    { name: "dense_1", units: 8, kernel: "dense_1/kernel" },
    { name: "output", units: 3, kernel: "output/kernel" },
  ]);
});

test("no edges are drawn where the widths do not meet", () => {
  assert.equal(columnsOf([dense("dense_1", 4, 8), dense("output", 9, 3)])[2].kernel, null);
  assert.deepEqual(columnsOf([]), []);
});

test("the strongest are the largest, in the order of their places", () => {
  assert.deepEqual(strongest([1, 9, 3, 8], 2), [1, 3]);
  assert.deepEqual(strongest([1, 9], 5), [0, 1]);
  assert.deepEqual(strongest([2, 2, 2], 2), [0, 1]);
});

test("what a unit says counts its weights and how much it varies", () => {
  assert.deepEqual([...outgoingStrength([1, -2, 3, 4], 2, 2)], [3, 7]);
  assert.deepEqual([...outgoingStrength([1, -2, 3, 4], 2, 2, [10, 0])], [30, 0]);
});

test("edges are those of the shown units, the strongest first to stay", () => {
  const kernel = [1, -9, 3, 0.5, 5, 6];
  assert.deepEqual(
    selectEdges(kernel, 3, [0, 1], [1, 2], 9).map(({ index }) => index),
    [1, 2, 4, 5],
  );
  assert.deepEqual(selectEdges(kernel, 3, [0, 1], [1, 2], 2), [
    { from: 0, to: 1, index: 1 },
    { from: 1, to: 2, index: 5 },
  ]);
  assert.deepEqual(
    selectEdges(kernel, 3, [0, 1], [1, 2], 2, [0, 1]).map(({ from }) => from),
    [1, 1],
  );
});

test("units are inside the frame, columns from left to right", () => {
  const spots = placeUnits([[0, 5, 7], [1]], { width: 100, height: 90, left: 10, right: 20, top: 5, bottom: 5 });
  assert.deepEqual(
    spots.map((column) => column[0].x),
    [10, 80],
  );
  assert.ok(spots.flat().every(({ y }) => y >= 5 && y <= 85));
  assert.deepEqual(spots[1], [{ unit: 1, x: 80, y: 45 }]);
});

test("an edge is near a point beside it, and not beyond its ends", () => {
  const [one, other] = [
    { unit: 0, x: 0, y: 0 },
    { unit: 1, x: 10, y: 0 },
  ];
  assert.deepEqual([distance(5, 3, one, other), distance(13, 4, one, other), distance(3, 4, one, one)], [3, 5, 5]);
});

test("the widest edge is the largest weight", () => {
  assert.deepEqual(
    [stepOf(0, 1), stepOf(-1, 1), stepOf(5, 1), stepOf(1, 0)],
    [0, STEPS.length - 1, STEPS.length - 1, 0],
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { worstRows } from "../../../../../services/steelyard/web/console/static/math/worst.js";

const order = (rows) => rows.map(({ row }) => row);

test("the least probable targets are the worst", () => {
  const rows = [
    { row: 3, target: "a", prediction: "a", probabilities: [0.9, 0.1] },
    { row: 5, target: "a", prediction: "b", probabilities: [0.01, 0.99] },
    { row: 8, target: "b", prediction: "b", probabilities: [0.4, 0.6] },
  ];
  assert.deepEqual(order(worstRows(rows, ["a", "b"], 2)), [5, 8]);
});

test("of numbers, the largest errors are the worst, in either direction", () => {
  const rows = [
    { row: 0, target: 1, prediction: 4 },
    { row: 1, target: 1, prediction: -9 },
    { row: 2, target: 1, prediction: 1 },
  ];
  assert.deepEqual(
    worstRows(rows, null, 9).map(({ row, cost }) => [row, cost]),
    [
      [1, 10],
      [0, 3],
      [2, 0],
    ],
  );
});

test("several labels or targets add up, and rows without a target are no errors", () => {
  const labels = [
    { row: 0, target: ["x"], prediction: ["x"], probabilities: [0.9, 0.2] },
    { row: 1, target: ["y"], prediction: ["x"], probabilities: [0.9, 0.2] },
  ];
  assert.deepEqual(order(worstRows(labels, ["x", "y"], 2)), [1, 0]);
  assert.deepEqual(
    order(
      worstRows(
        [
          { row: 0, target: [1, 2], prediction: [1, 5] },
          { row: 1, target: null, prediction: 3 },
        ],
        null,
        5,
      ),
    ),
    [0],
  );
});

test("an impossible target is finite, and classes without probabilities are right or wrong", () => {
  assert.ok(
    Number.isFinite(
      worstRows([{ row: 0, target: "a", prediction: "b", probabilities: [0, 1] }], ["a", "b"], 1)[0].cost,
    ),
  );
  assert.deepEqual(
    order(
      worstRows(
        [
          { row: 0, target: "a", prediction: "a" },
          { row: 1, target: "a", prediction: "b" },
        ],
        ["a", "b"],
        2,
      ),
    ),
    [1, 0],
  );
});

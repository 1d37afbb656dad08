import assert from "node:assert/strict";
import { test } from "node:test";
import { evidenceLines } from "../../../../../services/steelyard/web/console/static/math/evidence.js";

test("a part of the diagnostics gives a line for each series that has values", () => {
  const layers = [
    {
      name: "dense_1",
      series: { dead: [0, 1] },
      tensors: [{ name: "dense_1/kernel", series: { gradient_norm: [null, 2], update_ratio: [null, null] } }],
    },
  ];
  assert.deepEqual(evidenceLines({ epochs: [0, 4], layers, run: {} }), {
    epochs: [0, 4],
    lines: [
      { name: "dense_1 dead", values: [0, 1] },
      { name: "dense_1/kernel gradient norm", values: [null, 2] },
    ],
  });
});

test("of a history the losses are shown, of the run its series, and of a job nothing", () => {
  assert.deepEqual(
    evidenceLines({ epochs: [1], series: { loss: [3], accuracy: [1], val_loss: [4] } }).lines.map(({ name }) => name),
    ["loss", "val loss"],
  );
  assert.deepEqual(evidenceLines({ epochs: [1], layers: [], run: { gradient_norm: [7] } }).lines, [
    { name: "gradient norm", values: [7] },
  ]);
  assert.deepEqual(evidenceLines({ id: "job_1", status: "succeeded" }), { epochs: [], lines: [] });
});

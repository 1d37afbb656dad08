import assert from "node:assert/strict";
import { test } from "node:test";
import { changesOf, inWords, valueAt } from "../../../../../services/steelyard/web/console/static/math/patch.js";

const SPEC = {
  optimizer: { name: "sgd", learning_rate: 3 },
  layers: [{ type: "dense", units: 8, activation: { name: "relu" }, use_bias: true }],
  training: { schedule: null, epochs: 5, dtype: "float32" },
};

test("a patch tells the setting, what it was and what it becomes", () => {
  assert.deepEqual(
    changesOf(
      [
        { op: "replace", path: "/optimizer/learning_rate", value: 0.01 },
        { op: "replace", path: "/layers/0/activation", value: { name: "leaky_relu", slope: 0.1 } },
        { op: "add", path: "/training/gradient_clip", value: { norm: 1 } },
        { op: "remove", path: "/optimizer/name" },
        { op: "replace", path: "/layers", value: null },
        { op: "replace", path: "/training", value: { dtype: "float64" } },
      ],
      SPEC,
    ),
    [
      { setting: "optimizer › learning rate", before: "3", after: "0.01" },
      { setting: "layers › 1 › activation", before: "relu", after: "leaky_relu (slope 0.1)" },
      { setting: "training › gradient clip", before: null, after: "norm 1" },
      { setting: "optimizer › name", before: "sgd", after: null },
      { setting: "layers", before: "dense 8 relu", after: "chosen by the service" },
      { setting: "training", before: "epochs 5, dtype float32", after: "dtype float64, the rest by default" },
    ],
  );
});

test("pointers with escapes are followed, and what does not exist is undefined", () => {
  assert.equal(valueAt({ "a/b": { "c~d": 1 } }, "/a~1b/c~0d"), 1);
  assert.equal(valueAt(SPEC, "/nowhere/0"), undefined);
});

test("values are words", () => {
  assert.deepEqual([null, [], {}, true, 1e-3, "auto"].map(inWords), [
    "not set",
    "none",
    "defaults",
    "true",
    "0.001",
    "auto",
  ]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { differences, dotted, flatten } from "../../../../../services/steelyard/web/console/static/math/differences.js";

test("documents differ at the leaves, and lists of plain values are leaves", () => {
  const one = { a: { b: 1, c: [1, 2] }, layers: [{ units: 4 }], same: null };
  const other = { a: { b: 2, c: [1, 2] }, layers: [{ units: 4 }, { units: 8 }], same: null };
  assert.deepEqual(differences([one, other]), [
    { pointer: "/a/b", values: [1, 2] },
    { pointer: "/layers/1/units", values: [undefined, 8] },
  ]);
  assert.deepEqual(differences([one, one]), []);
  assert.deepEqual(
    [...flatten({ a: {}, b: [] })],
    [
      ["/a", {}],
      ["/b", []],
    ],
  );
});

test("pointers read as paths", () => {
  assert.equal(dotted("/layers/0/units"), "layers[0].units");
  assert.equal(dotted("/layers/0"), "layers[0]");
  assert.equal(dotted("/training/seed"), "training.seed");
});

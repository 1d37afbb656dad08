import assert from "node:assert/strict";
import { test } from "node:test";
import { compact, get, nearest, put } from "../../../../../services/steelyard/web/console/static/math/pointer.js";

test("what is put at a pointer is got there, and the document before stays as it was", () => {
  const before = { training: { epochs: 5 }, layers: [8] };
  const after = put(before, "/training/seed", 3);
  assert.equal(get(after, "/training/seed"), 3);
  assert.equal(get(after, "/training/epochs"), 5);
  assert.deepEqual(before, { training: { epochs: 5 }, layers: [8] });
  assert.deepEqual(put({}, "/a/b/c", 1), { a: { b: { c: 1 } } });
  assert.deepEqual(put({}, "/columns/a~1b", 1), { columns: { "a/b": 1 } });
  assert.equal(get({ columns: { "a/b": 1 } }, "/columns/a~1b"), 1);
});

test("what is removed takes empty objects along, and null stays", () => {
  assert.deepEqual(put({ training: { seed: 1 }, data: {} }, "/training/seed", undefined), { data: {} });
  assert.deepEqual(put({ training: { seed: 1, epochs: 2 } }, "/training/seed", undefined), { training: { epochs: 2 } });
  assert.deepEqual(put({}, "/training/schedule", null), { training: { schedule: null } });
  assert.deepEqual(put({ optimizer: "sgd" }, "/optimizer/learning_rate", 0.1), { optimizer: { learning_rate: 0.1 } });
});

test("a fault belongs to the longest pointer around it", () => {
  const pointers = ["/data", "/data/target", "/layers"];
  assert.equal(nearest(pointers, "/data/target/0"), "/data/target");
  assert.equal(nearest(pointers, "/data/builtin"), "/data");
  assert.equal(nearest(pointers, "/layers/3/units"), "/layers");
  assert.equal(nearest(pointers, "/database"), undefined);
});

test("a compact document has nothing that says nothing", () => {
  assert.deepEqual(compact({ a: null, b: [], c: {}, d: { e: null }, f: 0, g: false, h: [{ i: null }] }), {
    f: 0,
    g: false,
    h: [{}],
  });
});

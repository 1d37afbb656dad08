import assert from "node:assert/strict";
import { test } from "node:test";
import { firstValue, ranked, readField } from "../../../../../services/steelyard/web/console/static/math/row.js";

const input = (changes) => ({ name: "a", kind: "numeric", type: "number", categories: null, typical: 3, ...changes });

test("a field becomes the value of its type, and an empty one is missing", () => {
  assert.equal(readField("", input({})), null);
  assert.equal(readField("2.5", input({})), 2.5);
  assert.equal(readField("false", input({ type: "boolean" })), false);
  assert.equal(readField("3", input({ type: "category", categories: [1, 3] })), 3);
  assert.equal(readField("new", input({ type: "category", categories: ["old"] })), "new");
  assert.equal(readField("2026-01-02", input({ type: "datetime" })), "2026-01-02");
});

test("a form begins with what is usual in the data", () => {
  assert.equal(firstValue(input({}), { mean: 31.4712, dtype: "double" }), 31.47);
  assert.equal(firstValue(input({}), { mean: 31.7, dtype: "int64" }), 32);
  assert.equal(firstValue(input({ type: "datetime" }), { mean: "2026-05-20T09:28:48.123Z" }), "2026-05-20T09:28:48");
  assert.equal(firstValue(input({ type: "datetime" }), { min: "2026-01-10T00:00:00Z", mean: "2026-05-20T09:28:48Z" }), "2026-05-20");
  assert.equal(firstValue(input({ type: "time_of_day" }), { min: "08:00:00", mean: "09:28:48.5" }), "09:28:48");
  const category = input({ type: "category", categories: ["S", "C"], typical: "C" });
  assert.equal(firstValue(category, { mean: null, top: [{ value: "S", count: 3 }] }), "S");
  assert.equal(firstValue(category, { mean: null, top: [{ value: "rare", count: 3 }] }), "C");
  assert.equal(firstValue(input({})), 3);
});

test("columns are ranked by how far they moved the output", () => {
  assert.deepEqual(ranked(["a", "b", "c"], [0.1, -2, null]), [{ name: "b", value: -2 }, { name: "a", value: 0.1 }, { name: "c", value: 0 }]);
});

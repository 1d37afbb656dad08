import assert from "node:assert/strict";
import { test } from "node:test";
import {
  hasDays,
  ranked,
  readField,
  writeField,
} from "../../../../../services/steelyard/web/console/static/math/row.js";

const input = (changes) => ({ name: "a", kind: "numeric", type: "number", categories: null, typical: 3, ...changes });

test("a field becomes the value of its type, and an empty one is missing", () => {
  assert.equal(readField("", input({})), null);
  assert.equal(readField("2.5", input({})), 2.5);
  assert.equal(readField("false", input({ type: "boolean" })), false);
  assert.equal(readField("3", input({ type: "category", categories: [1, 3] })), 3);
  assert.equal(readField("new", input({ type: "category", categories: ["old"] })), "new");
  assert.equal(readField("2026-01-02", input({ type: "datetime" })), "2026-01-02");
});

test("a value of the API becomes the text of its field", () => {
  assert.equal(writeField(null, input({}), false), "");
  assert.equal(writeField(31.4712, input({}), false), "31.4712");
  assert.equal(writeField(false, input({ type: "boolean" }), false), "false");
  assert.equal(writeField("2026-05-20T09:28:48.123Z", input({ type: "datetime" }), false), "2026-05-20T09:28:48");
  assert.equal(writeField("2026-05-20T00:00:00Z", input({ type: "datetime" }), true), "2026-05-20");
  assert.equal(writeField("09:28:48.5", input({ type: "time_of_day" }), false), "09:28:48");
});

test("a column of days is known by its range", () => {
  assert.equal(hasDays({ min: "2026-01-10T00:00:00Z", max: "2026-05-20T00:00:00Z" }), true);
  assert.equal(hasDays({ min: "2026-01-10T00:00:00Z", max: "2026-05-20T09:00:00Z" }), false);
  assert.equal(hasDays(undefined), false);
});

test("columns are ranked by how far they moved the output", () => {
  assert.deepEqual(ranked(["a", "b", "c"], [0.1, -2, null]), [
    { name: "b", value: -2 },
    { name: "a", value: 0.1 },
    { name: "c", value: 0 },
  ]);
});

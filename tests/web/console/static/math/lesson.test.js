import assert from "node:assert/strict";
import { test } from "node:test";
import { agrees, below, fill, needs } from "../../../../../services/steelyard/web/console/static/math/lesson.js";

test("a request has the ids of the steps before it", () => {
  const answers = { dead: { id: "job_1" }, iris: { id: "job_2", model: "mdl/2" } };
  assert.equal(fill("/v1/jobs/{dead}/mend", answers), "/v1/jobs/job_1/mend");
  assert.equal(fill("/v1/models/{iris.model}/predict", answers), "/v1/models/mdl%2F2/predict");
  assert.deepEqual(needs("/v1/models/{iris.model}/diff/{dead}"), ["iris", "dead"]);
  assert.equal(below({ id: "job_1" }, "diagnostics"), "/v1/jobs/job_1/diagnostics");
  assert.equal(below({ id: "job_1" }, undefined), null);
});

test("a value agrees with a bound, with JSON, or with a number within 5 %", () => {
  for (const [value, expected] of [
    [0.95, "> 0.9"],
    [1e-7, "< 1e-6"],
    ["x", "*"],
    [0.51, "0.5"],
    [[[0.5], [-0.5]], "[[0.5], [-0.5]]"],
    ["a", '"a"'],
  ])
    assert.equal(agrees(value, expected), true, expected);
  for (const [value, expected] of [
    [0.9, "> 0.9"],
    [null, "< 1"],
    [undefined, "*"],
    [0.6, "0.5"],
    [[0.5], "[0.5, 1]"],
    ["b", '"a"'],
    [null, "0.5"],
  ])
    assert.equal(agrees(value, expected), false, expected);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { merge, score, sort } from "../../../../../services/steelyard/web/console/static/math/job_list.js";

const job = (id, more = {}) => ({
  id: `job_${String(id).padStart(3, "0")}`,
  name: null,
  status: "succeeded",
  created_at: String(id).padStart(3, "0"),
  train_seconds: 1,
  metrics: {},
  ...more,
});
const page = (from, to) => Array.from({ length: from - to + 1 }, (_, index) => job(from - index));
const ids = (jobs) => [...jobs.keys()].map((id) => Number(id.slice(4)));

test("new jobs do not push out older ones that were loaded", () => {
  const known = new Map(page(10, 1).map((each) => [each.id, each]));
  const { jobs, gap } = merge(known, page(13, 9), false);
  assert.deepEqual(ids(jobs), [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  assert.equal(gap, false);
});

test("more new jobs than a page has leave a gap, which is told", () => {
  const known = new Map(page(10, 1).map((each) => [each.id, each]));
  assert.equal(merge(known, page(20, 16), false).gap, true);
  assert.equal(merge(new Map(), page(20, 16), false).gap, false);
});

test("jobs that were deleted elsewhere go, also the last", () => {
  const known = new Map(page(10, 1).map((each) => [each.id, each]));
  const answer = page(10, 6).filter(({ id }) => id !== "job_008");
  assert.deepEqual(ids(merge(known, answer, false).jobs), [10, 9, 7, 6, 5, 4, 3, 2, 1]);
  assert.deepEqual(ids(merge(known, page(10, 9), true).jobs), [10, 9]);
  assert.deepEqual(ids(merge(known, [], true).jobs), []);
});

test("jobs are sorted by what is shown, and those without a value come last", () => {
  const jobs = [
    job(1, { metrics: { validation: { accuracy: 0.9 } } }),
    job(2),
    job(3, { metrics: { validation: { r2: 0.95 } } }),
  ];
  assert.deepEqual(
    sort(jobs, "score", true).map(({ id }) => id),
    ["job_003", "job_001", "job_002"],
  );
  assert.deepEqual(
    sort(jobs, "score", false).map(({ id }) => id),
    ["job_001", "job_003", "job_002"],
  );
  assert.deepEqual(
    sort([job(1, { name: "b" }), job(2, { name: "A" })], "name", false).map(({ name }) => name),
    ["A", "b"],
  );
  assert.deepEqual(score(jobs[0]), { name: "accuracy", value: 0.9 });
});

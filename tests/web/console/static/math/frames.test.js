import assert from "node:assert/strict";
import { test } from "node:test";
import { frameRate, onceAFrame } from "../../../../../services/steelyard/web/console/static/math/frames.js";

test("many changes are one drawing in the next frame", () => {
  const frames = [];
  let drawn = 0;
  const draw = onceAFrame(
    () => {
      drawn += 1;
    },
    (run) => frames.push(run),
  );
  draw();
  draw();
  assert.deepEqual([frames.length, drawn], [1, 0]);
  frames.shift()();
  draw();
  assert.deepEqual([frames.length, drawn], [1, 1]);
});

test("the rate is that of the whole time, the waits those of single frames", () => {
  const { fps, median, p95 } = frameRate([0, 10, 20, 30, 40, 90]);
  assert.deepEqual([Math.round(fps), median, p95], [56, 10, 50]);
  assert.equal(frameRate([5]).fps, 0);
});

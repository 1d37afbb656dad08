import assert from "node:assert/strict";
import { test } from "node:test";
import { History, visibleRange } from "../../../../../services/steelyard/web/console/static/math/series.js";

test("a short history is kept whole, also in parts", () => {
  const history = new History(10);
  history.add([1, 2], { loss: [5, 4] });
  history.add([3], { loss: [3], val_loss: [9] });
  assert.deepEqual(history.epochs, [1, 2, 3]);
  assert.deepEqual(history.series, { loss: [5, 4, 3], val_loss: [null, null, 9] });
  assert.equal(history.stride, 1);
});

test("a long history stays bounded, evenly spaced, with its first and newest epoch", () => {
  for (const chunk of [1, 7, 1000]) {
    const history = new History(100);
    for (let epoch = 1; epoch <= 12345; epoch += chunk) {
      const epochs = Array.from({ length: Math.min(chunk, 12346 - epoch) }, (_, at) => epoch + at);
      history.add(epochs, { loss: epochs });
      assert.ok(history.epochs.length <= 101);
      assert.equal(history.epochs.at(-1), epochs.at(-1));
    }
    assert.equal(history.epochs[0], 1);
    assert.deepEqual(history.series.loss, history.epochs);
    const steps = history.epochs.slice(1, -1).map((each, at) => each - history.epochs[at]);
    assert.deepEqual([...new Set(steps)], [history.stride]);
  }
});

test("the range is that of the visible window alone", () => {
  const xs = [1, 2, 3, 4];
  const [low, high] = visibleRange(xs, [[100, 3, 2, 1]], 2, 4) ?? [];
  assert.ok(low < 1 && low > 0.8 && high > 3 && high < 3.2);
  assert.deepEqual(
    visibleRange(xs, [[100, 10, -1, null]], 1, 4, { logarithmic: true })?.map((each) => Math.round(each * 100) / 100),
    [0.94, 2.06],
  );
  assert.equal(visibleRange(xs, [[null, null, null, null]], 1, 4), null);
  assert.equal(visibleRange([], [], 0, 1), null);
});

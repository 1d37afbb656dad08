// How much each layer changes the size of the signal, forward and backward: a bad initialization shows at epoch 0.
import { widthOf } from "../canvas.js";
import { element } from "../dom.js";
import { number } from "../format.js";
import { legend, lineChart } from "../lines.js";
import { panel } from "../panel.js";
import { follow, whole } from "../position.js";

/** @typedef {import("../recording.js").Recording} Recording */

const [WEAK, STRONG] = [0.1, 10];

/** @param {Recording} recording */
export function makeGains(recording) {
  const made = panel({
    title: "Gains of the layers",
    id: "gains",
    lead: "Standard deviation of a layer's outputs by that of its inputs; backward, the same of the gradients. Healthy is near 1.",
    request: () => `${recording.path}/diagnostics?series=forward_gain`,
    numbers: () => ({
      head: ["layer", "epoch", "forward gain", "backward gain"],
      rows: recording.layers.flatMap(({ name, series }) =>
        recording.epochs.map((epoch, at) => [
          name,
          epoch,
          series.forward_gain?.[at] ?? null,
          series.backward_gain?.[at] ?? null,
        ]),
      ),
    }),
  });
  const place = element("div", {});
  made.body.append(
    legend([
      { name: "forward", kind: "first" },
      { name: "backward", kind: "second" },
      { name: "at epoch 0", kind: "first faint" },
    ]),
    place,
  );
  function draw() {
    const layers = recording.layers.filter(({ series }) => series.forward_gain?.some((value) => value !== null));
    made.card.hidden = !layers.length;
    if (!layers.length) return;
    const epoch = recording.nearest(whole("epoch"));
    const at = recording.epochs.indexOf(epoch);
    const gains = (/** @type {string} */ name, /** @type {number} */ row) =>
      layers.map(({ series }) => series[name]?.[row] ?? null);
    const [forward, backward] = [gains("forward_gain", at), gains("backward_gain", at)];
    place.replaceChildren(
      lineChart(Math.max(280, widthOf(place)), {
        label: `Gains at epoch ${epoch}`,
        lines: [
          { name: "forward at epoch 0", values: gains("forward_gain", 0), faint: true },
          { name: "backward at epoch 0", values: gains("backward_gain", 0), kind: "second", faint: true },
          { name: "forward", values: forward, marks: true },
          { name: "backward", values: backward, kind: "second", marks: true },
        ],
        names: layers.map(({ name }) => name),
        logarithmic: true,
        rule: 1,
        height: 210,
      }),
    );
    made.card.dataset.epoch = String(epoch);
    made.note(verdict(epoch, forward, backward));
    made.refresh();
  }

  follow(made.card, draw);
  queueMicrotask(draw); // it asks for nothing, so it has its height at once
  return made.card;
}

/** @param {number} epoch @param {(number | null)[]} forward @param {(number | null)[]} backward */
function verdict(epoch, forward, backward) {
  const product = (/** @type {(number | null)[]} */ gains) =>
    gains.reduce((/** @type {number} */ all, gain) => all * (gain ?? 1), 1);
  const [onward, back] = [product(forward), product(backward)];
  const effect = (/** @type {number} */ value) => {
    if (value < WEAK) return "vanish";
    if (value > STRONG) return "explode";
    return value < 0.5 ? "become smaller" : value > 2 ? "become larger" : "keep their size";
  };
  return `${epoch === 0 ? "Before the first step" : `At epoch ${epoch}`}, signals ${effect(onward)} through the layers (× ${number(onward)}), and gradients ${effect(back)} on the way back (× ${number(back)}).`;
}

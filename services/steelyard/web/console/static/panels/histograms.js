// The weights of a tensor before training, at the slider and at the end, counted in the same bins.
import { widthOf } from "../canvas.js";
import { element, svg } from "../dom.js";
import { count, tickText } from "../format.js";
import { linear, ticks } from "../math/scales.js";
import { panel } from "../panel.js";
import { at, follow, move, whole } from "../position.js";

/** @typedef {import("../recording.js").Recording} Recording */
/** @typedef {{epoch: number, counts: number[]}} Moment */

const [HEIGHT, LEFT, BOTTOM, TOP] = [220, 44, 24, 8];

/** @param {Recording} recording @param {import("../replay.js").Replay} replay */
export function makeHistograms(recording, replay) {
  const made = panel({
    title: "Histograms",
    id: "histograms",
    request: () => `${recording.path}/histograms/${name()}?of=${kind.value}`,
    numbers: () => {
      const { value } = answer();
      const moments = /** @type {Moment[]} */ (value?.epochs ?? []);
      const edges = /** @type {number[]} */ (value?.edges ?? []);
      return {
        head: ["from", ...moments.map(({ epoch }) => `epoch ${epoch}`)],
        rows: edges.slice(0, -1).map((edge, bin) => [edge, ...moments.map(({ counts }) => counts[bin])]),
      };
    },
  });
  const choice = element("select", { id: "histogram-tensor", onchange: () => move({ histogram: choice.value }) });
  const kind = element(
    "select",
    { id: "histogram-kind", onchange: () => move({ of: kind.value === "weights" ? null : kind.value }) },
    element("option", { value: "weights", text: "weights" }),
    element("option", { value: "gradients", text: "gradients" }),
  );
  const place = element("div", {});
  made.body.append(
    element(
      "div",
      { className: "row" },
      element("label", { for: "histogram-tensor", text: "Tensor" }),
      choice,
      element("label", { for: "histogram-kind", text: "of" }),
      kind,
    ),
    element(
      "p",
      { className: "legend" },
      swatch("now", "at the slider"),
      swatch("before", "before training"),
      swatch("after", "at the end"),
    ),
    place,
  );

  const names = () => recording.layers.flatMap(({ tensors }) => tensors.map((tensor) => tensor.name));
  const name = () =>
    names().find((each) => each === at("histogram")) ??
    names().find((each) => each === `${at("layer")}/kernel`) ??
    recording.columns[1]?.kernel ??
    names()[0] ??
    "";
  const answer = () => replay.get(`histograms/${name()}?of=${kind.value}`);

  function list() {
    if (choice.options.length !== names().length)
      choice.replaceChildren(...names().map((each) => element("option", { value: each, text: each })));
    choice.value = name();
  }

  list();
  follow(made.card, () => {
    made.card.hidden = !names().length;
    if (made.card.hidden) return;
    kind.value = at("of") === "gradients" ? "gradients" : "weights";
    list();
    const { value, error } = answer();
    made.fail(error ?? undefined);
    made.busy(!value && !error, "Counting …");
    if (!value?.epochs.length) {
      place.replaceChildren();
      return;
    }
    const epoch = recording.stored(recording.nearest(whole("epoch"))) ?? 0;
    const moments = /** @type {Moment[]} */ (value.epochs);
    const now = moments.find((each) => each.epoch === epoch) ?? moments[moments.length - 1];
    place.replaceChildren(drawHistogram(Math.max(280, widthOf(place)), value.edges, moments, now));
    made.card.dataset.epoch = String(now.epoch);
    made.refresh();
  });
  return made.card;
}

/** @param {string} kind @param {string} text */
const swatch = (kind, text) =>
  element(
    "span",
    {},
    svg(
      "svg",
      { width: 22, height: 12, "aria-hidden": "true" },
      svg("path", { d: "M1,11L1,3L21,3L21,11", class: `outline ${kind}` }),
    ),
    text,
  );

/** @param {number} width @param {number[]} edges @param {Moment[]} moments @param {Moment} now */
function drawHistogram(width, edges, moments, now) {
  const most = Math.max(1, ...moments.flatMap(({ counts }) => counts));
  const x = linear([edges[0], edges[edges.length - 1]], [LEFT, width - 10]);
  const y = linear([0, most], [HEIGHT - BOTTOM, TOP]);
  const outline = (/** @type {number[]} */ counts) =>
    `M${x(edges[0]).toFixed(1)},${y(0)}${counts.map((each, bin) => `L${x(edges[bin]).toFixed(1)},${y(each).toFixed(1)}L${x(edges[bin + 1]).toFixed(1)},${y(each).toFixed(1)}`).join("")}L${x(edges[edges.length - 1]).toFixed(1)},${y(0)}`;
  const picture = svg("svg", {
    width,
    height: HEIGHT,
    viewBox: `0 0 ${width} ${HEIGHT}`,
    role: "img",
    "aria-label": `Histogram at epoch ${now.epoch}, before training, and at the end, in the same bins`,
    class: "lines",
  });
  for (const tick of ticks(0, most, 3))
    picture.append(
      svg("line", { x1: LEFT, x2: width - 10, y1: y(tick), y2: y(tick), class: "grid" }),
      svg("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end", class: "tick" }, count(tick)),
    );
  for (const tick of ticks(edges[0], edges[edges.length - 1], 5))
    picture.append(svg("text", { x: x(tick), y: HEIGHT - 6, "text-anchor": "middle", class: "tick" }, tickText(tick)));
  picture.append(
    svg("path", { d: outline(now.counts), class: "outline now" }),
    svg("path", { d: outline(moments[0].counts), class: "outline before" }),
    svg("path", { d: outline(moments[moments.length - 1].counts), class: "outline after" }),
  );
  return picture;
}

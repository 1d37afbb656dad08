// What a mend found: what was changed, and both jobs of each pair on one line.
import { element, svg, table } from "../dom.js";
import { number } from "../format.js";
import { dotted } from "../math/differences.js";
import { panel } from "../panel.js";

const WIDTH = 520;
const ROW = 26;

/** The changes in words. @param {any} mend */
export function patchPanel(mend) {
  const rows = mend.patch.map((/** @type {any} */ { op, path, value }) => [
    op,
    dotted(path),
    value === undefined ? "" : JSON.stringify(value),
  ]);
  const made = panel({
    title: "What was changed",
    request: () => `/v1/mends/${mend.id}`,
    numbers: () => ({ head: ["op", "field", "value"], rows, texts: [0, 1, 2] }),
  });
  made.body.append(
    element(
      "p",
      {},
      "For the findings ",
      ...mend.findings.flatMap((/** @type {string} */ code, /** @type {number} */ place) => [
        place ? ", " : "",
        element("code", { text: code }),
      ]),
      ".",
    ),
    table("Changed fields", ["change", "field", "value"], rows, { texts: [0, 1, 2] }),
    ...Object.entries(mend.skipped).map(([code, reason]) =>
      element("p", { className: "muted" }, element("code", { text: code }), `: not taken, ${reason}`),
    ),
  );
  return made;
}

/** The pairs: original and mended on the same seed. */
export function pairsPanel() {
  /** @type {any} */
  let mend;
  const made = panel({
    title: "Pairs",
    request: () => `/v1/mends/${mend.id}`,
    numbers: () => ({
      head: ["seed", "original", "mended", "difference"],
      rows: mend.pairs.map((/** @type {any} */ pair) => [
        pair.seed,
        pair.original.value,
        pair.mended.value,
        pair.difference,
      ]),
    }),
  });
  return {
    card: made.card,
    /** @param {any} next */
    update(next) {
      mend = next;
      const { split, metric } = mend.measure;
      const link = (/** @type {any} */ trial) =>
        element("a", {
          href: `/console/jobs/${trial.job}`,
          text: trial.value === null ? trial.status : number(trial.value),
          title: trial.error ?? "",
        });
      const both = (/** @type {any} */ pair) =>
        element("a", {
          href: `/console/compare?jobs=${pair.original.job},${pair.mended.job}`,
          text: "Compare",
          "aria-label": `Compare the jobs of seed ${pair.seed}`,
        });
      made.body.replaceChildren(
        drawPairs(mend.pairs, `${split} ${metric}`),
        table(
          "The jobs of each pair",
          ["seed", "original", "mended", "difference", "both"],
          mend.pairs.map((/** @type {any} */ pair) => [
            String(pair.seed),
            link(pair.original),
            link(pair.mended),
            number(pair.difference),
            both(pair),
          ]),
        ),
      );
      const error = mend.standard_error === null ? "" : ` ± ${number(mend.standard_error)}`;
      made.note(
        `${split} ${metric}; ${mend.measure.greater_is_better ? "more" : "less"} is better.${mend.mean_difference === null ? "" : ` Mean difference ${number(mend.mean_difference)}${error}.`}`,
      );
      made.refresh();
    },
  };
}

/** @param {any[]} pairs @param {string} measure */
function drawPairs(pairs, measure) {
  const values = pairs.flatMap((pair) => [pair.original.value, pair.mended.value]).filter((value) => value !== null);
  if (!values.length) return element("p", { className: "working", text: "The jobs are being trained …" });
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const x = (/** @type {number} */ value) => 70 + ((value - low) / (high - low || 1)) * (WIDTH - 100);
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${ROW * pairs.length + 24}`,
    class: "pairs",
    role: "img",
    "aria-label": `${measure} of both jobs of each pair; the circle is the original, the square the mended one`,
  });
  pairs.forEach((pair, index) => {
    const y = ROW * index + 16;
    picture.append(svg("text", { x: 0, y: y + 4 }, `seed ${pair.seed}`));
    const {
      original: { value: before },
      mended: { value: after },
    } = pair;
    if (before !== null && after !== null)
      picture.append(
        svg("line", { x1: x(before), x2: x(after), y1: y, y2: y, stroke: "currentColor", "stroke-opacity": 0.5 }),
      );
    if (before !== null)
      picture.append(
        svg("circle", { cx: x(before), cy: y, r: 5, class: "original", stroke: "currentColor", "stroke-width": 2 }),
      );
    if (after !== null)
      picture.append(svg("rect", { x: x(after) - 5, y: y - 5, width: 10, height: 10, class: "mended" }));
  });
  picture.append(
    svg("text", { x: 70, y: ROW * pairs.length + 18 }, `○ original   ■ mended   ${number(low)} to ${number(high)}`),
  );
  return picture;
}

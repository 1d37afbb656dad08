// What a pointer over the network shows: the name of a unit; of an edge its weight, gradient, last change and curve.
import { edgeFacts } from "../edge_facts.js";
import { element } from "../dom.js";
import { number } from "../format.js";
import { lineChart } from "../lines.js";

const [WIDTH, HEIGHT] = [220, 84];

/**
 * @param {import("../recording.js").Recording} recording @param {import("../replay.js").Replay} replay
 * @param {import("../names.js").Namer} nameOf
 */
export function makeTip(recording, replay, nameOf) {
  const tip = element("div", { className: "tip", hidden: true });
  let key = "";
  return {
    element: tip,
    /**
     * @param {import("./network.js").Target | null} target
     * @param {number | null} epoch whose weights are stored
     */
    show(target, epoch) {
      tip.hidden = !target || epoch === null;
      if (!target || epoch === null) return;
      const { column, unit, edge } = target;
      const facts = edge && edgeFacts(recording, replay, { column, unit, input: edge.from }, epoch, { calm: "tip" });
      const next = JSON.stringify([column, unit, edge?.from, epoch, facts]);
      if (next === key) return;
      key = next;
      if (!facts) {
        tip.replaceChildren(nameOf(column, unit));
        return;
      }
      tip.replaceChildren(
        element("div", {
          text: `${nameOf(column - 1, edge.from)} → ${nameOf(column, unit)}: ${number(facts.value)}`,
        }),
        element("div", { text: `gradient ${number(facts.gradient)}` }),
        ...(facts.since === null
          ? []
          : [element("div", { text: `change since epoch ${facts.since}: ${number(facts.change)}` })]),
        lineChart(WIDTH, {
          label: "The weight over the epochs",
          lines: [{ name: "weight", values: facts.curve }],
          names: facts.epochs.map(String),
          height: HEIGHT,
          at: facts.at,
        }),
      );
    },
    /** @param {number} x @param {number} y of the pointer @param {{width: number, height: number}} picture */
    move(x, y, { width, height }) {
      const left = Math.max(0, Math.min(x + 14, width - tip.offsetWidth));
      const top = y + 14 + tip.offsetHeight > height ? Math.max(0, y - 14 - tip.offsetHeight) : y + 14;
      tip.style.transform = `translate(${left}px, ${top}px)`;
    },
  };
}

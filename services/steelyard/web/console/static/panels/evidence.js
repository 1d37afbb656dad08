// The series that a finding looked at, drawn beside its message, with the threshold.
import { ask } from "../api.js";
import { element, showFaults } from "../dom.js";
import { number } from "../format.js";
import { legend, lineChart } from "../lines.js";
import { evidenceLines } from "../math/evidence.js";

const KINDS = ["first", "second", "third", "fourth"];

/** @param {{evidence: string, value: number | null, threshold: number | null, epoch: number | null}} finding */
export function evidence({ evidence: address, value, threshold, epoch }) {
  const measured =
    value === null
      ? ""
      : threshold === null
        ? `: ${number(value)}`
        : `: ${number(value)}, threshold ${number(threshold)}`;
  const place = element("div", {});
  const details = element(
    "details",
    { className: "evidence" },
    element("summary", { text: `Evidence${measured}` }),
    place,
    element("p", {}, element("a", { href: address, text: "The same as JSON" })),
  );
  details.ontoggle = async () => {
    if (!details.open || place.hasChildNodes()) return;
    place.textContent = "…";
    try {
      const { epochs, lines } = evidenceLines(await ask(address));
      const shown = lines
        .slice(0, KINDS.length)
        .map((line, at) => ({ ...line, kind: KINDS[at], marks: epochs.length === 1 }));
      place.replaceChildren(
        ...(shown.length
          ? [
              legend(shown),
              lineChart(Math.max(280, Math.min(640, details.clientWidth)), {
                label: `Evidence: ${shown.map(({ name }) => name).join(", ")}`,
                lines: shown,
                names: epochs.map(String),
                at: epoch === null ? null : epochs.indexOf(epoch),
                rule: address.includes("series=") && isNear(threshold, shown) ? threshold : null, // of a history, the threshold is of something else
              }),
            ]
          : []),
      );
    } catch (error) {
      showFaults(place, error);
    }
  };
  return details;
}

/** Whether the threshold can be drawn on the axis of the lines. @param {number | null} threshold @param {{values: (number | null)[]}[]} lines */
function isNear(threshold, lines) {
  const most = Math.max(...lines.flatMap(({ values }) => values.map((value) => Math.abs(value ?? 0))));
  return threshold !== null && Math.abs(threshold) <= 3 * most;
}

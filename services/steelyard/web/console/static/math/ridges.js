// Ridges: one outline for each epoch, the first behind and the last in front.

/**
 * The first and one past the last bin that any of the histograms uses, with a bin of room on both sides.
 * @param {ArrayLike<number>[]} histograms of equal length
 * @returns {[number, number]}
 */
export function usedBins(histograms) {
  const bins = histograms[0]?.length ?? 0;
  let [first, last] = [bins, 0];
  for (const counts of histograms) {
    for (let bin = 0; bin < bins; bin += 1) {
      if (!counts[bin]) continue;
      first = Math.min(first, bin);
      last = Math.max(last, bin + 1);
    }
  }
  return first < last ? [Math.max(0, first - 1), Math.min(bins, last + 1)] : [0, bins];
}

/** @typedef {{path: string, base: number}} Ridge */

/**
 * An SVG path for each histogram. All share one scale; the square root of the counts keeps small groups of weights visible.
 * @param {ArrayLike<number>[]} histograms of the epochs, oldest first
 * @param {{width: number, height: number, overlap?: number, bins?: [number, number]}} place `overlap` is the height of the
 *   highest ridge in units of the distance of two
 * @returns {Ridge[]}
 */
export function ridges(histograms, { width, height, overlap = 3, bins = usedBins(histograms) }) {
  const [first, end] = bins;
  const highest = Math.sqrt(
    Math.max(1, ...histograms.map((counts) => Math.max(0, ...Array.from(counts).slice(first, end)))),
  );
  const distance = height / (histograms.length - 1 + overlap);
  const step = width / Math.max(1, end - first);
  return histograms.map((counts, epoch) => {
    const base = distance * (overlap + epoch);
    const points = [];
    for (let bin = first; bin < end; bin += 1) {
      const up = (Math.sqrt(counts[bin]) / highest) * distance * overlap;
      points.push(`${round((bin - first + 0.5) * step)},${round(base - up)}`);
    }
    return { path: `M0,${round(base)}L${points.join("L")}L${round(width)},${round(base)}`, base };
  });
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;

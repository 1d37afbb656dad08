// Histograms of several snapshots over the same bins, so that their bars can be compared.

/**
 * The edges of equal bins that hold all values of all snapshots.
 * @param {ArrayLike<number>[]} snapshots
 * @param {number} bins
 */
export function sharedEdges(snapshots, bins) {
  let [low, high] = [Infinity, -Infinity];
  for (const values of snapshots) {
    for (let at = 0; at < values.length; at += 1) {
      if (values[at] < low && values[at] > -Infinity) low = values[at];
      if (values[at] > high && values[at] < Infinity) high = values[at];
    }
  }
  if (low > high) [low, high] = [0, 1];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  return Float64Array.from({ length: bins + 1 }, (_, edge) => low + ((high - low) * edge) / bins);
}

/**
 * How many values are in each bin; the last bin has its upper edge, too.
 * @param {ArrayLike<number>} values
 * @param {Float64Array} edges of equal bins
 */
export function histogram(values, edges) {
  const bins = edges.length - 1;
  const [low, width] = [edges[0], (edges[bins] - edges[0]) / bins];
  const counts = new Uint32Array(bins);
  for (let at = 0; at < values.length; at += 1) {
    const bin = Math.floor((values[at] - low) / width);
    if (bin >= 0 && bin <= bins) counts[Math.min(bin, bins - 1)] += 1;
  }
  return counts;
}

/**
 * Counts of other bins spread evenly over these; the first and last of the old bins are open, and end where these do.
 * @param {ArrayLike<number>} counts one more than there are inner edges
 * @param {ArrayLike<number>} inner edges of the old bins, ascending
 * @param {Float64Array} edges of equal bins
 */
export function rebin(counts, inner, edges) {
  const bins = edges.length - 1;
  const [low, high] = [edges[0], edges[bins]];
  const width = (high - low) / bins;
  const found = new Float64Array(bins);
  for (let old = 0; old < counts.length; old += 1) {
    const from = old ? Math.max(low, inner[old - 1]) : low;
    const to = old < inner.length ? Math.min(high, inner[old]) : high;
    if (!counts[old] || to <= from) continue;
    for (let bin = Math.max(0, Math.floor((from - low) / width)); bin < bins && edges[bin] < to; bin += 1) {
      const shared = Math.min(to, edges[bin + 1]) - Math.max(from, edges[bin]);
      if (shared > 0) found[bin] += (counts[old] * shared) / (to - from);
    }
  }
  return found;
}

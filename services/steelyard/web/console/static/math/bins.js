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

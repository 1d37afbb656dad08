// Recorded epochs of several jobs on one slider.

/** All epochs of some lists, in order. @param {number[][]} lists */
export const union = (lists) => [...new Set(lists.flat())].sort((one, other) => one - other);

/**
 * The place of the last epoch that is not after a given one; 0 if all are after it.
 * @param {number[]} epochs in order
 * @param {number} epoch
 */
export function placeOf(epochs, epoch) {
  let low = 0;
  for (let high = epochs.length; high - low > 1; ) {
    const middle = (low + high) >> 1;
    if (epochs[middle] <= epoch) low = middle;
    else high = middle;
  }
  return low;
}

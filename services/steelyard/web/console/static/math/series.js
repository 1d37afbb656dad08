// Series that grow while a job trains, in bounded memory.

/**
 * The history of a job: at most `most` epochs, evenly spaced, and the newest. When it is full, every second is dropped.
 */
export class History {
  /** @param {number} [most] */
  constructor(most = 2000) {
    this.most = most;
    this.stride = 1;
    this.seen = 0;
    /** @type {number[]} */
    this.epochs = [];
    /** @type {Record<string, (number | null)[]>} */
    this.series = {};
    this.hasLoose = false; // whether the newest epoch is off the stride
  }

  /** @param {number[]} epochs @param {Record<string, (number | null)[]>} series one value for each epoch */
  add(epochs, series) {
    for (let at = 0; at < epochs.length; at += 1) {
      if (this.hasLoose) this.#drop();
      this.hasLoose = this.seen % this.stride !== 0;
      this.#push(epochs[at], series, at);
      this.seen += 1;
      if (this.epochs.length > this.most) this.#thin();
    }
  }

  /** @param {number} epoch @param {Record<string, (number | null)[]>} series @param {number} at */
  #push(epoch, series, at) {
    for (const name of Object.keys(series)) this.series[name] ??= this.epochs.map(() => null);
    this.epochs.push(epoch);
    for (const [name, values] of Object.entries(this.series)) values.push(series[name]?.[at] ?? null);
  }

  #drop() {
    this.epochs.pop();
    for (const values of Object.values(this.series)) values.pop();
  }

  #thin() {
    const keep = (/** @type {unknown} */ _value, /** @type {number} */ at) => at % 2 === 0;
    this.stride *= 2;
    this.hasLoose = (this.seen - 1) % this.stride !== 0;
    const [epoch, values] = [this.epochs.at(-1), Object.entries(this.series).map(([name, all]) => [name, all.at(-1)])];
    this.epochs = this.epochs.filter(keep);
    for (const name of Object.keys(this.series)) this.series[name] = this.series[name].filter(keep);
    if (epoch === undefined || this.epochs.at(-1) === epoch) return;
    this.epochs.push(epoch);
    for (const [name, value] of values)
      this.series[/** @type {string} */ (name)].push(/** @type {number | null} */ (value));
  }
}

/**
 * The range of the values that are seen between two x, with a little room; null if there are none.
 * @param {number[]} xs ascending
 * @param {(number | null)[][]} lines
 * @param {number} from
 * @param {number} to
 * @param {{logarithmic?: boolean}} [options] then in powers of ten, and of positive values alone
 * @returns {[number, number] | null}
 */
export function visibleRange(xs, lines, from, to, { logarithmic = false } = {}) {
  let [low, high] = [Infinity, -Infinity];
  for (const values of lines) {
    for (let at = 0; at < xs.length; at += 1) {
      const value = values[at];
      if (xs[at] < from || xs[at] > to || value === null || !Number.isFinite(value) || (logarithmic && value <= 0))
        continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) return null;
  if (logarithmic) [low, high] = [Math.log10(low), Math.log10(high)];
  const room = 0.06 * (high - low) || Math.abs(high) * 0.1 || 0.1;
  return [low - room, high + room];
}

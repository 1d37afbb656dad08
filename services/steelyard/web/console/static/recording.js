// A job's recording, as panels need it: statistics of all epochs, and weights that are fetched when a panel shows them.
import { ask, request } from "./api.js";
import { columnsOf } from "./math/network.js";
import { readNpy } from "./math/npy.js";

/** @typedef {Record<string, (number | null)[]>} Series */
/** @typedef {{name: string, shape: number[], trainable: boolean, series: Series, histogram: number[][]}} TensorRecord */
/** @typedef {{name: string, type: string, activation: string | null, units: number, series: Series, tensors: TensorRecord[]}} LayerRecord */
/** @typedef {{epoch: number, shape: number[], values: Float32Array}} Weights */
/** @typedef {import("./math/network.js").Column} Column */

const WHOLE_BYTES = 12e6; // a tensor with all of its epochs is fetched at once up to this size
const MOST_BYTES = 96e6; // what is kept of the weights
const NPY = { headers: { Accept: "application/x-npy" } };

export class Recording {
  /**
   * @param {string} path of the job
   * @param {() => void} changed called when something arrived
   */
  constructor(path, changed) {
    this.path = path;
    this.changed = changed;
    this.isLoaded = false;
    /** @type {number[]} */
    this.epochs = [];
    /** @type {number[]} inner edges of the recorded histograms */
    this.edges = [];
    /** @type {LayerRecord[]} */
    this.layers = [];
    /** @type {Column[]} */
    this.columns = [];
    /** @type {string | null} */
    this.note = null;
    /** @type {Map<number, string>} epochs whose weights are stored, with the name of the snapshot */
    this.snapshots = new Map();
    /** @type {Map<string, Weights>} */
    this.kept = new Map();
    this.bytes = 0;
    /** @type {Set<string>} tensors, or their epochs, that are on their way */
    this.pending = new Set();
    /** @type {Set<string>} tensors of which all epochs were fetched */
    this.fetched = new Set();
  }

  /** Read what was recorded since the last time. */
  async load() {
    const [found, { snapshots }] = await Promise.all([ask(`${this.path}/diagnostics`), ask(`${this.path}/weights`)]);
    this.isLoaded = true;
    this.epochs = found.epochs;
    this.layers = found.layers;
    this.edges = found.histogram_edges;
    this.note = found.note;
    this.columns = columnsOf(found.layers);
    for (const [name, { epoch }] of Object.entries(snapshots))
      if (!this.snapshots.has(epoch) || name === "initial") this.snapshots.set(epoch, name);
    this.changed();
  }

  /** The recorded epoch nearest to one, the last without one. @param {number | null} wanted */
  nearest(wanted) {
    if (wanted === null) return this.epochs.at(-1) ?? 0;
    return this.epochs.reduce(
      (best, each) => (Math.abs(each - wanted) < Math.abs(best - wanted) ? each : best),
      this.epochs[0] ?? 0,
    );
  }

  /** The last epoch up to one whose weights are stored; null if there is none. @param {number} epoch */
  stored(epoch) {
    let found = null;
    for (const each of [...this.snapshots.keys()].sort((one, other) => one - other))
      if (found === null || each <= epoch) found = each;
    return found;
  }

  /** Epochs whose weights are stored, ascending. */
  get storedEpochs() {
    return [...this.snapshots.keys()].sort((one, other) => one - other);
  }

  /** @param {string} name of a tensor @returns {TensorRecord | null} */
  tensor(name) {
    for (const layer of this.layers) for (const tensor of layer.tensors) if (tensor.name === name) return tensor;
    return null;
  }

  /**
   * The weights of a tensor at an epoch, or null while they are on their way (`changed` follows).
   * @param {string} name
   * @param {number} epoch one whose weights are stored
   * @returns {Weights | null}
   */
  weights(name, epoch) {
    const found = this.kept.get(`${name}@${epoch}`);
    if (!found) this.#ask(name, epoch);
    return found ?? null;
  }

  /** Whether all epochs of a tensor are fetched at once. @param {string} name */
  isSmall(name) {
    const size = (this.tensor(name)?.shape ?? []).reduce((product, each) => product * each, 4);
    return size * this.snapshots.size <= WHOLE_BYTES;
  }

  /** @param {string} name @param {number} epoch */
  async #ask(name, epoch) {
    const whole = this.isSmall(name) && !this.fetched.has(name);
    const key = whole ? name : `${name}@${epoch}`;
    if (this.pending.has(key) || this.pending.has(name)) return;
    this.pending.add(key);
    try {
      if (whole) await this.#timeline(name);
      else
        this.#keep(
          name,
          epoch,
          readNpy(
            await (await request(`${this.path}/weights/${this.snapshots.get(epoch)}/${name}`, NPY)).arrayBuffer(),
          ),
        );
    } catch {
      return; // the banner tells of a lost connection; the next drawing asks again
    } finally {
      this.pending.delete(key);
    }
    this.changed();
  }

  /** @param {string} name */
  async #timeline(name) {
    const epochs = this.storedEpochs;
    const answer = await request(`${this.path}/timeline/${name}`, NPY);
    const {
      shape: [count, ...shape],
      values,
    } = readNpy(await answer.arrayBuffer());
    const size = shape.reduce((product, each) => product * each, 1);
    this.fetched.add(name);
    if (count !== epochs.length) return; // one more was stored meanwhile: each is fetched by its name
    epochs.forEach((epoch, at) =>
      this.#keep(name, epoch, { shape, values: values.subarray(at * size, (at + 1) * size) }),
    );
  }

  /** @param {string} name @param {number} epoch @param {{shape: number[], values: Float32Array | Float64Array}} tensor */
  #keep(name, epoch, { shape, values }) {
    const kept = values instanceof Float32Array ? values : Float32Array.from(values);
    this.kept.set(`${name}@${epoch}`, { epoch, shape, values: kept });
    this.bytes += kept.byteLength;
    for (const [key, { values: old }] of this.kept) {
      if (this.bytes <= MOST_BYTES) break;
      this.kept.delete(key);
      this.bytes -= old.byteLength;
    }
  }
}

// What the service computes again from stored weights: units, gradients, histograms, decision boundaries.
// Panels ask in every frame; each answer is fetched once, and again when a running job stored more weights.
import { ask } from "./api.js";

/** @typedef {{value: any, error: unknown, stored: number, pending: boolean}} Answer */

const MOST_ANSWERS = 80;
const CALM_MS = 200;

export class Replay {
  /** @param {import("./recording.js").Recording} recording @param {() => void} changed called when an answer arrived */
  constructor(recording, changed) {
    this.recording = recording;
    this.changed = changed;
    /** @type {Map<string, Answer>} */
    this.answers = new Map();
    /** @type {Map<string, number>} */
    this.timers = new Map();
  }

  /**
   * The present answer; its value is null until the first has arrived. An error of the service is kept, too.
   * @param {string} path below the job, such as `units/dense_1?unit=5`
   * @param {{calm?: string, refresh?: boolean}} [options] `calm` names who asks: what it asks for is fetched once it has
   *   asked for the same during a moment, as when a slider stops; `refresh`: whether more stored weights change the answer
   * @returns {Answer}
   */
  get(path, { calm, refresh = true } = {}) {
    const stored = this.recording.snapshots.size;
    let answer = this.answers.get(path);
    if (!answer) {
      answer = { value: null, error: null, stored: -1, pending: false };
      this.answers.set(path, answer);
      for (const [old, { pending }] of this.answers) {
        if (this.answers.size <= MOST_ANSWERS) break;
        if (!pending) this.answers.delete(old);
      }
    }
    if (answer.pending || answer.stored === stored || (!refresh && answer.value)) return answer;
    if (calm) this.#later(calm, path, answer);
    else this.#fetch(path, answer);
    return answer;
  }

  /** @param {string} who @param {string} path @param {Answer} answer */
  #later(who, path, answer) {
    window.clearTimeout(this.timers.get(who));
    this.timers.set(
      who,
      window.setTimeout(() => {
        if (!answer.pending) this.#fetch(path, answer);
      }, CALM_MS),
    );
  }

  /** @param {string} path @param {Answer} answer */
  async #fetch(path, answer) {
    answer.pending = true;
    const stored = this.recording.snapshots.size;
    try {
      answer.value = await ask(`${this.recording.path}/${path}`);
      answer.error = null;
      answer.stored = stored;
    } catch (error) {
      answer.error = error;
      if (!(error instanceof TypeError)) answer.stored = stored; // without a connection it is asked for again
    }
    answer.pending = false;
    this.changed();
  }
}

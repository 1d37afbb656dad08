// Following a job until it ends: its document, its history in bounded memory, and its recording as it grows.
import { ask, ENDED, pause } from "./api.js";

/** @typedef {import("./math/series.js").History} History */
/** @typedef {import("./recording.js").Recording} Recording */

const REFRESH_SECONDS = 0.5;
const LOST_MS = 1500;

/**
 * @param {string} path of the job
 * @param {History} history grows
 * @param {Recording} recording is loaded at the end, and now and then before
 * @param {(job: any) => Promise<void>} show
 */
export async function followJob(path, history, recording, show) {
  let [wait, loaded] = [0, -1];
  for (;;) {
    if (document.hidden)
      await new Promise((resume) => {
        document.addEventListener("visibilitychange", resume, { once: true });
      });
    const job = await read(path, wait, history).catch(lost);
    const ended = job !== null && ENDED.includes(job.status);
    if (job && (ended || isDue(loaded, job.progress.epoch)) && (await recording.load().then(() => true, lost)))
      loaded = job.progress.epoch;
    if (job) await show(job);
    if (ended && loaded === job.progress.epoch) return;
    wait = job ? REFRESH_SECONDS : 0;
    if (!job || ended) await pause(LOST_MS);
  }
}

/** @param {string} path @param {number} wait seconds @param {History} history @returns {Promise<any>} */
async function read(path, wait, history) {
  const job = await ask(`${path}?wait=${wait}&until=ended`);
  const more = await ask(`${path}/history?after=${history.epochs.at(-1) ?? 0}`);
  history.add(more.epochs, more.series);
  return job;
}

/** Without a connection there is nothing, and the page asks again; an answer of the service is an error. @param {unknown} error */
function lost(error) {
  if (!(error instanceof TypeError)) throw error;
  return null;
}

/** Recorded epochs lie further and further apart, so the recording is read when about a fifth more epochs are done. @param {number} last @param {number} epoch */
const isDue = (last, epoch) => last < 0 || epoch > last * 1.2;

// Which jobs a list has, when newest ones, older ones and changed ones come in different answers.

/** @typedef {{id: string, status: string, created_at: string, [name: string]: any}} Job */

/**
 * The jobs with a page of the newest put in. `gap` says that between the page and the known ones there may be others.
 * @param {Map<string, Job>} known by id
 * @param {Job[]} page newest first
 * @param {boolean} last whether there are no older ones than those of the page
 * @returns {{jobs: Map<string, Job>, gap: boolean}}
 */
export function merge(known, page, last) {
  const oldest = last ? "" : (page.at(-1)?.id ?? "");
  // Ids grow with time: of the span of the page, those that it does not have are deleted.
  const older = [...known.values()].filter(({ id }) => id < oldest);
  const overlap = known.size === 0 || last || page.some(({ id }) => known.has(id));
  return { jobs: new Map([...page, ...older].map((job) => [job.id, job])), gap: !overlap };
}

/** @typedef {"name" | "status" | "score" | "created_at" | "train_seconds"} Key */

/** What a job is sorted by; `null` comes last. @param {Job} job @param {Key} key @returns {string | number | null} */
export function valueOf(job, key) {
  if (key === "name") return (job.title ?? job.name ?? job.id).toLowerCase();
  if (key === "score") return score(job)?.value ?? null;
  return job[key];
}

/**
 * The validation metric that people look at first: accuracy, or R².
 * @param {Job} job
 * @returns {{name: string, value: number} | undefined}
 */
export function score(job) {
  const measured = job.metrics?.validation ?? job.metrics?.train;
  const name = ["accuracy", "r2"].find((each) => typeof measured?.[each] === "number");
  return name === undefined ? undefined : { name, value: measured[name] };
}

/**
 * Jobs in an order.
 * @param {Iterable<Job>} jobs
 * @param {Key} key
 * @param {boolean} descending
 */
export function sort(jobs, key, descending) {
  const sign = descending ? -1 : 1;
  return [...jobs].sort((one, other) => {
    const [left, right] = [valueOf(one, key), valueOf(other, key)];
    if (left === right) return one.id < other.id ? 1 : -1;
    if (left === null || right === null) return left === null ? 1 : -1;
    return left < right ? -sign : sign;
  });
}

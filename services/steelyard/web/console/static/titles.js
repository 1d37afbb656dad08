// What jobs and models are called that nobody gave a name: by what they predict, and the data that they learn from.
import { ask, Refusal } from "./api.js";

const MOST_SETS = 200;
/** The names of data sets by their ids. @type {Map<string, string>} */
const names = new Map();
let isListed = false;

/**
 * Ask for the names of data sets that are not known yet.
 * @param {any[]} specs of jobs or models
 */
export async function learnNames(specs) {
  const unknown = () =>
    [...new Set(specs.map((spec) => spec?.data?.dataset))].filter((id) => typeof id === "string" && !names.has(id));
  if (unknown().length && !isListed) {
    isListed = true;
    const { data } = await ask(`/v1/datasets?limit=${MOST_SETS}`);
    for (const set of data) names.set(set.id, set.name ?? set.id);
  }
  await Promise.all(
    unknown().map(async (id) => {
      try {
        const set = await ask(`/v1/datasets/${id}`);
        names.set(id, set.name ?? id);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        names.set(id, "deleted data");
      }
    }),
  );
}

/** The data of a job or a model in words. @param {any} spec */
export function sourceOf(spec) {
  const { builtin, dataset, inline } = spec?.data ?? {};
  if (inline?.rows === 0) return "an imported file";
  return builtin ?? (dataset ? (names.get(dataset) ?? "uploaded data") : "rows in the job");
}

/** @param {string[]} targets @param {any} spec */
function describe(targets, spec) {
  const source = sourceOf(spec);
  return spec?.data?.builtin ? source : `${targets.slice(0, 3).join(", ") || "targets"} from ${source}`;
}

/** The name of a job, or what it predicts from which data. @param {any} job */
export const titleOfJob = (job) => job.name ?? describe(job.data.targets ?? [], job.spec);

/** The name of a model, or what it predicts from which data. @param {any} model */
export const titleOfModel = (model) =>
  model.name ?? (model.spec ? describe(model.outputs.targets, model.spec) : model.id);

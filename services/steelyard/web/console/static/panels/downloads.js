// Files of a job: weights, the recording, the history, predictions.
import { request } from "../api.js";
import { element, save, showFaults } from "../dom.js";
import { panel } from "../panel.js";

/** @typedef {{text: string, hint: string, name: string, path: string, accept: string}} File */

/** @param {string} path of the job @param {any} job */
export function makeDownloads(path, job) {
  const snapshot = job.model ? "final" : "initial";
  const files = /** @type {File[]} */ ([
    {
      text: "Weights, safetensors",
      hint: "PyTorch, Keras, JAX",
      name: `${job.id}.safetensors`,
      path: `${path}/weights/${snapshot}`,
      accept: "application/vnd.safetensors",
    },
    {
      text: "Weights, npz",
      hint: "NumPy",
      name: `${job.id}.npz`,
      path: `${path}/weights/${snapshot}`,
      accept: "application/x-npz",
    },
    {
      text: "Recorded statistics, CSV",
      hint: "epoch, layer, tensor, series, value",
      name: `${job.id}-diagnostics.csv`,
      path: `${path}/diagnostics`,
      accept: "text/csv",
    },
    {
      text: "History, CSV",
      hint: "every epoch",
      name: `${job.id}-history.csv`,
      path: `${path}/history`,
      accept: "text/csv",
    },
    ...Object.keys(job.metrics).map((split) => ({
      text: `Predictions of the ${split} rows, CSV`,
      hint: "row, target, prediction",
      name: `${job.id}-${split}.csv`,
      path: `${path}/predictions?split=${split}&limit=10000`,
      accept: "text/csv",
    })),
  ]);
  const made = panel({
    title: "Files",
    id: "files",
    request: () => ({ path: files[0].path, headers: { Accept: files[0].accept } }),
  });
  const faults = element("div", { role: "alert" });
  made.body.append(element("ul", { className: "files" }, ...files.map((file) => fileLine(file, faults))), faults);
  return made.card;
}

/** @param {File} file @param {HTMLElement} faults */
function fileLine({ text, hint, name, path, accept }, faults) {
  const button = element("button", { type: "button", className: "link", text });
  button.onclick = async () => {
    button.disabled = true;
    try {
      save(name, await (await request(path, { headers: { Accept: accept } })).blob());
      showFaults(faults);
    } catch (error) {
      showFaults(faults, error);
    }
    button.disabled = false;
  };
  return element("li", {}, button, " ", element("span", { className: "muted", text: hint }));
}

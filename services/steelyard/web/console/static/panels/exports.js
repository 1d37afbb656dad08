// The model as a file of other libraries: what each file takes, and what does not travel with it.
import { ask } from "../api.js";
import { element, faultsOf } from "../dom.js";
import { panel } from "../panel.js";

const LOADED_BY = /** @type {Record<string, string>} */ ({
  safetensors: "weights for PyTorch, JAX, Keras; with a description of the preprocessing",
  npz: "weights for NumPy; with a description of the preprocessing",
  json: "weights and preprocessing as text",
  onnx: "ONNX Runtime, with preprocessing",
  torch: "PyTorch, as a readable module",
  keras: "Keras 3",
  c: "C99, one file without dependencies, with preprocessing",
  javascript: "an ES module for browsers and Node.js, with preprocessing",
});

/** @param {string} path of the model */
export function exportsPanel(path) {
  const made = panel({
    title: "Export",
    id: "export",
    lead: "One file that the format's own library loads. The same model gives the same bytes.",
    request: () => `${path}/export?format=safetensors`,
  });

  async function load() {
    const { paths } = await ask("/openapi.json");
    const parameters = paths["/v1/models/{model_id}/export"]?.get?.parameters ?? [];
    /** @type {string[]} */
    const formats = parameters.find((/** @type {any} */ each) => each.name === "format")?.schema?.enum ?? [];
    const lines = await Promise.all(formats.map((format) => describe(path, format)));
    made.body.replaceChildren(element("dl", { className: "exports" }, ...lines.flat()));
  }
  return { card: made.card, load: () => load().catch((error) => made.fail(error)) };
}

/** @param {string} path @param {string} format */
async function describe(path, format) {
  const address = `${path}/export?format=${format}`;
  try {
    const { limits } = await ask(`${address}&dry_run=true`);
    const details = [
      ...new Set(
        (limits ?? []).map((/** @type {any} */ limit) =>
          limit.column ? `${limit.column}: ${limit.detail}` : limit.detail,
        ),
      ),
    ];
    return [
      element(
        "dt",
        {},
        element("a", { className: "button quiet", href: address, download: "", text: format }),
        " ",
        LOADED_BY[format] ?? "",
      ),
      ...(details.length
        ? [
            element(
              "dd",
              { className: "muted" },
              element(
                "details",
                {},
                element("summary", { text: `What differs from the service (${details.length})` }),
                ...details.map((text) => element("p", { text: sentence(text) })),
              ),
            ),
          ]
        : []),
    ];
  } catch (error) {
    return [
      element("dt", { className: "muted" }, element("strong", { text: format }), " cannot hold this model"),
      ...faultsOf(error).faults.map(({ detail }) => element("dd", { className: "muted", text: detail })),
    ];
  }
}

/** @param {string} text */
const sentence = (text) => `${text.replace(/^[a-z](?=[a-z]* )/, (first) => first.toUpperCase())}.`; // a column keeps its name

// Files of a person become data sets: chosen, or dropped anywhere on the page.
import { ask } from "./api.js";
import { element } from "./dom.js";
import { bytes, plural } from "./format.js";

/** Send a file; the service finds out how to read it. @param {File} file @returns {Promise<any>} the data set */
export function upload(file) {
  const form = new FormData();
  form.append("file", file, file.name);
  return ask("/v1/datasets", { method: "POST", body: form });
}

/**
 * A place for files. While one is over the page, the place lights up.
 * @param {{take: (dataset: any) => void, fail: (error?: unknown) => void}} options `take` has what became of the file
 */
export function dropZone({ take, fail }) {
  const input = element("input", {
    type: "file",
    hidden: true,
    tabIndex: -1,
    "aria-label": "A file of data",
    onchange: () => {
      if (input.files?.[0]) send(input.files[0]);
    },
  });
  const button = element("button", {
    type: "button",
    className: "quiet",
    text: "Choose a file",
    onclick: () => input.click(),
  });
  const state = element("p", {
    className: "hint",
    role: "status",
    text: "CSV, Excel, Parquet, JSON Lines: drop it anywhere on this page.",
  });
  const zone = element("div", { className: "drop" }, button, input, state);
  const before = state.textContent;

  /** @param {File} file @param {number} [others] files that were dropped with it */
  async function send(file, others = 0) {
    fail();
    state.textContent = `Reading ${file.name} (${bytes(file.size)}) …`;
    zone.setAttribute("aria-busy", "true");
    try {
      const dataset = await upload(file);
      const rest = others ? ` One file at a time: ${plural(others, "other file")} not read.` : "";
      state.textContent = `${file.name}: read.${dataset.note ? ` ${dataset.note}.` : ""}${rest}`;
      take(dataset);
    } catch (error) {
      state.textContent = before;
      fail(error);
    } finally {
      input.value = "";
      zone.setAttribute("aria-busy", "false");
    }
  }

  let depth = 0;
  const light = (/** @type {boolean} */ on) => document.body.classList.toggle("dropping", on);
  const hasFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  window.addEventListener("dragenter", (event) => {
    if (hasFiles(event)) light((depth += 1) > 0);
  });
  window.addEventListener("dragleave", (event) => {
    if (hasFiles(event)) light((depth -= 1) > 0);
  });
  window.addEventListener("dragover", (event) => {
    if (hasFiles(event)) event.preventDefault();
  });
  window.addEventListener("drop", (event) => {
    const file = event.dataTransfer?.files[0];
    if (!file) return;
    event.preventDefault();
    light((depth = 0) > 0);
    send(file, (event.dataTransfer?.files.length ?? 1) - 1);
  });
  return zone;
}

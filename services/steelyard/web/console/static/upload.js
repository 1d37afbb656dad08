// Files of a person become data sets or models: chosen, or dropped anywhere on the page.
import { ask } from "./api.js";
import { element } from "./dom.js";
import { bytes, plural } from "./format.js";

const DATA = {
  path: "/v1/datasets",
  label: "A file of data",
  hint: "CSV, Excel, Parquet, JSON Lines: drop it anywhere on this page.",
};

/**
 * Send a file; the service finds out how to read it.
 * @param {File} file
 * @param {string} path
 * @returns {Promise<any>} the data set, or the model
 */
function upload(file, path) {
  const form = new FormData();
  form.append("file", file, file.name);
  return ask(path, { method: "POST", body: form });
}

/**
 * A place for files. While one is over the page, the place lights up.
 * @param {{take: (made: any) => void, fail: (error?: unknown) => void}} options `take` has what became of the file
 * @param {{path: string, label: string, hint: string}} [kind] where files go; by default, they are data
 */
export function dropZone({ take, fail }, { path, label, hint } = DATA) {
  const input = element("input", {
    type: "file",
    hidden: true,
    tabIndex: -1,
    "aria-label": label,
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
    text: hint,
  });
  const zone = element("div", { className: "drop" }, button, input, state);
  const before = state.textContent;

  /** @param {File} file @param {number} [others] files that were dropped with it */
  async function send(file, others = 0) {
    fail();
    state.textContent = `Reading ${file.name} (${bytes(file.size)}) …`;
    zone.setAttribute("aria-busy", "true");
    try {
      const made = await upload(file, path);
      const rest = others ? ` One file at a time: ${plural(others, "other file")} not read.` : "";
      state.textContent = `${file.name}: read.${made.note ? ` ${made.note}.` : ""}${rest}`;
      take(made);
    } catch (error) {
      state.textContent = `${file.name} was not read. ${before}`;
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

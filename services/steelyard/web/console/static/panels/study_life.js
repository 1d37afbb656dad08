// What every study page has: its status, its verdict, cancel and delete.
import { ask, ENDED } from "../api.js";
import { element, showFaults } from "../dom.js";

/**
 * @param {string} path of the study
 * @param {HTMLElement} faults
 */
export function studyLife(path, faults) {
  const status = element("span", { className: "status", role: "status" });
  const cancel = element("button", {
    type: "button",
    className: "quiet",
    text: "Cancel",
    onclick: () => act("cancel"),
  });
  const remove = element("button", {
    type: "button",
    className: "quiet",
    text: "Delete",
    onclick: () => act("delete"),
  });
  const message = element("p", { className: "verdict" });
  const box = element("div", {}, element("div", { className: "row" }, status, cancel, remove), message);

  /** @param {"cancel" | "delete"} what */
  async function act(what) {
    if (what === "delete" && !window.confirm("Delete this study with its jobs and all their results?")) return;
    try {
      await ask(what === "cancel" ? `${path}/cancel` : path, { method: what === "cancel" ? "POST" : "DELETE" });
      if (what === "delete") window.location.href = "/console/studies";
    } catch (error) {
      showFaults(faults, error);
    }
  }
  /** @param {any} study */
  const update = (study) => {
    const ended = ENDED.includes(study.status);
    status.textContent = study.status;
    status.className = `status ${study.status}`;
    cancel.hidden = ended;
    remove.hidden = !ended;
    message.textContent = study.message;
    return ended;
  };
  return { box, update };
}

// A banner while the service cannot be reached.
import { ask, pause } from "./api.js";
import { element } from "./dom.js";

const RETRY_MS = 1500;
const banner = element(
  "div",
  { className: "offline", role: "status", hidden: true },
  "The connection to the service is lost. Jobs go on; this page continues when it is back.",
);
document.body.prepend(banner);
let asking = false;

async function wait() {
  if (asking) return;
  asking = true;
  while (!banner.hidden) {
    await pause(RETRY_MS);
    await ask("/healthz").catch(() => undefined);
  }
  asking = false;
}

document.addEventListener("connection", (event) => {
  const lost = !(/** @type {CustomEvent<boolean>} */ (event).detail);
  if (banner.hidden === !lost) return;
  banner.hidden = !lost;
  if (lost) wait();
});
window.addEventListener("offline", () => document.dispatchEvent(new CustomEvent("connection", { detail: false })));

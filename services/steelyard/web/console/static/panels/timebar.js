// The slider over the recorded epochs, with a play button: it moves every panel of the recording.
import { element } from "../dom.js";
import { count } from "../format.js";
import { at, follow, move, whole } from "../position.js";

const STEP_MS = 500;

/** @param {import("../recording.js").Recording} recording */
export function makeTimebar(recording) {
  const slider = element("input", { type: "range", id: "epoch", min: "0", step: "1", "aria-label": "Recorded epoch" });
  const label = element("output", { for: "epoch", id: "epoch-label" });
  const play = element("button", {
    type: "button",
    className: "quiet",
    id: "play",
    text: "▶ Play",
    "aria-pressed": "false",
  });
  const bar = element("div", { className: "timebar", role: "group", "aria-label": "Time" }, play, slider, label);
  let timer = 0;

  const go = (/** @type {number} */ place) =>
    move({ epoch: recording.epochs[Math.max(0, Math.min(recording.epochs.length - 1, place))] });
  const place = () => recording.epochs.indexOf(recording.nearest(whole("epoch")));
  slider.oninput = () => {
    stop();
    go(Number(slider.value));
  };

  function stop() {
    window.clearInterval(timer);
    timer = 0;
    play.textContent = "▶ Play";
    play.setAttribute("aria-pressed", "false");
  }

  play.onclick = () => {
    if (timer) {
      stop();
      return;
    }
    play.textContent = "❚❚ Pause";
    play.setAttribute("aria-pressed", "true");
    if (place() === recording.epochs.length - 1) go(0);
    timer = window.setInterval(() => {
      if (place() >= recording.epochs.length - 1) stop();
      else go(place() + 1);
    }, STEP_MS);
  };

  document.addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (
      event.altKey ||
      event.ctrlKey ||
      event.metaKey ||
      target.closest("input, select, textarea, button, [data-keys]")
    )
      return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !recording.epochs.length) return;
    event.preventDefault();
    stop();
    go(place() + step);
  });

  follow(bar, () => {
    const last = recording.epochs.length - 1;
    slider.max = String(Math.max(0, last));
    slider.value = String(place());
    const epoch = recording.nearest(whole("epoch"));
    const text = `epoch ${count(epoch)}${epoch === 0 ? ", before the first step" : ` of ${count(recording.epochs[last] ?? 0)}`}`;
    label.textContent = text;
    slider.setAttribute("aria-valuetext", text);
    bar.dataset.epoch = String(epoch);
    bar.dataset.followed = at("epoch") === null ? "last" : "set";
  });
  return bar;
}

// Where the page is in a job's recording: the epoch, layer and unit that every panel shows. The address has it, too.
//
// A slider changes it sixty times a second, more often than browsers let a page change its address. So the position is
// here, panels follow it frame by frame, and the address follows a little later.
import { onceAFrame } from "./math/frames.js";
import * as state from "./state.js";

const WRITE_MS = 250;
/** @type {Record<string, string>} */
let now = state.get();
/** @type {Record<string, string | number | null>} */
let unwritten = {};
/** @type {number | undefined} */
let timer;

/** @typedef {{draw: () => void, visible: boolean, near: boolean, stale: boolean}} Follower `near` is within a screen of sight */
/** @type {Map<Element, Follower>} */
const followers = new Map();

/** The text of a name in the position, or null. @param {string} name */
export const at = (name) => now[name] ?? null;

/** The whole number of a name in the position, or null. @param {string} name */
export function whole(name) {
  const text = now[name];
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** @param {(follower: Follower) => boolean} chosen the panels that are drawn now, the others when they come near */
function draw(chosen) {
  for (const [place, follower] of followers) {
    const isDue = chosen(follower) || /** @type {HTMLElement} */ (place).hidden; // one that hid itself may have something now
    if (isDue) follower.draw();
    follower.stale = !isDue;
  }
}

/** Draw all panels that are in sight in the next frame. */
export const redraw = onceAFrame(() => draw(({ visible }) => visible));

/** Draw all panels that are near, for which numbers have arrived: they have their heights before they are seen. */
export const redrawNear = onceAFrame(() => draw(({ near }) => near));

/** Change some of the position; null removes a name. @param {Record<string, string | number | null>} changes */
export function move(changes) {
  for (const [name, value] of Object.entries(changes))
    if (value === null) delete now[name];
    else now[name] = String(value);
  Object.assign(unwritten, changes);
  timer ??= window.setTimeout(write, WRITE_MS);
  redraw();
}

function write() {
  window.clearTimeout(timer);
  timer = undefined;
  const changes = unwritten;
  unwritten = {};
  state.set(changes);
}

/** @param {Follower} follower */
function catchUp(follower) {
  if (!follower.stale) return;
  follower.stale = false;
  follower.draw();
}

/** Keep whether each panel is within a margin of sight, and draw what waited for that. @param {"visible" | "near"} name @param {string} rootMargin */
const watch = (name, rootMargin) =>
  new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        const follower = followers.get(target);
        if (!follower) continue;
        follower[name] = isIntersecting;
        if (isIntersecting) catchUp(follower);
      }
    },
    { rootMargin },
  );

const sight = watch("visible", "150px");
/** A panel is drawn a screen before it comes into sight: it has its height by then, and nothing moves under the pointer. */
const approach = watch("near", "100%");

/**
 * Draw a panel now or when it comes into sight, and whenever the position changes while it is in sight.
 * @param {Element} card
 * @param {() => void} draw
 */
export function follow(card, draw) {
  followers.set(card, { draw, visible: false, near: false, stale: true });
  sight.observe(card);
  approach.observe(card);
}

state.listen((written) => {
  const { main, ...next } = written; // "Skip to the content" leads to #main, which is no position
  if (main === "") {
    state.set({ main: null, ...now });
    return;
  }
  for (const [name, value] of Object.entries(unwritten))
    if (value === null) delete next[name];
    else next[name] = String(value);
  if (JSON.stringify(next) === JSON.stringify(now)) return;
  now = next;
  redraw();
});
window.addEventListener("pagehide", write);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
new ResizeObserver(redraw).observe(document.body);

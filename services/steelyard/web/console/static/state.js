// What a page shows, in the hash of its address: `#epoch=8&layer=dense_1`. A copied address shows the same.

/** @typedef {Record<string, string>} State */

/** @returns {State} */
export const get = () => Object.fromEntries(new URLSearchParams(window.location.hash.slice(1)));

/**
 * Change some of it; `null` removes a name. Nothing is added to the browser's history.
 * @param {Record<string, string | number | null>} changes
 */
export function set(changes) {
  const state = new URLSearchParams(window.location.hash.slice(1));
  for (const [name, value] of Object.entries(changes))
    if (value === null) state.delete(name);
    else state.set(name, String(value));
  const hash = `#${state}`;
  if (hash === (window.location.hash || "#")) return;
  window.history.replaceState(null, "", state.size ? hash : window.location.pathname + window.location.search);
  tell();
}

/** @type {((state: State) => void)[]} */
const listeners = [];
function tell() {
  const state = get();
  for (const listener of listeners) listener(state);
}

/** Call a function now and at every change. @param {(state: State) => void} listener */
export function listen(listener) {
  listeners.push(listener);
  listener(get());
}

window.addEventListener("hashchange", tell);

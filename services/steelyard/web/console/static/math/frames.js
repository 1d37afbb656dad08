// Work of a page in step with the screen: many changes, one drawing a frame.

/**
 * A function that runs the task once in the next frame, however often it is called before.
 * @param {() => void} task
 * @param {(run: () => void) => unknown} [next]
 */
export function onceAFrame(task, next = requestAnimationFrame) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    next(() => {
      waiting = false;
      task();
    });
  };
}

/**
 * Frames a second, and the times between two frames that half and 95 % of them do not exceed.
 * @param {number[]} times of the frames in milliseconds, ascending
 */
export function frameRate(times) {
  const waits = times
    .slice(1)
    .map((time, at) => time - times[at])
    .sort((one, other) => one - other);
  if (!waits.length) return { fps: 0, median: 0, p95: 0 };
  const at = (/** @type {number} */ share) => waits[Math.min(waits.length - 1, Math.floor(share * waits.length))];
  return { fps: (1000 * waits.length) / (times[times.length - 1] - times[0]), median: at(0.5), p95: at(0.95) };
}

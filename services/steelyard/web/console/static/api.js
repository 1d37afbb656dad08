// The public API, as the pages use it.

/** @typedef {{pointer?: string, parameter?: string, detail: string}} Fault */
/** @typedef {{title?: string, detail: string, status?: number, errors?: Fault[], more_errors?: number}} Problem */
/** @typedef {{method?: string, body?: string | Blob | FormData, signal?: AbortSignal, headers?: Record<string, string>}} Options */

export const ENDED = ["succeeded", "failed", "cancelled"];

/** An answer that is an error: `problem` is the document of the service. */
export class Refusal extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** @param {number} milliseconds */
export const pause = (milliseconds) =>
  new Promise((resume) => {
    setTimeout(resume, milliseconds);
  });

/**
 * The answer of the service, whatever its media type. An event `connection` says whether the service could be reached.
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<Response>}
 */
export async function request(path, options = {}) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json", ...options.headers };
  if (typeof options.body === "string") headers["Content-Type"] ??= "application/json";
  try {
    const answer = await fetch(path, { ...options, headers });
    document.dispatchEvent(new CustomEvent("connection", { detail: true }));
    if (!answer.ok) throw new Refusal(await readProblem(answer));
    return answer;
  } catch (error) {
    if (error instanceof TypeError) document.dispatchEvent(new CustomEvent("connection", { detail: false }));
    throw error;
  }
}

/** @param {Response} answer @returns {Promise<Problem>} */
async function readProblem(answer) {
  const text = await answer.text();
  try {
    return JSON.parse(text);
  } catch {
    return { status: answer.status, detail: `the service answered ${answer.status} ${answer.statusText}` };
  }
}

/**
 * The JSON document of an answer. Raises `Refusal` for an error of the service, `TypeError` without a connection.
 * @param {string} path
 * @param {Options} [options]
 * @returns {Promise<any>}
 */
export async function ask(path, options = {}) {
  const answer = await request(path, options);
  return answer.status === 204 ? null : answer.json();
}

/** @param {string} path @param {unknown} document */
export const post = (path, document) => ask(path, { method: "POST", body: JSON.stringify(document) });

/**
 * The same request as a command for a terminal.
 * @param {string} path
 * @param {Options} [options]
 */
export function curl(path, { method = "GET", body, headers = {} } = {}) {
  const quoted = (/** @type {string} */ text) => `'${text.replaceAll("'", `'\\''`)}'`;
  const words = ["curl", "-sS"];
  if (method !== "GET") words.push("-X", method);
  words.push(quoted(`${window.location.origin}${path}`));
  for (const [name, value] of Object.entries(headers)) words.push("-H", quoted(`${name}: ${value}`));
  if (typeof body === "string") words.push("-H", quoted("Content-Type: application/json"), "-d", quoted(body));
  return words.join(" ");
}

/**
 * Do a task again and again while the page is looked at, until it returns `true`. A lost connection is waited for.
 * @param {() => Promise<boolean | void>} task
 * @param {number | (() => number)} milliseconds between the end of one and the begin of the next
 */
export async function repeat(task, milliseconds) {
  for (;;) {
    if (document.hidden)
      await new Promise((resume) => {
        document.addEventListener("visibilitychange", resume, { once: true });
      });
    try {
      if (await task()) return;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await pause(typeof milliseconds === "number" ? milliseconds : milliseconds());
  }
}

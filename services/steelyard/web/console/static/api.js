// The API, as the pages use it.

export class Refusal extends Error {
  constructor(problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

export async function ask(path, options = {}) {
  const answer = await fetch(path, { headers: { Accept: "application/json", "Content-Type": "application/json" }, ...options });
  const document = await answer.json();
  if (!answer.ok) throw new Refusal(document);
  return document;
}

export const ENDED = ["succeeded", "failed", "cancelled"];
export const pause = (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds));

// An element with text and children. Whatever comes from a user becomes text, never markup.
export function element(tag, { text, className, ...properties } = {}, ...children) {
  const made = document.createElement(tag);
  if (text !== undefined) made.textContent = text;
  if (className) made.className = className;
  Object.assign(made, properties);
  made.append(...children);
  return made;
}

export function showFaults(place, error) {
  const problem = error.problem ?? { detail: error.message };
  const faults = problem.errors ?? [{ pointer: "", detail: problem.detail }];
  place.replaceChildren(
    ...faults.map(({ pointer, parameter, detail }) => {
      const at = pointer ?? `?${parameter}`;
      return element("p", { className: "fault" }, element("code", { text: at }), at ? " " : "", detail);
    }),
    ...(problem.more_errors ? [element("p", { className: "fault", text: `… and ${problem.more_errors} more` })] : []),
  );
}

export const number = (value, digits = 4) => (value === null || value === undefined ? "–" : Number(value).toFixed(digits));

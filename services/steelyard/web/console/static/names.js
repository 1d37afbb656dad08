// What the inputs and units of a job's network are called.

/** @typedef {(column: number, unit: number) => string} Namer */

/**
 * @param {import("./recording.js").Recording} recording
 * @param {() => any} job
 * @param {() => string[] | null} inputs names of the inputs after preprocessing, once they are known
 * @returns {Namer}
 */
export function namer(recording, job, inputs) {
  return (column, unit) => {
    const { name, units } = recording.columns[column];
    const { features, classes, targets } = job().data;
    if (column === 0) {
      const names = inputs() ?? features;
      return names.length === units ? names[unit] : `input ${unit}`;
    }
    const labels = classes ?? targets;
    if (column === recording.columns.length - 1 && units === 1 && classes?.length === 2) return `P(${classes[1]})`;
    return column === recording.columns.length - 1 && labels.length === units
      ? String(labels[unit])
      : `${name} unit ${unit}`;
  };
}

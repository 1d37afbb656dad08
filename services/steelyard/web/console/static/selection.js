// The unit and the edge that a position names, as places in the picture's columns.
import { at, whole } from "./position.js";

/** @typedef {{column: number, unit: number, input: number | null, chosen: boolean}} Selection */

/**
 * The selected unit; without one, the first of the first layer. Null before anything is recorded.
 * @param {import("./recording.js").Recording} recording
 * @returns {Selection | null}
 */
export function selection({ columns }) {
  if (columns.length < 2) return null;
  const named = columns.findIndex(({ name }, column) => column > 0 && name === at("layer"));
  const column = named < 0 ? 1 : named;
  const unit = Math.min(whole("unit") ?? 0, columns[column].units - 1);
  const input = whole("input");
  return {
    column,
    unit,
    input: input !== null && input < columns[column - 1].units ? input : null,
    chosen: whole("unit") !== null,
  };
}

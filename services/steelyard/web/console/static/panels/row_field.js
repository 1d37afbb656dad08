// The control for one column of a row to predict: a choice, a number, a date, or text.
import { element } from "../dom.js";
import { writeField } from "../math/row.js";

/** @typedef {import("../math/row.js").Input} Input */

/**
 * @param {Input} input
 * @param {string} id of the control
 * @param {any} begin the value to begin with
 * @param {boolean} [day] whether datetimes are days
 */
export function rowField(input, id, begin, day = false) {
  const value = writeField(begin, input, day);
  const choices = input.type === "boolean" ? ["false", "true"] : input.categories?.map(String);
  if (choices) {
    const select = element(
      "select",
      { id },
      element("option", { value: "", text: "missing" }),
      ...choices.map((text) => element("option", { value: text, text })),
    );
    select.value = value;
    return select;
  }
  if (input.type === "number")
    return element("input", { id, type: "number", step: "any", inputMode: "decimal", placeholder: "missing", value });
  if (input.type === "datetime") return element("input", { id, type: day ? "date" : "datetime-local", step: 1, value });
  if (input.type === "time_of_day") return element("input", { id, type: "time", step: 1, value });
  return element("input", { id, placeholder: "missing", value });
}

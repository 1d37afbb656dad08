"""The functions that every exported JavaScript module has, and those that it has if it calls them."""

ENCODE = r"""
/** The number in a column of a row; NaN for a missing one. */
function number(row, name, missing) {
  const value = row[name];
  if (value === null || value === undefined) return NaN;
  if (value instanceof Date) return value.getTime() / 1000;
  if (typeof value !== "number" && typeof value !== "boolean") throw new TypeError(`${name} must be a number`);
  return missing.includes(Number(value)) ? NaN : Number(value);
}

/** The place of the category in a column of a row. */
function findPlace(row, name, places, unknown) {
  const value = row[name] ?? "";
  const isText = typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value);
  if (!isText) throw new TypeError(`${name} must be a string`);
  const text = String(value);
  const trimmed = text.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, "");
  const place = places.get(text) ?? places.get(trimmed) ?? unknown;
  if (place < 0) throw new RangeError(`the model does not accept ${JSON.stringify(value)} in ${name}`);
  return place;
}

/** Add a one among zeros. */
function oneHot(inputs, place, count) {
  for (let i = 0; i < count; i += 1) inputs.push(i === place ? 1 : 0);
}

/** The inputs, if all are finite. */
function checked(inputs) {
  if (!inputs.every(Number.isFinite)) throw new RangeError("a number is too large for the model");
  return inputs;
}
"""
HELPERS = {
    "affine": """
/** x · kernel + bias */
function affine(x, kernel, bias, units) {
  const y = new Float64Array(units);
  for (let i = 0; i < x.length; i += 1) {
    for (let unit = 0; unit < units; unit += 1) y[unit] += x[i] * kernel[i * units + unit];
  }
  return bias === null ? y : y.map((value, unit) => value + bias[unit]);
}
""",
    "softmax": """
/** Probabilities that add up to one. */
function softmax(x) {
  const most = Math.max(...x);
  const powers = x.map((value) => Math.exp(value - most));
  const sum = powers.reduce((one, two) => one + two, 0);
  return powers.map((power) => power / sum);
}
""",
    "logSoftmax": """
/** The logarithm of softmax. */
function logSoftmax(x) {
  const most = Math.max(...x);
  const sum = x.reduce((total, value) => total + Math.exp(value - most), 0);
  return x.map((value) => value - most - Math.log(sum));
}
""",
    "rowNormal": """
/** Layer normalization. */
function rowNormal(x, gamma, beta, epsilon) {
  const mean = x.reduce((one, two) => one + two, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  return x.map((value, i) => ((value - mean) / Math.sqrt(variance + epsilon)) * gamma[i] + beta[i]);
}
""",
    "lookUp": """
/** The other inputs, then the row of each table: category numbers are rounded, halves to even, and clipped. */
function lookUp(x, others, tables) {
  const found = others.map((place) => x[place]);
  for (const [column, units, table] of tables) {
    const [exact] = table.constructor.of(x[column]);
    const number = Math.min(Math.max(exact, 0), table.length / units - 1);
    const below = Math.floor(number);
    const isAbove = number - below > 0.5 || (number - below === 0.5 && below % 2 === 1);
    const row = isAbove ? below + 1 : below;
    for (let unit = 0; unit < units; unit += 1) found.push(table[row * units + unit]);
  }
  return Float64Array.from(found);
}
""",
    "erf": """
/** The error function, by its series. */
function erf(x) {
  const size = Math.abs(x);
  if (size >= 6) return Math.sign(x);
  let term = size;
  let sum = size;
  for (let n = 1; term > 1e-17 * sum; n += 1) {
    term *= (2 * size * size) / (2 * n + 1);
    sum += term;
  }
  return ((Math.sign(x) * 2) / Math.sqrt(Math.PI)) * Math.exp(-size * size) * sum;
}
""",
}

// Numbers as people read them.

const DIGITS = new Intl.NumberFormat("en", { maximumFractionDigits: 8 });
const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/**
 * At most four significant digits: `0.1235`, `1,234`, `1,570,000`, `1.85e16`; `–` for what does not exist.
 * @param {number | null | undefined} value
 * @param {number} [largest] from which on a power of ten is shorter
 */
export function number(value, largest = 1e9) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  if (size !== 0 && (size >= largest || size < 1e-4))
    return value
      .toExponential(2)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e")
      .replace(/^-/, "−");
  return DIGITS.format(Number(value.toPrecision(4))).replace(/^-/, "−");
}

/** A number beside an axis, where there is little room. @param {number} value */
export const tickText = (value) => number(value, 1e6);

/** Every digit of a whole number: `12,345`. @param {number} value */
export const count = (value) => WHOLE.format(Math.round(value));

/** `1 row`, `2 rows`. @param {number} many @param {string} noun */
export const plural = (many, noun) => `${count(many)} ${noun}${many === 1 ? "" : "s"}`;

/** @param {number | null | undefined} value a fraction */
export const percent = (value) => (value === null || value === undefined ? "–" : `${number(100 * value)} %`);

/** `340 ms`, `2.5 s`, `3 min 5 s`, `1 h 12 min`. @param {number} value seconds */
export function duration(value) {
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 60) return `${Number(value.toPrecision(2))} s`;
  const whole = Math.round(value);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** `512 bytes`, `1.5 MB`. @param {number} value */
export function bytes(value) {
  const units = ["bytes", "kB", "MB", "GB", "TB"];
  const step = value < 1000 ? 0 : Math.min(Math.floor(Math.log10(value) / 3), units.length - 1);
  return `${Number((value / 1000 ** step).toPrecision(3))} ${units[step]}`;
}

/** `12 minutes ago`, or the date. @param {string} time as the API writes it @param {Date} [now] */
export function ago(time, now = new Date()) {
  const passed = (now.getTime() - new Date(time).getTime()) / 1000;
  if (passed < 60) return "just now";
  if (passed < 3600) return `${plural(Math.floor(passed / 60), "minute")} ago`;
  if (passed < 86400) return `${plural(Math.floor(passed / 3600), "hour")} ago`;
  return new Date(time).toLocaleDateString("en", { year: "numeric", month: "short", day: "numeric" });
}

/**
 * Rows as CSV, by RFC 4180.
 * @param {string[]} head
 * @param {(string | number | null | undefined)[][]} rows
 */
export function csv(head, rows) {
  const cell = (/** @type {string | number | null | undefined} */ value) => {
    const text = value === null || value === undefined ? "" : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

/**
 * A name of at most so many characters: its middle is left out, since names of columns often differ at their ends.
 * @param {string} name
 * @param {number} most
 */
export function shorter(name, most) {
  if (name.length <= most) return name;
  const tail = Math.floor((most - 1) / 2);
  return `${name.slice(0, most - 1 - tail)}…${name.slice(-tail)}`;
}

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ago,
  bytes,
  count,
  csv,
  duration,
  number,
  percent,
  plural,
  tickText,
  shorter,
} from "../../../../services/steelyard/web/console/static/format.js";

test("a number has at most four significant digits", () => {
  const expected = [
    [0, "0"],
    [0.123456, "0.1235"],
    [1234.56, "1,235"],
    [-2.5, "−2.5"],
    [1.85e16, "1.85e16"],
    [1e-7, "1e-7"],
    [-3.21e-9, "−3.21e-9"],
    [123456, "123,500"],
    [-1570432, "−1,570,000"],
    [999_950_000, "1,000,000,000"],
    [1e9, "1e9"],
    [null, "–"],
    [undefined, "–"],
    [NaN, "–"],
    [Infinity, "∞"],
    [-Infinity, "−∞"],
  ];
  for (const [value, text] of expected) assert.equal(number(value), text);
  assert.deepEqual([999_999, 20_000_000].map(tickText), ["1,000,000", "2e7"]); // beside an axis is little room
});

test("counts, sizes and times read as people write them", () => {
  assert.equal(count(1234567), "1,234,567");
  assert.equal(plural(1, "row"), "1 row");
  assert.equal(plural(0, "row"), "0 rows");
  assert.equal(percent(0.1234), "12.34 %");
  assert.equal(bytes(512), "512 bytes");
  assert.equal(bytes(1_500_000), "1.5 MB");
  assert.deepEqual([0.34, 2.54, 185, 4320].map(duration), ["340 ms", "2.5 s", "3 min 5 s", "1 h 12 min"]);
});

test("a time is told from now", () => {
  const now = new Date("2026-11-28T12:00:00Z");
  assert.equal(ago("2026-11-28T11:59:30Z", now), "just now");
  assert.equal(ago("2026-11-28T11:00:00Z", now), "1 hour ago");
  assert.equal(ago("2026-11-20T11:00:00Z", now), "Nov 20, 2026");
});

test("CSV keeps commas, quotes and line breaks in their cells", () => {
  assert.equal(
    csv(
      ["a", "b"],
      [
        ['x,"y"', 1],
        ["two\nlines", null],
      ],
    ),
    'a,b\r\n"x,""y""",1\r\n"two\nlines",\r\n',
  );
});

test("a long name keeps its beginning and its end", () => {
  assert.deepEqual(
    ["sensor_00", "sensor_17", "price", "eight ch"].map((name) => shorter(name, 8)),
    ["sens…_00", "sens…_17", "price", "eight ch"],
  );
});

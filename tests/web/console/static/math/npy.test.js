import assert from "node:assert/strict";
import { test } from "node:test";
import { readNpy } from "../../../../../services/steelyard/web/console/static/math/npy.js";

/** @param {string} header @param {ArrayBufferView} values @param {number} [version] */
function file(header, values, version = 1) {
  const text = new TextEncoder().encode(header);
  const begin = version > 1 ? 12 : 10;
  const bytes = new Uint8Array(begin + text.length + values.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0]);
  const view = new DataView(bytes.buffer);
  if (version > 1) view.setUint32(8, text.length, true);
  else view.setUint16(8, text.length, true);
  bytes.set(text, begin);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), begin + text.length);
  return bytes.buffer;
}

const header = (type, shape, fortran = "False") =>
  `{'descr': '${type}', 'fortran_order': ${fortran}, 'shape': (${shape}), }\n`;

test("a tensor has its shape and its values, at any alignment", () => {
  for (const room of ["", " ", "  ", "   "]) {
    const { shape, values } = readNpy(file(room + header("<f4", "2, 3"), new Float32Array([1, 2, 3, 4, 5, 6])));
    assert.deepEqual(
      [shape, [...values]],
      [
        [2, 3],
        [1, 2, 3, 4, 5, 6],
      ],
    );
  }
});

test("vectors, numbers, doubles and long headers are read", () => {
  assert.deepEqual(readNpy(file(header("<f8", "2,"), new Float64Array([0.1, -2]))).values, new Float64Array([0.1, -2]));
  assert.deepEqual(readNpy(file(header("<f4", ""), new Float32Array([7]))).shape, []);
  assert.deepEqual([...readNpy(file(header("<f4", "1,"), new Float32Array([7]), 2)).values], [7]);
});

test("what is not such a file is an error", () => {
  assert.throws(() => readNpy(new Uint8Array(20).buffer), /not a .npy/);
  assert.throws(() => readNpy(file(header("<f4", "9,"), new Float32Array(2))), /too early/);
  assert.throws(() => readNpy(file(header("<i8", "1,"), new Float64Array(1))), /<i8/);
  assert.throws(() => readNpy(file(header("<f4", "1,", "True"), new Float32Array(1))), /Fortran/);
});

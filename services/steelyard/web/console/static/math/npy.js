// Tensors as NumPy saves them (format version 1 to 3): https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html

/** @typedef {{shape: number[], values: Float32Array | Float64Array}} Tensor */

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * A little-endian float array in C order, which is what the service sends. The values share the buffer where it is aligned.
 * @param {ArrayBuffer} buffer
 * @returns {Tensor}
 */
export function readNpy(buffer) {
  const bytes = new Uint8Array(buffer);
  if (MAGIC.some((value, place) => bytes[place] !== value)) throw new Error("this is not a .npy file");
  const view = new DataView(buffer);
  const wide = bytes[6] > 1;
  const begin = wide ? 12 : 10;
  const end = begin + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  const header = new TextDecoder().decode(bytes.subarray(begin, end));
  const type = /'descr':\s*'([^']+)'/.exec(header)?.[1];
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? "")
    .split(",")
    .filter((each) => each.trim())
    .map(Number);
  if (/'fortran_order':\s*True/.test(header)) throw new Error("arrays in Fortran order are not supported");
  if (type !== "<f4" && type !== "<f8") throw new Error(`arrays of the type ${type} are not supported`);
  const [Values, width] = type === "<f4" ? [Float32Array, 4] : [Float64Array, 8];
  const size = shape.reduce((product, each) => product * each, 1);
  if (buffer.byteLength < end + size * width) throw new Error("the .npy file ends too early");
  return {
    shape,
    values: end % width ? new Values(buffer.slice(end, end + size * width)) : new Values(buffer, end, size),
  };
}

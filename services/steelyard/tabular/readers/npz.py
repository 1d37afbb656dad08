"""NPZ files: an array `x` of inputs and, where there is one, an array `y` of targets. Never unpickled."""

import lzma
import zipfile
import zlib
from tokenize import TokenError
from typing import IO, Any

import numpy as np
import pyarrow as pa
from numpy.lib import format as npy
from numpy.typing import NDArray

from steelyard.errors import shown
from steelyard.tabular.readers.arrow import brief, require_size
from steelyard.tabular.readers.unreadable import Unreadable, refuse_bomb

KINDS = "biufU"
MOST_HEADER = 10_000
NAMES = ("x", "y", "feature_names")
# What is raised over a broken archive, and over invalid strings.
BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


def read_npz(path: str, max_bytes: int) -> pa.Table:
    """The table of `x` `(rows, columns)` and `y` `(rows,)` or `(rows, targets)`.

    An array `feature_names` may name the columns of `x`.
    """
    try:
        with zipfile.ZipFile(path) as file:
            arrays = {
                entry.filename.removesuffix(".npy"): read_array(file, entry, max_bytes) for entry in file.infolist()[:8]
            }
        for name in arrays:
            if name not in NAMES:
                raise Unreadable(f"it has an array {shown(name)}; it must have x, and may have y and feature_names")
        if "x" not in arrays:
            raise Unreadable("it has no array x")
        return _table(arrays)
    except BROKEN as error:
        raise Unreadable(f"it is not a valid NPZ file: {brief(error)}") from None


def read_array(file: zipfile.ZipFile, entry: zipfile.ZipInfo, max_bytes: int) -> NDArray[Any]:
    """An array of the archive, of at most `max_bytes`. Raises `Unreadable`, and what is in `BROKEN`."""
    name = entry.filename
    with file.open(entry) as member:
        shape, fortran, dtype = _header(member, name)
        if dtype.kind not in KINDS:
            raise Unreadable(
                f"the array {shown(name)} is of the type {dtype}; arrays must contain numbers, strings or booleans"
            )
        size = dtype.itemsize
        for extent in shape:
            size *= extent
        if size > max_bytes:
            raise Unreadable(f"the array {shown(name)} declares {size} bytes; the limit is {max_bytes}")
        refuse_bomb(unpacked_bytes=size, packed_bytes=entry.compress_size)
        content = member.read(size + 1)
        if len(content) != size:
            raise Unreadable(f"the array {shown(name)} declares {size} bytes, but has a different number")
    try:
        array = np.ndarray(shape, dtype, content, order="F" if fortran else "C")
    except (ValueError, OverflowError):
        raise Unreadable(f"the array {shown(name)} declares the shape {shape}, which is invalid") from None
    native = np.dtype(np.float64) if dtype.kind == "f" and dtype.itemsize > 8 else dtype.newbyteorder("=")
    return array.astype(native, copy=False)


def _header(member: IO[bytes], name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = npy.read_magic(member)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read(member, max_header_size=MOST_HEADER)
    except (ValueError, SyntaxError, TypeError, TokenError, RecursionError) as error:
        raise Unreadable(f"the array {shown(name)} has an invalid header: {str(error)[:200]}") from None
    if any(extent < 0 for extent in shape):
        raise Unreadable(f"the array {shown(name)} declares the shape {shape}")
    return shape, fortran, dtype


def _table(arrays: dict[str, NDArray[Any]]) -> pa.Table:
    x = arrays["x"]
    if x.ndim != 2:
        raise Unreadable(f"x has {x.ndim} dimensions; it must have 2: rows and columns")
    names = (
        arrays["feature_names"].ravel().tolist() if "feature_names" in arrays else [f"x{i}" for i in range(x.shape[1])]
    )
    if len(names) != x.shape[1]:
        raise Unreadable(f"feature_names has {len(names)} names for the {x.shape[1]} columns of x")
    columns = [*zip(map(str, names), x.T, strict=True)]
    if "y" in arrays:
        y = arrays["y"]
        if y.ndim not in (1, 2) or len(y) != len(x):
            raise Unreadable(
                f"y is of the shape {y.shape}; it must have one value, or one row of values, for each of the "
                f"{len(x)} rows of x"
            )
        columns += [("y", y)] if y.ndim == 1 else [(f"y{place}", column) for place, column in enumerate(y.T)]
    require_size(len(x), [name for name, _ in columns])
    return pa.table({name: pa.array(np.ascontiguousarray(column)) for name, column in columns})

"""Tensors of the Open Inference Protocol, as JSON and as bytes: their values one by one, `None` for missing ones."""

from collections.abc import Sequence
from itertools import chain
from math import prod
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.documents.strict_json import MOST_BYTES
from steelyard.errors import Fault, PayloadTooLarge, ValidationFailed, pointer, shown
from steelyard.tabular.json_numbers import add_numbers

Values = list[Any]
Place = tuple[str | int, ...]  # of a tensor in a request, of which errors make a pointer
STRINGS = "BYTES"
NUMPY = {
    "BOOL": "?",
    **{f"UINT{8 * size}": f"<u{size}" for size in (1, 2, 4, 8)},
    **{f"INT{8 * size}": f"<i{size}" for size in (1, 2, 4, 8)},
    **{f"FP{8 * size}": f"<f{size}" for size in (2, 4, 8)},
}
DATATYPES = {np.dtype(dtype): name for name, dtype in NUMPY.items()}
LENGTH = Struct("<I")  # before each string
NULL = type(None)
EXPECTED: dict[str, tuple[set[type], str]] = {  # what the values of a datatype are in JSON, and what that is called
    **dict.fromkeys(NUMPY, ({int, NULL}, "integers")),
    **dict.fromkeys(("FP16", "FP32", "FP64"), ({int, float, NULL}, "numbers")),
    "BOOL": ({bool, NULL}, "true or false"),
    STRINGS: ({str, NULL}, "strings"),
}
VALUE_BYTES = 64  # about what a value takes in memory while it is read
MOST_VALUES = MOST_BYTES // VALUE_BYTES  # of all tensors of a request


def require_few(shapes: Sequence[Sequence[int]]) -> None:
    """That the tensors of a request fit into memory. Raises `PayloadTooLarge`."""
    if (count := sum(map(prod, shapes))) > MOST_VALUES:
        raise PayloadTooLarge(f"the tensors have {count} values; the limit is {MOST_VALUES}")


def read_matrix(
    data: Any, datatype: str, shape: Sequence[int], *, may_have_booleans: bool = True
) -> NDArray[np.float64] | None:
    """The numbers of JSON `data` or bytes as `(rows, columns)` of `shape`, NaN where one is missing, at the speed of C.

    Returns `None` for everything else: strings, booleans, null in JSON, integer datatypes in JSON, or wrong values.
    The caller then uses `read_json` or `read_binary`, which read each value and report errors.
    """
    rows, columns = shape
    if isinstance(data, memoryview):
        dtype = np.dtype(NUMPY.get(datatype, "?"))
        if dtype.kind == "b" or len(data) != rows * columns * dtype.itemsize:
            return None
        return np.frombuffer(data, dtype).astype(np.float64).reshape(rows, columns)
    return _read_floats(data, rows, columns, may_have_booleans) if datatype.startswith("FP") else None


def _read_floats(data: Any, rows: int, columns: int, may_have_booleans: bool) -> NDArray[np.float64] | None:
    """JSON numbers, flat or nested."""
    if not isinstance(data, list) or not data:
        return None
    lists, length = (data, columns) if isinstance(data[0], list) else ([data], rows * columns)
    numbers = bytearray()
    try:
        for each in lists:
            add_numbers(each, numbers)
            if len(each) != length:
                return None
    except TypeError:
        return None
    found = np.frombuffer(numbers)
    if len(found) != rows * columns or (may_have_booleans and _has_booleans(lists, found.reshape(-1, length))):
        return None
    return found.reshape(rows, columns)


def _has_booleans(lists: list[list[Any]], numbers: NDArray[np.float64]) -> bool:
    """Whether any of the values was true or false, which would be 1 or 0 now. To look at the others takes longer."""
    if not (possible := (numbers == 0) | (numbers == 1)).any():
        return False
    places = zip(*(each.tolist() for each in possible.nonzero()), strict=True)
    return any(type(lists[row][place]) is bool for row, place in places)


def read_json(data: Any, datatype: str, shape: Sequence[int], at: Place) -> Values:
    """The values of JSON `data`, flat or nested. Floats keep their digits, whatever their precision.

    Raises `ValidationFailed`, which names the place `at`.
    """
    if not isinstance(data, list):
        raise _wrong(at, f"is {shown(data)}; it must be a list")
    values: Values = data
    rows, columns = shape[0], prod(shape[1:])
    if len(shape) > 1 and values and isinstance(values[0], list):
        if len(values) != rows or {*map(type, values)} != {list} or {*map(len, values)} != {columns}:
            raise _wrong(at, f"does not have the shape {[*shape]}")
        values = [*chain.from_iterable(values)]
    if len(values) != rows * columns:
        raise _wrong(at, f"has {len(values)} values; the shape {[*shape]} has {rows * columns}")
    found = {*map(type, values)}
    expected, called = EXPECTED[datatype]
    if not found <= expected:
        raise _wrong(at, f"has a value of another type; values of {datatype} are {called}, or null")
    if called == "integers" and int in found:
        _require_within(values, datatype, at)
    return values


def read_binary(content: memoryview, datatype: str, shape: Sequence[int], at: Place) -> Values:
    """The values of a tensor's bytes. Raises `ValidationFailed`, which names the place `at`."""
    count = prod(shape)
    if datatype == STRINGS:
        return _read_strings(content, count, at)
    dtype = np.dtype(NUMPY[datatype])
    if len(content) != count * dtype.itemsize:
        needed = f"the shape {[*shape]} of {datatype} takes {count * dtype.itemsize}"
        raise _wrong(at, f"has {len(content)} bytes; {needed}")
    if datatype == "BOOL":
        return [byte != 0 for byte in content]
    array = np.frombuffer(content, dtype)
    if dtype.kind != "f" or not (missing := np.isnan(array)).any():
        return list(array.tolist())
    values = array.astype(object)
    values[missing] = None
    return list(values.tolist())


def type_of(values: Sequence[Any] | NDArray[Any]) -> str:
    """The datatype that holds labels, or an array."""
    if isinstance(values, np.ndarray):
        return DATATYPES[values.dtype]
    kinds = {*map(type, values)}
    if kinds == {bool}:
        return "BOOL"
    return "INT64" if kinds == {int} and max(map(abs, values)) < 2**63 else STRINGS


def write_binary(values: Values | NDArray[Any], datatype: str) -> bytes:
    """The bytes of an output; strings are UTF-8."""
    if datatype != STRINGS:
        return np.asarray(values).astype(NUMPY[datatype]).tobytes()
    encoded = [str(value).encode() for value in values]
    return b"".join(part for text in encoded for part in (LENGTH.pack(len(text)), text))


def _require_within(data: Values, datatype: str, at: Place) -> None:
    limits = np.iinfo(NUMPY[datatype])
    numbers = [value for value in data if value is not None]
    if min(numbers) < limits.min or max(numbers) > limits.max:
        raise _wrong(at, f"has an integer that {datatype} does not hold")


def _read_strings(content: memoryview, count: int, at: Place) -> Values:
    """Strings, each behind its length."""
    found: Values = []
    place = 0
    for number in range(count):
        if len(content) - place < LENGTH.size:
            raise _wrong(at, f"ends after {number} of {count} strings")
        (length,) = LENGTH.unpack_from(content, place)
        place += LENGTH.size
        if length > len(content) - place:
            raise _wrong(at, f"has {len(content) - place} bytes left for string {number}, whose length is {length}")
        try:
            text = str(content[place : place + length], "utf-8")
        except UnicodeDecodeError:
            raise _wrong(at, f"has a string that is not UTF-8: number {number}") from None
        if "\0" in text:
            raise _wrong(at, f"has a string with a NUL character: number {number}")
        found.append(text)
        place += length
    if place < len(content):
        raise _wrong(at, f"has {len(content)} bytes; its {count} strings take {place}")
    return found


def _wrong(at: Place, detail: str) -> ValidationFailed:
    return ValidationFailed([Fault(pointer(*at), detail)])

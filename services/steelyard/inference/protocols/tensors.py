"""Tensors of the Open Inference Protocol, as JSON and as bytes: their values one by one, `None` for missing ones."""

from collections.abc import Sequence
from itertools import chain
from math import prod
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.documents.strict_json import MOST_BYTES
from steelyard.errors import Fault, PayloadTooLarge, ValidationFailed, shown

Values = list[Any]
STRINGS = "BYTES"
NUMPY = {
    "BOOL": "?",
    **{f"UINT{8 * size}": f"<u{size}" for size in (1, 2, 4, 8)},
    **{f"INT{8 * size}": f"<i{size}" for size in (1, 2, 4, 8)},
    **{f"FP{8 * size}": f"<f{size}" for size in (2, 4, 8)},
}
LENGTH = Struct("<I")  # before each string
VALUE_BYTES = 64  # about what a value takes in memory while it is read
MOST_VALUES = MOST_BYTES // VALUE_BYTES  # of all tensors of a request


def require_few(shapes: Sequence[Sequence[int]]) -> None:
    """That the tensors of a request fit into memory. Raises `PayloadTooLarge`."""
    if (count := sum(map(prod, shapes))) > MOST_VALUES:
        raise PayloadTooLarge(f"the tensors have {count} values; the limit is {MOST_VALUES}")


def read_json(data: Any, datatype: str, shape: Sequence[int], at: str) -> Values:
    """The values of JSON `data`, flat or nested. Floats keep their digits, whatever their precision.

    Raises `ValidationFailed` with the pointer `at`.
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
    expected, called = _expected(datatype)
    if not found <= expected | {type(None)}:
        raise _wrong(at, f"has a value of another type; values of {datatype} are {called}, or null")
    if expected == {int} and int in found:
        _require_within(values, datatype, at)
    return values


def read_binary(content: memoryview, datatype: str, shape: Sequence[int], at: str) -> Values:
    """The values of a tensor's bytes. Raises `ValidationFailed` with the pointer `at`."""
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


def type_of(values: Values | NDArray[Any]) -> str:
    """The datatype that holds labels, or an array."""
    if isinstance(values, np.ndarray):
        return next(name for name, dtype in NUMPY.items() if np.dtype(dtype) == values.dtype)
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


def _expected(datatype: str) -> tuple[set[type], str]:
    if datatype == STRINGS:
        return {str}, "strings"
    if datatype == "BOOL":
        return {bool}, "true or false"
    return ({int, float}, "numbers") if datatype.startswith("FP") else ({int}, "integers")


def _require_within(data: Values, datatype: str, at: str) -> None:
    limits = np.iinfo(NUMPY[datatype])
    numbers = [value for value in data if value is not None]
    if min(numbers) < limits.min or max(numbers) > limits.max:
        raise _wrong(at, f"has an integer that {datatype} does not hold")


def _read_strings(content: memoryview, count: int, at: str) -> Values:
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


def _wrong(at: str, detail: str) -> ValidationFailed:
    return ValidationFailed([Fault(at, detail)])

"""Values cut into parts of `ROWS` rows, as bytes: the form in which tables pass between processes and are stored.

A part is complete: it has its own labels. Numbers have the narrowest type that holds them exactly.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import orjson
from numpy.typing import NDArray

from steelyard.tabular.values import MISSING, Values, concatenate

ROWS = 16_384
LENGTH_BYTES = 4
FIRST_LOOK = 64
NARROWEST = (np.int8, np.int16, np.int32, np.float32)


@dataclass(frozen=True)
class Part:
    """`rows` values of the column number `column`, from the row `first` on. Little-endian, in `dtype`."""

    column: int
    first: int
    rows: int
    dtype: str
    labels: bytes | None
    content: bytes


def cut(column: int, values: Values, first: int) -> Part:
    """The part of the values that begins at the row `first`."""
    array, labels = values.array[first : first + ROWS], None
    if values.labels == (False, True):
        labels = orjson.dumps(values.labels)
    elif values.labels is not None:
        used, array = _own_labels(array)
        labels = orjson.dumps([values.labels[code] for code in used.tolist()])
    array = _narrow(array)
    return Part(column, first, len(array), array.dtype.str, labels, array.tobytes())


def _own_labels(codes: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The labels that these rows use, and the rows as indices into those."""
    used, array = np.unique(codes, return_inverse=True)
    shift = 1 if len(used) and used[0] == MISSING else 0
    return used[shift:], (array - shift).astype(np.int32)


def _narrow(array: NDArray[Any]) -> NDArray[Any]:
    with np.errstate(invalid="ignore", over="ignore"):
        for dtype in NARROWEST:
            if _as(dtype, array[:FIRST_LOOK]) is None:  # most that does not fit shows it soon
                continue
            narrow = _as(dtype, array)
            if narrow is not None:
                return narrow
    return array


def _as(dtype: type[np.generic], array: NDArray[Any]) -> NDArray[Any] | None:
    """The same values in a narrower type, if that holds them to the bit: a NaN, and the sign of a zero, too."""
    narrow, bits = array.astype(dtype), f"i{array.itemsize}"
    return narrow if np.array_equal(narrow.astype(array.dtype).view(bits), array.view(bits)) else None


def join(parts: Sequence[Part]) -> Values:
    """The values of one column's parts, in order."""
    if parts[0].labels is None:
        arrays = [np.frombuffer(part.content, part.dtype) for part in parts]
        return Values(np.concatenate(arrays, dtype=np.float64))
    return concatenate([Values(np.frombuffer(p.content, p.dtype), _labels(p)) for p in parts])


def _labels(part: Part) -> tuple[Any, ...]:
    return tuple(orjson.loads(part.labels or b"[]"))


def write(file: BinaryIO, parts: Iterable[Part]) -> None:
    """Write parts one after the other."""
    for part in parts:
        head = orjson.dumps(
            [part.column, part.first, part.rows, part.dtype, len(part.labels or b""), len(part.content)]
        )
        for piece in (len(head).to_bytes(LENGTH_BYTES, "little"), head, part.labels or b"", part.content):
            file.write(piece)


def read(file: BinaryIO) -> Part:
    """The next of the parts that `write` wrote."""
    length = int.from_bytes(file.read(LENGTH_BYTES), "little")
    column, first, rows, dtype, labels, content = orjson.loads(file.read(length))
    return Part(column, first, rows, dtype, file.read(labels) if labels else None, file.read(content))

"""Tensors as JSON's nested lists, in which a value that is not finite is `null`.

Each number is the shortest decimal that gives its value back: a float32 0.1 is 0.1 rather than 0.10000000149011612.
"""

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

from steelyard.exports.pieces import PIECE_BYTES, PiecewiseTensor


def to_lists(tensor: NDArray[Any]) -> Any:
    """The tensor `(n, …)` as nested lists of numbers.

    By way of orjson's own writer: a million values take 0.1 s, and seven times as long where Python looks at each.
    """
    return orjson.loads(_dump(tensor))


def dump(tensor: PiecewiseTensor) -> Iterator[bytes]:
    """The tensor as JSON, a megabyte of its values at a time."""
    return _dump_from(tensor, 0, tensor.shape)


def _dump_from(tensor: PiecewiseTensor, first: int, shape: tuple[int, ...]) -> Iterator[bytes]:
    """The part of a tensor that begins with the value `first`, and has this shape."""
    most = PIECE_BYTES // tensor.dtype.itemsize
    if prod(shape) <= most:
        yield _dump(tensor.values(first, prod(shape)).reshape(shape))
        return
    inner = prod(shape[1:])
    step = max(1, most // inner)
    for start in range(0, shape[0], step):
        count = min(step, shape[0] - start)
        yield b"," if start else b"["
        if inner > most:
            yield from _dump_from(tensor, first + start * inner, shape[1:])
        else:
            yield _dump(tensor.values(first + start * inner, count * inner).reshape(count, *shape[1:]))[1:-1]
    yield b"]"


def _dump(tensor: NDArray[Any]) -> bytes:
    return orjson.dumps(np.asarray(tensor, order="C"), option=orjson.OPT_SERIALIZE_NUMPY)

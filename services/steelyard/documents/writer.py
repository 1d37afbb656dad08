"""JSON as the service sends it: of answers, plain values and arrays."""

from typing import Any

import numpy as np
import orjson

from steelyard.documents.schema import Answer

NUMBERS = orjson.OPT_SERIALIZE_NUMPY


def dump(document: Any) -> bytes:
    """A document as JSON.

    Arrays stand for nested lists of the shortest decimals that give their values back, and `null` for what is not
    finite.
    """
    return orjson.dumps(document, default=_as_json, option=NUMBERS)


def to_values(document: Answer) -> Any:
    """The answer as JSON's own values, to be stored."""
    return orjson.loads(dump(document))


def _as_json(value: Any) -> Any:
    """What orjson does not write itself: a model, and an array that is not contiguous."""
    if isinstance(value, Answer):
        return value.to_json()
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value)
    raise TypeError(f"{type(value).__name__} is not JSON")

"""The inputs of a predict request: rows as lists in the features' order, or as objects by the features' names."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import Fault, ValidationFailed, nearest, pointer, shown

MOST_FAULTS = 20


def read_inputs(document: Any, features: list[str]) -> NDArray[np.float64]:
    """The raw features `(rows, features)`. Raises `ValidationFailed`, naming row and column."""
    if not isinstance(document, dict):
        raise ValidationFailed([Fault("", f"is {shown(document)}; it must be an object with 'inputs'")])
    faults = [Fault(pointer(key), "is not a field here; known is inputs") for key in document if key != "inputs"]
    inputs: Any = document.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        seen = f"is {shown(inputs)}; it" if "inputs" in document else "is missing; it"
        faults.append(Fault(pointer("inputs"), f"{seen} must be a list of rows"))
    if faults:
        raise ValidationFailed(faults)
    rows = [_values(row, features) for row in inputs]
    try:
        array = np.array(rows)
    except ValueError:
        array = np.empty(0, object)
    if array.dtype.kind not in "iufb" or array.shape != (len(inputs), len(features)) or not np.isfinite(array).all():
        raise ValidationFailed(list(islice(_faults(inputs, features), MOST_FAULTS)))
    return array.astype(np.float64)


def _values(row: Any, features: list[str]) -> Any:
    if isinstance(row, dict):
        return [row.get(name) for name in features] if row.keys() == set(features) else None
    return row


def _faults(inputs: list[Any], features: list[str]) -> Iterator[Fault]:
    for index, row in enumerate(inputs):
        if isinstance(row, dict):
            yield from _record_faults(index, row, features)
        elif not isinstance(row, list):
            yield Fault(pointer("inputs", index), f"is {shown(row)}; a row is a list of numbers or an object by column")
        elif len(row) != len(features):
            yield Fault(
                pointer("inputs", index),
                f"has {len(row)} values; the model has {len(features)} inputs: {', '.join(features[:10])}",
            )
        else:
            for column, value in enumerate(row):
                if fault := _value_fault(value):
                    yield Fault(pointer("inputs", index, column), f"({features[column]}) {fault}")


def _record_faults(index: int, row: dict[str, Any], features: list[str]) -> Iterator[Fault]:
    for name in features:
        if name not in row:
            yield Fault(pointer("inputs", index, name), "is missing")
        elif fault := _value_fault(row[name]):
            yield Fault(pointer("inputs", index, name), fault)
    for name in row:
        if name not in features:
            yield Fault(pointer("inputs", index, name), f"is not an input of this model; {nearest(name, features)}")


def _value_fault(value: Any) -> str | None:
    if not isinstance(value, (int, float)):
        return f"is {shown(value)}; it must be a number"
    return None if abs(value) < 1e300 else f"is {shown(value)}; it must lie within ±1e300"

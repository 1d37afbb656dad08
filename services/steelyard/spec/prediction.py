"""The inputs of a predict request: rows as lists in the features' order, or as objects by the features' names."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.data.numbers import number_fault, read_matrix
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
    rows = [[row[name] for name in features] if _is_record(row, features) else row for row in inputs]
    array = read_matrix(rows, len(features))
    if array is None:
        raise ValidationFailed(list(islice(_faults(inputs, features), MOST_FAULTS)))
    return array


def _is_record(row: Any, features: list[str]) -> bool:
    return isinstance(row, dict) and len(row) == len(features) and all(name in row for name in features)


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
                if fault := number_fault(value):
                    yield Fault(pointer("inputs", index, column), f"({features[column]}) {fault}")


def _record_faults(index: int, row: dict[str, Any], features: list[str]) -> Iterator[Fault]:
    for name in features:
        if name not in row:
            yield Fault(pointer("inputs", index, name), "is missing")
        elif fault := number_fault(row[name]):
            yield Fault(pointer("inputs", index, name), fault)
    for name in row:
        if name not in features:
            yield Fault(pointer("inputs", index, name), f"is not an input of this model; {nearest(name, features)}")

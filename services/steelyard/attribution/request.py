"""The body of an explain request: a method, and rows that may bear their targets."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.attribution.schema import ExplainRequest
from steelyard.errors import MOST_ERRORS, Fault, ValidationFailed, nearest, pointer, shown
from steelyard.inference.rows import MOST_FAULTS, read_inputs
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.json_numbers import number_fault

FIELDS = tuple(sorted(ExplainRequest.model_fields))


@dataclass(frozen=True)
class TargetKinds:
    """What a model's targets are: their names, the task, and the classes of one that has such."""

    names: list[str]
    task: str
    classes: list[Any] | None

    @property
    def are_one_hot(self) -> bool:
        """Whether the targets are one-hot: a column for each class, 1 in the rows of that class and 0 elsewhere."""
        return self.classes is not None and len(self.names) > 1


@dataclass(frozen=True)
class Asked:
    """What is to be explained.

    `x` `(rows, width)` are the encoded rows, if any were sent, and `y` their targets, if they bear them: class indices
    `(rows,)`, or 0 or 1 or values `(rows, targets)`.
    """

    method: str
    x: NDArray[Any] | None
    y: NDArray[Any] | None


def read_explanation(
    document: Any, methods: tuple[str, ...], encoder: Encoder, targets: TargetKinds, dtype: Any
) -> Asked:
    """The request. Raises `ValidationFailed` with every fault."""
    if not isinstance(document, dict):
        raise ValidationFailed([Fault("", f"is {shown(document)}; it must be an object with 'method'")])
    faults = [*_field_faults(document, methods)]
    x = y = None
    if document.get("inputs") is not None:
        try:
            rows, y = _take_targets(document["inputs"], targets)
            x = read_inputs({"inputs": rows}, encoder, dtype).x
        except ValidationFailed as error:
            faults += error.faults
    if faults:
        raise ValidationFailed(faults)
    return Asked(document["method"], x, y)


def _field_faults(document: dict[str, Any], methods: tuple[str, ...]) -> Iterator[Fault]:
    unknown = [key for key in document if key not in FIELDS]
    for number, key in enumerate(unknown):
        hint = f"; {nearest(key, FIELDS)}" if number < MOST_ERRORS else ""  # the others are counted
        yield Fault(pointer(key), f"is not a known field{hint}")
    method = document.get("method")
    if method not in methods:
        seen = f"is {shown(method)}" if "method" in document else "is missing"
        hint = nearest(method, methods) if isinstance(method, str) else f"known are {', '.join(methods)}"
        yield Fault(pointer("method"), f"{seen}; {hint}")


def _take_targets(rows: Any, targets: TargetKinds) -> tuple[Any, NDArray[Any] | None]:
    """The rows without their targets, and those, where all rows are objects and the first bears any."""
    names = targets.names
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        return rows, None
    if not rows or not any(name in rows[0] for name in names):
        return rows, None
    faults = []
    for index, row in enumerate(rows):
        faults += [
            Fault(pointer("inputs", index, name), detail)
            for name in names
            if (detail := _target_fault(row, name, targets)) is not None
        ]
    if faults:
        raise ValidationFailed(faults[:MOST_FAULTS])
    bare = [{key: value for key, value in row.items() if key not in names} for row in rows]
    if targets.classes is None:
        return bare, np.array([[row[name] for name in names] for row in rows], np.float64)
    if targets.are_one_hot:
        return bare, np.array([[row[name] for name in names].index(1) for row in rows], np.int64)
    place_of = {label: place for place, label in enumerate(targets.classes)}
    return bare, np.array([place_of[row[names[0]]] for row in rows], np.int64)


def _target_fault(row: dict[str, Any], name: str, targets: TargetKinds) -> str | None:
    """What is wrong with a row's target: as the job's data had it, so it must be here."""
    if name not in row:
        return "is missing; the first row has this target, so every row needs it"
    value = row[name]
    if targets.are_one_hot:
        ones = [each for each in targets.names if row.get(each) == 1]
        if value not in (0, 1):
            return f"is {shown(value)}; it must be 0 or 1"
        return None if len(ones) == 1 else f"is one of {len(ones)} targets that are 1 in this row; exactly one must be"
    if targets.classes is not None:
        known = isinstance(value, (str, int, float)) and value in targets.classes
        alike = isinstance(value, bool) == isinstance(targets.classes[0], bool)
        return None if known and alike else f"is {shown(value)}; the classes are {shown(targets.classes)}"
    if targets.task == "multilabel":
        return None if value in (0, 1) else f"is {shown(value)}; it must be true or false"
    return number_fault(value)

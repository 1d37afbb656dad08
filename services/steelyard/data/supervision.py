"""What is to be learned from a table: which columns are inputs, which are targets, and what kind of task that is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.data.table import Table
from steelyard.errors import Fault, ValidationFailed, nearest, pointer, shown

MOST_CLASSES_GUESSED = 20
MOST_CLASSES = 10_000
AT = "data"


@dataclass(frozen=True)
class Supervised:
    """Inputs and targets.

    `x` is `(rows, features)` float64. For classification `classes` are the labels, and `y` `(rows,)` int64 their
    indices; for regression `classes` is `None` and `y` `(rows, targets)` float64.
    """

    x: NDArray[np.float64]
    y: NDArray[Any]
    features: list[str]
    targets: list[str]
    task: str
    classes: list[Any] | None

    @property
    def outputs(self) -> int:
        """How many outputs a network for this needs."""
        if self.task == "multiclass":
            assert self.classes is not None
            return len(self.classes)
        return 1 if self.task == "binary" else self.y.shape[1]


def supervise(
    table: Table,
    default_targets: Sequence[str],
    *,
    target: Sequence[str] | None = None,
    features: Sequence[str] | None = None,
    ignore: Sequence[str] = (),
    task: str = "auto",
) -> Supervised:
    """Find inputs, targets and task in `table`. Raises `ValidationFailed` with every fault.

    Under `auto`, a target of texts, booleans or at most `MOST_CLASSES_GUESSED` different integers is a class, of two
    or of several; anything else is regression.
    """
    faults = _unknown(table, {"target": target, "features": features, "ignore": ignore})
    targets = list(target or default_targets)
    if not targets:
        faults.append(
            Fault(pointer(AT, "target"), f"is missing; name the column to predict, of {', '.join(table.names)}")
        )
    if faults:
        raise ValidationFailed(faults)
    chosen = list(features) if features else [n for n in table.names if n not in targets and n not in set(ignore)]
    faults = _feature_faults(table, chosen, targets) + _row_faults(table, targets)
    if faults:
        raise ValidationFailed(faults)
    x = np.stack([table.columns[name].astype(np.float64) for name in chosen], axis=1)  # booleans become 0 and 1
    columns = [table.columns[name] for name in targets]
    return _with_task(x, columns, chosen, targets, task)


def _unknown(table: Table, named: dict[str, Sequence[str] | None]) -> list[Fault]:
    return [
        Fault(pointer(AT, key), f"names {shown(name)}; no column has that name, {nearest(name, table.names)}")
        for key, names in named.items()
        for name in names or ()
        if name not in table.columns
    ]


def _feature_faults(table: Table, features: list[str], targets: list[str]) -> list[Fault]:
    faults = [] if features else [Fault(pointer(AT, "features"), "leaves no column to learn from")]
    for name in features:
        column = table.columns[name]
        if name in targets:
            faults.append(Fault(pointer(AT, "features"), f"names {shown(name)}, which is the target"))
        elif column.dtype == object and any(isinstance(value, str) for value in column):
            faults.append(
                Fault(
                    pointer(AT),
                    f"the column {shown(name)} holds text; inputs must be numbers: leave it out by 'ignore'",
                )
            )
        elif (missing := _missing(column)).any():
            row = int(missing.argmax())
            faults.append(
                Fault(pointer(AT), f"the column {shown(name)} has no value in row {row}; every input must be there")
            )
    return faults


def _row_faults(table: Table, targets: list[str]) -> list[Fault]:
    faults = []
    if table.rows < 2:
        faults.append(Fault(pointer(AT), f"has {table.rows} rows; training needs at least 2"))
    for name in targets:
        column = table.columns[name]
        if (missing := _missing(column)).any():
            faults.append(Fault(pointer(AT), f"the target {shown(name)} has no value in row {int(missing.argmax())}"))
    return faults


def _missing(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Which values are not there, `(rows,)`."""
    return np.array([value is None for value in column]) if column.dtype == object else np.isnan(column)


def _with_task(
    x: NDArray[np.float64], columns: list[NDArray[Any]], features: list[str], targets: list[str], task: str
) -> Supervised:
    classes = np.unique(columns[0]).tolist() if len(columns) == 1 else []
    texts = [name for name, column in zip(targets, columns, strict=True) if column.dtype == object]
    whole = not texts and all(np.equal(np.mod(column, 1), 0).all() for column in columns)
    if task == "auto":
        countable = bool(texts) or (whole and len(classes) <= MOST_CLASSES_GUESSED)
        task = ("binary" if len(classes) == 2 else "multiclass") if len(columns) == 1 and countable else "regression"
    if fault := _task_fault(task, targets, texts, classes, whole=whole):
        raise ValidationFailed([fault])
    if task == "regression":
        return Supervised(x, np.stack(columns, axis=1), features, targets, task, None)
    labels = [int(label) if isinstance(label, float) else label for label in classes]
    return Supervised(x, np.searchsorted(classes, columns[0]).astype(np.int64), features, targets, task, labels)


def _task_fault(task: str, targets: list[str], texts: list[str], classes: list[Any], *, whole: bool) -> Fault | None:
    at = pointer("task")
    if task == "regression":
        return Fault(at, f"is 'regression'; the target {shown(texts[0])} does not hold numbers") if texts else None
    if len(targets) > 1:
        return Fault(pointer(AT, "target"), f"names {len(targets)} columns; a classification has one target")
    if not texts and not whole:
        return Fault(at, f"is {task!r}; the target {shown(targets[0])} holds fractions, which are no classes")
    if len(classes) < 2:
        return Fault(
            pointer(AT),
            f"the target {shown(targets[0])} is {shown(classes[0])} in every row; there is nothing to learn",
        )
    if task == "binary" and len(classes) != 2:
        return Fault(at, f"is 'binary'; the target {shown(targets[0])} has {len(classes)} classes")
    if len(classes) > MOST_CLASSES:
        return Fault(
            pointer(AT), f"the target {shown(targets[0])} has {len(classes)} classes; at most {MOST_CLASSES} are"
        )
    return None

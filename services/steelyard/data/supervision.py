"""What is to be learned from a table: which columns are inputs, which are targets, and what kind of task that is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.data.refusal import AT, refuse
from steelyard.data.table import Table
from steelyard.errors import Fault, nearest, pointer, shown

MOST_CLASSES_GUESSED = 20
MOST_CLASSES = 10_000
ROLES = {"target": "the target", "features": "an input", "ignore": "ignored", "sample_weight": "the weight"}


@dataclass(frozen=True)
class Supervised:
    """Inputs and targets.

    `x` is `(rows, features)` float64. For classification `classes` are the labels, and `y` `(rows,)` int64 their
    indices; else `classes` is `None` and `y` `(rows, targets)` float64: 0 or 1 for `multilabel`, numbers for
    regression. `weights` `(rows,)` float64 say how much each row counts.
    """

    x: NDArray[np.float64]
    y: NDArray[Any]
    features: list[str]
    targets: list[str]
    task: str
    classes: list[Any] | None
    weights: NDArray[np.float64] | None = None

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
    sample_weight: str | None = None,
    task: str = "auto",
) -> Supervised:
    """Find inputs, targets and task in `table`. Raises `ValidationFailed` with every fault.

    Under `auto`, a target of texts, booleans or at most `MOST_CLASSES_GUESSED` different integers is a class, of two
    or of several; several targets of booleans are labels; anything else is regression.
    """
    targets, weight = list(target or default_targets), [] if sample_weight is None else [sample_weight]
    named = {"target": target, "features": features, "ignore": ignore, "sample_weight": weight}
    refuse(_naming_faults(table, targets, named))
    chosen = list(features) if features else [n for n in table.names if n not in {*targets, *ignore, *weight}]
    inputs = _feature_faults(table, chosen)
    refuse(chain(_row_faults(table), inputs, _target_faults(table, targets), _weight_faults(table, weight)))
    found = _with_task(_inputs(table, chosen), table, chosen, targets, task)
    return replace(found, weights=table.columns[weight[0]]) if weight else found


def _inputs(table: Table, chosen: list[str]) -> NDArray[np.float64]:
    return np.stack([table.columns[name].astype(np.float64) for name in chosen], axis=1)  # booleans become 0 and 1


def _naming_faults(table: Table, targets: list[str], named: dict[str, Sequence[str] | None]) -> Iterator[Fault]:
    if not targets:
        yield Fault(pointer(AT, "target"), f"is missing; name the column to predict, of {_listed(table.names)}")
    roles = dict.fromkeys(targets, "the target") if not named["target"] else {}
    for key, names in named.items():
        for index, name in enumerate(names or ()):
            # A single target may have been sent without a list around it.
            alone = key == "sample_weight" or (key == "target" and len(targets) == 1)
            place = pointer(AT, key) if alone else pointer(AT, key, index)
            if name not in table.columns:
                yield Fault(place, f"is {shown(name)}; no column has that name, {nearest(name, table.names)}")
            elif name in roles:
                yield Fault(place, f"is {shown(name)}, which is {roles[name]} already")
            roles.setdefault(name, ROLES[key])


def _listed(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _row_faults(table: Table) -> Iterator[Fault]:
    if table.rows < 2:
        yield Fault(pointer(AT), f"has {table.rows} rows; training needs at least 2")


def _feature_faults(table: Table, features: list[str]) -> Iterator[Fault]:
    if not features:
        yield Fault(pointer(AT), "has no column to learn from beside the target and those ignored")
    for name in features:
        column = table.columns[name]
        missing = _missing(column)
        if column.dtype == object and isinstance(value := column[present := int(missing.argmin())], str):
            yield Fault(
                table.locate(name, present),
                f"is {shown(value)}, a text in the column {shown(name)}; inputs are numbers, or true and false: "
                "give numbers, or name the column in 'ignore'",
            )
        elif missing.any():
            yield _missing_fault(table, name, missing, "an input")


def _target_faults(table: Table, targets: list[str]) -> Iterator[Fault]:
    for name in targets:
        if (missing := _missing(table.columns[name])).any():
            yield _missing_fault(table, name, missing, "the target")


def _weight_faults(table: Table, weights: list[str]) -> Iterator[Fault]:
    for name in weights:
        column = table.columns[name]
        if column.dtype == object:
            yield Fault(pointer(AT, "sample_weight"), f"names {shown(name)}, which does not hold numbers")
        elif (wrong := ~(column >= 0)).any():  # a missing one is neither
            row = int(wrong.argmax())
            seen = "null" if np.isnan(column[row]) else f"{column[row]:g}"
            yield Fault(table.locate(name, row), f"is {seen}; a row's weight must be at least 0")
        elif not column.any():
            yield Fault(pointer(AT, "sample_weight"), f"names {shown(name)}, which is 0 in every row")


def _missing_fault(table: Table, name: str, missing: NDArray[np.bool_], role: str) -> Fault:
    row, count = int(missing.argmax()), int(missing.sum())
    rows = f"row {row}" if count == 1 else f"{count} rows, row {row} the first"
    return Fault(
        table.locate(name, row), f"is null: {role}, {shown(name)}, has no value in {rows}; every row needs one"
    )


def _missing(column: NDArray[Any]) -> NDArray[np.bool_]:
    """Which values are not there, `(rows,)`."""
    return np.array([value is None for value in column]) if column.dtype == object else np.isnan(column)


def _with_task(x: NDArray[np.float64], table: Table, features: list[str], targets: list[str], asked: str) -> Supervised:
    columns = [table.columns[name] for name in targets]
    labels, indices = np.unique(columns[0], return_inverse=True)
    numeric = all(column.dtype != object for column in columns)
    countable = not numeric or bool((labels == np.rint(labels)).all())
    task = asked
    if asked == "auto" and len(columns) > 1 and all(_is_boolean(column) for column in columns):
        task = "multilabel"
    elif asked == "auto":
        few = countable and (not numeric or len(labels) <= MOST_CLASSES_GUESSED)
        task = ("binary" if len(labels) == 2 else "multiclass") if few and len(columns) == 1 else "regression"
    if task == "multilabel":
        refuse(_label_faults(table, targets))
        return Supervised(x, np.stack(columns, axis=1).astype(np.float64), features, targets, task, None)
    if task == "regression":
        refuse(_regression_faults(table, targets, asked))
        return Supervised(x, np.stack(columns, axis=1), features, targets, task, None)
    refuse(_class_faults(table, targets, labels.tolist(), task=task, countable=countable))
    classes = [int(label) if numeric else label for label in labels.tolist()]
    return Supervised(x, indices.astype(np.int64), features, targets, task, classes)


def _is_boolean(column: NDArray[Any]) -> bool:
    return column.dtype == object and all(isinstance(value, bool) for value in column)


def _label_faults(table: Table, targets: list[str]) -> Iterator[Fault]:
    if len(targets) < 2:
        yield Fault(pointer("task"), "is 'multilabel', which has several targets; the data have one")
        return
    for name in targets:
        column = table.columns[name]
        if not (_is_boolean(column) or (column.dtype != object and np.isin(column, (0, 1)).all())):
            yield Fault(pointer("task"), f"is 'multilabel'; the target {shown(name)} holds more than 0 and 1")


def _regression_faults(table: Table, targets: list[str], asked: str) -> Iterator[Fault]:
    for name in targets:
        if table.columns[name].dtype == object and asked == "auto":
            yield Fault(
                pointer(AT, "target"), f"names {shown(name)} among several targets, which must all hold numbers"
            )
        elif table.columns[name].dtype == object:
            yield Fault(pointer("task"), f"is 'regression'; the target {shown(name)} does not hold numbers")


def _class_faults(
    table: Table, targets: list[str], labels: list[Any], *, task: str, countable: bool
) -> Iterator[Fault]:
    name, count = shown(targets[0]), len(labels)
    if len(targets) > 1:
        yield Fault(pointer("task"), f"is {task!r}, which has one target; the data have {len(targets)}")
    elif not countable:
        yield Fault(pointer("task"), f"is {task!r}; the target {name} holds fractions, which are no classes")
    elif count < 2:
        seen = f"{labels[0]:g}" if isinstance(labels[0], float) else shown(labels[0])
        at = table.locate(targets[0], None)
        yield Fault(at, f"has {seen} as {name} in every row; a classification needs at least 2 classes")
    elif task == "binary" and count != 2:
        yield Fault(pointer("task"), f"is 'binary'; the target {name} has {count} classes")
    elif count > MOST_CLASSES:
        yield Fault(table.locate(targets[0], None), f"has {count} classes of {name}; the most is {MOST_CLASSES}")

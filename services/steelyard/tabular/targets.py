"""Targets: the task that they are for, and their values or classes.

Where targets could be for several tasks, one is chosen here, and `Targets.guess` says why.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import Fault, pointer, shown
from steelyard.tabular.faults import AT, refuse
from steelyard.tabular.table import Table
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.time_of_day import TimeOfDay
from steelyard.tabular.values import Values

MOST_CLASSES = 10_000
MOST_CLASSES_GUESSED = 20  # different whole numbers; with more of them, a target is a quantity
ROWS_OF_A_CLASS = 5  # on average: whole numbers that occur less often are quantities
ROWS_OF_A_CODE = 2  # the same for 0 to k - 1 and 1 to k, as classes are numbered
Guess = Literal["quantity", "classes", "one_hot", "labels"]


@dataclass(frozen=True)
class Targets:
    """For classification `classes` are the labels, and `y` `(rows,)` int64 their indices.

    Else `classes` is `None` and `y` `(rows, targets)` float64: 0 or 1 for `multilabel`, numbers for regression. `guess`
    tells what the targets were taken for, where they could be something else: whole numbers for a quantity or for
    classes, columns of 0 and 1 for the classes of one target or for several labels.
    """

    y: NDArray[Any]
    task: str
    classes: list[Any] | None
    guess: Guess | None = None


def read_targets(table: Table, names: Sequence[str], asked: str, tasks: Sequence[str] = ()) -> Targets:
    """The targets for the task that was `asked` for; under `auto` for one that fits them.

    `tasks` are those of the loss, if one was asked for: they decide where the data fit several. Raises
    `ValidationFailed`.
    """
    refuse(_date_faults(table, names))
    columns = [table.columns[name].values for name in names]
    labels, indices = _distinct(columns[0])
    place = _one_hot(columns)
    guessed, guess = _guess(columns, labels, has_one_hot=place is not None)
    task = asked
    if asked == "auto":
        task = guessed
        possible = [each for each in tasks if _is_possible(each, columns, labels, has_one_hot=place is not None)]
        if tasks and task not in tasks and possible:
            task = possible[0]
    told = asked != "auto" or len(tasks) == 1
    if task in ("multilabel", "regression"):
        faults = _label_faults if task == "multilabel" else _regression_faults
        refuse(faults(table, names, asked))
        y = np.stack([values.array.astype(np.float64) for values in columns], axis=1)
        return Targets(y, task, None, None if told else guess)
    if place is not None:
        refuse(_one_hot_faults(names, task))
        return Targets(place, task, [*names], None if told else guess)
    refuse(_class_faults(table, names, labels, task=task))
    numeric = columns[0].labels is None
    return Targets(indices, task, [int(label) for label in labels] if numeric else labels, None if told else guess)


def _guess(columns: list[Values], labels: list[Any], *, has_one_hot: bool) -> tuple[str, Guess | None]:
    """The task that the targets are for by themselves, and what they were taken for, if that is not certain."""
    if len(columns) > 1:
        if has_one_hot:
            return "binary" if len(columns) == 2 else "multiclass", "one_hot"
        if all(map(_are_flags, columns)):
            are_booleans = all(values.labels is not None for values in columns)
            return "multilabel", None if are_booleans else "labels"
        return "regression", None
    [values] = columns
    if values.labels is None:
        if not _are_whole(labels):
            return "regression", None
        if not _are_classes(labels, len(values.array)):
            return "regression", "quantity" if len(labels) <= MOST_CLASSES_GUESSED else None
    if len(labels) == 2:
        return "binary", None
    return "multiclass", "classes" if values.labels is None and not _are_indices(labels) else None


def _is_possible(task: str, columns: list[Values], labels: list[Any], *, has_one_hot: bool) -> bool:
    """Whether the targets can be learned as this task."""
    if task == "regression":
        return not any(values.are_texts for values in columns)
    if task == "multilabel":
        return len(columns) > 1 and all(map(_are_flags, columns))
    if len(columns) > 1:
        return has_one_hot and (task == "multiclass" or len(columns) == 2)
    if columns[0].labels is None and not _are_whole(labels):
        return False
    return len(labels) == 2 if task == "binary" else 2 <= len(labels) <= MOST_CLASSES


def _are_whole(labels: list[Any]) -> bool:
    return all(label == round(label) for label in labels[: MOST_CLASSES + 1])


def _are_classes(labels: list[float], rows: int) -> bool:
    """Whether whole numbers are rather classes than quantities: they are few, and each occurs often enough."""
    if len(labels) > 2 and len(labels) <= MOST_CLASSES_GUESSED:
        return rows >= len(labels) * (ROWS_OF_A_CODE if _are_codes(labels) else ROWS_OF_A_CLASS)
    return len(labels) <= 2


def _are_codes(labels: list[float]) -> bool:
    return labels[0] in (0, 1) and labels[-1] - labels[0] == len(labels) - 1


def _are_indices(labels: list[float]) -> bool:
    return labels[0] == 0 and _are_codes(labels)


def _are_flags(values: Values) -> bool:
    """Whether all values are true or false, or 0 or 1."""
    return values.labels == (False, True) or (values.labels is None and bool(np.isin(values.array, (0, 1)).all()))


def _one_hot(columns: list[Values]) -> NDArray[np.int64] | None:
    """The place of the 1 in each row of columns of 0 and 1 that have exactly one, and not all in the same column."""
    if len(columns) < 2 or not all(map(_are_flags, columns)):
        return None
    matrix = np.stack([values.array for values in columns], axis=1)
    if not (matrix.sum(axis=1) == 1).all():
        return None
    places: NDArray[np.int64] = matrix.argmax(axis=1)
    return places if len(np.unique(places)) > 1 else None


def _distinct(values: Values) -> tuple[list[Any], NDArray[np.int64]]:
    """The different values in their own order, and the place of each row's among them."""
    if values.labels is None:
        found, indices = np.unique(values.array, return_inverse=True)
        return found.tolist(), indices.astype(np.int64)
    used = np.unique(values.array)
    labels = values.labels
    order = sorted(used.tolist(), key=lambda code: labels[code])
    place = np.empty(len(labels), np.int64)
    place[order] = np.arange(len(order))
    return [labels[code] for code in order], place[values.array]


def _date_faults(table: Table, names: Sequence[str]) -> Iterator[Fault]:
    for name in names:
        is_time = isinstance(table.columns[name].type, TimeOfDay)
        if is_time or isinstance(table.columns[name].type, Datetime):
            what = "times of day" if is_time else "dates"
            instead = "the minutes since midnight" if is_time else "the days since a fixed date"
            detail = (
                f"names {shown(name)}, which holds {what}; {what} cannot be predicted. Use a number, such as {instead}"
            )
            yield Fault(pointer(AT, "target"), detail)


def _label_faults(table: Table, names: Sequence[str], _asked: str) -> Iterator[Fault]:
    if len(names) < 2:
        yield Fault(pointer("task"), "is 'multilabel', which needs several targets; the data has one")
        return
    for name in names:
        if not _are_flags(table.columns[name].values):
            yield Fault(pointer("task"), f"is 'multilabel'; the target {shown(name)} has values other than 0 and 1")


def _regression_faults(table: Table, names: Sequence[str], asked: str) -> Iterator[Fault]:
    for name in names:
        values = table.columns[name].values
        if values.labels is not None and asked == "auto" and len(names) > 1:
            yield Fault(pointer(AT, "target"), f"names {shown(name)} among several targets, which must all be numeric")
        elif values.are_texts:
            yield Fault(pointer("task"), f"is 'regression'; the target {shown(name)} is not numeric")


def _one_hot_faults(names: Sequence[str], task: str) -> Iterator[Fault]:
    if task == "binary" and len(names) > 2:
        yield Fault(pointer("task"), f"is 'binary'; the one-hot targets have {len(names)} classes")


def _class_faults(table: Table, names: Sequence[str], labels: list[Any], *, task: str) -> Iterator[Fault]:
    name, count = shown(names[0]), len(labels)
    large = next((each for each in table.columns[names[0]].remarks if each.code == "large_integers"), None)
    if large is not None:
        detail = f"{large.message} As classes they would be mixed up; send them as strings"
        yield Fault(pointer(AT, "target"), f"names {name}: {detail}")
    elif len(names) > 1:
        yield Fault(
            pointer("task"),
            f"is {task!r}, which needs one target, or targets of 0 and 1 with exactly one 1 in each row; the data has "
            f"{len(names)} targets",
        )
    elif table.columns[names[0]].values.labels is None and not _are_whole(labels):
        yield Fault(pointer("task"), f"is {task!r}; the target {name} has fractional values, which cannot be classes")
    elif count < 2:
        seen = f"{labels[0]:g}" if isinstance(labels[0], float) else shown(labels[0])
        at = table.locate(names[0], None)
        yield Fault(at, f"has {seen} as {name} in every row; a classification needs at least 2 classes")
    elif task == "binary" and count != 2:
        yield Fault(pointer("task"), f"is 'binary'; the target {name} has {count} classes")
    elif count > MOST_CLASSES:
        yield Fault(table.locate(names[0], None), f"has {count} classes of {name}; the most is {MOST_CLASSES}")

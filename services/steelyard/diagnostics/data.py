"""What was decided about a job's data before any training: dropped columns and rows, classes, and the task.

These findings need the columns' roles and the split, no run: a dry run has them, and a queued job.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.diagnostics.schema import Finding
from steelyard.errors import shown
from steelyard.tabular.split import Split
from steelyard.tabular.supervision import EMPTY, Supervised
from steelyard.tabular.values import Values

MOST_NAMED = 10  # columns with a finding each; the others are counted
LEARNED_FROM = ("numeric", "boolean", "categorical")
LEAST_ROWS = 20
UNLIKELY = 30.0  # of a squared correlation times the rows: a chance of less than one in ten million
WORTH_SAYING = 0.3  # of a correlation


def find_in_data(supervised: Supervised, split: Split) -> list[Finding]:
    """Everything that was dropped or decided, for the learnable inputs of a job and its split."""
    return [
        *guessed_task(supervised),
        *remarks_of_columns(supervised),
        *dropped_columns(supervised),
        *missing_targets(supervised),
        *constant_targets(supervised, split),
        *unseen_classes(supervised, split),
    ]


def remarks_of_columns(supervised: Supervised) -> Iterator[Finding]:
    """What was decided about values of the columns while they were read."""
    columns = supervised.table.columns
    used = [*supervised.inputs, *supervised.targets, *supervised.left_out]
    remarks = [remark for name in used for remark in columns[name].remarks]
    for remark in remarks[:MOST_NAMED]:
        yield Finding(**remark.to_json())
    if rest := remarks[MOST_NAMED:]:
        yield Finding(
            code="more_remarks",
            level="info",
            message=f"{len(rest)} more things were decided about values of columns.",
            suggestion="GET /v1/datasets/{id} lists them with each column.",
        )


def guessed_task(supervised: Supervised) -> Iterator[Finding]:
    """A task that was guessed where the targets could be for another."""
    name, rows = shown(supervised.targets[0]), supervised.rows
    names = listed(supervised.targets)
    match supervised.guess:
        case "quantity":
            count = len(np.unique(supervised.y))
            message = (
                f"The target {name} has {count} different whole numbers in {rows} rows, too few rows for classes: "
            )
            message += "it is learned as a quantity (regression)."
            suggestion = "If they are classes, send 'task': 'multiclass'."
        case "classes":
            count = len(supervised.classes or ())
            message = (
                f"The target {name} has {count} different whole numbers in {rows} rows: they are learned as classes."
            )
            suggestion = "If they are a quantity, such as a count or a grade, send 'task': 'regression'."
        case "one_hot":
            message = (
                f"The targets {names} have exactly one 1 in each row: they are learned as the classes of one target."
            )
            suggestion = "If they are independent labels, send 'task': 'multilabel'."
        case "labels":
            message = f"The targets {names} are 0 or 1: they are learned as independent labels (multilabel)."
            suggestion = "If they are quantities, send 'task': 'regression'."
        case _:
            return
    yield Finding(code="guessed_task", level="info", message=message, suggestion=suggestion)


def dropped_columns(supervised: Supervised) -> Iterator[Finding]:
    """Columns that are not inputs and not in `data.ignore`."""
    dropped = [*supervised.left_out.items()]
    alone = not any(column.kind in LEARNED_FROM for column in supervised.inputs.values())
    for name, reason in dropped[:MOST_NAMED]:
        empty = reason == EMPTY
        correlation = 0.0 if empty else correlate(supervised.table.columns[name].values, supervised)
        related = f" But it is correlated with the target ({correlation:.2f})." if correlation else ""
        yield Finding(
            code="empty_column" if empty else "dropped_column",
            level="warning" if alone or empty or related else "info",
            message=f"The column {shown(name)} was dropped: {reason}.{related}",
            suggestion="Fill in its values, or add it to data.ignore. The model does not take it."
            if empty
            else "If it carries information, list the inputs in data.features with this column among them.",
        )
    if rest := dropped[MOST_NAMED:]:
        yield Finding(
            code="dropped_column",
            level="info",
            message=f"{len(rest)} more columns were dropped: {listed([name for name, _ in rest])}.",
            suggestion="The reason for each is in the job's data.left_out.",
        )


def correlate(values: Values, supervised: Supervised) -> float:
    """The rank correlation of numbers with the target, or with the class that they tell best; 0 if it may be chance."""
    rows = np.flatnonzero(~values.missing) if values.labels is None else np.array([], np.int64)
    if len(rows) < LEAST_ROWS:
        return 0.0
    y = supervised.y[rows]
    targets = [*y.T] if y.ndim == 2 else [y == each for each in range(len(supervised.classes or ()))]
    x = _ranks(values.array[rows])
    with np.errstate(invalid="ignore"):  # a constant target
        found = np.nan_to_num([np.corrcoef(x, _ranks(each))[0, 1] for each in targets[:MOST_NAMED]])
    strongest = float(found[np.abs(found).argmax()])
    return strongest if strongest**2 * len(rows) > UNLIKELY and abs(strongest) > WORTH_SAYING else 0.0


def _ranks(values: NDArray[Any]) -> NDArray[np.int64]:
    """The place of each value among the different ones."""
    ranks: NDArray[np.int64] = np.unique(values, return_inverse=True)[1]
    return ranks


def missing_targets(supervised: Supervised) -> Iterator[Finding]:
    """Rows that lack a target."""
    count, targets = supervised.rows_left_out, ", ".join(map(shown, supervised.targets))
    if count:
        yield Finding(
            code="missing_targets",
            level="info",
            message=f"{count} of {supervised.rows + count} rows have no value in {targets}; they were dropped.",
            suggestion="No action is needed. The model can predict the missing targets.",
        )


def constant_targets(supervised: Supervised, split: Split) -> Iterator[Finding]:
    """Targets with one value in all training rows: there is nothing to learn."""
    y = supervised.y[split.train]
    columns = y[:, None] if y.ndim == 1 else y
    for place in np.flatnonzero((columns == columns[:1]).all(axis=0)).tolist()[:MOST_NAMED]:
        value = f"{columns[0, place]:g}" if supervised.classes is None else shown(supervised.classes[y[0]])
        yield Finding(
            code="constant_target",
            level="warning",
            message=f"The target {shown(supervised.targets[place])} is {value} in all {len(y)} training rows: the "
            "network can only learn to answer this value.",
            suggestion="Check that it is the right column, and add rows with other values; metrics such as r2 say "
            "nothing here.",
        )


def unseen_classes(supervised: Supervised, split: Split) -> Iterator[Finding]:
    """Classes that no training row with a weight has."""
    if supervised.classes is None:
        return
    counts = {
        name: np.bincount(supervised.y[rows], minlength=len(supervised.classes))
        for name, rows in (("validation", split.validation), ("test", split.test))
    }
    weights = None if supervised.weights is None else supervised.weights[split.train]
    seen = np.bincount(supervised.y[split.train], weights=weights, minlength=len(supervised.classes)) > 0
    unseen = np.flatnonzero(~seen).tolist()
    if not unseen:
        return
    labels = listed([supervised.classes[place] for place in unseen])
    held_out = [f"{found} {name}" for name, each in counts.items() if (found := int(each[unseen].sum()))]
    found_in = f" {' and '.join(held_out)} rows have them." if held_out else ""
    yield Finding(
        code="unseen_classes",
        level="warning",
        message=f"No training row{'' if weights is None else ' with a weight'} has the class {labels}, so the network "
        f"cannot learn to predict it.{found_in}",
        suggestion="Add training rows of each class, drop these rows, or let the split keep the class proportions "
        "(validation.stratify).",
    )


def listed(names: Sequence[object]) -> str:
    """Names as a message lists them, the first few."""
    few = ", ".join(map(shown, names[:MOST_NAMED]))
    return few + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")

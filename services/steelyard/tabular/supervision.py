"""What is to be learned from a table: which columns are inputs, which are targets, and what kind of task that is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import MOST_ERRORS, Fault, nearest, pointer, shown
from steelyard.tabular.column import Column
from steelyard.tabular.faults import AT, refuse
from steelyard.tabular.table import Table
from steelyard.tabular.targets import Guess, read_targets

EMPTY = "it has no value in any training row"
MOST_REASONS = 3  # remarks on columns, in an error
ROLES = {"target": "the target", "features": "an input", "ignore": "ignored", "sample_weight": "the weight"}


@dataclass(frozen=True)
class Supervised:
    """Inputs and targets.

    `inputs` are the columns to learn from. For classification `classes` are the labels, and `y` `(rows,)` int64 their
    indices; else `classes` is `None` and `y` `(rows, targets)` float64: 0 or 1 for `multilabel`, numbers for
    regression. `weights` `(rows,)` float64 say how much each row counts. `left_out` are columns of which nothing can
    be learned, each with the reason. `table` is all of it but `rows_left_out` rows that lack a target. `guess` is as of
    `Targets`.
    """

    table: Table
    inputs: dict[str, Column]
    y: NDArray[Any]
    targets: list[str]
    task: str
    classes: list[Any] | None
    weights: NDArray[np.float64] | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    rows_left_out: int = 0
    guess: Guess | None = None

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self.table.rows

    @property
    def features(self) -> list[str]:
        """The names of the inputs."""
        return list(self.inputs)

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
    used: Sequence[str] = (),
    task: str = "auto",
    tasks: Sequence[str] = (),
) -> Supervised:
    """Find inputs, targets and task in `table`. Raises `ValidationFailed` with every fault.

    Under `auto` the targets decide (`read_targets`), and `tasks`, those of the loss. Columns of strings that are not
    categories, and such as only identify rows, are dropped unless `features` names them; so are those `used` to split
    the rows, and rows that lack a target.
    """
    targets, weight = list(target or default_targets), [] if sample_weight is None else [sample_weight]
    named = {"target": target, "features": features, "ignore": ignore, "sample_weight": weight}
    refuse(_naming_faults(table, targets, named))
    sent, table = table, _with_targets(table, targets)
    rest = [name for name in table.names if name not in {*targets, *ignore, *weight, *used}]
    left_out = {} if features else {name: why for name in rest if (why := _why_left_out(table.columns[name]))}
    chosen = list(features) if features else [name for name in rest if name not in left_out]
    refuse(chain(_row_faults(sent, table), _feature_faults(chosen, left_out, table), _weight_faults(table, weight)))
    inputs = {name: table.columns[name] for name in chosen}
    read = read_targets(table, targets, task, tasks)
    return Supervised(
        table,
        inputs,
        read.y,
        targets,
        read.task,
        read.classes,
        weights=table.columns[weight[0]].values.array if weight else None,
        left_out=left_out,
        rows_left_out=sent.rows - table.rows,
        guess=read.guess,
    )


def _why_left_out(column: Column) -> str | None:
    """Why a column is no input unless the job names it."""
    if column.is_id:
        return "it only identifies rows"
    return column.type.why_not_learned


def learnable(supervised: Supervised, rows: NDArray[np.int64]) -> Supervised:
    """The same without the inputs that have no value in the training `rows`, and with the faults of those rows.

    Nothing is learned of such an input: its weights would stay as they were drawn, and move predictions at random.
    Raises `ValidationFailed` if no input is left, or if no training row has a weight.
    """
    empty = [
        name
        for name, column in supervised.inputs.items()
        if column.missing >= len(rows) and column.values.missing[rows].all()
    ]
    inputs = {name: column for name, column in supervised.inputs.items() if name not in empty}
    refuse(_training_faults(supervised, rows, inputs))
    left_out = supervised.left_out | dict.fromkeys(empty, EMPTY)
    return replace(supervised, inputs=inputs, left_out=left_out) if empty else supervised


def _training_faults(supervised: Supervised, rows: NDArray[np.int64], inputs: dict[str, Column]) -> Iterator[Fault]:
    if not inputs:
        yield Fault(pointer(AT), f"has no value in the {len(rows)} training rows of {_listed(supervised.features)}")
    if supervised.weights is not None and not supervised.weights[rows].any():
        detail = f"names a column that is 0 in all {len(rows)} training rows; at least one needs a positive weight"
        yield Fault(pointer(AT, "sample_weight"), detail)


def _with_targets(table: Table, targets: list[str]) -> Table:
    """The rows that have every target."""
    lacking = [column.values.missing for name in targets if (column := table.columns[name]).missing]
    return table.only(np.flatnonzero(~np.logical_or.reduce(lacking))) if lacking else table


def _naming_faults(table: Table, targets: list[str], named: dict[str, Sequence[str] | None]) -> Iterator[Fault]:
    if not targets:
        yield Fault(pointer(AT, "target"), f"is missing; name the column to predict, of {_listed(table.names)}")
    roles = dict.fromkeys(targets, "the target") if not named["target"] else {}
    hinted = 0
    for key, names in named.items():
        for index, name in enumerate(names or ()):
            # A single target may have been sent without a list around it.
            alone = key == "sample_weight" or (key == "target" and len(targets) == 1)
            place = pointer(AT, key) if alone else pointer(AT, key, index)
            if name not in table.columns:
                hint = f", {nearest(name, table.names)}" if hinted < MOST_ERRORS else ""  # the others are counted
                hinted += 1
                yield Fault(place, f"is {shown(name)}; no column has that name{hint}")
            elif name in roles:
                yield Fault(place, f"is {shown(name)}, which is already {roles[name]}")
            roles.setdefault(name, ROLES[key])


def _listed(names: list[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")


def _row_faults(sent: Table, table: Table) -> Iterator[Fault]:
    if table.rows < 2:
        of_which = "" if table is sent else f", of which {table.rows} with a target"
        yield Fault(pointer(AT), f"has {sent.rows} rows{of_which}; training needs at least 2")


def _feature_faults(features: list[str], left_out: dict[str, str], table: Table) -> Iterator[Fault]:
    if not features:
        hint = f"; {_listed(list(left_out))} can be named in 'features'" if left_out else ""
        remarks = [remark.message for name in left_out for remark in table.columns[name].remarks][:MOST_REASONS]
        why = "".join(f". {message.removesuffix('.')}" for message in remarks)
        yield Fault(pointer(AT), f"has no input columns besides the target and the ignored columns{hint}{why}")


def _weight_faults(table: Table, weights: list[str]) -> Iterator[Fault]:
    for name in weights:
        values = table.columns[name].values
        if values.labels is not None:
            yield Fault(pointer(AT, "sample_weight"), f"names {shown(name)}, which is not numeric")
        elif (wrong := ~(values.array >= 0)).any():  # a missing one is neither
            row = int(wrong.argmax())
            seen = "null" if np.isnan(values.array[row]) else f"{values.array[row]:g}"
            yield Fault(table.locate(name, row), f"is {seen}; the weight of a row must be at least 0")
        elif table.rows and not values.array.any():
            yield Fault(pointer(AT, "sample_weight"), f"names {shown(name)}, which is 0 in every row")


def missing_fault(table: Table, name: str) -> Fault:
    """That an input has rows without a value, where every row needs one."""
    missing = np.flatnonzero(table.columns[name].values.missing)
    first = f"row {table.numbers_of(missing[:1])[0]}"
    rows = first if len(missing) == 1 else f"{len(missing)} rows, {first} the first"
    detail = f"is null: an input, {shown(name)}, has no value in {rows}; every row needs one"
    return Fault(table.locate(name, int(missing[0])), detail)

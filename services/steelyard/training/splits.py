"""Which rows a job trains on, and which it keeps back for validation and test."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import Fault, pointer, shown
from steelyard.nn.rng import Streams
from steelyard.tabular.split import Split, sizes, split_by_time, split_groups, split_rows
from steelyard.tabular.supervision import Supervised
from steelyard.tabular.values import Values
from steelyard.training.schema import Holdout, JobSpec

Rows = NDArray[np.int64]
PARTS = ("validation", "test")


def divide(spec: JobSpec, supervised: Supervised, streams: Streams) -> Split:
    """The rows of each part, by number.

    Those of other data sets and those that a column marks are given; the others are drawn from
    what is left.
    """
    fixed = fixed_rows(spec, supervised)
    is_free = np.ones(supervised.rows, np.bool_)
    for rows in fixed.values():
        is_free[rows] = False
    free = np.flatnonzero(is_free)
    held = {part: holdout for part, holdout in holdouts(spec) if holdout.is_drawn}
    fractions = {part: holdout.share for part, holdout in held.items()}
    by = next(iter(held.values()), Holdout())
    if by.group is not None:
        drawn = split_groups(_codes(supervised, by.group)[free], fractions, streams.split)
    elif by.time is not None:
        drawn = split_by_time(supervised.table.columns[by.time].values.array[free], fractions)
    else:
        stratify = any(holdout.stratify for holdout in held.values())
        drawn = split_rows(len(free), fractions, streams.split, classes=supervised.y[free] if stratify else None)
    return Split(
        free[drawn.train],
        fixed.get("validation", free[drawn.validation]),
        fixed.get("test", free[drawn.test]),
    )


def holdouts(spec: JobSpec) -> Iterator[tuple[str, Holdout]]:
    """The parts that are kept back."""
    for part in PARTS:
        if (holdout := getattr(spec, part)) is not None:
            yield part, holdout


def fixed_rows(spec: JobSpec, supervised: Supervised) -> dict[str, Rows]:
    """The rows of the parts that are not drawn."""
    found = {}
    starts = [*supervised.table.starts[1:], supervised.rows]
    for part, holdout in holdouts(spec):
        if holdout.dataset is not None:
            start = starts.pop(0)
            found[part] = np.arange(start, starts[0])
        elif holdout.column is not None:
            found[part] = np.flatnonzero(_equals(supervised.table.columns[holdout.column].values, holdout.value))
    return found


def _equals(values: Values, wanted: object) -> NDArray[np.bool_]:
    if values.labels is None:
        found: NDArray[np.bool_] = values.array == (wanted if isinstance(wanted, (int, float)) else np.nan)
        return found
    codes = [code for code, label in enumerate(values.labels) if label == wanted and type(label) is type(wanted)]
    return np.isin(values.array, codes)


def _codes(supervised: Supervised, column: str) -> Rows:
    """A number for each different value of a column; one that is missing is a group of its own."""
    values = supervised.table.columns[column].values
    codes: Rows = np.unique(values.array, return_inverse=True)[1]
    return codes


def way_faults(spec: JobSpec) -> Iterator[Fault]:
    """What is wrong with the holdouts by themselves."""
    for part, holdout in holdouts(spec):
        ways = [key for key in ("group", "time", "column", "dataset") if getattr(holdout, key) is not None]
        if len(ways) > 1:
            yield Fault(
                pointer(part, ways[1]), f"is given together with {ways[0]!r}; only one of them can choose the rows"
            )
        elif not holdout.is_drawn and holdout.fraction is not None:
            yield Fault(
                pointer(part, "fraction"), f"is given together with {ways[0]!r}, which already determines the rows"
            )
        elif ways and holdout.stratify:
            yield Fault(
                pointer(part, "stratify"), f"is true together with {ways[0]!r}; only a random split can be stratified"
            )
        if (holdout.column is None) != (holdout.value is None):
            yield Fault(pointer(part, "value"), "must be the value of 'column' in the held-out rows")
    drawn = [holdout for _, holdout in holdouts(spec) if holdout.is_drawn]
    if len(drawn) == 2:
        if sum(holdout.share for holdout in drawn) >= 1:
            total = sum(holdout.share for holdout in drawn)
            detail = f"with that of validation makes {total:g}; their sum must be less than 1"
            yield Fault(pointer("test", "fraction"), detail)
        if len({(holdout.group, holdout.time) for holdout in drawn}) == 2:
            yield Fault(pointer("test"), "is split differently from validation; both need the same group or time")


def room_faults(spec: JobSpec, supervised: Supervised) -> Iterator[Fault]:
    """What is wrong with the holdouts on these rows."""
    fixed = fixed_rows(spec, supervised)
    for part, rows in fixed.items():
        holdout: Holdout = getattr(spec, part)
        if not len(rows) and holdout.dataset is not None:
            yield Fault(pointer(part, "dataset"), f"is {shown(holdout.dataset)}, which has no row with a target")
        elif not len(rows):
            yield Fault(pointer(part, "value"), f"is {shown(holdout.value)}, which no row has in {holdout.column!r}")
    if len(fixed) == 2 and len(np.intersect1d(fixed["validation"], fixed["test"])):
        yield Fault(pointer("test"), "holds out rows of the validation split; no row may be in both")
    rows_left = supervised.rows - sum(map(len, fixed.values()))
    drawn = {part: holdout.share for part, holdout in holdouts(spec) if holdout.is_drawn}
    if (fixed or drawn) and rows_left - sum(sizes(rows_left, drawn).values()) < 1:
        part = next(iter(drawn), next(iter(fixed), ""))
        place = pointer(part, "fraction") if part in drawn else pointer(part)
        yield Fault(place, f"leaves no row of {supervised.rows} to train on")
    for part, holdout in holdouts(spec):
        if holdout.time is not None and supervised.table.columns[holdout.time].values.labels is not None:
            yield Fault(pointer(part, "time"), f"is {shown(holdout.time)}, which is neither dates nor numbers")
        elif holdout.time is not None and supervised.table.columns[holdout.time].missing:
            yield Fault(pointer(part, "time"), f"is {shown(holdout.time)}, which has missing values")
        if holdout.group is not None and len(np.unique(_codes(supervised, holdout.group))) < 2:
            yield Fault(pointer(part, "group"), f"is {shown(holdout.group)}, which has the same value in every row")

"""A table: named columns of equal length, and the places of their values in what the client sent.

It does not know what is to be learned from it, nor what it was read from.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steelyard.errors import pointer
from steelyard.tabular.column import Column
from steelyard.tabular.remarks import Remark
from steelyard.tabular.types.column_type import ColumnType
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.recognize import Recognized, recognize, with_doubts
from steelyard.tabular.values import MISSING, Values, concatenate

Rows = NDArray[np.int64]


def in_data(_column: str, _row: int | None) -> str:
    """The place of every value of a table that the client names and does not send: the field that names it."""
    return pointer("data")


@dataclass(frozen=True)
class Table:
    """Columns by name, of `rows` values each.

    `locate(column, row)` is the JSON pointer of a value, and of the column as a whole where `row` is `None`. `starts`
    are the first rows of the tables that it was made of, `sha256` of the bytes of the first, where they were sent.
    `numbers` `(rows,)` are those of the rows in the tables that they came with, where some were left out. `dialect` is
    how the file of the first is written, as `readers.options.remembered` has it.
    """

    columns: Mapping[str, Column]
    rows: int
    locate: Callable[[str, int | None], str] = in_data
    starts: tuple[int, ...] = (0,)
    sha256: str | None = None
    numbers: Rows | None = None
    dialect: Mapping[str, Any] | None = None

    def numbers_of(self, rows: Rows) -> Rows:
        """The numbers of some rows in the tables that they came with."""
        starts = np.array(self.starts)
        return rows - starts[np.searchsorted(starts, rows, "right") - 1] if self.numbers is None else self.numbers[rows]

    def only(self, rows: Rows) -> "Table":
        """Some of the rows, in their order."""
        columns = {
            # Only a column that lacks some value must be looked at to know how many it lacks in these rows.
            name: column.with_values(partial(_take, column, rows), missing=None if column.missing else 0)
            for name, column in self.columns.items()
        }

        def locate(column: str, row: int | None) -> str:
            return self.locate(column, None if row is None else int(rows[row]))

        starts = tuple(np.searchsorted(rows, self.starts).tolist())
        return Table(columns, len(rows), locate, starts, self.sha256, self.numbers_of(rows), self.dialect)

    @property
    def names(self) -> list[str]:
        """The columns' names, in order."""
        return list(self.columns)


def table_of(
    values: Mapping[str, Values],
    locate: Callable[[str, int | None], str] = in_data,
    types: Mapping[str, ColumnType] = MappingProxyType({}),
    remarks: Mapping[str, Remark] = MappingProxyType({}),
) -> Table:
    """A table of loaded values. The types of its columns are recognized, except those in `types`."""
    columns = {}
    for name, each in values.items():
        found = recognize(name, each, types.get(name))
        known = (remarks[name],) if name in remarks else ()
        columns[name] = Column.of(found.type, found.values, is_id=found.is_id, remarks=(*found.remarks, *known))
    return Table(columns, len(next(iter(values.values())).array) if values else 0, locate)


def numeric_table(
    numbers: Mapping[str, NDArray[np.float64]],
    targets: Mapping[str, Values],
    locate: Callable[[str, int | None], str] = in_data,
    remarks: Mapping[str, Remark] = MappingProxyType({}),
) -> Table:
    """A table of inputs that are known to be numbers, whatever they look like, and of targets."""
    inputs = {}
    for name, array in numbers.items():
        found = with_doubts(name, Recognized(Number(), Values(array), ""))
        inputs[name] = Column.of(found.type, found.values, remarks=found.remarks)
    table = table_of(targets, locate, remarks=remarks)
    return Table(inputs | dict(table.columns), table.rows, locate)


def stack(tables: Sequence[Table]) -> Table:
    """The rows of several tables, one after the other, in the columns of the first, which the others have too."""
    first = tables[0]
    columns = {}
    for name, column in first.columns.items():
        several = [table.columns[name] for table in tables]
        missing = sum(each.missing for each in several)
        columns[name] = column.with_values(partial(_stack, several), missing=missing)
    ends = [*accumulate(table.rows for table in tables)]
    return Table(columns, ends[-1], first.locate, (0, *ends[:-1]), first.sha256, dialect=first.dialect)


def _take(column: Column, rows: Rows) -> Values:
    return column.values.take(rows)


def _stack(columns: Sequence[Column]) -> Values:
    """The values of columns of one form; one without any value is of every form."""
    first, *others = [column.values for column in columns]
    nothing = np.nan if first.labels is None else MISSING

    def in_form(values: Values) -> Values:
        return Values(np.full(len(values.array), nothing), first.labels) if values.missing.all() else values

    return concatenate([first, *map(in_form, others)])

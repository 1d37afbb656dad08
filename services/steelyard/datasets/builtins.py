"""The built-in data sets, as clients see data sets."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from steelyard.datasets.schema import BuiltinDataset, DatasetColumn, DatasetRows
from steelyard.documents.writer import to_values
from steelyard.errors import NotFound, nearest
from steelyard.store.blocks import Blocks, paging
from steelyard.tabular.builtin import BUILTINS, TARGET, load
from steelyard.tabular.column import Column
from steelyard.tabular.readers.profile import Read, profile
from steelyard.tabular.table import Table
from steelyard.tabular.types.recognize import Recognized

IN_THE_FILE = {"numeric": "double", "boolean": "bool"}


@cache
def get_builtin(name: str) -> BuiltinDataset:
    """The built-in data set of this name. Raises `NotFound`."""
    table, about = _load(name), BUILTINS[name]
    columns = [_describe(name, column) for name, column in table.columns.items()]
    facts = {field: getattr(about, field) for field in ("name", "title", "task", "generated", "source")}
    return BuiltinDataset(object="builtin", **facts, target=TARGET, rows=table.rows, columns=columns)


def open_builtin_rows(name: str, *, limit: int, after: int) -> Blocks:
    """`limit` rows as objects, after the first `after` rows. Raises `NotFound`."""
    table = _load(name)
    head = DatasetRows(object="list", data=[], **paging(total=table.rows, limit=limit, after=after))

    def blocks() -> Iterator[list[dict[str, Any]]]:
        rows = np.arange(min(after, table.rows), min(after + limit, table.rows))
        columns = [column.type.write(column.values.to_list(rows)) for column in table.columns.values()]
        yield [dict(zip(table.columns, values, strict=True)) for values in zip(*columns, strict=True)]

    return Blocks(head, ("builtin", name, limit, after), blocks())


def _load(name: str) -> Table:
    if name not in BUILTINS:
        raise NotFound(f"there is no built-in data set {name!r}; {nearest(name, BUILTINS)}")
    return load(name)


def _describe(name: str, column: Column) -> dict[str, Any]:
    found = Recognized(column.type, column.values, column.type.reason, column.is_id, column.remarks)
    facts = profile(Read(name, IN_THE_FILE.get(column.kind, "string"), found))
    described: dict[str, Any] = to_values(DatasetColumn(**facts))
    return described

"""A column is loaded when its values are first used, and keeps its type with other values."""

import json

import numpy as np
import pytest

from steelyard.tabular.column import Column
from steelyard.tabular.remarks import Remark
from steelyard.tabular.types.category import Category
from steelyard.tabular.types.column_type import ColumnType
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.number import Number
from steelyard.tabular.values import Values, coded

REMARK = Remark("large_integers", "warning", "message", "suggestion")


def test_values_are_loaded_once_and_only_when_they_are_used() -> None:
    loads: list[int] = []

    def load() -> Values:
        loads.append(1)
        return Values(np.array([1.0, np.nan, np.nan]))

    column = Column(Number(), load)
    assert (column.kind, loads) == ("numeric", [])
    assert column.missing == 2
    assert column.values.to_list() == [1, None, None]
    assert loads == [1]
    known = Column(Number(), load, missing=7)
    assert known.missing == 7  # it is known, and not counted
    assert loads == [1]
    assert Column(Number(), load, missing=0).missing == 0


@pytest.mark.parametrize("kind", [Number(missing=("n/k", -999.0)), Category(), Datetime(day_first=True)])
@pytest.mark.parametrize("is_id", [False, True])
def test_a_column_is_described_and_made_again(kind: ColumnType, is_id: bool) -> None:
    column = Column.of(kind, coded(["a"]), is_id=is_id, remarks=[REMARK])
    facts = json.loads(json.dumps(column.to_json()))
    again = Column.from_json(facts, lambda: coded(["a"]), missing=3)
    assert (again.type, again.is_id, again.remarks, again.kind) == (kind, is_id, (REMARK,), column.kind)
    assert (column.kind == "id") == is_id
    assert again.missing == 3


def test_a_column_identifies_rows_only_if_it_is_told_to() -> None:
    assert not Column.of(Number(), Values(np.array([1.0]))).is_id
    assert not Column(Number(), lambda: Values(np.array([1.0]))).is_id


def test_other_values_keep_the_type_and_what_was_remarked() -> None:
    column = Column.of(Number(), Values(np.array([1.0])), is_id=True, remarks=[REMARK])
    other = column.with_values(lambda: Values(np.array([np.nan, 2.0])), missing=1)
    assert (other.type, other.is_id, other.remarks, other.missing) == (column.type, True, (REMARK,), 1)
    assert other.values.to_list() == [None, 2]
    assert column.values.to_list() == [1]
    assert column.with_values(lambda: Values(np.array([np.nan]))).missing == 1

"""Tables: stacked, and with rows left out, each row keeps the number that it came with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.table import Table, numeric_table, stack, table_of
from steelyard.tabular.values import Values, booleans, coded


def counted(rows: int, first: float) -> Table:
    return table_of({"a": Values(first + np.arange(rows)), "own": Values(np.arange(float(rows)))})


@given(sizes=st.lists(st.integers(1, 8), min_size=1, max_size=4), data=st.data())
def test_rows_keep_their_numbers_however_they_are_put_together_and_left_out(
    sizes: list[int], data: st.DataObject
) -> None:
    table = stack([counted(rows, 100.0 * place) for place, rows in enumerate(sizes)])
    for _ in range(2):
        every = np.arange(table.rows)
        assert table.numbers_of(every).tolist() == table.columns["own"].values.array.tolist()
        came_with = [sum(start <= row for start in table.starts[1:]) for row in every]
        assert came_with == (table.columns["a"].values.array // 100).astype(int).tolist()
        chosen = data.draw(st.sets(st.sampled_from(every.tolist()), min_size=1))
        table = table.only(np.array(sorted(chosen)))


@pytest.mark.parametrize(
    "values", [coded(["a", None, "b"]), booleans([True, None, False]), Values(np.array([1.0, np.nan, 2.0]))]
)
@pytest.mark.parametrize(
    "nothing", [coded([None, None]), Values(np.array([np.nan, np.nan])), Values(np.array([-1, -1]), ("c",))]
)
def test_a_column_without_values_may_stand_behind_any_other(values: Values, nothing: Values) -> None:
    [column] = stack([table_of({"a": values}), table_of({"a": nothing})]).columns.values()
    assert column.values.to_list() == [*values.to_list(), None, None]
    assert column.values.labels == values.labels


def test_a_part_of_the_rows_counts_what_they_lack_themselves() -> None:
    table = table_of({"a": Values(np.array([1.0, np.nan, 3.0, np.nan])), "b": coded(["x", "y", "x", "y"])})
    some = table.only(np.array([1, 2]))
    assert {name: column.missing for name, column in some.columns.items()} == {"a": 1, "b": 0}
    assert {name: column.missing for name, column in table.only(np.array([0])).columns.items()} == {"a": 0, "b": 0}
    assert some.columns["a"].values.to_list() == [None, 3]
    assert table.starts == (0,)
    assert some.locate("a", 0) == "/data"


def test_places_are_those_of_the_rows_that_were_sent() -> None:
    table = table_of({"a": Values(np.arange(4.0))}, lambda column, row: f"/{column}/{row}")
    some = table.only(np.array([1, 3]))
    assert [some.locate("a", row) for row in (0, 1, None)] == ["/a/1", "/a/3", "/a/None"]


def test_a_table_without_columns_has_no_rows() -> None:
    assert (table_of({}).rows, table_of({}).names) == (0, [])


def test_inputs_that_are_known_to_be_numbers_are_not_looked_at() -> None:
    ids = np.arange(40.0)
    table = numeric_table({"id": ids}, {"y": coded(["a", "b"] * 20)})
    assert (table.names, table.rows) == (["id", "y"], 40)
    assert (table.columns["id"].kind, table.columns["y"].kind) == ("numeric", "categorical")
    assert table_of({"id": Values(ids)}).columns["id"].kind == "id"

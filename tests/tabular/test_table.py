"""Tables: stacked, and with rows left out, each row keeps the number that it came with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.table import Table, stack, table_of
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

"""Rows read at the speed of C are those that are read value by value."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.inference.rows import read_table
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.encoder_options import EncoderOptions
from steelyard.tabular.json_numbers import AT_ONCE
from steelyard.tabular.json_rows import CellReader
from steelyard.tabular.table import table_of
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.time_of_day import TimeOfDay
from steelyard.tabular.values import MISSING, Values, booleans, coded

TIMES = ["14:30", "9:30:15.25", "9:30 PM"]
DAYS = ["2026-11-24", "1969-07-20T20:17:40Z"]
COLUMNS = {
    "when": Values(np.array([0.0, np.nan, 1e9])),
    "city": coded(["Rome", "Oslo", None]),
    "size": Values(np.array([1.0, 3.0, np.nan])),
    "open": booleans([True, False, None]),
    "weight": Values(np.array([1.0, 2.0, 3.0])),
    "at": Values(np.array([0.0, 3600.0, np.nan])),
}


def encoder(**options: Any) -> Encoder:
    columns = table_of(COLUMNS, types={"when": Datetime(), "at": TimeOfDay()}).columns
    return Encoder.fit(columns, np.arange(3), EncoderOptions(**options))


ROW = st.fixed_dictionaries(
    {
        "when": st.none() | st.sampled_from(DAYS),
        "city": st.none() | st.sampled_from(["Rome", "Oslo", "Bonn"]),
        "size": st.none() | st.integers(-5, 5) | st.floats(-1e9, 1e9),
        "open": st.none() | st.booleans(),
        "weight": st.none() | st.floats(-1e9, 1e9),
        "at": st.none() | st.integers(0, 86_399) | st.sampled_from(TIMES),
    }
)


@pytest.mark.parametrize("options", [{}, {"categorical": "embedding", "datetime": "parts", "missing_indicator": True}])
@given(rows=st.lists(ROW, min_size=1, max_size=5), data=st.data())
def test_rows_by_name_and_in_order_have_the_bits_of_a_table(options: Any, rows: Any, data: Any) -> None:
    ours = encoder(**options)
    columns = {name: [row[name] for row in rows] for name in COLUMNS}
    columns["when"] = [None if text is None else Datetime().parse(text) for text in columns["when"]]
    columns["at"] = [None if value is None else TimeOfDay().read(value) for value in columns["at"]]
    values = {name: Values(np.array(columns[name], np.float64)) for name in ("when", "size", "weight", "at")}
    codes = np.array([MISSING if value is None else value for value in columns["open"]], np.int32)
    values |= {"open": Values(codes, (False, True)), "city": coded(columns["city"])}
    table = table_of(values, types={"when": Datetime()})
    mixed = [data.draw(st.sampled_from([row, [row[name] for name in COLUMNS]])) for row in rows]
    cells = ours.cells.read(mixed)
    assert cells is not None
    assert ours.encode_cells(cells, np.float32).tobytes() == read_table(table, ours, np.float32).tobytes()


@pytest.mark.parametrize(
    ("options", "change"),
    [
        ({}, {"when": "yesterday"}),
        ({}, {"when": 12.0}),
        ({}, {"city": ["Rome"]}),
        ({}, {"open": 2}),
        ({}, {"open": "yes"}),
        ({}, {"city": " "}),
        ({}, {"at": "24:00"}),
        ({}, {"at": ""}),
        ({}, {"size": "1"}),
        ({}, {"size": [1.0]}),
        ({}, {"size": 1e200}),
        ({}, {"size": 10**400}),
        ({}, {"more": 1.0}),
        ({"unknown": "error"}, {"city": "Bonn"}),
        *[({"missing": "error"}, {name: None}) for name in COLUMNS],
    ],
)
def test_a_row_with_a_fault_is_left_to_who_tells_it(options: Any, change: Any) -> None:
    row = {"when": DAYS[0], "city": "Rome", "size": 1.0, "open": True, "weight": 2.0, "at": "14:30"}
    reader = encoder(**options).cells
    assert reader.read([row]) is not None
    assert reader.read([row, row | change]) is None
    assert reader.read([[*row.values()], [*row.values()][:4]]) is None
    assert reader.read([row, "row"]) is None


def test_numbers_are_taken_as_they_are_if_rows_of_them_would_be() -> None:
    columns = {"a": Values(np.array([1.0, 2.0, 3.0])), "b": Values(np.array([3.0, 1.0, 2.5]))}
    table = table_of(columns).columns
    for options, takes_null in ((EncoderOptions(), True), (EncoderOptions(missing="error"), False)):
        reader = Encoder.fit(table, np.arange(3), options).cells
        for row, takes in (([1, 2], True), ([1, np.nan], takes_null), ([1, 1e200], False), ([1, 2, 3], False)):
            cells = np.array([[4.0] * len(row), row])
            rows = [[None if np.isnan(value) else value for value in row] for row in cells.tolist()]
            assert reader.takes(cells) is takes is (reader.read(rows) is not None)
    assert not encoder().cells.takes(np.zeros((2, len(COLUMNS))))


def test_a_row_of_thousands_with_a_hole_near_its_end_is_read_once() -> None:
    values: list[Any] = [float(place) for place in range(2 * AT_ONCE)]
    values[-3] = None
    names = [str(place) for place in range(len(values))]
    found = CellReader(names, names, {}, with_missing=True).read([values])
    assert found is not None
    [cells] = found
    assert np.flatnonzero(np.isnan(cells)).tolist() == [len(values) - 3]
    assert cells[-1] == len(values) - 1
    assert CellReader(names, names, {}, with_missing=False).read([values]) is None

"""Inputs of a prediction: rows as lists or objects; anything else with its row and column."""

import json
import time
from typing import Any

import numpy as np
import pytest

from steelyard.errors import Fault, PayloadTooLarge, ValidationFailed, pointer
from steelyard.inference.rows import read_body, read_inputs, read_table
from steelyard.tabular.column import Column
from steelyard.tabular.encoder import Encoder
from steelyard.tabular.encoder_options import EncoderOptions
from steelyard.tabular.table import table_of
from steelyard.tabular.types.category import Category, Text
from steelyard.tabular.types.column_type import ColumnType
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.time_of_day import TimeOfDay
from steelyard.tabular.values import Values, booleans, coded


def encoder(columns: dict[str, Values], **options: Any) -> Encoder:
    """An encoder fitted to columns whose numbers are left as they are."""
    table = table_of(columns)
    return Encoder.fit(table.columns, np.arange(table.rows), EncoderOptions(numeric="none", **options))


NUMBERS = encoder({"a": Values(np.arange(4.0)), "b": Values(np.arange(4.0))}, missing="error")
MIXED = {
    "size": Values(np.array([1.0, 3.0, np.nan])),
    "open": booleans([True, False, None]),
    "city": coded(["Rome", "Oslo", None]),
}


def test_lists_and_objects_are_rows() -> None:
    read = read_inputs({"inputs": [[1, 2.5], {"b": 4, "a": True}]}, NUMBERS, np.float64).x
    assert read.tolist() == [[1, 2.5], [1, 4]]


def test_every_kind_of_value_becomes_inputs() -> None:
    rows = [{"city": "Oslo", "size": "2", "open": "TRUE"}, [None, " ", None], [7, 0, "Bonn"]]
    # size, open, city: Oslo, Rome, missing, unknown
    expected = [[2, 1, 1, 0, 0, 0], [2, 0.5, 0, 0, 1, 0], [7, 0, 0, 0, 0, 1]]
    assert read_inputs({"inputs": rows}, encoder(MIXED), np.float64).x.tolist() == expected


def test_a_table_may_have_its_columns_in_any_order_and_more_of_them() -> None:
    table = table_of(
        {"x": coded(["a"]), "city": coded(["Rome"]), "open": Values(np.array([1.0])), "size": coded([None])}
    )
    assert read_table(table, encoder(MIXED), np.float64).tolist() == [[2, 1, 0, 1, 0, 0]]
    # An input that the table lacks is a missing value, as a key that a row lacks is.
    expected = read_inputs({"inputs": [{"city": "Rome"}]}, encoder(MIXED), np.float64).x.tolist()
    assert read_table(table_of({"city": coded(["Rome"])}), encoder(MIXED), np.float64).tolist() == expected


def test_spaces_around_texts_and_names_and_texts_of_nothing_else_change_nothing() -> None:
    columns = dict(table_of(MIXED).columns) | {"on": Column.of(Datetime(), Values(np.array([0.0, 1e9, np.nan])))}
    ours = Encoder.fit(columns, np.arange(3), EncoderOptions(numeric="none"))
    plain = [[1, True, "Rome", "2026-11-24"], [2, False, None, None], [2, False, "Bern", None]]
    spaced = [[1, True, " Rome\n", " 2026-11-24 "], [2, False, "", "\t"], [2, False, " Bern", None]]
    expected = read_inputs({"inputs": plain}, ours, np.float64).x.tolist()
    assert read_inputs({"inputs": spaced}, ours, np.float64).x.tolist() == expected
    named = [dict(zip([" size", "open ", "city", "\ton"], row, strict=True)) for row in spaced]
    assert read_inputs({"inputs": named}, ours, np.float64).x.tolist() == expected


def test_two_names_that_differ_in_spaces_alone_are_not_taken_for_one() -> None:
    with pytest.raises(ValidationFailed) as caught:
        read_inputs({"inputs": [{" a": 1, "a ": 2, "b": 3}]}, NUMBERS, np.float64)
    assert {fault.pointer for fault in caught.value.faults} == {"/inputs/0/ a", "/inputs/0/a "}


@pytest.mark.parametrize("options", [{}, {"unknown": "error"}])
def test_a_model_of_texts_that_were_not_trimmed_yet_knows_them_with_and_without_spaces(options: Any) -> None:
    ours = encoder({"city": Values(np.array([0, 1], np.int32), ("Oslo", "Rome "))}, **options)
    places = [[1, 0, 0], [0, 1, 0], [0, 1, 0]]
    table = table_of({"city": coded(["Oslo", "Rome", "Rome "])})
    assert read_table(table, ours, np.float64).tolist() == places
    for sent in (["Oslo", "Rome", "Rome "], [" Oslo", "Rome", "Rome "]):
        assert read_inputs({"inputs": [[text] for text in sent]}, ours, np.float64).x.tolist() == places


@pytest.mark.parametrize(
    ("row", "options", "place", "words"),
    [
        (["x", True, "Rome"], {}, 0, "must be a number"),
        ([1, "yes", "Rome"], {}, 1, "true or false"),
        ([1, 0.5, "Rome"], {}, 1, "true or false"),
        ([1, True, ["Rome"]], {}, 2, "a string, a number, true or false"),
        ([1, True, "Rom"], {"unknown": "error"}, 2, "did you mean 'Rome'?"),
        ([1, True, None], {"missing": "error"}, 2, "not accept missing values"),
        ([1, True, " "], {"missing": "error"}, 2, "not accept missing values"),
        (["one", True, "Rome"], {}, 0, "must be a number"),
        ([" ", True, "Rome"], {"missing": "error"}, 0, "not accept missing values"),
        ([None, True, "Rome"], {"missing": "error"}, 0, "not accept missing values"),
    ],
)
def test_a_value_that_its_column_cannot_have_is_refused(row: Any, options: Any, place: int, words: str) -> None:
    columns = {name: values.take(np.arange(2)) for name, values in MIXED.items()}
    with pytest.raises(ValidationFailed) as caught:
        read_inputs({"inputs": [[1, True, "Rome"], row]}, encoder(columns, **options), np.float64)
    [fault] = caught.value.faults
    assert fault.pointer == f"/inputs/1/{place}"
    assert words in fault.detail


@pytest.mark.parametrize(
    ("document", "place", "words"),
    [
        ([], "", "object"),
        ({}, "/inputs", "missing"),
        ({"inputs": []}, "/inputs", "list of rows"),
        ({"inputs": [[1, 2]], "x": 1}, "/x", "not a known field"),
        ({"inputs": [[1]]}, "/inputs/0", "has 1 values"),
        ({"inputs": [[1, "x"]]}, "/inputs/0/1", "(b) is 'x'"),
        ({"inputs": [[1, None]]}, "/inputs/0/1", "must be a number"),
        ({"inputs": [[2**64]]}, "/inputs/0", "has 1 values"),
        ({"inputs": [[1, 1e200]]}, "/inputs/0/1", "within"),
        ({"inputs": [["x" * 1000, 2]]}, "/inputs/0/0", "…"),
        ({"inputs": [3]}, "/inputs/0", "a row must be"),
        ({"inputs": [{"a": 1}]}, "/inputs/0/b", "the model does not accept missing values"),
        ({"inputs": [{"c": 1}]}, "/inputs/0", "has none of the model's 2 inputs: 'a', 'b'"),
        ({"inputs": [{"a": 1, "b": "2_0"}]}, "/inputs/0/b", "must be a number"),
        ({"inputs": [[1, 2], [3, 10**400]]}, "/inputs/1/1", "within"),
    ],
)
def test_anything_else_is_refused_with_row_and_column(document: Any, place: str, words: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        read_inputs(document, NUMBERS, np.float64)
    [fault] = caught.value.faults
    assert fault.pointer == place
    assert words in fault.detail


def test_times_of_day_may_come_as_texts_or_as_seconds() -> None:
    columns = table_of({"at": Values(np.array([0.0, 86_399.0, np.nan]))}, types={"at": TimeOfDay()}).columns
    fitted = Encoder.fit(columns, np.arange(3), EncoderOptions(numeric="none"))
    ours = Encoder.from_json(json.loads(json.dumps(fitted.to_json())))
    expected = [[52_200], [52_200], [43_199.5]]
    assert read_inputs({"inputs": [["14:30"], {"at": 52_200}, [None]]}, ours, np.float64).x.tolist() == expected
    assert read_inputs({"inputs": [[" 2:30 PM "], {"at": 52_200.0}, [" "]]}, ours, np.float64).x.tolist() == expected
    for column in (coded(["14:30", "14:30:00", None]), Values(np.array([52_200.0, 52_200.0, np.nan]))):
        assert read_table(table_of({"at": column}), ours, np.float64).tolist() == expected
    for wrong in ("soon", "25:00", ["14:30"], 1e200):
        with pytest.raises(ValidationFailed) as caught:
            read_inputs({"inputs": [["14:30"], [wrong]]}, ours, np.float64)
        assert [fault.pointer for fault in caught.value.faults] == ["/inputs/1/0"]
    with pytest.raises(ValidationFailed, match="must be a time of day like 14:30"):
        read_table(table_of({"at": coded([None, "soon"])}), ours, np.float64)


def test_times_of_day_are_no_numbers_and_no_texts_of_other_columns() -> None:
    with pytest.raises(ValidationFailed, match="must be a number"):
        read_inputs({"inputs": [[1, "14:30"]]}, NUMBERS, np.float64)
    table = table_of({"at": Values(np.array([np.nan, 52_200.0]))}, types={"at": TimeOfDay()})
    for column, quote, should in (
        (coded(["half past", "9:30"]), "", "a string; upload the data set with ?texts="),
        (Values(np.arange(2.0)), "'", "a number"),
        (booleans([True, False]), "'", "true or false"),
    ):
        with pytest.raises(ValidationFailed) as caught:
            read_table(table, encoder({"at": column}), np.float64)
        [fault] = caught.value.faults
        assert fault.pointer == "/inputs/1/at"
        assert f"14:30:00{quote}; it must be {should}" in fault.detail


DAYS = {"day": Values(np.array([0.0, 1e9])), "size": Values(np.arange(2.0))}
DATED = Encoder.fit(
    table_of(DAYS, types={"day": Datetime(day_first=True)}).columns,
    np.arange(2),
    EncoderOptions(numeric="none", datetime="parts"),
)


@pytest.mark.parametrize("text", ["2026-11-05", "5/11/2026", "5 Nov 2026", "2026-11-05T00:00:00Z"])
def test_dates_may_come_as_the_column_had_them_or_as_is_clear(text: str) -> None:
    expected = [[3, 2026, 11, 5, 3, 0]]
    kept = Encoder.from_json(json.loads(json.dumps(DATED.to_json())))
    assert read_inputs({"inputs": [[text, 3]]}, kept, np.float64).x.tolist() == expected
    assert kept.cells.read([[text, 3]]) is not None  # at the speed of C
    table = table_of({"day": coded([text]), "size": Values(np.array([3.0]))})
    assert read_table(table, kept, np.float64).tolist() == expected


@pytest.mark.parametrize(
    ("columns", "place", "words"),
    [
        (
            {"day": coded(["5/11/2026", "11/13/2026"])},
            "/inputs/1/day",
            "'11/13/2026'; it must be a date like 2026-11-24",
        ),
        ({"day": coded([None, "11/13/2026"])}, "/inputs/1/day", "or as 24/11/2026"),
        ({"day": Values(np.array([np.nan, 20261105]))}, "/inputs/1/day", "is 20261105; it must be a date"),
        ({"day": booleans([None, True])}, "/inputs/1/day", "is True; it must be a date"),
        ({"size": "dates"}, "/inputs/1/size", "is '1970-01-02T00:00:00Z'; it must be a number"),
    ],
)
def test_a_date_is_no_number_in_a_file_and_a_number_no_date(columns: Any, place: str, words: str) -> None:
    sent = {"day": coded([None, None]), "size": Values(np.array([1.0, 2.0]))} | columns
    types: dict[str, ColumnType] = {"day": Text()} if sent["day"].are_texts else {}
    if sent["size"] == "dates":
        sent["size"], types = Values(np.array([np.nan, 86400.0])), {"size": Datetime()}
    with pytest.raises(ValidationFailed) as caught:
        read_table(table_of(sent, types=types), DATED, np.float64)
    [fault] = caught.value.faults
    assert fault.pointer == place
    assert words in fault.detail


@pytest.mark.parametrize(
    ("labels", "numbers", "is_taken"),
    [
        (["1", "2", "A"], [1.0, np.nan, 3.0], True),
        (["0.5", "2"], [0.5, 2.0], True),
        (["007", "8"], [8.0, 7.0], False),
        (["1.50", "A"], [np.nan, 1.5], False),
        (["007", "8"], [np.nan, np.nan], True),
    ],
)
def test_numbers_are_categories_only_where_they_are_surely_those_that_they_were(
    labels: list[str], numbers: list[float], is_taken: bool
) -> None:
    column = Column.of(Category(), coded(labels))
    ours = Encoder.fit({"code": column}, np.arange(len(labels)), EncoderOptions())
    table = table_of({"code": Values(np.array(numbers))})
    if is_taken:
        words = [None if np.isnan(number) else f"{number:g}" for number in numbers]
        expected = read_table(table_of({"code": coded([*words, "-"])}, types={"code": Category()}), ours, np.float64)[
            :-1
        ]
        assert read_table(table, ours, np.float64).tolist() == expected.tolist()
    else:
        with pytest.raises(ValidationFailed, match="loses leading or trailing zeros"):
            read_table(table, ours, np.float64)


@pytest.mark.parametrize("row", [b"[1,2]", b'{"a":1,"b":2}'])
def test_rows_that_would_fill_the_memory_are_refused(row: bytes) -> None:
    few = b'{"inputs":[' + b",".join([row] * 100_000) + b"]}"
    assert len(read_body(few, NUMBERS, np.float32).x) == 100_000
    with pytest.raises(PayloadTooLarge, match="MiB of memory"):
        read_body(b'{"inputs":[' + b",".join([row] * 3_000_000) + b"]}", NUMBERS, np.float32)


NAMED = encoder({"age": Values(np.array([1.0, 3.0])), "heat_index": Values(np.array([2.0, 4.0]))})


def test_other_columns_are_ignored_and_lacking_ones_are_missing_values_and_the_answer_lists_both() -> None:
    rows = [{"age": 5, "id": 7}, {"id": 8, "heat_index": 6, "age": 1, "note": "x"}, [9, 10]]
    read = read_inputs({"inputs": rows}, NAMED, np.float64)
    assert read.x.tolist() == [[5, 3], [1, 6], [9, 10]]
    assert read.columns.to_json() == {"ignored_columns": ["id", "note"], "missing_columns": ["heat_index"]}
    assert read_inputs({"inputs": [[9, 10]]}, NAMED, np.float64).columns.to_json() == {}


@pytest.mark.parametrize("name", ["Heat Index", "heatindex", "heat_idx", "HEAT-INDEX", "heat_indx"])
def test_a_name_that_is_nearly_that_of_a_lacking_input_is_refused_in_every_form(name: str) -> None:
    with pytest.raises(ValidationFailed) as caught:
        read_inputs({"inputs": [{"age": 1, "heat_index": 2}, {"age": 1, name: 2}]}, NAMED, np.float64)
    [fault] = caught.value.faults
    assert fault == Fault(pointer("inputs", 1, name), "is not an input of this model; did you mean 'heat_index'?")
    with pytest.raises(ValidationFailed, match="did you mean 'heat_index'"):
        read_table(table_of({"age": Values(np.ones(1)), name: Values(np.ones(1))}), NAMED, np.float64)


def test_thousands_of_unknown_names_cost_little() -> None:
    wide = encoder({f"column {place}": Values(np.ones(2)) for place in range(3000)})
    row = {f"columm {place}": 1.0 for place in range(3000)} | {"column 5": 1.0}
    began = time.process_time()
    read = read_inputs({"inputs": [row] * 3}, wide, np.float64)
    assert time.process_time() - began < 2
    assert len(read.columns.ignored) == 3000


@pytest.mark.parametrize("numeric", ["none", "standard"])
def test_a_number_beyond_float32_is_refused_with_its_place_in_every_form(numeric: str) -> None:
    columns = {"a": Values(np.array([1.0, 2.0])), "b": Values(np.array([1.0, 3.0]))}
    ours = Encoder.fit(table_of(columns).columns, np.arange(2), EncoderOptions(numeric=numeric))
    table = table_of({"b": Values(np.array([1.0, 1e60])), "a": Values(np.ones(2))})
    for sent, place in (
        ([[1, 2], [1, 1e60]], "/inputs/1/1"),
        ([{"a": 1, "b": 2}, {"a": 1, "b": 1e60}], "/inputs/1/b"),
        ([{"a": 1, "b": 2}, {"b": -1e60, "id": 1}], "/inputs/1/b"),
        (table, "/inputs/1/b"),
    ):
        with pytest.raises(ValidationFailed) as caught:
            read_table(sent, ours, np.float32) if sent is table else read_inputs({"inputs": sent}, ours, np.float32)
        [fault] = caught.value.faults
        assert fault.pointer == place
        assert "too large for float32" in fault.detail
    assert np.isfinite(read_inputs({"inputs": [[1, 1e60]]}, ours, np.float64).x).all()

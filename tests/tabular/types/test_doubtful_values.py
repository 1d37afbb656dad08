"""Values that may mean something else are named, with what to send."""

from collections.abc import Sequence

import numpy as np
import pytest

from steelyard.tabular.remarks import Remark
from steelyard.tabular.table import numeric_table
from steelyard.tabular.types.category import Category
from steelyard.tabular.types.column_type import ColumnType
from steelyard.tabular.types.doubtful_values import number_doubts, string_doubts, unit_doubts
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.recognize import declare, recognize
from steelyard.tabular.values import Values, coded

AGES = [*range(18, 81)]


def doubts(numbers: Sequence[float], name: str = "x") -> list[Remark]:
    return [*number_doubts(name, np.array(numbers, float))]


def strings(values: Sequence[str | None]) -> tuple[Remark, ...]:
    return recognize("x", coded(values)).remarks


@pytest.mark.parametrize(
    ("numbers", "says", "missing"),
    [
        ([*AGES, *[-99] * 3], "3 are -99, apart from the others (18 to 80)", "[-99]"),
        ([*AGES, *[99] * 6], "6 are 99, apart", "[99]"),  # more frequent than others
        ([*[1, 2, 3, 4, 5] * 5, *[9999] * 3], "3 are 9999, apart from the others (1 to 5)", "[9999]"),
        ([0.5, 800.25, *[-999.25] * 3], "3 are -999.25", "[-999.25]"),
        *[
            ([1, 2, 3, *[value] * 3], f"3 are {value}", f"[{value}]")
            for value in (-32768, 32767, -2147483648, 2147483647)
        ],
        ([*AGES, *[-99] * 3, *[-98] * 4], "3 are -99 and 4 are -98, apart from the others (18 to 80)", "[-99, -98]"),
        ([*AGES, *[-99] * 3, *[9999] * 4], "3 are -99 and 4 are 9999, apart", "[-99, 9999]"),
        ([*[1.0, np.nan, 2, 3] * 3, -9, -9, -9], "3 are -9, apart from the others (1 to 3)", "[-9]"),
        ([-5, -4, -3, *[-99] * 3], "3 are -99, apart from the others (-5 to -3)", "[-99]"),
    ],
)
def test_numbers_that_may_stand_for_missing_values_are_named(numbers: list[float], says: str, missing: str) -> None:
    [remark] = doubts(numbers)
    assert (remark.code, remark.level) == ("sentinel_values", "info")
    assert remark.message.startswith(f"Of the values of 'x', {says}")
    assert f'columns={{"x": {{"type": "number", "missing": {missing}}}}}' in remark.suggestion


@pytest.mark.parametrize(
    "numbers",
    [
        [*AGES, -99, -99],  # too few
        [*range(100), 99, 99],
        [*AGES, *[-97] * 9],
        [*AGES, *[-99] * 3, *[-96] * 3],  # -96 is a value, so -99 is not far from the others
        [0, 25, 49.5, *[99] * 3],  # as far as the others are from each other
        [*AGES, *[99] * 5],  # hardly more frequent
        [*range(-50, 50), *[-99] * 3],
        [-99] * 9,
        [*[0, 99] * 9],  # two values are codes
        [*[0, 1, 999] * 3, 1000],
        [np.nan] * 9,
        [-99, np.nan],
        [],
    ],
)
def test_other_numbers_are_values(numbers: list[float]) -> None:
    assert doubts(numbers) == []


def test_a_number_that_the_owner_declares_missing_is_named_no_more() -> None:
    values = Values(np.array([*AGES, *[-99.0] * 3]))
    found = recognize("x", values)
    assert [remark.code for remark in found.remarks] == ["sentinel_values"]
    declared = declare("x", values, None, Number(missing=(-99,)), guess=found)
    assert declared.remarks == ()
    assert int(declared.values.missing.sum()) == 3


def test_arrays_and_strings_of_numbers_are_examined_too() -> None:
    [column] = numeric_table({"x": np.array([*AGES, *[-99.0] * 3])}, {}).columns.values()
    assert [remark.code for remark in column.remarks] == ["sentinel_values"]
    found = strings([*map(str, AGES), *["$ -999"] * 3, "?", *["x"] * 2])
    assert [remark.code for remark in found] == ["odd_values", "mixed_units", "sentinel_values"]


def test_a_file_to_predict_is_not_examined() -> None:
    assert recognize("x", Values(np.array([*AGES, *[-99.0] * 3])), has_doubts=False).remarks == ()


@pytest.mark.parametrize("name", ["Datum", "Buchungsdatum", "order_date", "date", "Date of birth", "dt", "fecha"])
def test_days_of_excel_are_named_in_a_column_called_a_date(name: str) -> None:
    [remark] = doubts([45292, 45293.5, 45300], name)
    assert (remark.code, remark.level) == ("dates_as_numbers", "info")
    assert (
        f"The values of '{name}', such as 45292, look like the numbers of days in Excel: 2024-01-01" in remark.message
    )


@pytest.mark.parametrize(
    ("name", "numbers"),
    [("price", [45292, 45293, 45300]), ("date", [19999, 45293, 45300]), ("date", [45292, 45293, 60001])],
)
def test_other_numbers_are_no_days_of_excel(name: str, numbers: list[float]) -> None:
    assert doubts(numbers, name) == []


def test_dates_without_separators_are_named_with_their_format() -> None:
    [remark] = doubts([20250101, 20251231, 19991115])
    assert remark.code == "dates_as_numbers"
    assert 'columns={"x": {"type": "datetime", "format": "%Y%m%d"}}' in remark.suggestion
    assert len(doubts([19000101, 20251231, 21001231])) == 1
    for other in (20251301, 20250132, 20250001, 20250100, 20250101.5, 18991231, 21010101):
        assert doubts([20250101, 20251231, other]) == []
    assert doubts([20250101] * 3) == []


@pytest.mark.parametrize("far", ["9999-12-31", "2999-12-31", "1900-01-01", "1970-01-01", "0001-01-01"])
def test_a_far_date_that_repeats_is_named(far: str) -> None:
    days = [f"2024-05-{day:02}" for day in range(1, 29)]
    [remark] = strings([*days, *[far] * 3])
    assert (remark.code, remark.level) == ("sentinel_values", "info")
    assert remark.message.startswith(f"3 values of 'x' are {far}, apart from the others.")
    assert f'columns={{"x": {{"type": "datetime", "missing": ["{far}"]}}}}' in remark.suggestion
    assert strings([*days, far, far]) == strings([far] * 9) == ()


def test_labels_that_differ_in_case_are_named() -> None:
    [remark] = strings(["Yes", "no", "YES", "No", "maybe", "yes"] * 3)
    assert (remark.code, remark.level) == ("similar_labels", "info")
    assert "'Yes', 'YES', 'yes'; 'no', 'No'. They are different categories" in remark.message
    assert strings(["Yes", "no"] * 9) == ()


def test_formulas_of_spreadsheets_are_named() -> None:
    [remark] = strings([f'="{code:03}"' for code in range(30)])
    assert (remark.code, remark.level) == ("quoted_strings", "warning")
    assert "30 values of 'x' are formulas of a spreadsheet, such as '=\"000\"'" in remark.message


def test_different_currencies_and_percent_signs_in_a_column_are_named() -> None:
    [remark] = strings(["5 %", "0.05", "7%", "0.1"])
    assert (remark.code, remark.level) == ("mixed_units", "warning")
    assert "were dropped: 2 with %, such as '5 %', 2 without, such as '0.05'." in remark.message
    [remark] = strings(["$5", "5 €", "7 EUR"])
    assert "1 with $, such as '$5', 2 with €, such as '5 €'." in remark.message


@pytest.mark.parametrize("values", [["5 %", "7%"], ["$5", "USD 5"], ["5", "1,000"], ["5 %", "n/a", "-", None]])
def test_values_with_the_same_unit_have_no_remark(values: list[str]) -> None:
    assert strings(values) == ()
    assert [*unit_doubts("x", ["5", "1.5"], [1, 2])] == []


@pytest.mark.parametrize(
    ("values", "unit", "first"),
    [
        (["10 cm", "12 cm", "9 cm", "12 cm"], "cm", "10 cm"),
        (["10kg", "12.5kg", "1,000kg"], "kg", "10kg"),
        (["48.0000° N", "48.1° N", "49° N"], "° N", "48.0000° N"),
        ([*["5 km/h"] * 95, *["fast"] * 5], "km/h", "5 km/h"),
    ],
)
def test_numbers_with_a_unit_are_strings_and_named(values: list[str], unit: str, first: str) -> None:
    [remark] = strings(values)
    assert (remark.code, remark.level) == ("numbers_with_unit", "warning")
    assert f"of 'x' are numbers with the unit '{unit}', such as '{first}'; they were read as strings" in remark.message


@pytest.mark.parametrize(
    "values",
    [
        ["10 cm", "12 mm", "9 cm"],
        ["10 cm", "12 cm"],
        ["101A", "102A", "103A"],
        ["2. Middle Atlantic"] * 3,
        ["1..3 x", "1..4 x", "1..5 x"],
        [*["5 km/h"] * 94, *["fast"] * 6],
        [f"1 {'a ' * 40}"] * 3,
        ["18-24", "25-34", "65+"],
    ],
)
def test_other_strings_are_no_numbers_with_a_unit(values: list[str]) -> None:
    assert strings(values) == ()


@pytest.mark.parametrize(
    ("values", "code", "cell"),
    [
        (["20:15:00", "26:00:30", "101:59:59", "30:00"], "durations_as_strings", "'20:15:00'"),
        (["'1'", "'x y'", "'3'"], "quoted_strings", "\"'1'\""),
    ],
)
def test_durations_and_single_quotes_are_named(values: list[str], code: str, cell: str) -> None:
    [remark] = strings(values)
    assert (remark.code, remark.level) == (code, "warning")
    assert f"{len(values)} values of 'x'" in remark.message
    assert f"such as {cell}" in remark.message
    assert strings([*values * 5, *["x"] * len(values)]) == ()


@pytest.mark.parametrize("given", [Category(), Number()])
def test_a_declared_column_is_not_examined(given: ColumnType) -> None:
    values = coded(["10 cm", "12 cm", "9 cm"])
    remarks = declare("x", values, None, given, guess=recognize("x", values)).remarks
    assert [remark.code for remark in remarks] == ([] if given == Category() else ["odd_values"])
    assert [*string_doubts("x", (), np.array([], int))] == []

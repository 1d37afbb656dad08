"""The type of a column is recognized as a person would, and the reason helps where that is not what was meant."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.column import Column
from steelyard.tabular.types.boolean import Boolean
from steelyard.tabular.types.category import Category
from steelyard.tabular.types.column_type import ColumnType
from steelyard.tabular.types.datetime import Datetime
from steelyard.tabular.types.number import Number
from steelyard.tabular.types.recognize import declare, recognize
from steelyard.tabular.types.time_of_day import TimeOfDay
from steelyard.tabular.values import Values, booleans, coded


def infer(name: str, values: Values) -> tuple[str, str]:
    """The kind of a column, and why."""
    found = recognize(name, values)
    return Column.of(found.type, found.values, is_id=found.is_id).kind, found.reason


DAYS = [f"{day}.11.26" for day in range(1, 29)]
NUMBERS = [f"{number}.5" for number in range(28)]


@pytest.mark.parametrize(
    ("values", "kind", "reason"),
    [
        (["red", "blue"] * 20, "categorical", "2 different strings in 40 rows"),
        (["red", None] * 20, "categorical", "1 different strings in 20 rows"),
        ([f"customer {number}" for number in range(30)], "id", "each of its 30 strings is unique"),
        ([*(f"word {number}" for number in range(30)), "word 0"], "text", "too many or too long for categories"),
        ([None, None], "categorical", "it has no values"),
        (["red", "red "] * 20, "categorical", "1 different strings in 40 rows"),
        ([" ", ""] * 20, "categorical", "it has no values"),
    ],
)
def test_the_kind_of_texts_and_why(values: list[Any], kind: str, reason: str) -> None:
    found, why = infer("x", coded(values))
    assert found == kind
    assert reason in why
    assert ";" not in why


def test_true_and_false_are_boolean() -> None:
    assert infer("x", booleans([True, False, None])) == ("boolean", "its values are booleans")


@pytest.mark.parametrize(
    ("name", "numbers", "kind"),
    [
        *[(name, np.arange(30.0), "id") for name in ("id", "PassengerId", "row", "Unnamed: 0", "__index_level_0__")],
        *[(name, np.arange(30.0), "id") for name in ("rownames", "Row Number", "row_no", "obs", "idno", "user uuid")],
        *[
            (name, np.arange(30.0), "numeric")
            for name in ("arrow", "rows", "rowing number", "crow_number", "jobs", "showcase", "paid", "year", "x", "λ")
        ],
        ("customer_id", np.arange(30.0)[::-1] ** 2, "id"),
        *[(name, np.arange(30.0)[::-1] * 3 % 89, "id") for name in ("Unnamed: 0", "__index_level_0__")],
        *[(name, np.arange(30.0) % 29, "numeric") for name in ("Unnamed: 0", "__index_level_0__")],
        *[(name, np.arange(30.0) ** 2, "numeric") for name in ("flu_case", "row", "obs")],
        ("heat_index", 100 + np.arange(30.0)[::-1], "numeric"),
        ("DiagnosisID", np.arange(30.0) % 7, "numeric"),
        ("size", np.arange(30.0), "numeric"),
        ("id", np.arange(30.0) / 2, "numeric"),
        ("id", np.arange(30.0) // 2, "numeric"),
        ("id", np.arange(10.0), "numeric"),
        ("id", np.append(np.arange(30.0), np.nan), "numeric"),
    ],
)
def test_whole_numbers_are_an_id_by_their_name_if_each_is_there_once(name: str, numbers: Any, kind: str) -> None:
    assert infer(name, Values(numbers))[0] == kind


@pytest.mark.parametrize(
    ("values", "hint"),
    [
        (DAYS, "look like dates, but '1.11.26' is not a supported date format"),
        ([*DAYS, DAYS[0]], "look like dates, but '1.11.26' is not a supported date format"),
        (["11/24/26 9:30", "1/2/26 10:00"] * 20, "look like dates, but '11/24/26' is not a supported date format"),
        (["2026-11-24", "2026-11-25", "soon"] * 20, "look like dates, but 'soon' is not a supported date format"),
        (["2026-11-24", "2026-11-31"] * 20, "look like dates, but '2026-11-31' is not a date in the calendar"),
        (["1/2/2026", "3/4/2026"] * 20, "look like dates, but day and month are ambiguous in all of them"),
    ],
)
def test_texts_that_seem_meant_for_something_else_are_told_what_is_read(values: list[Any], hint: str) -> None:
    assert hint in infer("x", coded(values))[1]


@pytest.mark.parametrize(
    "values", [["1.2.3.4", "10.0.0.1"], ["3-4", "4-5"], ["a", "1"], ["1/2", "1/3", "11/24/26"], ["12 kg"]]
)
def test_other_texts_are_left_at_that(values: list[Any]) -> None:
    assert ";" not in infer("x", coded(values * 10))[1]


@pytest.mark.parametrize(
    ("many", "missing", "odd", "column_type"),
    [
        (NUMBERS, ["-", "n. a.", "?", "\\N", "#DIV/0!", "NaN", "Missing"], [], Number()),
        (NUMBERS, ["-"], ["n/k"], Number(missing=("n/k",))),
        (["$1,234.50", "$2,345", "$80", "($7)", "−$3"], [], [], Number()),
        (["12,5", "1.250", "7"], ["."], [], Number(decimal=",")),
        (["2026-11-24", "2026-11-25"] * 15, ["NaT"], ["0000-00-00"], Datetime(missing=("0000-00-00",))),
        (["24/11/2026", "05/11/2026"] * 30, [], ["11/24/2026"], Datetime(True, missing=("11/24/2026",))),
        (["9:30", "14:30 "] * 15, ["none"], ["25:00"], TimeOfDay(missing=("25:00",))),
        (["TRUE", "false"] * 15, ["-"], ["maybe"], Boolean(missing=("maybe",))),
    ],
)
def test_a_few_odd_values_and_markers_are_missing_values(
    many: list[str], missing: list[str], odd: list[str], column_type: ColumnType
) -> None:
    found = recognize("size", coded([*many, *missing, *odd]))
    assert found.type == column_type
    assert found.values.missing.tolist() == [False] * len(many) + [True] * (len(missing) + len(odd))
    assert [remark.code for remark in found.remarks] == ["odd_values"] * len(odd)
    for remark in found.remarks:
        assert f"1 of {len(many) + len(missing) + 1} values of 'size'" in remark.message
        assert f"{odd[0]!r} (row {len(many) + len(missing)})" in remark.message


@given(share=st.integers(0, 100))
def test_a_column_is_of_the_type_of_95_of_100_values_and_told_to_be_near_one_from_50_on(share: int) -> None:
    values = [f"{number}.5" for number in range(share)] + ["north", "south"] * 50
    found = recognize("size", coded(values[:100]))
    assert (found.type == Number(missing=("north", "south")[: 100 - share])) == (share >= 95)
    assert [remark.code for remark in found.remarks] == (
        [] if share == 100 or share < 50 else ["odd_values"] if share >= 95 else ["mixed_values"]
    )


def test_strings_that_say_nothing_are_missing_in_columns_of_strings_where_the_format_says_so() -> None:
    found = recognize("city", coded(["NA", "Oslo", "Rome", "NA"]), nulls={"NA", "null"})
    assert found.type == Category(missing=("NA",))
    assert found.values.to_list() == [None, "Oslo", "Rome", None]
    assert found.type.read_list(["NA", "Oslo"]).to_list() == [None, "Oslo"]
    assert recognize("city", coded(["NA", "Oslo"])).values.to_list() == ["NA", "Oslo"]


def test_an_owner_gives_a_type_and_hears_what_it_does_not_fit() -> None:
    values = Values(np.array([1.0, np.nan, 2.0]))
    guess = recognize("on", values)
    found = declare("on", values, None, Datetime(), guess=guess)
    assert found.values.missing.all()
    assert found.guess is guess
    assert "2 of 3 values of 'on' cannot be read as datetime" in found.remarks[0].message
    assert "1.0 (row 0), 2.0 (row 2)" in found.remarks[0].message
    found = declare("on", values, None, Number(missing=(1.0,)), guess=guess)
    assert found.values.to_list() == [None, None, 2.0]
    assert found.remarks == ()


@pytest.mark.parametrize("values", [["1/2/2026", "3/4/2026"] * 20, ["1.11.26", "2.11.26"] * 20])
def test_dates_that_cannot_be_read_are_a_remark(values: list[str]) -> None:
    [remark] = recognize("when", coded(values)).remarks
    assert (remark.code, remark.level) == ("dates_as_strings", "warning")
    assert "'when' look like dates, but were read as strings" in remark.message


@pytest.mark.parametrize(("length", "kind"), [(80, "categorical"), (81, "text")])
def test_strings_of_more_than_eighty_characters_on_average_are_no_categories(length: int, kind: str) -> None:
    labels = [f"{place:03}" + "x" * (length - 3) for place in range(100)]
    assert recognize("c", coded(labels * 10)).type.kind == kind

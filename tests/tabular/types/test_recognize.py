"""The type of a column is recognized as a person would, and the reason helps where that is not what was meant."""

from typing import Any

import numpy as np
import pytest

from steelyard.tabular.column import Column
from steelyard.tabular.types.recognize import recognize
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
        *[(name, np.arange(30.0), "id") for name in ("rownames", "Row Number", "row_no", "obs", "idno")],
        *[
            (name, np.arange(30.0), "numeric")
            for name in ("arrow", "rows", "rowing number", "crow_number", "jobs", "showcase")
        ],
        ("customer_id", np.arange(30.0)[::-1] ** 2, "id"),
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
        ([*NUMBERS, "n. a."], "most of them are numbers, but 'n. a.' is not"),
        (["1,234.50", "$2,345", "80%"] * 10, "most of them are numbers, but '1,234.50' is not"),
        ([*NUMBERS, "-", "-"], "most of them are numbers, but '-' is not"),
        ([f"{number}" for number in range(1000)] * 2 + ["?"], "most of them are numbers, but '?' is not"),
    ],
)
def test_texts_that_seem_meant_for_something_else_are_told_what_is_read(values: list[Any], hint: str) -> None:
    assert hint in infer("x", coded(values))[1]


@pytest.mark.parametrize(
    "values", [["1.2.3.4", "10.0.0.1"], ["3-4", "4-5"], ["a", "1"], ["1/2", "1/3", "11/24/26"], ["9007199254740993"]]
)
def test_other_texts_are_left_at_that(values: list[Any]) -> None:
    assert ";" not in infer("x", coded(values * 10))[1]

"""Numbers are read as people write them."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.json_numbers import LARGEST
from steelyard.tabular.types.number import LONGEST, Number, read_number, unit_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *[("1,234.50", 1234.5), ("1 234", 1234), ("1\u00a0234\u202f567", 1234567), ("€ 1'234.5", 1234.5)],
        *[("(12)", -12), ("(1,234.5)", -1234.5), ("$5", 5), ("-$5", -5), ("$-5", -5), ("5€", 5), ("12 %", 12)],
        *[("12.50-", -12.5), ("1,234-", -1234), ("5-€", -5), ("5 €-", -5), ("EUR 1,234.50", 1234.5), ("12 CHF", 12)],
        *[("−3", -3), ("+.5", 0.5), ("1e5", 1e5), ("5.", 5), (" 7 ", 7)],
    ],
)
def test_signs_separators_and_currencies_are_read(text: str, expected: float) -> None:
    assert read_number(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "nan",
        "inf",
        "1_000",
        "12,5",
        "1,23,456",
        "1,234,56",
        "12 kg",
        "--5",
        "-5-",
        "5--",
        "12 ABC",
        "EUR",
        "0x10",
        "1 2",
        "(5",
        "1e200",
        "$",
        "%",
    ],
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert read_number(text) is None
    with pytest.raises(ValueError, match="must be a number"):
        Number().parse(text)


@given(number=st.floats(-1e15, 1e15), mark=st.sampled_from([",", "'", " ", "\u00a0"]))
def test_a_number_with_thousands_is_that_number_with_either_decimal_point(number: float, mark: str) -> None:
    text = f"{number:,.3f}"
    assert read_number(text.replace(",", mark)) == float(f"{number:.3f}")
    continental = text.translate(str.maketrans(",.", ".,"))
    assert read_number(continental, ",") == float(f"{number:.3f}")
    assert Number(decimal=",").read(continental) == float(f"{number:.3f}")


@given(st.floats(-LARGEST, LARGEST))
def test_what_python_writes_is_read_to_the_bit(number: float) -> None:
    found = read_number(repr(number))
    assert found == number
    assert math.copysign(1, found) == math.copysign(1, number)


@given(st.text(max_size=20) | st.from_regex(r"[-+$( ]*[0-9., '%)]*", fullmatch=True))
def test_any_string_is_a_finite_number_or_none(text: str) -> None:
    for mark in (".", ","):
        found = read_number(text, mark)
        assert found is None or abs(found) <= LARGEST


@pytest.mark.parametrize(
    ("labels", "decimal"),
    [
        (["12,5", "1.250", "980"], ","),
        (["1.10", "1.20"], None),
        (["1,234", "5,678"], None),
        (["1.234.567", "2"], ","),
        (["1,5", "n/k"], ","),
    ],
)
def test_the_whole_column_tells_the_decimal_point(labels: list[str], decimal: str | None) -> None:
    found = Number().recognize(labels, np.ones(len(labels), np.int64))
    assert found is not None
    assert found[0].decimal == decimal


def test_where_both_decimal_points_fit_that_of_the_file_is_taken() -> None:
    found = Number(decimal=",").recognize(["1.250", "980"], np.ones(2, np.int64))
    assert found == (Number(decimal=","), [1250.0, 980.0])


@pytest.mark.parametrize(("length", "number"), [(LONGEST, 1234.0), (LONGEST + 1, None)])
def test_a_string_with_marks_is_read_up_to_a_length(length: int, number: float | None) -> None:
    assert read_number("1,234" + " " * (length - 5)) == number


def test_a_number_that_is_too_large_and_a_string_that_is_none_have_errors_of_their_own() -> None:
    assert Number().wrong(0, 1e200).detail.startswith("is 1e+200; it must be within")
    assert Number().wrong(0, "x").detail.startswith("is 'x'; ")
    assert "within" not in Number().wrong(0, "x").detail


def test_numbers_of_json_are_read_up_to_a_bound() -> None:
    assert (Number().read(5), Number().read(-1.5), Number().read("7")) == (5, -1.5, 7)
    for value in (1e200, -(10**200), float("nan")):
        with pytest.raises(ValueError, match="must be within"):
            Number().read(value)


def test_the_mark_with_which_more_values_are_numbers_is_the_decimal_point() -> None:
    counts = np.array([5, 1, 1, 1])
    kind, found = Number().recognize(["3.5", "1,5", "2,5", "x"], counts) or (None, [])
    assert (kind, found) == (Number(), [3.5, None, None, None])  # in most rows, though of fewer kinds
    kind, found = Number().recognize(["3.5", "1,5", "2,5", "x"], np.ones(4, np.int64)) or (None, [])
    assert (kind, found) == (Number(decimal=","), [None, 1.5, 2.5, None])


def test_a_column_of_numbers_tells_why() -> None:
    assert "numbers" in Number().reason


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("$5", "$"),
        ("5 USD", "$"),
        ("-5%", "%"),
        ("(€ 5)", "€"),
        ("5\u00a0EUR", "€"),
        ("CHF 5", "CHF"),
        ("5", ""),
        ("x", ""),
    ],
)
def test_the_unit_of_a_number_is_its_currency_or_percent(text: str, unit: str) -> None:
    assert unit_of(text) == unit
    assert unit_of(" " * LONGEST + text) == unit_of("x") == ""

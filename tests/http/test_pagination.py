"""Tables as CSV: strings come back as they were, and none of them is a formula."""

import csv
import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.http.pagination import FORMULA, as_csv


def exported(*values: object) -> list[str]:
    """The cells that a reader of the CSV gets."""
    [_, row] = csv.reader(io.StringIO(b"".join(as_csv(["name"] * len(values), [[values]])).decode(), newline=""))
    return row


@pytest.mark.parametrize(
    "label", ["-1", "+1", "-1.5", "-0,5", "-.5", "+2e10", "-1E-3", "-3%", "-", "--", "+", "1", "a-b", "'x"]
)
def test_labels_that_are_no_formulas_stay_as_they_are(label: str) -> None:
    assert exported(label) == [label]


@pytest.mark.parametrize(
    "label",
    ["=1+1", "=cmd|' /C calc'!A0", "-2+3+cmd|' /C calc'!A0", "+1-1", "-1+A1", "@SUM(A1)", "-A1", "-(1)", "\t=1",
     "\r=1", "-1\n=1", "-1;=1", "-٣", "- 1", "=-1"],
)  # fmt: skip
def test_labels_that_may_be_formulas_get_an_apostrophe(label: str) -> None:
    assert exported(label) == [f"'{label}"]


def test_numbers_are_numbers() -> None:
    assert exported(-1, -1.5, None, True) == ["-1", "-1.5", "", "True"]


@given(st.text(max_size=12) | st.from_regex(r"[=+@\t\r-][-+0-9.,eE%A-C(|!]{0,8}", fullmatch=True))
def test_what_begins_like_a_formula_is_a_number_or_signs_alone(text: str) -> None:
    [cell] = exported(text)
    assert cell in (text, f"'{text}")
    if cell.startswith(FORMULA):
        assert re.fullmatch(r"[+-]+", cell) or float(cell.removesuffix("%").replace(",", ".")) is not None

"""Strings that mean a missing value, in any case."""

import pytest

from steelyard.tabular.types.markers import ERRORS, NULLS, OTHERS, is_marker


@pytest.mark.parametrize("text", sorted({*NULLS, *OTHERS, *ERRORS}))
def test_every_marker_is_one_in_any_case(text: str) -> None:
    assert is_marker(text)
    assert is_marker(text.upper())
    assert is_marker(text.lower())


@pytest.mark.parametrize("text", ["N/K", "0", "no", "n", "nano", "----", "..", "x", "-1", "not available", " "])
def test_other_strings_are_values(text: str) -> None:
    assert not is_marker(text)

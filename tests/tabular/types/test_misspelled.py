"""A category that is probably a slip of the keyboard is named with the one that is meant; other rare ones are not."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.tabular.remarks import Remark
from steelyard.tabular.types.misspelled import OFTEN, is_slip, misspelled_labels

REGIONS = {"North": 250, "South": 240, "East": 200, "West": 190}


def found(counts: Mapping[str, int]) -> list[Remark]:
    return list(misspelled_labels("region", [*counts], np.array([*counts.values()])))


@pytest.mark.parametrize("slip", ["N0rth", "Noth", "Nortth", "Nroth", "Nortn"])
def test_a_slip_is_named_with_what_is_meant(slip: str) -> None:
    [remark] = found({**REGIONS, slip: 1})
    assert (remark.code, remark.level) == ("misspelled_labels", "info")
    assert f"'{slip}' (1 row) is nearly 'North' (250)" in remark.message


def test_other_rare_categories_are_left_alone() -> None:
    assert found({**REGIONS, "Center": 1}) == []
    assert found(REGIONS) == []
    assert found({**REGIONS, "north": 1}) == []  # another remark says that
    assert found({**REGIONS, "N0rth": 30}) == []  # too frequent for a slip
    assert found({"North": OFTEN - 1, "N0rth": 1}) == []  # too little is known
    assert len(found({"North": OFTEN, "N0rth": 1})) == 1


def test_open_lists_have_rare_names_that_are_no_slips() -> None:
    assert found({**REGIONS, **{f"N{letter}rth": 1 for letter in "abcdef"}}) == []
    assert (
        found({**{f"Region {letter}{other}": 90 for letter in "abcdefgh" for other in "abcdefgh"}, "Rgion aa": 1}) == []
    )


def test_a_label_that_no_row_has_is_not_looked_at() -> None:
    assert found({**REGIONS, "N0rth": 0}) == []


@pytest.mark.parametrize(
    ("label", "meant"),
    [
        ("Room 2", "Room 1"),
        ("Type B", "Type A"),
        ("KJFX", "KJFK"),
        ("NORTX", "NORTE"),
        ("cat", "bat"),
        ("Q10 sales", "Q1 sales"),
        ("Auto(AM5)", "Auto(A5)"),
    ],
)
def test_codes_and_numbers_make_other_names(label: str, meant: str) -> None:
    assert not is_slip(label, meant)


@pytest.mark.parametrize(("label", "meant"), [("Esat", "East"), ("NORTHS", "NORTHE"), ("east 1x", "eastt 1x")])
def test_a_word_of_four_letters_or_six_capitals_is_no_code(label: str, meant: str) -> None:
    assert is_slip(label, meant)


@given(st.text("abcdefghij ", min_size=5, max_size=12), st.data())
def test_any_single_slip_within_a_word_is_one_and_no_label_is_its_own(word: str, data: st.DataObject) -> None:
    meant = f"xx{word.replace(' ', '')}yyyy"
    place = data.draw(st.integers(1, len(meant) - 2))
    slips = {
        "wrong": meant[:place] + "z" + meant[place + 1 :],
        "missing": meant[:place] + meant[place + 1 :],
        "additional": meant[:place] + "z" + meant[place:],
        "swapped": meant[: place - 1] + meant[place] + meant[place - 1] + meant[place + 1 :],
    }
    assert not is_slip(meant, meant)
    for kind, slip in slips.items():
        assert is_slip(slip, meant) == (slip != meant), (kind, Counter(meant))

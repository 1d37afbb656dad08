"""The places of a column's labels, those of missing and unknown values among them."""

import numpy as np
import pytest

from steelyard.tabular.categories import Categories
from steelyard.tabular.encoder_options import EncoderOptions
from steelyard.tabular.values import MISSING, Values

CITIES = Values(np.array([1, 0, 1, 2, MISSING, 1, 0], np.int32), ("Oslo", "Rome", "Bern"))


def test_labels_have_places_in_their_own_order_then_missing_then_unknown() -> None:
    found = Categories.fit("city", CITIES, EncoderOptions())
    assert found.titles == ["city=Bern", "city=Oslo", "city=Rome", "city is missing", "city is unknown"]
    assert [found.place(label) for label in ("Bern", "Oslo", "Rome", None, "Kyiv")] == [0, 1, 2, 3, 4]
    assert found.find(CITIES).tolist() == [2, 1, 2, 0, 3, 2, 1]


@pytest.mark.parametrize(
    ("options", "kept", "merged"),
    [
        (EncoderOptions(max_categories=2), ("Oslo", "Rome"), 1),
        (EncoderOptions(min_frequency=3), ("Rome",), 2),
    ],
)
def test_rare_labels_share_the_place_of_unknown_ones(
    options: EncoderOptions, kept: tuple[str, ...], merged: int
) -> None:
    found = Categories.fit("city", CITIES, options)
    assert (found.labels, found.merged) == (kept, merged)
    assert found.place("Bern") == found.places - 1


def test_a_missing_label_can_count_as_the_most_frequent_one() -> None:
    found = Categories.fit("city", CITIES, EncoderOptions(missing="most_frequent"))
    assert not found.missing
    assert found.place(None) == found.place("Rome")


def test_blank_and_new_labels_are_told_apart() -> None:
    found = Categories.fit("city", CITIES, EncoderOptions())
    with pytest.raises(ValueError, match="blank"):
        found.read(" ")
    with pytest.raises(ValueError, match="new"):
        found.read_known("Kyiv")
    assert found.read_known("Rome") == found.place("Rome")
